import { hash } from "node:crypto";
import { readFileSync, rmSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { shown } from "../fetch/address.ts";
import { makeDirectory, writeFileAtomic } from "../fs.ts";
import { isPrivate } from "../permissions.ts";
import { goxVersion } from "../product.ts";
import { type Platform, platforms } from "../version/platform.ts";
import type { IndexRelease } from "./list.ts";

/** A list of releases as it was fetched. */
export interface CachedIndex {
	/** The JSON text. */
	readonly body: string;
	readonly etag: string | undefined;
	readonly lastModified: string | undefined;
	readonly fetchedAt: Date;
}

/** A cached list as it lies on the disk, without being read. */
export interface ListStamp {
	/** Its name in the cache. */
	readonly file: string;
	/** When it was written, and its size: another list has others. */
	readonly mtimeMs: number;
	readonly size: number;
	/** When it was fetched, ISO 8601. */
	readonly fetchedAt: string;
}

const lifetimeMs = 60 * 60 * 1000;

/** Whether a list is younger than an hour. One from the future isn't: the clock ran backwards, and its age is unknown. */
export function isFresh(cached: Pick<CachedIndex, "fetchedAt">, now: Date): boolean {
	const age = now.getTime() - cached.fetchedAt.getTime();
	return age >= 0 && age < lifetimeMs;
}

/**
 * Fetched lists on disk, one file a URL: a line of JSON (validators, time, the body's SHA-256), then the body.
 * A cache that can't be written is no failure, and a damaged one is no cache. What a list says is believed, so neither is
 * one that somebody else could have written.
 */
export class IndexCache {
	readonly #directory: string;
	readonly #uid: number;

	/** @param uid the user whose cache it is */
	constructor(cacheDir: string, uid: number) {
		this.#directory = join(cacheDir, "index");
		this.#uid = uid;
	}

	/** The list of this URL; undefined if there is none that is intact. A damaged one is removed. */
	read(url: URL): CachedIndex | undefined {
		const path = this.#pathOf(url);
		let text: string;
		try {
			if (![dirname(this.#directory), this.#directory, path].every((each) => isPrivate(each, this.#uid))) return undefined;
			text = readFileSync(path, "utf8");
		} catch {
			return undefined;
		}
		const cached = decode(text);
		if (!cached) this.remove(url);
		return cached;
	}

	write(url: URL, { body, etag, lastModified, fetchedAt }: CachedIndex): void {
		const head = { url: shown(url), fetchedAt: fetchedAt.toISOString(), etag, lastModified, sha256: hash("sha256", body) };
		try {
			makeDirectory(this.#directory, 0o700);
			writeFileAtomic(this.#pathOf(url), `${JSON.stringify(head)}\n${body}`);
		} catch {
			// A full or read-only disk costs the next run a request, and nothing else.
		}
	}

	/** What tells this URL's list from a later one; undefined where there is none. */
	stamp(url: URL, fetchedAt: Date): ListStamp | undefined {
		const file = basename(this.#pathOf(url));
		const stat = this.#statOf(file);
		return stat && { file, mtimeMs: stat.mtimeMs, size: stat.size, fetchedAt: fetchedAt.toISOString() };
	}

	/** Whether that list is still there, as it was, and nobody else's to write. */
	has({ file, mtimeMs, size }: ListStamp): boolean {
		const stat = /^[0-9a-f]+$/.test(file) ? this.#statOf(file) : undefined;
		return stat?.mtimeMs === mtimeMs && stat.size === size && isPrivate(join(this.#directory, file), this.#uid);
	}

	remove(url: URL): void {
		try {
			rmSync(this.#pathOf(url), { force: true });
		} catch {
			// A reader sees that it is damaged, so leaving it does no harm.
		}
	}

	#statOf(file: string): Stats | undefined {
		return statSync(join(this.#directory, file), { throwIfNoEntry: false });
	}

	#pathOf(url: URL): string {
		return join(this.#directory, hash("sha256", url.href).slice(0, 32));
	}
}

function decode(text: string): CachedIndex | undefined {
	const end = text.indexOf("\n");
	const body = text.slice(end + 1);
	try {
		const head: Record<string, unknown> = JSON.parse(text.slice(0, Math.max(0, end)));
		const fetchedAt = new Date(String(head.fetchedAt));
		if (head.sha256 !== hash("sha256", body) || Number.isNaN(fetchedAt.getTime())) return undefined;
		return { body, etag: textOrNothing(head.etag), lastModified: textOrNothing(head.lastModified), fetchedAt };
	} catch {
		return undefined;
	}
}

function textOrNothing(value: unknown): string | undefined {
	return typeof value === "string" ? value : undefined;
}

/**
 * A small file beside the cached lists: what was worked out of them, by their addresses. As with the lists, one that
 * somebody else could have written, or that is damaged, is none; one that can't be written costs the next run some time.
 */
export class Notes {
	readonly #path: string;
	readonly #uid: number;

	/** @param uid the user whose cache it is */
	constructor(cacheDir: string, name: string, uid: number) {
		this.#path = join(cacheDir, "index", name);
		this.#uid = uid;
	}

	/** What was noted under each key, not yet known to be of any shape. */
	read(): ReadonlyMap<string, unknown> {
		try {
			const directory = dirname(this.#path);
			if (![dirname(directory), directory, this.#path].every((each) => isPrivate(each, this.#uid))) return new Map();
			return new Map(Object.entries(JSON.parse(readFileSync(this.#path, "utf8")) ?? {}));
		} catch {
			return new Map();
		}
	}

	/** Notes something, and keeps what is noted under other keys. */
	write(key: string, value: unknown): void {
		try {
			makeDirectory(dirname(this.#path), 0o700);
			writeFileAtomic(this.#path, `${JSON.stringify(Object.fromEntries(new Map(this.read()).set(key, value)))}\n`);
		} catch {
			// A full or read-only disk costs the next run some time, and nothing else.
		}
	}
}

/**
 * Which releases were the newest of their minors when a list was last fetched: what a word beside a name needs, without
 * reading the list.
 */
export class NewestNotes {
	readonly #notes: Notes;

	/** @param uid the user whose cache it is */
	constructor(cacheDir: string, uid: number) {
		this.#notes = new Notes(cacheDir, "newest.json", uid);
	}

	/** What was noted of each of these lists, one after the other. */
	read(...urls: readonly URL[]): readonly string[] {
		const all = this.#notes.read();
		return urls.flatMap((url) => {
			const names = all.get(shown(url));
			return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : [];
		});
	}

	write(url: URL, names: readonly string[]): void {
		this.#notes.write(shown(url), names);
	}
}

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
