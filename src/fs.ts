import { randomBytes } from "node:crypto";
import {
	accessSync,
	chmodSync,
	closeSync,
	constants,
	fstatSync,
	fsyncSync,
	lstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	readSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	unlinkSync,
	writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { isAlive, ownMark } from "./context.ts";
import { systemCode } from "./errors.ts";
import { isAbandoned, makerShape } from "./maker.ts";

/** A name beside `path` that nothing else uses: `.NAME.MAKER.RANDOM`. */
export function besideName(path: string): string {
	return join(dirname(path), `.${basename(path)}.${ownMark()}.${randomBytes(6).toString("hex")}`);
}

/** The names that `besideName` gives. */
export const besideShape = new RegExp(`^\\.(.+)\\.(${makerShape})\\.[0-9a-f]{12}$`);

/** Removes from a directory what dead processes left of replacing its files, or the one called `name`; the names removed. */
export function sweepBeside(directory: string, name?: string): string[] {
	return namesIn(directory).filter((beside) => {
		const [, of, mark] = besideShape.exec(beside) ?? [];
		if (of === undefined || mark === undefined || (name !== undefined && of !== name)) return false;
		const path = join(directory, beside);
		if (!isAbandoned(isAlive, mark, path)) return false;
		rmSync(path, { force: true, recursive: true });
		return true;
	});
}

/**
 * Replaces a file whole: written beside, fsynced, renamed, the directory fsynced. A reader sees the old content or the
 * new, also after a power loss. What a process killed at this left beside the file goes first.
 * @param written called between writing and renaming
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644, written = () => {}): void {
	replaceFile(path, (file) => writeFileSync(file, content), mode, written);
}

/** As `writeFileAtomic`, for content that is too large for memory: `fill` writes it to an open descriptor. */
export function replaceFile(path: string, fill: (descriptor: number) => void, mode = 0o644, written = () => {}): void {
	try {
		sweepBeside(dirname(path), basename(path));
	} catch {
		// What stands in the way of tidying up needn't stand in the way of writing.
	}
	const beside = besideName(path);
	try {
		naming(path, () => {
			const file = openSync(beside, "wx", mode);
			try {
				fill(file);
				fsyncSync(file);
			} finally {
				closeSync(file);
			}
		});
		written();
		renameSync(beside, path);
	} catch (error) {
		rmSync(beside, { force: true });
		throw error;
	}
	syncDirectory(dirname(path));
}

/** Points the symlink `path` at `target` in one step, whatever it pointed at before. @param made called before that step */
export function replaceSymlink(target: string, path: string, made = () => {}): void {
	const beside = besideName(path);
	symlinkSync(target, beside);
	try {
		made();
		renameSync(beside, path);
	} catch (error) {
		unlinkSync(beside);
		throw error;
	}
}

/** What the symlink at `path` says; undefined where there is none. */
export function linkTarget(path: string): string | undefined {
	try {
		return ifPresent(() => readlinkSync(path));
	} catch (error) {
		if (systemCode(error) === "EINVAL") return undefined;
		throw error;
	}
}

/** fsync of a directory, so that a rename in it survives a power loss. File systems that can't are left alone. */
export function syncDirectory(path: string): void {
	naming(path, () => {
		const directory = openSync(path, "r");
		try {
			fsyncSync(directory);
		} catch (error) {
			if (systemCode(error) !== "EINVAL" && systemCode(error) !== "ENOTSUP") throw error;
		} finally {
			closeSync(directory);
		}
	});
}

/** Runs `work`; a system error of a call on a descriptor, which knows no path, gets this one. */
export function naming<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		throw named(path, error);
	}
}

/** A system error with the path that a call on a descriptor or a stream doesn't know; any other as it is. */
export function named(path: string, error: unknown): unknown {
	if (error instanceof Error && "syscall" in error && !("path" in error)) Object.assign(error, { path });
	return error;
}

/** Whether something is there; unlike `existsSync`, a disk that can't say throws: what can't be seen is not taken for gone. */
export function isThere(path: string): boolean {
	try {
		return ifPresent(() => statSync(path)) !== undefined;
	} catch (error) {
		if (systemCode(error) === "ELOOP") return false;
		throw error;
	}
}

/** The file's text, or undefined where there is none. */
export function readIfPresent(path: string): string | undefined {
	return ifPresent(() => naming(path, () => readFileSync(path, "utf8")));
}

/**
 * The first bytes of a regular file, fewer if it is shorter. Undefined for anything else, which is never
 * waited for. Throws the file system's error.
 */
export function readHead(path: string, bytes: number): Uint8Array | undefined {
	return naming(path, () => {
		const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		try {
			if (!fstatSync(file).isFile()) return undefined;
			const head = new Uint8Array(bytes);
			return head.subarray(0, readSync(file, head, 0, bytes, 0));
		} finally {
			closeSync(file);
		}
	});
}

/** The directory's names, sorted; none where there is no directory. */
export function namesIn(path: string): string[] {
	return (ifPresent(() => readdirSync(path)) ?? []).sort();
}

/** What `read` returns, or undefined where the path or one of its parents doesn't exist. */
export function ifPresent<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
		throw error;
	}
}

export function makeDirectory(path: string, mode = 0o755): void {
	mkdirSync(path, { recursive: true, mode });
}

/** Removes a tree, read-only directories (module caches) included; symlinks are removed, never followed. */
export function removeTree(path: string): void {
	try {
		rmSync(path, { recursive: true, force: true });
	} catch (error) {
		if (systemCode(error) !== "EACCES" && systemCode(error) !== "EPERM" && systemCode(error) !== "ENOTEMPTY")
			throw trueReason(error);
		makeWritable(path);
		removeWritable(path);
	}
}

function removeWritable(path: string): void {
	try {
		rmSync(path, { recursive: true, force: true });
	} catch (error) {
		throw trueReason(error);
	}
}

/** Where a file may not be removed (EPERM: it is immutable), Node takes it for a directory and says ENOTDIR. */
function trueReason(error: unknown): unknown {
	const { code, path } = error as NodeJS.ErrnoException;
	if (code !== "ENOTDIR" || path === undefined) return error;
	try {
		unlinkSync(path);
		return error;
	} catch (reason) {
		return reason;
	}
}

function makeWritable(path: string): void {
	if (!lstatSync(path).isDirectory()) return;
	chmodSync(path, 0o700);
	for (const entry of readdirSync(path, { withFileTypes: true })) {
		if (entry.isDirectory()) makeWritable(join(path, entry.name));
	}
}

/** Whether two paths lead to one file, through every symlink; false where either leads nowhere. */
export function isSameFile(path: string, other: string): boolean {
	try {
		const [one, two] = [statSync(path), statSync(other)];
		return one.dev === two.dev && one.ino === two.ino;
	} catch {
		return false;
	}
}

/** Whether the path is a regular file that this user may execute. */
export function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

/** Each program of that name in the absolute directories of a PATH, in order. */
export function* programsOnPath(
	name: string,
	path: string | undefined,
	isProgram: (path: string) => boolean = isExecutable,
): Generator<string> {
	for (const directory of (path ?? "").split(":")) {
		const program = join(directory, name);
		if (isAbsolute(directory) && isProgram(program)) yield program;
	}
}
