import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { goEnvFilePath } from "../../go/envfile.ts";
import { upward } from "../../select/start.ts";
import { writeContent } from "../../store/goenv.ts";
import { archOf, osOf } from "../../version/platform.ts";
import type { Check } from "../examination.ts";
import { type Finding, fine } from "../finding.ts";
import { goToolDirectories, type Machine } from "../machine.ts";
import type { Changes } from "../repair.ts";
import { type GoSetting, linesThatExport } from "../settings.ts";
import { setupFor } from "./shell.ts";

/** GOPATH: not relative, not GOROOT, nothing in it that breaks cgo or make. */
export const gopath: Check = {
	name: "gopath",
	title: "GOPATH",
	area: "settings",
	run: (machine) => {
		const setting = machine.settings("GOPATH")[0];
		const entries = (setting?.value ?? join(machine.context.userHome, "go")).split(":").filter((entry) => entry !== "");
		const evidence = setting?.evidence ?? [`GOPATH isn't set, so it is ${entries[0]}`];
		const fix = {
			commands: setting
				? [...setting.clear.commands, 'go env -w GOPATH="$HOME/go"']
				: ['sudo install -d -o "$(id -un)" /opt/go-path && go env -w GOPATH=/opt/go-path'],
			...(setting?.clear.advice && { advice: setting.clear.advice }),
		};
		const findings = entries.flatMap((entry): Finding[] => {
			const trouble = troubleWith(machine, entry);
			return trouble ? [{ ...trouble, evidence: [...evidence, ...(trouble.evidence ?? [])], fix }] : [];
		});
		const directories = goToolDirectories(machine);
		// With GOBIN, go install puts nothing into GOPATH.
		const used = machine.settings("GOBIN").length > 0 ? directories.slice(0, 1) : directories;
		const bin = used.find((directory) => machine.probes.names(directory).length > 0);
		const isOnPath =
			bin === undefined ||
			(machine.context.env.PATH ?? "")
				.split(":")
				.some((entry) => machine.probes.realPath(entry) === machine.probes.realPath(bin));
		if (!isOnPath)
			findings.push({
				verdict: "note",
				title: `${bin} isn't on PATH`,
				evidence: [`it holds ${machine.probes.names(bin).slice(0, 6).join(", ")}`],
				why: "What go install puts there can't be called by its name.",
				fix: {
					commands: [`export PATH="$PATH:${bin}"`],
					advice: "that is for this shell; for new ones put it into a start-up file",
				},
			});
		return findings.length > 0 ? findings : fine(`GOPATH is ${entries.join(":")}`);
	},
};

function troubleWith(machine: Machine, entry: string): Finding | undefined {
	if (!isAbsolute(entry))
		return {
			verdict: "broken",
			title: `GOPATH has an entry that isn't absolute: ${entry}`,
			why: "Every go command refuses it.",
		};
	const inside = gorootAround(machine, entry);
	if (inside !== undefined)
		return {
			verdict: "warning",
			title: inside === entry ? "GOPATH is a GOROOT" : "GOPATH lies inside a GOROOT",
			evidence: [`${inside} is a GOROOT`],
			why: "Modules and installed programs end up between Go's own files, and go when that version is removed; Go ignores a GOPATH that is GOROOT.",
		};
	if (/[^\u0021-\u007e]/.test(entry))
		return {
			verdict: "warning",
			title: `GOPATH has ${entry.includes(" ") ? "a space" : "a character outside ASCII"} in it: ${entry}`,
			why: "cgo's compiler and linker flags, make and many scripts split or garble such paths, and the module cache lies below it.",
		};
	return undefined;
}

/** The GOROOT that a path is, or lies in. */
function gorootAround({ probes }: Machine, entry: string): string | undefined {
	const isGoroot = (directory: string) =>
		probes.stat(join(directory, "VERSION")) !== undefined && probes.stat(join(directory, "bin/go")) !== undefined;
	return [...upward(join(entry, "."))].find(isGoroot);
}

