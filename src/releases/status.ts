import builtIn from "../../data/newest.json" with { type: "json" };
import data from "../../data/vulnranges.json" with { type: "json" };
import { sitesOf } from "../config.ts";
import type { Context } from "../context.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { compareParsed, type GoVersion, newestFirst, parseRelease, type Release } from "../version/release.ts";
import { NewestNotes } from "./cache.ts";
import { indexSources } from "./mirrors.ts";

/** Where a release stands among those there are. */
export interface ReleaseStatus {
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
export function releaseStatuses(
	known: readonly Release[],
	offered: readonly Release[] = [],
): (release: Release, platform: Platform) => ReleaseStatus {
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
export function statusInWords({ endOfLife, newer, vulnerabilities, release }: ReleaseStatus, whole = true): string {
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

/** The newest stable release of each minor. */
export function newestOfMinors(releases: readonly Release[]): ReadonlyMap<string, Release> {
	const newest = new Map<string, Release>();
	for (const each of releases) {
		const before = newest.get(each.minor);
		if (each.stable && (!before || compareParsed(each.parsed, before.parsed) > 0)) newest.set(each.minor, each);
	}
	return newest;
}

/**
 * The newest release of each minor that is known without asking anyone, and without reading a whole list for a word
 * beside a name: what was noted when a list was last fetched, however old, and the built-in table.
 */
export function newestKnown(context: Context): readonly Release[] {
	const noted = new NewestNotes(context.cacheDir, context.uid).read(...sourcesOf(context));
	const releases = [...builtIn, ...noted].flatMap((name) => parseRelease(name) ?? []);
	return [...newestOfMinors(releases).values()];
}

/** None where the list's address or the config file is bad: the commands that ask for the list say so. */
function sourcesOf(context: Context): readonly URL[] {
	try {
		return indexSources(sitesOf(context).index, { insecure: true }).urls;
	} catch {
		return [];
	}
}

/**
 * The minors that the Go project supports: the two newest that have a release
 * (go.dev/doc/devel/release: "each major Go release is supported until there are two newer major releases").
 */
export function supportedMinors(releases: readonly Release[]): ReadonlySet<string> {
	const minors = releases
		.filter((release) => release.stable)
		.sort(newestFirst)
		.map((release) => release.minor);
	return new Set([...new Set(minors)].slice(0, 2));
}

/** Whether a release's minor still gets fixes; what is newer than every supported minor (a pre-release) isn't past its end. */
export function isSupported(release: Release, supported: ReadonlySet<string>): boolean {
	if (supported.size === 0 || supported.has(release.minor)) return true;
	return [...supported].every((minor) => Number(release.parsed.minor) > Number(minor.split(".")[1]));
}

/** How many known vulnerabilities a release has, for a word beside its name. */
export interface VulnCount {
	readonly known: number;
	/** How many of them another release, the newest of the minor, still has; undefined where none was named. Counted when read. */
	readonly still: number | undefined;
}

/** As scripts/refresh-vulns.mjs writes it: a mask of platforms and a list of from, to (0: open), in turns. */
type Entry = readonly (number | readonly number[])[];

const entries: readonly Entry[] = data.entries;

/** From which ordinal on there are how many, in turns. */
const counts: Readonly<Record<Platform, readonly number[]>> = data.counts;

/** Counts on numbers alone, so that a list of 300 versions takes less than a millisecond; vulns.ts says which they are. */
export function countVulnerabilities(release: Release, platform: Platform, newest?: Release): VulnCount {
	return new Count(release, platform, newest);
}

class Count implements VulnCount {
	readonly known: number;
	readonly #at: number;
	readonly #platform: Platform;
	readonly #newest: Release | undefined;

	constructor(release: Release, platform: Platform, newest: Release | undefined) {
		this.#at = ordinal(release.parsed);
		this.#platform = platform;
		this.#newest = newest;
		this.known = countAt(counts[platform], this.#at);
	}

	get still(): number | undefined {
		if (this.#newest === undefined) return undefined;
		const bit = 1 << platforms.indexOf(this.#platform);
		const then = ordinal(this.#newest.parsed);
		return entries.filter((entry) => isIn(entry, this.#at, bit) && isIn(entry, then, bit)).length;
	}
}

/** The count of the last step that isn't beyond the ordinal. */
function countAt(steps: readonly number[], ordinal: number): number {
	let low = 0;
	let high = steps.length / 2;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((steps[2 * middle] as number) <= ordinal) low = middle + 1;
		else high = middle;
	}
	return low === 0 ? 0 : (steps[2 * low - 1] as number);
}

/**
 * One number that orders versions as semver orders their twins: 1.22.0-0 (the database's word for before every
 * pre-release) < 1.22rc1 < 1.22.0 < 1.22.1.
 */
export function ordinal({ major, minor, patch, kind, pre }: GoVersion): number {
	const stage = kind === "" ? 999 : (stages[kind] ?? 0) + Number(pre || 0);
	return ((Number(major) * 1000 + Number(minor)) * 1000 + Number(patch || 0)) * 1000 + stage;
}

const stages: Readonly<Record<string, number>> = { alpha: 100, beta: 200, rc: 300 };

function isIn(entry: Entry, at: number, bit: number): boolean {
	for (let part = 0; part < entry.length; part += 2) {
		if (((entry[part] as number) & bit) === 0) continue;
		const ranges = entry[part + 1] as readonly number[];
		for (let range = 0; range < ranges.length; range += 2) {
			const end = ranges[range + 1] as number;
			if (at >= (ranges[range] as number) && (end === 0 || at < end)) return true;
		}
	}
	return false;
}
