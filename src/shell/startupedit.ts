import { chmodSync, chownSync, lstatSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { ifPresent, makeDirectory, namesIn, writeFileAtomic } from "../fs.ts";
import { saysMadeFile, withBlocks, withoutBlocks } from "./block.ts";
import { placementsIn } from "./placement.ts";
import type { StartupFile } from "./shell.ts";

/** What is to become of one start-up file; texts hold one character for each byte. */
export interface StartupEdit {
	/** As the shell finds it. */
	readonly path: string;
	/** The file itself, behind any symlinks. */
	readonly target: string;
	/** Undefined: there is no file. */
	readonly before: string | undefined;
	readonly after: string | undefined;
}

/**
 * The file with gox's block, new or anew.
 * @throws GoxError `bad-config` for a block with one marker only, `file-system` for what isn't a file or is read-only.
 */
export function planSetup(file: StartupFile, statement: string): StartupEdit {
	const { target, before } = readStartupFile(file.path);
	const rest = withoutBlocks(before ?? "", file.path);
	const madeFile = before === undefined || (rest === "" && saysMadeFile(before, file.path));
	const after = withBlocks(rest, placementsIn(rest, file), { statement, madeFile });
	return checked({ path: file.path, target, before, after });
}

/** The file without gox's block; no file where gox made it and nothing else is in it. Throws as `planSetup`. */
export function planUndo(path: string): StartupEdit {
	const { target, before } = readStartupFile(path);
	if (before === undefined) return { path, target, before, after: before };
	const rest = withoutBlocks(before, path);
	return checked({ path, target, before, after: rest === "" && saysMadeFile(before, path) ? undefined : rest });
}

export function changesSomething(edit: StartupEdit): boolean {
	return edit.before !== edit.after;
}

/**
 * Makes the change: a copy of the old file goes to `backups` first, then the new one is put in its place in one step,
 * with its mode and owner. Symlinks stay.
 * @throws GoxError `file-system`.
 */
export function applyEdit(context: Context, edit: StartupEdit, backups: string): void {
	try {
		if (edit.before !== undefined) {
			makeDirectory(backups, 0o700);
			const stamp = context.now().toISOString().replaceAll(":", "-");
			writeFileAtomic(join(backups, `${basename(edit.path)}.${stamp}`), Buffer.from(edit.before, "latin1"), 0o600);
			context.checkpoint("setup-backup");
		}
		removeLeftovers(context, edit.target);
		if (edit.after === undefined) rmSync(edit.target);
		else writeThrough(edit.target, edit.after);
		context.checkpoint("setup-file");
	} catch (error) {
		throw asRefusal(edit.path, error);
	}
}

function writeThrough(target: string, text: string): void {
	const old = ifPresent(() => statSync(target));
	makeDirectory(dirname(target));
	writeFileAtomic(target, Buffer.from(text, "latin1"), old === undefined ? 0o644 : old.mode & 0o777);
	if (!old) return;
	const made = statSync(target);
	if (made.uid !== old.uid || made.gid !== old.gid) chownSync(target, old.uid, old.gid);
	if (made.mode !== old.mode) chmodSync(target, old.mode & 0o7777);
}

/** What a gox that was killed between writing and renaming left beside the file. */
function removeLeftovers(context: Context, target: string): void {
	const prefix = `.${basename(target)}.`;
	for (const name of namesIn(dirname(target))) {
		if (!name.startsWith(prefix) || !/^[0-9a-f]{12}$/.test(name.slice(prefix.length))) continue;
		const path = join(dirname(target), name);
		const age = context.now().getTime() - (ifPresent(() => lstatSync(path).mtimeMs) ?? Number.POSITIVE_INFINITY);
		if (age > 60_000) rmSync(path, { force: true });
	}
}

function readStartupFile(path: string): { target: string; before: string | undefined } {
	try {
		const target = behindSymlinks(path);
		const stat = ifPresent(() => statSync(target));
		if (stat && !stat.isFile()) throw refusal(path, "is not a regular file");
		return { target, before: stat && readFileSync(target, "latin1") };
	} catch (error) {
		throw asRefusal(path, error);
	}
}

/** The end of a chain of symlinks, whether or not it exists. */
function behindSymlinks(path: string): string {
	let target = path;
	for (let links = 0; ifPresent(() => lstatSync(target))?.isSymbolicLink(); links++) {
		if (links === 40) throw refusal(path, "is a symlink that leads nowhere");
		target = resolve(dirname(target), readlinkSync(target));
	}
	return target;
}

/** A file that its owner may not write is left alone, though a rename could replace it. */
function checked(edit: StartupEdit): StartupEdit {
	if (!changesSomething(edit)) return edit;
	const stat = ifPresent(() => statSync(edit.target));
	if (stat && (stat.mode & 0o200) === 0) throw refusal(edit.path, "is read-only");
	return edit;
}

function refusal(path: string, why: string, cause?: unknown): GoxError {
	return new GoxError("file-system", `${path} ${why}, so gox can't set itself up in it`, {
		hint: `make it writable and run gox setup again, or put this into a file that your shell reads:\n${byHand(path)}`,
		cause,
	});
}

/** What the block stands for, in the file's own language. */
function byHand(path: string): string {
	if (path.endsWith(".fish")) return "gox init fish | source";
	return `eval "$(gox init ${basename(path).startsWith(".z") ? "zsh" : "bash"})"`;
}

const reasons: Readonly<Record<string, string>> = {
	EACCES: "can't be written: permission denied",
	EPERM: "can't be written: not permitted",
	EROFS: "is on a read-only file system",
	ENOSPC: "can't be written: no space is left on the disk",
	ENOTDIR: "lies in what is not a directory",
	EEXIST: "lies in what is not a directory",
	ELOOP: "is a symlink that leads nowhere",
};

function asRefusal(path: string, error: unknown): unknown {
	const reason = reasons[systemCode(error) ?? ""];
	return reason === undefined ? error : refusal(path, reason, error);
}