/** GOROOT set anywhere: the environment, the file that `go env -w` writes, a start-up file. */
export const goroot: Check = {
	name: "goroot",
	title: "no GOROOT set",
	area: "settings",
	run: (machine) => {
		const set = machine.settings("GOROOT");
		const exported = linesThatExport(machine.startup(), "GOROOT");
		const files = exported.map(({ where }) => where.replace(/:\d+$/, "")).filter((path) => !path.endsWith("/fish_variables"));
		const findings = set.map(({ from, value, evidence, clear }): Finding => {
			const isSwitch = /golang\.org\/toolchain@/.test(value);
			return {
				verdict: from === "environment" && isSwitch ? "note" : "warning",
				title: from === "file" ? "GOROOT was set by go env -w" : `GOROOT is set to ${value}`,
				evidence,
				why: "A go that isn't of that GOROOT compiles with the wrong tools: `compile: version does not match go tool version`. gox's go ignores it, editors and other gos don't.",
				fix: {
					...(from === "environment" && files.length > 0
						? { commands: [...clear.commands, ...setupFor(machine, files)] }
						: clear),
					...(from === "file" && { repair: (changes: Changes) => unsetInFile(machine, changes, "GOROOT") }),
				},
			};
		});
		if (exported.length > 0 && !set.some(({ from }) => from === "environment"))
			findings.push({
				verdict: "warning",
				title: "a start-up file exports GOROOT",
				evidence: exported.map(({ where, text }) => `${where}: ${text}`),
				why: "Shells to come will have it, and a go of another version than that GOROOT's then compiles with the wrong tools.",
				fix: {
					commands: [...(files.length < exported.length ? ["fish -c 'set -Ue GOROOT'"] : []), ...setupFor(machine, files)],
				},
			});
		return findings.length > 0 ? findings : fine("GOROOT isn't set anywhere");
	},
};

/** What `go env -u NAME` does, without a go: the file's other lines stay as they are. */
export function unsetInFile(machine: Machine, changes: Changes, name: string): void {
	const path = goEnvFilePath(machine.context);
	if (path === undefined) return;
	changes.keep(machine.probes.realPath(path) ?? path);
	const lines = readFileSync(path, "latin1").split("\n");
	writeContent(machine.context, path, lines.filter((line) => !line.startsWith(`${name}=`)).join("\n"));
}

/** What is odd about a value of a setting; undefined where nothing is. */
type Oddity = (value: string, machine: Machine) => Pick<Finding, "verdict" | "why"> | undefined;

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
	run: (machine) => {
		const findings = Object.entries(oddities).flatMap(([name, oddity]) =>
			machine.settings(name).flatMap((setting) => {
				const found = oddity(setting.value, machine);
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

/** GOTOOLCHAIN set for good, where it overrules every project. */
export const gotoolchain: Check = {
	name: "gotoolchain",
	title: "GOTOOLCHAIN left to projects",
	area: "settings",
	run: (machine) => {
		const findings = machine.settings("GOTOOLCHAIN").map(({ value, from, evidence, clear }): Finding => {
			const isMild = value === "auto" || value === "path" || value.endsWith("+auto") || value.endsWith("+path");
			return {
				verdict: isMild || from === "environment" ? "note" : "warning",
				title: `GOTOOLCHAIN=${value} ${from === "file" ? "was set by go env -w" : "is in the environment"}`,
				evidence,
				why:
					value === "local"
						? "A go.mod that asks for a newer Go than the one in force is refused instead of switched to."
						: isMild
							? "It changes how Go itself switches between the versions that gox installs, in every directory."
							: "Every Go since 1.21 becomes that one, whatever a project pins.",
				fix: {
					...clear,
					...(from === "file" && { repair: (changes: Changes) => unsetInFile(machine, changes, "GOTOOLCHAIN") }),
				},
			};
		});
		return findings.length > 0 ? findings : fine("GOTOOLCHAIN isn't set");
	},
};
