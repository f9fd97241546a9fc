import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { GoxError, systemCode } from "./errors.ts";

/** What a source's file may be: whose failure it is, and how large. */
export interface FileRule {
	/** In bytes. */
	readonly limit: number;
	/** As a message says it: `64 KiB`. */
	readonly limitText: string;
	readonly hint: string;
	/** go.mod and go.work: a directory of that name is no such file. */
	readonly passDirectories?: boolean;
}

/**
 * A file's bytes, or undefined where there is none. Never waits for a FIFO's writer.
 * @throws GoxError `bad-version-file` when it is not a regular file or too large, `file-system` when it can't be read.
 */
export function readFile(path: string, rule: FileRule): Buffer | undefined {
	const file = open(path, rule);
	if (file === undefined) return undefined;
	try {
		const stat = fstatSync(file);
		if (stat.isDirectory() && rule.passDirectories) return undefined;
		if (!stat.isFile()) throw notRegular(path, rule);
		const bytes = readUpTo(file, rule.limit + 1);
		if (bytes.length > rule.limit) {
			throw new GoxError("bad-version-file", `${path} is larger than ${rule.limitText}`, { hint: rule.hint });
		}
		return bytes;
	} catch (error) {
		throw error instanceof GoxError ? error : unreadable(path, error);
	} finally {
		closeSync(file);
	}
}

/** What `look` finds, or `otherwise` where it fails as gox fails. */
export function attempt<T>(look: () => T, otherwise: T): T {
	try {
		return look();
	} catch (error) {
		if (error instanceof GoxError) return otherwise;
		throw error;
	}
}

function open(path: string, rule: FileRule): number | undefined {
	try {
		return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch (error) {
		const code = systemCode(error);
		if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
		if (code === "EACCES" && !canBeSeen(path)) return undefined;
		if (code === "ENXIO") throw notRegular(path, rule);
		throw unreadable(path, error);
	}
}

/** Tells a file that may not be read from a directory that may not be searched. */
function canBeSeen(path: string): boolean {
	try {
		lstatSync(path);
		return true;
	} catch {
		return false;
	}
}

function readUpTo(file: number, most: number): Buffer {
	const chunks: Buffer[] = [];
	let total = 0;
	while (total < most) {
		const chunk = Buffer.alloc(Math.min(most - total, 65_537));
		const count = readSync(file, chunk, 0, chunk.length, null);
		if (count === 0) break;
		chunks.push(chunk.subarray(0, count));
		total += count;
	}
	return Buffer.concat(chunks);
}

function notRegular(path: string, rule: FileRule): GoxError {
	return new GoxError("bad-version-file", `${path} is not a regular file`, { hint: rule.hint });
}

const reasons: Readonly<Record<string, string>> = {
	EACCES: "Permission denied",
	EPERM: "Operation not permitted",
	ELOOP: "Too many levels of symbolic links",
	EIO: "Input/output error",
};

function unreadable(path: string, error: unknown): GoxError {
	return new GoxError("file-system", `${path} cannot be read: ${reasons[systemCode(error) ?? ""] ?? systemNumber(error)}`, {
		cause: error,
	});
}

function systemNumber(error: unknown): string {
	const number = error instanceof Error && "errno" in error && typeof error.errno === "number" ? Math.abs(error.errno) : 0;
	return `system error ${number}`;
}
