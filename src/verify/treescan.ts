import * as crypto from "node:crypto";
import { closeSync, constants, type Dirent, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { systemCode } from "../errors.ts";

/** What stands at one path of a tree, directories left out. */
export interface ScannedFile {
	/** SHA-256 in lower-case hex; undefined for anything but a regular file: symlinks, which aren't followed, and devices. */
	readonly sha256: string | undefined;
	/** Whether its owner may run it; read for the commands of a GOROOT only, true for other files. */
	readonly executable: boolean;
}

/** Files by their path relative to the root, with slashes. */
export type ScannedTree = ReadonlyMap<string, ScannedFile>;

/** Larger files are read in pieces. A buffer for each file would cost more than hashing it. */
const bufferBytes = 1024 * 1024;

/**
 * Reads and hashes every file below `root`. Synchronous file by file, which is the fastest there is for 10,000 small
 * ones; between directories others have their turn, and `signal` is heeded.
 * File-system errors are thrown as they come, but for what vanishes meanwhile.
 */
export async function scanTree(root: string, signal: AbortSignal): Promise<ScannedTree> {
	const files = new Map<string, ScannedFile>();
	const buffer = Buffer.allocUnsafeSlow(bufferBytes);
	const directories = [""];
	for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
		for (const entry of entriesOf(root, directory, files)) {
			const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
			if (entry.isDirectory()) directories.push(path);
			else files.set(path, entry.isFile() ? scanFile(`${root}/${path}`, path, buffer) : { sha256: undefined, executable: true });
		}
		if (directories.length % 16 === 0) await nextTurn();
		signal.throwIfAborted();
	}
	return files;
}

/** A directory whose name isn't UTF-8 can't be entered by what it is read as: it counts as something that isn't a file. */
function entriesOf(root: string, directory: string, files: Map<string, ScannedFile>): Dirent[] {
	try {
		return readdirSync(join(root, directory), { withFileTypes: true });
	} catch (error) {
		if (systemCode(error) !== "ENOENT" || directory === "") throw error;
		if (directory.includes("\ufffd")) files.set(directory, { sha256: undefined, executable: true });
		return [];
	}
}

/** Whether a file of a GOROOT is one that people and Go itself run. */
export function isCommand(path: string): boolean {
	return /^bin\/[^/]+$|^pkg\/tool\/[^/]+\/[^/]+$/.test(path);
}

function scanFile(file: string, path: string, buffer: Buffer): ScannedFile {
	try {
		const executable = !isCommand(path) || (lstatSync(file).mode & constants.S_IXUSR) !== 0;
		return { sha256: sha256Of(file, buffer), executable };
	} catch (error) {
		if (systemCode(error) === "ENOENT" || systemCode(error) === "ELOOP") return { sha256: undefined, executable: true };
		throw error;
	}
}

function sha256Of(file: string, buffer: Buffer): string {
	const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
	try {
		let count = readSync(descriptor, buffer, 0, bufferBytes, null);
		if (count < bufferBytes) return crypto.hash("sha256", buffer.subarray(0, count));
		const hash = crypto.createHash("sha256");
		while (count > 0) {
			hash.update(buffer.subarray(0, count));
			count = readSync(descriptor, buffer, 0, bufferBytes, null);
		}
		return hash.digest("hex");
	} finally {
		closeSync(descriptor);
	}
}
