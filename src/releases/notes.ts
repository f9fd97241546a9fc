import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeDirectory, writeFileAtomic } from "../fs.ts";
import { isPrivate } from "../permissions.ts";

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
