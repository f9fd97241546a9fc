import { isAbsolute, join } from "node:path";
import { upward } from "../../select/start.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import { goToolDirectories } from "../gotools.ts";
import type { Patient } from "../patient.ts";

/** GOPATH: not relative, not GOROOT, nothing in it that breaks cgo or make. */
export const gopath: Check = {
	name: "gopath",
	title: "GOPATH",
	area: "settings",
	run: (patient) => {
		const setting = patient.settings("GOPATH")[0];
		const entries = (setting?.value ?? join(patient.context.userHome, "go")).split(":").filter((entry) => entry !== "");
		const evidence = setting?.evidence ?? [`GOPATH isn't set, so it is ${entries[0]}`];
		const fix = {
			commands: setting
				? [...setting.clear.commands, 'go env -w GOPATH="$HOME/go"']
				: ['sudo install -d -o "$(id -un)" /opt/go-path && go env -w GOPATH=/opt/go-path'],
			...(setting?.clear.advice && { advice: setting.clear.advice }),
		};
		const findings = entries.flatMap((entry): Finding[] => {
			const trouble = troubleWith(patient, entry);
			return trouble ? [{ ...trouble, evidence: [...evidence, ...(trouble.evidence ?? [])], fix }] : [];
		});
		const bin = goToolDirectories(patient).find((directory) => patient.probes.names(directory).length > 0);
		const isOnPath =
			bin === undefined ||
			(patient.context.env.PATH ?? "")
				.split(":")
				.some((entry) => patient.probes.realPath(entry) === patient.probes.realPath(bin));
		if (!isOnPath)
			findings.push({
				verdict: "note",
				title: `${bin} isn't on PATH`,
				evidence: [`it holds ${patient.probes.names(bin).slice(0, 6).join(", ")}`],
				why: "What go install puts there can't be called by its name.",
				fix: {
					commands: [`export PATH="$PATH:${bin}"`],
					advice: "that is for this shell; for new ones put it into a start-up file",
				},
			});
		return findings.length > 0 ? findings : fine(`GOPATH is ${entries.join(":")}`);
	},
};

function troubleWith(patient: Patient, entry: string): Finding | undefined {
	if (!isAbsolute(entry))
		return {
			verdict: "broken",
			title: `GOPATH has an entry that isn't absolute: ${entry}`,
			why: "Every go command refuses it.",
		};
	const inside = gorootAround(patient, entry);
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
function gorootAround({ probes }: Patient, entry: string): string | undefined {
	const isGoroot = (directory: string) =>
		probes.stat(join(directory, "VERSION")) !== undefined && probes.stat(join(directory, "bin/go")) !== undefined;
	return [...upward(join(entry, "."))].find(isGoroot);
}
