import { shown } from "../fetch/address.ts";
import { Notes } from "./notes.ts";

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
