import { closeSync, openSync, readSync } from "node:fs";
import { bytesInWords } from "../ui/table.ts";

/** The most that is shown of one command's output, in bytes: what it ended with is what tells. */
export const shownAtMost = 4 << 20;

/** What a command has written, as lines under a heading. */
export function outputInWords(heading: string, { text, omitted }: Tail): readonly string[] {
	const lines = text.replace(/\n$/, "").split("\n");
	if (text === "") return [`${heading}, no output`];
	return [heading, ...(omitted > 0 ? [`(${bytesInWords(omitted)} before this are left out)`] : []), ...lines];
}

/** The end of a file, from the beginning of a line on. */
export interface Tail {
	readonly text: string;
	/** Bytes in front of it that were left out. */
	readonly omitted: number;
}

/** Reads what a command has written, as UTF-8; of more than `limit` bytes, the last lines. */
export function tailOf(path: string, limit = shownAtMost): Tail {
	const file = openSync(path, "r");
	try {
		const chunks: Buffer[] = [];
		let total = 0;
		let kept = 0;
		for (;;) {
			const chunk = Buffer.alloc(Math.min(limit, 64 << 10));
			const read = readSync(file, chunk);
			if (read === 0) break;
			chunks.push(chunk.subarray(0, read));
			total += read;
			kept += read;
			while (kept - (chunks[0]?.length ?? 0) >= limit) kept -= chunks.shift()?.length ?? 0;
		}
		return cut(Buffer.concat(chunks), total, limit);
	} finally {
		closeSync(file);
	}
}

function cut(kept: Buffer, total: number, limit: number): Tail {
	if (total <= limit) return { text: kept.toString(), omitted: 0 };
	const end = kept.subarray(kept.length - limit);
	const whole = end.subarray(end.indexOf("\n") + 1);
	return { text: whole.toString(), omitted: total - whole.length };
}
