import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { shown } from "../fetch/address.ts";
import { makeDirectory, writeFileAtomic } from "../fs.ts";
import { isPrivate } from "../permissions.ts";

/**
 * Which releases were the newest of their minors when a list was last fetched: what a word beside a name needs, without
 * reading the list. One small file beside the lists, by their addresses; as with them, one that somebody else could have
 * written, or that is damaged, is none.
 */
export class NewestNotes {
	readonly #path: string;
	readonly #uid: number;

	/** @param uid the user whose cache it is */
	constructor(cacheDir: string, uid: number) {
		this.#path = join(cacheDir, "index", "newest.json");
		this.#uid = uid;
	}

	/** What was noted of each of these lists, one after the other. */
	read(...urls: readonly URL[]): readonly string[] {
		const all = this.#all();
		return urls.flatMap((url) => all.get(shown(url)) ?? []);
	}

	write(url: URL, names: readonly string[]): void {
		try {
			makeDirectory(dirname(this.#path), 0o700);
			const all = new Map(this.#all()).set(shown(url), names);
			writeFileAtomic(this.#path, `${JSON.stringify(Object.fromEntries(all))}\n`);
		} catch {
			// A full or read-only disk costs a word beside a name, and nothing else.
		}
	}

	#all(): ReadonlyMap<string, readonly string[]> {
		try {
			const directory = dirname(this.#path);
			if (![dirname(directory), directory, this.#path].every((each) => isPrivate(each, this.#uid))) return new Map();
			const notes: unknown = JSON.parse(readFileSync(this.#path, "utf8"));
			return new Map(
				Object.entries(notes ?? {}).filter(
					([, names]) => Array.isArray(names) && names.every((name) => typeof name === "string"),
				),
			);
		} catch {
			return new Map();
		}
	}
}
