import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A part of a real program: its headers and its build information, at their places (scripts/excerpt-program.mjs). */
export interface Excerpt {
	/** `go1.22.5-linux-amd64` */
	readonly name: string;
	/** Bytes of the whole program. */
	readonly size: number;
	/** What `go version -m` printed of the whole program, without the program's name. */
	readonly goVersionM: string;
	readonly parts: readonly (readonly [offset: number, bytes: Buffer])[];
}

const directory = join(import.meta.dirname, "buildinfo");

export function excerpts(): readonly Excerpt[] {
	return readdirSync(directory).map((file) => {
		const { size, goVersionM, parts } = JSON.parse(readFileSync(join(directory, file), "utf8")) as {
			size: number;
			goVersionM: string;
			parts: [number, string][];
		};
		const decoded = parts.map(([offset, text]) => [offset, Buffer.from(text, "base64")] as const);
		return { name: file.replace(/\.json$/, ""), size, goVersionM, parts: decoded };
	});
}

export function excerptNamed(name: string): Excerpt {
	const found = excerpts().find((each) => each.name === name);
	if (!found) throw new Error(`there is no excerpt ${name}`);
	return found;
}

/** The program with zeros where the excerpt has nothing: a sparse file. */
export function writeExcerpt({ size, parts }: Excerpt, path: string): void {
	const file = openSync(path, "w", 0o755);
	try {
		ftruncateSync(file, size);
		for (const [offset, bytes] of parts) writeSync(file, bytes, 0, bytes.length, offset);
	} finally {
		closeSync(file);
	}
}

/** As `writeExcerpt`, in memory. */
export function excerptBytes({ size, parts }: Excerpt): Buffer {
	const bytes = Buffer.alloc(size);
	for (const [offset, part] of parts) part.copy(bytes, offset);
	return bytes;
}
