import table from "../../data/release-table.json" with { type: "json" };
import { type Platform, parsePlatform } from "../version/platform.ts";
import { newestFirst, parseRelease } from "../version/release.ts";
import type { Archive, IndexRelease } from "./list.ts";

/** The releases and digests that gox was built with: known independently of any download site. */
export interface ReleaseTable {
	/** Newest first. */
	readonly releases: readonly IndexRelease[];
	/** The day of the list it was made from, `2026-08-28`. */
	readonly date: string;
}

/** As scripts/release-table.mjs writes it: digest, then size if known, then the name if it isn't the usual one. */
type Entry = readonly [sha256: string, size?: number, filename?: string];

/** Import this module lazily: commands that need no releases must not load it. */
export function builtInTable(): ReleaseTable {
	const releases: IndexRelease[] = [];
	for (const [name, entries] of Object.entries(table.releases as unknown as Record<string, Record<string, Entry>>)) {
		const release = parseRelease(name);
		if (!release) continue;
		const archives = new Map<Platform, Archive>();
		for (const [platform, [sha256, size = 0, filename = `${name}.${platform}.tar.gz`]] of Object.entries(entries)) {
			archives.set(parsePlatform(platform), { filename, sha256: sha256 || undefined, size });
		}
		releases.push({ release, stable: release.stable, archives });
	}
	return { releases: releases.sort((left, right) => newestFirst(left.release, right.release)), date: table.date };
}
