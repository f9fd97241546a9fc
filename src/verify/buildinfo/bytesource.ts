import { closeSync, openSync, readSync } from "node:fs";
import { naming } from "../../fs.ts";

/** Bytes that are read where they are needed: a part of a file, from `start` on. */
export interface ByteSource {
	/** At most `length` bytes from `offset`, fewer at the end; none for what can't be an offset. */
	read(offset: number, length: number): Uint8Array;
	/** The part from `offset` on, as a source of its own: one architecture of a universal file. */
	from(offset: number): ByteSource;
}

/**
 * Runs `work` on a file that is closed afterwards.
 * Throws the file system's error, with the path, when it can't be opened or read.
 */
export function withFile<T>(path: string, work: (source: ByteSource) => T): T {
	return naming(path, () => {
		const file = openSync(path, "r");
		try {
			return work(sourceOf((bytes, offset) => readSync(file, bytes, 0, bytes.length, offset)));
		} finally {
			closeSync(file);
		}
	});
}

/** Bytes in memory. */
export function bytesAsSource(content: Uint8Array): ByteSource {
	return sourceOf((bytes, offset) => {
		const part = content.subarray(offset, offset + bytes.length);
		bytes.set(part);
		return part.length;
	});
}

function sourceOf(fill: (bytes: Uint8Array, offset: number) => number, start = 0): ByteSource {
	return {
		read(offset, length) {
			if (!Number.isSafeInteger(start + offset) || offset < 0 || !(length > 0)) return new Uint8Array();
			const bytes = new Uint8Array(length);
			return bytes.subarray(0, fill(bytes, start + offset));
		},
		from: (offset) => sourceOf(fill, start + offset),
	};
}
