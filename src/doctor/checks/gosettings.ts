import { archOf, osOf } from "../../version/platform.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import type { GoSetting } from "../gosettings.ts";
import type { Patient } from "../patient.ts";

/** What is odd about a value of a setting; undefined where nothing is. */
type Oddity = (value: string, patient: Patient) => Pick<Finding, "verdict" | "why"> | undefined;

const oddities: Readonly<Record<string, Oddity>> = {
	GO111MODULE: (value) =>
		value === "off"
			? { verdict: "warning", why: "Modules are off everywhere: go.mod is ignored and packages are looked for in GOPATH." }
			: value === "auto"
				? {
						verdict: "note",
						why: "Outside a module `go install` and others behave as they did before Go 1.16; it was of use until then.",
					}
				: undefined,
	GOFLAGS: (value) =>
		/-mod=vendor\b/.test(value)
			? {
					verdict: "warning",
					why: "Every command uses vendor/ and fails in each module that has none; inside those that have, it is the default anyway.",
				}
			: value.trim() !== "-modcacherw"
				? { verdict: "note", why: "Every go command gets these flags, in each project, whether or not they suit it." }
				: undefined,
	GODEBUG: (value) => {
		const risky = value
			.split(",")
			.find((each) => /^(?:http2client=0|http2server=0|x509\w*=|tls\w*=|rsa1024min=0|netdns=)/.test(each.trim()));
		return risky
			? { verdict: "warning", why: `${risky} changes how every Go program here uses TLS, HTTP or DNS, go itself included.` }
			: { verdict: "note", why: "It changes how every Go program here behaves, go itself included." };
	},
	GOOS: (value, { context }) =>
		value === osOf(context.host())
			? undefined
			: { verdict: "warning", why: "Everything is built for another system, so nothing that is built or tested runs here." },
	GOARCH: (value, { context }) =>
		value === archOf(context.host())
			? undefined
			: { verdict: "warning", why: "Everything is built for another processor, gopls and dlv by go install included." },
	GOEXPERIMENT: () => ({
		verdict: "note",
		why: "Experiments are of one Go version; another one refuses the names that it doesn't know.",
	}),
	GOENV: (value) => (value === "off" ? { verdict: "note", why: "What go env -w writes has no effect." } : undefined),
	GOWORK: (value) => (value === "off" ? { verdict: "note", why: "go.work files are ignored everywhere." } : undefined),
};

/** Settings that change every project at once. */
export const goSettingsCheck: Check = {
	name: "go-settings",
	title: "Go's own settings",
	area: "settings",
	run: (patient) => {
		const findings = Object.entries(oddities).flatMap(([name, oddity]) =>
			patient.settings(name).flatMap((setting) => {
				const found = oddity(setting.value, patient);
				return found ? [findingOf(setting, found)] : [];
			}),
		);
		return findings.length > 0 ? findings : fine(`none of ${Object.keys(oddities).join(", ")} is odd`);
	},
};

function findingOf({ name, value, from, evidence, clear }: GoSetting, found: Pick<Finding, "verdict" | "why">): Finding {
	return {
		...found,
		title: `${name}=${value.length > 40 ? `${value.slice(0, 40)}…` : value} ${from === "file" ? "was set by go env -w" : "is in the environment"}`,
		evidence,
		fix: clear,
	};
}
