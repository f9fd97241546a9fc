import semver from "semver";
import data from "../../data/vulns.json" with { type: "json" };
import { archOf, osOf, type Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { toSemver } from "../version/request.ts";

/** A known vulnerability of a Go release: of its standard library, or of the go command and its tools. */
export interface Vulnerability {
	/** `GO-2025-3750`, explained at https://pkg.go.dev/vuln/ID. */
	readonly id: string;
	/** `CVE-2025-0913`; few have none, some several. */
	readonly cves: readonly string[];
	readonly summary: string;
	readonly packages: readonly string[];
	/** The oldest newer release without it, `go1.23.10`; null where there is none yet. Another minor's where its own got no fix. */
	readonly fixedIn: string | null;
}

interface Affected {
	readonly module: string;
	readonly packages: readonly string[];
	/** Confined to these; to none where it is absent. */
	readonly goos?: readonly string[];
	readonly goarch?: readonly string[];
	/** Introduced (`0`: since ever) and fixed (null: not yet), in the database's semver: `1.26.0-0`, `1.27.0-rc.3`. */
	readonly ranges: readonly (readonly (string | null)[])[];
}

/** The day of the database's copy that is built in. */
export const vulnerabilitiesDate: string = data.date;

/**
 * What the Go vulnerability database knows of a release, oldest first, by its built-in copy (its ranges as
 * https://go.dev/security/vuln/database says: left-closed, right-open, order of semver).
 * Import this module lazily: it carries the whole copy.
 * @param platform leaves out what concerns other systems; without it, everything counts.
 */
export function vulnerabilitiesOf(release: Release, platform?: Platform): readonly Vulnerability[] {
	const version = toSemver(release);
	const found: Vulnerability[] = [];
	for (const { id, cves, summary, affected } of data.entries) {
		const here = (affected as readonly Affected[]).filter((each) => concerns(each, platform));
		const hit = here.filter((each) => endOf(each, version) !== undefined);
		if (hit.length === 0) continue;
		found.push({ id, cves, summary, packages: [...new Set(hit.flatMap((each) => each.packages))], fixedIn: fix(here, version) });
	}
	return found;
}

function concerns({ goos, goarch }: Affected, platform: Platform | undefined): boolean {
	if (platform === undefined) return true;
	return (goos?.includes(osOf(platform)) ?? true) && (goarch?.includes(archOf(platform)) ?? true);
}

/** Where the range that holds the version ends: null where it doesn't, undefined where none holds it. */
function endOf({ ranges }: Affected, version: string): string | null | undefined {
	for (const [start = "0", end = null] of ranges) {
		const begun = start === "0" || start === null || semver.gte(version, start);
		if (begun && (end === null || semver.lt(version, end))) return end;
	}
	return undefined;
}

/** What ends one range may begin another of the same entry: a fix that had to be made again. */
function fix(affected: readonly Affected[], version: string): string | null {
	let fixed = version;
	for (;;) {
		const ends = affected.map((each) => endOf(each, fixed)).filter((end) => end !== undefined);
		if (ends.includes(null)) return null;
		const [next] = (ends as string[]).sort(semver.rcompare);
		if (next === undefined) return goName(fixed);
		fixed = next;
	}
}

/** `go1.23.10` for 1.23.10, `go1.20` for 1.20.0, `go1.27rc3` for 1.27.0-rc.3. */
function goName(version: string): string {
	const { major, minor, patch, prerelease } = new semver.SemVer(version);
	if (prerelease.length > 1) return `go${major}.${minor}${prerelease.join("")}`;
	return patch === 0 && minor < 21 ? `go${major}.${minor}` : `go${major}.${minor}.${patch}`;
}
