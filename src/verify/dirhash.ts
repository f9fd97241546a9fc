import { createHash } from "node:crypto";
import { GoxError, quote } from "../errors.ts";

/**
 * The `h1:` hash over the files of a module (golang.org/x/mod/sumdb/dirhash.Hash1): SHA-256 of the lines
 * `sha256hex  name`, sorted by name as bytes, in base64. Files are added in any order, as they are written.
 */
export class DirHash {
	readonly #files = new Map<string, string>();

	/**
	 * @param name with `/` between its elements, the module's prefix included
	 * @param sha256 of the file's content, 64 lower-case hexadecimal digits
	 * @throws GoxError `integrity` for a name with a newline, or two files of one name.
	 */
	add(name: string, sha256: string): void {
		if (name.includes("\n")) throw new GoxError("integrity", `a file name with a newline can't be hashed: ${quote(name)}`);
		if (!/^[0-9a-f]{64}$/.test(sha256)) throw new GoxError("internal", `${quote(sha256)} is not a SHA-256 in hexadecimal`);
		if (this.#files.has(name)) throw new GoxError("integrity", `two files are called ${quote(name)}`);
		this.#files.set(name, sha256);
	}

	get size(): number {
		return this.#files.size;
	}

	/** `h1:` and base64; more files may be added afterwards. */
	h1(): string {
		let lines = "";
		for (const name of sortedByBytes([...this.#files.keys()])) lines += `${this.#files.get(name)}  ${name}\n`;
		return `h1:${createHash("sha256").update(lines).digest("base64")}`;
	}
}

/** UTF-16 order, JavaScript's own, puts astral characters before U+E000; Go sorts the UTF-8 bytes. */
function sortedByBytes(names: string[]): string[] {
	if (names.every(isAscii)) return names.sort();
	return names.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

function isAscii(text: string): boolean {
	return !/[^\u0000-\u007f]/.test(text);
}
