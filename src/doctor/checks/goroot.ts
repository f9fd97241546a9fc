import { readFileSync } from "node:fs";
import { writeContent } from "../../store/goenvwriting.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";
import type { Changes } from "../repair/changes.ts";
import { linesThatExport } from "../startup.ts";
import { setupFor } from "./leftovers.ts";

/** GOROOT set anywhere: the environment, the file that `go env -w` writes, a start-up file. */
export const goroot: Check = {
	name: "goroot",
	title: "no GOROOT set",
	area: "settings",
	run: (patient) => {
		const set = patient.settings("GOROOT");
		const exported = linesThatExport(patient.startup(), "GOROOT");
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
						? { commands: [...clear.commands, ...setupFor(patient, files)] }
						: clear),
					...(from === "file" && { repair: (changes: Changes) => unsetInFile(patient, changes, "GOROOT") }),
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
					commands: [...(files.length < exported.length ? ["fish -c 'set -Ue GOROOT'"] : []), ...setupFor(patient, files)],
				},
			});
		return findings.length > 0 ? findings : fine("GOROOT isn't set anywhere");
	},
};

/** What `go env -u NAME` does, without a go: the file's other lines stay as they are. */
export function unsetInFile(patient: Patient, changes: Changes, name: string): void {
	const { path } = patient.goEnvFile();
	if (path === undefined) return;
	changes.keep(patient.probes.realPath(path) ?? path);
	const lines = readFileSync(path, "latin1").split("\n");
	writeContent(patient.context, path, lines.filter((line) => !line.startsWith(`${name}=`)).join("\n"));
}
