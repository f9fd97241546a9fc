import { GoxError, quote } from "../errors.ts";

/** What a tar or zip entry says of itself, before anything of it is believed. */
export interface EntryClaim {
	readonly path: string;
	readonly type: "file" | "directory" | "symlink" | "hardlink" | (string & {});
	/** Bytes of content as announced. */
	readonly size: number;
	readonly mode: number;
	/** Of a link. */
	readonly target?: string;
}

/** An entry that may be written, with its path relative to GOROOT (`""` is GOROOT itself). */
export type AcceptedEntry =
	| { readonly kind: "file"; readonly path: string; readonly size: number; readonly executable: boolean }
	| { readonly kind: "directory"; readonly path: string }
	| { readonly kind: "symlink"; readonly path: string; readonly target: string }
	| { readonly kind: "hardlink"; readonly path: string; readonly existing: string };

export interface ArchiveLimits {
	readonly entries: number;
	/** Bytes, all files together. */
	readonly total: number;
	/** Bytes of one file. */
	readonly file: number;
	/** Unpacked bytes for each packed byte. */
	readonly expansion: number;
}

/** Go 1.27 has 15,000 entries, 250 MB unpacked, four bytes for each packed one. */
export const archiveLimits: ArchiveLimits = { entries: 100_000, total: 4 * 2 ** 30, file: 2 ** 30, expansion: 200 };

/**
 * Decides entry by entry what an archive may contain (no file system is touched here).
 * Everything lies below one top directory; no `..`, absolute path, control character or backslash;
 * files, directories and links that stay inside only; nothing is written through a link; no set-uid;
 * no two names that are one on a case-insensitive disk; bounded in number and size.
 */
export class ArchivePolicy {
	readonly #top: string;
	readonly #limits: ArchiveLimits;
	/** Folded path → the spelling and kind that took it first. */
	readonly #taken = new Map<string, { path: string; kind: AcceptedEntry["kind"] }>();
	#lastDirectory: string | undefined;
	#entries = 0;
	#bytes = 0;

	/** @param top the directory that every entry must lie below, with its slash: `go/`. */
	constructor(top: string, limits: ArchiveLimits = archiveLimits) {
		this.#top = top;
		this.#limits = limits;
	}

	/** Unpacked bytes accepted so far. */
	get bytes(): number {
		return this.#bytes;
	}

