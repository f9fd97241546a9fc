import { fstatSync, statSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
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

/**
 * Whether a file descriptor is a terminal. Only what may be one is asked by node:tty, which takes longer to load than a
 * small command runs: no file, pipe or /dev/null is.
 */
export function isTerminal(descriptor: number): boolean {
	try {
		const stat = fstatSync(descriptor);
		return stat.isCharacterDevice() && stat.rdev !== statSync("/dev/null").rdev && isatty(descriptor);
	} catch {
		return false;
	}
}

/** A reader that left (`gox list | head -1`) has what it wanted; a full disk behind stdout is a failure. */
export function statusOfLostOutput(error: unknown): number {
	return systemCode(error) === "EPIPE" ? 0 : exitCodes["file-system"];
}

/**
 * Text for a terminal that may hold words from a file or a server: every control character is escaped as JSON does, and
 * with it what could move the cursor, set the title or hide text, as are marks of direction; but for newline, tab and the
 * five styles of ui/report.ts.
 */
export function harmless(text: string): string {
	return text.replace(unfit, (found) =>
		ownStyle.test(found) ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}${found.slice(1)}`,
	);
}

const ownStyle = /^\u001b\[(?:0|1|2|31|32|33)m$/;
const unfit = /\u001b\[\d+m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text without what stands before the `@` of an address in it (a user name, a password), and without the values of
 * parameters that look secret, in anybody's text.
 */
export function withoutSecrets(text: string): string {
	return text.replace(userinfo, "$1…@").replace(secretParameter, "$1…");
}

const userinfo = /([a-z][a-z0-9+.-]*:\/\/)[^\s/'"`]*@/gi;
const secretParameter = /([?&][^\s=&?'"]*(?:token|secret|passw|sig|key|credential|auth)[^\s=&'"]*=)[^\s&'"`,|]+/gi;
