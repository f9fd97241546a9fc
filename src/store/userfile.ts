import {
	fchmodSync,
	fchownSync,
	fstatSync,
	lstatSync,
	readFileSync,
	readlinkSync,
	rmSync,
	type Stats,
	statSync,
	writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { ifPresent, makeDirectory, replaceFile } from "../fs.ts";
import { editing } from "./journal.ts";

/** A file that belongs to the user, not to gox: a start-up file, an editor's settings, a pin, Go's or gox's settings. */
export interface UserFile {
	/** The path as its reader finds it. */
	readonly path: string;
	/** The file itself, behind any symlinks. */
	readonly target: string;
	/** Undefined where there is no file. */
	readonly content: Buffer | undefined;
}

/** The error for a file that gox doesn't write. `why` completes the sentence that begins with the path. */
export type Refusal = (path: string, why: string, cause?: unknown) => GoxError;

export const leftAlone: Refusal = (path, why, cause) =>
	new GoxError("file-system", `${path} ${why}, so gox leaves it alone`, { hint: `ls -l ${path}`, cause });

/** @throws GoxError (by `refuse`) for a symlink that leads in a circle, and for anything but a regular file. */
export function readUserFile(path: string, refuse: Refusal = leftAlone): UserFile {
	const target = behindSymlinks(path, refuse);
	const stat = ifPresent(() => statSync(target));
	if (stat && !stat.isFile()) throw refuse(path, "is not a regular file");
	return { path, target, content: stat && readFileSync(target) };
}

/**
 * Throws for a file that its owner may not write, although a rename could replace it.
 * @throws GoxError by `refuse`.
 */
export function refuseReadOnly({ path, target }: Pick<UserFile, "path" | "target">, refuse: Refusal = leftAlone): void {
	const stat = ifPresent(() => statSync(target));
	if (stat && (stat.mode & 0o200) === 0) throw refuse(path, "is read-only");
}

export interface UserFileWriting {
	/** The crash checkpoint between writing and renaming is this and `written`. */
	readonly checkpoint: string;
	/** Permission bits. Without it an existing file keeps its mode, and a new one gets 0644 less the umask. */
	readonly mode?: number | undefined;
	readonly refuse?: Refusal;
	/** Makes the backup. A crash in it is cleaned up as one in the writing is. */
	readonly backUp?: () => void;
}

/**
 * Replaces a user's file in one step, with its mode and owner, or removes it where the content is undefined. A symlink
 * stays, and the file behind it is replaced. If gox is killed, the journal tells the next run what to clean up.
 * @throws GoxError (by `refuse`) for a read-only file and whatever isn't a regular file.
 */
export function writeUserFile(
	context: Context,
	path: string,
	content: string | Uint8Array | undefined,
	{ checkpoint, mode, refuse = leftAlone, backUp }: UserFileWriting,
): void {
	const target = behindSymlinks(path, refuse);
	const old = ifPresent(() => statSync(target));
	if (old && !old.isFile()) throw refuse(path, "is not a regular file");
	refuseReadOnly({ path, target }, refuse);
	editing(context, target, () => {
		backUp?.();
		if (content === undefined) {
			rmSync(target, { force: true });
			return;
		}
		makeDirectory(dirname(target));
		const fill = (descriptor: number) => {
			writeFileSync(descriptor, content);
			if (!old) return;
			keepOwner(descriptor, old);
			// After the change of owner, which clears the set-ID bits.
			fchmodSync(descriptor, mode ?? old.mode & 0o7777);
		};
		replaceFile(target, fill, mode ?? (old ? old.mode & 0o777 : 0o644), () => context.checkpoint(`${checkpoint}written`));
	});
}

/** In a directory that several users share, the file becomes the writer's where the system lets only root give files away. */
function keepOwner(descriptor: number, { uid, gid }: Stats): void {
	const made = fstatSync(descriptor);
	for (const [user, group] of [
		[uid, gid],
		[made.uid, gid],
	] as const) {
		if (made.uid === user && made.gid === group) return;
		try {
			fchownSync(descriptor, user, group);
			return;
		} catch (error) {
			if (systemCode(error) !== "EPERM") throw error;
		}
	}
}

/** The end of a chain of symlinks, whether or not it exists. Every write to a user's file goes to what this returns. */
function behindSymlinks(path: string, refuse: Refusal): string {
	let target = path;
	for (let links = 0; ifPresent(() => lstatSync(target))?.isSymbolicLink(); links++) {
		if (links === 40) throw refuse(path, "is a symlink that leads nowhere");
		target = resolve(dirname(target), readlinkSync(target));
	}
	return target;
}
