import { join } from "node:path";
import { shWord } from "../../shell/quoting.ts";
import { archOf, osOf, type Platform } from "../../version/platform.ts";
import { type Check, type Fix, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";
import { findCompiler } from "./cgo.ts";

/** What `go test -race` needs with the Go in force: its runtime, and on Linux cgo and glibc. */
export const race: Check = {
	name: "race",
	title: "go test -race",
	area: "go",
	run: (patient) => {
		const { goroot, version } = patient.inForce();
		if (goroot === null) return [];
		const lacks = whatIsMissing(patient, goroot, version ?? "");
		if (lacks === undefined) return fine(`go test -race can run with ${version}`);
		return [
			{
				verdict: "note",
				title: `go test -race can't run with ${version}`,
				evidence: [lacks.seen],
				why: "The race detector finds what tests alone don't; without it they still run.",
				...(lacks.fix && { fix: lacks.fix }),
			},
		];
	},
};

function whatIsMissing(patient: Patient, goroot: string, version: string): { seen: string; fix?: Fix } | undefined {
	// A translated go builds for its own machine.
	const host = patient.probes.machine(join(goroot, "bin/go"))?.platforms[0] ?? patient.context.host();
	const runtime = runtimesOf(goroot, host).find((path) => patient.probes.stat(path) !== undefined);
	if (runtime === undefined)
		return {
			seen: `${goroot} has no race runtime for ${host}`,
			fix: { commands: [`gox verify ${shWord(goroot)}`] },
		};
	// Since 1.20 the race detector of macOS needs no cgo (its release notes).
	if (osOf(host) === "darwin" && Number(/^go1\.(\d+)/.exec(version)?.[1]) >= 20) return undefined;
	const setting = patient.settings("CGO_ENABLED")[0];
	if (setting?.value === "0") return { seen: setting.evidence[0] ?? "CGO_ENABLED=0", fix: setting.clear };
	if (findCompiler(patient).compiler === undefined) return { seen: "it needs cgo, and there is no C compiler" };
	const musl = patient.probes.names("/lib").find((name) => /^ld-musl-.*\.so\.1$/.test(name));
	const glibc = patient.probes.names(archOf(host) === "amd64" ? "/lib64" : "/lib").some((name) => name.startsWith("ld-linux-"));
	if (osOf(host) === "linux" && musl && !glibc) return { seen: `/lib/${musl}: the race runtime of Go is made for glibc` };
	return undefined;
}

/** The object that is linked into race builds; since 1.19 those for amd64 lie by microarchitecture. */
function runtimesOf(goroot: string, host: Platform): readonly string[] {
	const directory = join(goroot, "src/runtime/race");
	const name = `race_${host.replace("-", "_")}.syso`;
	return [join(directory, name), join(directory, "internal/amd64v1", `race_${osOf(host)}.syso`)].slice(
		0,
		archOf(host) === "amd64" ? 2 : 1,
	);
}
