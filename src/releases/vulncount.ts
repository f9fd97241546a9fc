import data from "../../data/vulnranges.json" with { type: "json" };
import type { GoVersion } from "../version/goversion.ts";
import { type Platform, platforms } from "../version/platform.ts";
import type { Release } from "../version/release.ts";

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
