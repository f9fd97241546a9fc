import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ifPresent, makeDirectory, writeFileAtomic } from "../fs.ts";

/** Answers that were proven once, so that they need not be asked again; proven again whenever they are used. */
export interface SumdbCache {
	read(path: string): Uint8Array | undefined;
	write(path: string, content: Uint8Array): void;
}

/** A cache in a directory, laid out as cmd/go's GOMODCACHE/cache/download/sumdb/NAME is. */
export function cacheIn(directory: string): SumdbCache {
	return {
		read: (path) => {
			const content = ifPresent(() => readFileSync(join(directory, path)));
			return content && content.length > 0 ? content : undefined;
		},
		write: (path, content) => {
			try {
				makeDirectory(dirname(join(directory, path)));
				writeFileAtomic(join(directory, path), content);
			} catch {
				// A cache that can't be written (full, read-only) makes the next look-up slower, and this one no worse.
			}
		},
	};
}

export const noCache: SumdbCache = { read: () => undefined, write: () => undefined };