	/** @throws GoxError `hostile-archive`, naming the entry and the reason. */
	accept(claim: EntryClaim): AcceptedEntry {
		const path = this.#relative(claim);
		this.#count(claim);
		if (claim.mode & 0o7000) throw hostile(claim, "has set-uid, set-gid or sticky bits");
		if (claim.type === "directory" || path === "") {
			if (claim.type !== "directory") throw hostile(claim, "takes the place of the top directory");
			if (path !== "") this.#take(claim, path, "directory");
			return { kind: "directory", path };
		}
		switch (claim.type) {
			case "file":
				this.#take(claim, path, "file");
				return { kind: "file", path, size: claim.size, executable: (claim.mode & 0o111) !== 0 };
			case "symlink":
				this.#take(claim, path, "symlink");
				return { kind: "symlink", path, target: this.#insideTarget(claim, path) };
			case "hardlink": {
				const existing = this.#relative({ ...claim, path: claim.target ?? "" });
				if (this.#taken.get(fold(existing))?.kind !== "file")
					throw hostile(claim, "is a hard link to something that isn't a file of this archive");
				this.#take(claim, path, "file");
				return { kind: "hardlink", path, existing };
			}
			default:
				throw hostile(claim, `is a ${claim.type}: only files, directories and links belong in a Go archive`);
		}
	}

	/**
	 * @param unpackedBytes of the whole stream, headers and padding included; of the files alone where they are all there is
	 * @throws GoxError `hostile-archive` when the archive grew out of all proportion to what was packed.
	 */
	checkExpansion(packedBytes: number, unpackedBytes = this.#bytes): void {
		if (Math.max(this.#bytes, unpackedBytes) > this.#limits.expansion * Math.max(packedBytes, 2 ** 20)) {
			throw new GoxError("hostile-archive", `the archive unpacks to more than ${this.#limits.expansion} times its size`);
		}
	}

	#relative(claim: EntryClaim): string {
		const path = claim.type === "directory" ? claim.path.replace(/\/$/, "") : claim.path;
		if (claim.path.length > 1024) throw hostile(claim, "has a path of more than 1,024 characters");
		if (/[\u0000-\u001f\u007f\\\ufffd]/.test(path))
			throw hostile(claim, "has a control character, a backslash or broken UTF-8 in its name");
		if (path.startsWith("/")) throw hostile(claim, "has an absolute path");
		if (`${path}/` === this.#top) return "";
		if (/(?:^|\/)\.\.(?:\/|$)/.test(path)) throw hostile(claim, "climbs out with ..");
		if (!path.startsWith(this.#top)) throw hostile(claim, `lies outside ${this.#top}`);
		const inside = path.slice(this.#top.length);
		if (/^\/|\/\/|\/$|(?:^|\/)\.(?:\/|$)|[^/]{256}/.test(inside))
			throw hostile(claim, "has an empty, . or overlong part in its path");
		return inside;
	}

	#count(claim: EntryClaim): void {
		this.#entries++;
		if (!Number.isSafeInteger(claim.size) || claim.size < 0 || claim.size > this.#limits.file)
			throw hostile(claim, `claims a size of ${claim.size} bytes`);
		this.#bytes += claim.size;
		if (this.#entries > this.#limits.entries) throw hostile(claim, `is one of more than ${this.#limits.entries} entries`);
		if (this.#bytes > this.#limits.total) throw hostile(claim, `brings the archive over ${this.#limits.total} bytes`);
	}

	/** Claims a path and its parents, which must be directories spelled the same everywhere. */
	#take(claim: EntryClaim, path: string, kind: AcceptedEntry["kind"]): void {
		const slash = path.lastIndexOf("/");
		if (slash > 0) this.#takeDirectory(claim, path.slice(0, slash));
		const folded = fold(path);
		const before = this.#taken.get(folded);
		if (!before) {
			this.#taken.set(folded, { path, kind });
		} else if (before.kind !== "directory" || kind !== "directory" || before.path !== path) {
			throw hostile(claim, `is the same file as ${quote(before.path)} on a case-insensitive disk, or twice there`);
		}
	}

	#takeDirectory(claim: EntryClaim, path: string): void {
		// Of the directory that was found good last, most entries are.
		if (path === this.#lastDirectory) return;
		const before = this.#taken.get(fold(path));
		if (!before) {
			this.#take(claim, path, "directory");
			this.#lastDirectory = path;
			return;
		}
		if (before.kind !== "directory")
			throw hostile(claim, `would be written through ${quote(before.path)}, which is no directory`);
		if (before.path !== path)
			throw hostile(claim, `lies in the same directory as ${quote(before.path)} on a case-insensitive disk`);
		this.#lastDirectory = path;
	}

	#insideTarget(claim: EntryClaim, path: string): string {
		const target = claim.target ?? "";
		if (target === "" || target.startsWith("/") || /[\u0000-\u001f\u007f\\\ufffd]/.test(target))
			throw hostile(claim, "is a link to an absolute or unreadable path");
		let depth = path.split("/").length - 1;
		let named = false;
		for (const part of target.split("/")) {
			// Behind a name that is itself a link upwards, .. would lead further than it says.
			if (part === ".." && named) throw hostile(claim, `is a link with .. behind a name, to ${quote(target)}`);
			if (part === "..") depth--;
			else if (part !== "." && part !== "") named = true;
			if (depth < 0) throw hostile(claim, `is a link out of the tree, to ${quote(target)}`);
		}
		return target;
	}
}

/** As APFS and HFS+ compare names: by canonical form and full case folding, and HFS+ without what can't be seen. */
function fold(path: string): string {
	if (!/[^\u0000-\u007f]/.test(path)) return path.toUpperCase();
	const seen = path.replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, "");
	return seen.normalize("NFD").toLowerCase().toUpperCase().normalize("NFC");
}

function hostile(claim: EntryClaim, why: string): GoxError {
	return new GoxError("hostile-archive", `the archive's entry ${quote(claim.path)} ${why}`);
}
