import { type Check, fine } from "../finding.ts";
import { isMacAtLeast } from "../mac.ts";

/**
 * Go below 1.24 writes programs without LC_UUID, which the loader of macOS 26 ends at once (golang/go#68678). Which
 * programs that are depends on how they are linked; every Go below 1.24 counts as affected, `go run` and `go test` too.
 */
export const lcUuid: Check = {
	name: "lc-uuid",
	title: "programs that macOS 26 starts",
	area: "machine",
	run: (patient) => {
		const mac = patient.mac();
		if (!mac || !isMacAtLeast(mac, "26")) return [];
		const old = [
			...patient
				.stored()
				.flatMap(({ release, platform, key }) => (platform.startsWith("darwin") && isOld(release.name) ? [key] : [])),
			...patient
				.gosOnPath()
				.flatMap(({ path, version }) => (version !== undefined && isOld(version) ? [`${path} (${version})`] : [])),
		];
		if (old.length === 0) return fine("every Go here writes programs with an LC_UUID");
		return [
			{
				verdict: "warning",
				title: `${old.length === 1 ? "a Go" : `${old.length} Gos`} below 1.24 on macOS ${mac.version}`,
				evidence: old,
				why: "What they build may end with `missing LC_UUID load command`, `go run` and `go test` included: macOS 26 wants an identity that Go writes since 1.24.",
				fix: { commands: ["gox install latest", "gox default latest"] },
			},
		];
	},
};

function isOld(version: string): boolean {
	return Number(/^go1\.(\d+)/.exec(version)?.[1] ?? Number.NaN) < 24;
}
