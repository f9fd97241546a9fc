import { shown } from "../fetch/address.ts";
import { goxVersion } from "../product.ts";
import { type Platform, platforms } from "../version/platform.ts";
import type { IndexRelease } from "./index.ts";
import type { ListStamp } from "./indexcache.ts";
import { Notes } from "./notes.ts";

/** A release's name, and a bit for each of `platforms` that it can be had for. */
type Entry = readonly [name: string, mask: number];

/**
 * Which releases a cached list and the built-in table have together, so that they can be listed without decoding a
 * megabyte. Noted for one list as it was fetched, by one version of gox: for another one there is no note.
 */
export class AvailableNotes {
	readonly #notes: Notes;

	/** @param uid the user whose cache it is */
	constructor(cacheDir: string, uid: number) {
		this.#notes = new Notes(cacheDir, "available.json", uid);
	}

	/** What was noted of the list, newest first, and what the list was then. */
	read(url: URL): Omit<Note, "gox"> | undefined {
		const note = this.#notes.read().get(shown(url)) as Partial<Note> | undefined;
		if (note?.gox !== goxVersion || typeof note.list?.file !== "string" || !Array.isArray(note.releases)) return undefined;
		return note.releases.every(isEntry) ? { list: note.list, releases: note.releases } : undefined;
	}

	write(url: URL, list: ListStamp, releases: readonly IndexRelease[]): void {
		const entries = releases.map(({ release, archives }): Entry => [release.name, maskOf(archives)]);
		this.#notes.write(shown(url), { gox: goxVersion, list, releases: entries } satisfies Note);
	}
}

interface Note {
	readonly gox: string;
	readonly list: ListStamp;
	readonly releases: readonly Entry[];
}

function isEntry(value: unknown): value is Entry {
	return Array.isArray(value) && typeof value[0] === "string" && Number.isInteger(value[1]);
}

/** Whether a noted release can be had for a platform. */
export function isFor(platform: Platform, [, mask]: Entry): boolean {
	return (mask & (1 << platforms.indexOf(platform))) !== 0;
}

function maskOf(archives: ReadonlyMap<Platform, unknown>): number {
	return platforms.reduce((mask, platform, at) => (archives.has(platform) ? mask | (1 << at) : mask), 0);
}
