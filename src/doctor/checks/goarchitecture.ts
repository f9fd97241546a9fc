import type { Machine } from "../../verify/machine.ts";
import { archOf, osOf, type Platform } from "../../version/platform.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import { type GoOnPath, goInWords } from "../gosonpath.ts";
import type { Patient } from "../patient.ts";

/** The `go`s on PATH are for this machine: their headers are read, no shell is asked. */
export const goArchitecture: Check = {
	name: "go-architecture",
	title: "a go that is native",
	area: "go",
	run: (patient) => {
		const gos = patient.gosOnPath();
		const strange = gos.filter((go) => go.machine !== undefined && !go.machine.platforms.includes(patient.context.host()));
		if (strange.length > 0) return [findingOf(patient, gos, strange)];
		if (gos.length === 0) return [];
		return fine(`every go on PATH is for ${patient.context.host()}`, ...gos.map(goInWords));
	},
};

function findingOf(patient: Patient, gos: readonly GoOnPath[], strange: readonly GoOnPath[]): Finding {
	const host = patient.context.host();
	const isFirst = gos[0] === strange[0];
	const runs = strange.every((go) => runsTranslated(patient, go.machine?.platforms ?? []));
	const [first] = strange;
	const release = /^go(1\.(\d+)\S*)/.exec(first?.version ?? "");
	// Of older ones there is none for Apple Silicon.
	const isThere = release !== null && (host !== "darwin-arm64" || Number(release[2]) >= 16);
	return {
		verdict: isFirst && !runs ? "broken" : "warning",
		title: isFirst
			? `the go that runs here is for another machine than ${host}`
			: `a go on PATH is for another machine than ${host}`,
		evidence: strange.map(goInWords),
		why: runs
			? "Rosetta translates it and every program that it builds: slow, and macOS 27 comes without Rosetta."
			: howItEnds(host, first?.machine),
		fix: { commands: [`gox install ${isThere ? release[1] : "latest"} --default`, "gox setup"] },
	};
}

/** In the kernel's words, as shells print them. */
function howItEnds(host: Platform, machine: Machine | undefined): string {
	if (osOf(host) !== "darwin" || machine?.format === "ELF") return "It ends with `exec format error`.";
	return `It ends with \`bad CPU type in executable\`${archOf(host) === "arm64" ? ", because Rosetta isn't installed" : ""}.`;
}

/** Whether this machine can run an executable of those platforms though it isn't its own. */
export function runsTranslated(patient: Patient, platforms: readonly Platform[]): boolean {
	const mac = patient.mac();
	const host = patient.context.host();
	if (!mac || archOf(host) !== "arm64" || !platforms.includes("darwin-amd64")) return false;
	return mac.rosetta();
}
