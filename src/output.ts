import { writeSync } from "node:fs";
import { exitCodes, systemCode } from "./errors.ts";

/**
 * Writes text, as UTF-8, straight to a file descriptor: the streams of Node and Bun cost more than a small command does.
 * @throws the file system's error: EPIPE when the reader has left, ENOSPC …
 */
export function writeText(descriptor: number, text: string): void {
	const bytes = Buffer.from(text);
	for (let written = 0; written < bytes.length; ) {
		try {
			written += writeSync(descriptor, bytes, written);
		} catch (error) {
			if (systemCode(error) !== "EAGAIN") throw error;
			// Whoever shares the terminal or the pipe has made it non-blocking, and it is full.
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
		}
	}
}

/** A reader that left (`gox list | head -1`) ends the run quietly; a full disk behind stdout is a failure. */
export function statusOfLostOutput(error: unknown): number {
	return systemCode(error) === "EPIPE" ? 0 : exitCodes["file-system"];
}
