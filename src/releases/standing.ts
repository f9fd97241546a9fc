import { compareParsed } from "../version/goversion.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { newestOfMinors } from "./newest.ts";
import { isSupported, supportedMinors } from "./support.ts";
import { countVulnerabilities, type VulnCount } from "./vulncount.ts";

/** Where a release stands among those there are. */
export interface Standing {
	readonly release: Release;
	/** Its minor gets no fixes any more. */
	readonly endOfLife: boolean;
	/** The newest release of its minor, where that is a newer one. */
	readonly newer: Release | undefined;
	readonly vulnerabilities: VulnCount;
}

/**
 * Makes what answers for one release.
 * @param known the releases there are, in any order
 * @param offered those that can be had, where that isn't all: a company's list may not go as far
 */
export function standings(
	known: readonly Release[],
	offered: readonly Release[] = [],
): (release: Release, platform: Platform) => Standing {
	const supported = supportedMinors(known);
	const newest = new Map([...newestOfMinors(known), ...newestOfMinors(offered)]);
	return (release, platform) => {
		const last = newest.get(release.minor);
		const newer = last && compareParsed(last.parsed, release.parsed) > 0 ? last : undefined;
		return {
			release,
			endOfLife: !isSupported(release, supported),
			newer,
			vulnerabilities: countVulnerabilities(release, platform, newer),
		};
	};
}

/**
 * `end of life; 69 known vulnerabilities, 63 of them still in 1.22.12, the newest 1.22`; empty where there is nothing to say.
 * Without `whole`, what fits into a column: `end of life; 69 known vulnerabilities`.
 */
export function standingInWords({ endOfLife, newer, vulnerabilities, release }: Standing, whole = true): string {
	const words = risk(vulnerabilities, newer, release.minor, whole);
	if (!endOfLife) return words;
	return words === "" ? "end of life" : `end of life; ${words}`;
}

function risk({ known, still }: VulnCount, newer: Release | undefined, minor: string, whole: boolean): string {
	if (known === 0) return newer ? `${newer.version} is newer` : "";
	const count = `${known} known ${known === 1 ? "vulnerability" : "vulnerabilities"}`;
	if (!newer || !whole) return count;
	const left = still === 0 ? "none of them" : still === known ? "all of them still" : `${still} of them still`;
	return `${count}, ${left} in ${newer.version}, the newest ${minor}`;
}
