import { join } from "node:path";
import { shWord } from "../../shell/quoting.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import { goToolDirectories } from "../gotools.ts";
import { isMacAtLeast } from "../mac.ts";
import type { Patient } from "../patient.ts";

/**
 * Go below 1.24 writes programs without LC_UUID, which the loader of macOS 26 ends at once (golang/go#68678). Which
 * programs that are depends on how they are linked: every Go below 1.24 counts as affected, `go run` and `go test` too;
 * of the programs that are there, their own headers tell.
 */
export const lcUuid: Check = {
	name: "lc-uuid",
	title: "programs that macOS 26 starts",
	area: "machine",
	run: (patient) => {
		const version = patient.mac()?.version;
		const mac = patient.mac();
		if (!mac || version === undefined || !isMacAtLeast(mac, "26")) return [];
		const findings = [...oldGos(patient, version), ...oldTools(patient, version)];
		return findings.length > 0 ? findings : fine("every Go here writes programs with an LC_UUID");
	},
};

function oldGos(patient: Patient, macOS: string): readonly Finding[] {
	const old = [
		...patient
			.stored()
			.flatMap(({ release, platform, key }) => (platform.startsWith("darwin") && isOld(release.name) ? [key] : [])),
		...patient
			.gosOnPath()
			.flatMap(({ path, version }) => (version !== undefined && isOld(version) ? [`${path} (${version})`] : [])),
	];
	if (old.length === 0) return [];
	return [
		{
			verdict: "warning",
			title: `${old.length === 1 ? "a Go" : `${old.length} Gos`} below 1.24 on macOS ${macOS}`,
			evidence: old,
			why: "What they build may end with `missing LC_UUID load command`, `go run` and `go test` included: macOS 26 wants an identity that Go writes since 1.24.",
			fix: { commands: ["gox install latest", "gox default latest"] },
		},
	];
}

function oldTools(patient: Patient, macOS: string): readonly Finding[] {
	const { probes } = patient;
	const tools = goToolDirectories(patient).flatMap((directory) =>
		probes.names(directory).flatMap((name) => {
			const without = probes.slices(join(directory, name)).find(({ info, uuid }) => info !== undefined && uuid === false);
			return without?.info ? [{ name, path: join(directory, name), go: without.info.goVersion }] : [];
		}),
	);
	if (tools.length === 0) return [];
	return [
		{
			verdict: "warning",
			title: `${tools.length === 1 ? "an installed Go tool has" : `${tools.length} installed Go tools have`} no LC_UUID, on macOS ${macOS}`,
			evidence: tools.map(({ path, go }) => `${path}: built by ${go}`),
			why: "The loader of macOS 26 ends such programs with `missing LC_UUID load command` and `Abort trap: 6`.",
			fix: {
				commands: [`gox tools rebuild ${tools.map(({ name }) => shWord(name)).join(" ")}`],
				advice: "with a Go of 1.24 or newer in force",
			},
		},
	];
}

function isOld(version: string): boolean {
	return Number(/^go1\.(\d+)/.exec(version)?.[1] ?? Number.NaN) < 24;
}
