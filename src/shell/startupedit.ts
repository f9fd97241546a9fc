import { chmodSync, chownSync, lstatSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { ifPresent, makeDirectory, writeFileAtomic } from "../fs.ts";
import { editing } from "../store/journal.ts";
import { saysMadeFile, withBlocks, withoutBlocks } from "./block.ts";
import { placementsIn } from "./placement.ts";
import { restored, type TakenLines, type TakenOut } from "./restoring.ts";
import type { StartupFile } from "./shell.ts";
import { recordTakenOut } from "./takenoutrecord.ts";

/** What is to become of one start-up file; texts hold one character for each byte. */
export interface StartupEdit {
	/** As the shell finds it. */
	readonly path: string;
	/** The file itself, behind any symlinks. */
	readonly target: string;
	/** Undefined: there is no file. */
	readonly before: string | undefined;
	readonly after: string | undefined;
	/** What is taken out besides, so that it can be put back. */
	readonly taken?: TakenOut | undefined;
	/** What can't be put back, because what stood around it is gone. */
	readonly lost?: readonly TakenLines[];
}

/** What to take out of a file's text, given without gox's block: whole lines. */
export type TakingOut = (text: string) => TakenOut | undefined;

/**
 * The file with gox's block, new or anew.
 * @param takeOut what else is to be changed in it
 * @throws GoxError `bad-config` for a block with one marker only, `file-system` for what isn't a file or is read-only.
 */
export function planSetup(file: StartupFile, statement: string, takeOut: TakingOut = () => undefined): StartupEdit {
	const { target, before } = readStartupFile(file.path);
	const mine = withoutBlocks(before ?? "", file.path);
	const madeFile = before === undefined || (mine === "" && saysMadeFile(before, file.path));
	const taken = takeOut(mine);
	const rest = taken?.left ?? mine;
	const after = withBlocks(rest, placementsIn(rest, file), { statement, madeFile });
	return checked({ path: file.path, target, before, after, taken });
}

/** A file that gets no block, without what `takeOut` finds in it. Throws as `planSetup`. */
export function planTakingOut(path: string, takeOut: TakingOut): StartupEdit {
	const { target, before } = readStartupFile(path);
	const taken = before === undefined ? undefined : takeOut(before);
	return checked({ path, target, before, after: taken?.left ?? before, taken });
}

/**
 * The file without gox's block, and with what was taken out of it, last first; no file where gox made it and nothing else
 * is in it. Throws as `planSetup`.
 */
export function planUndo(path: string, taken: readonly TakenOut[] = []): StartupEdit {
	const { target, before } = readStartupFile(path);
	if (before === undefined) return { path, target, before, after: before, lost: taken.flatMap(({ lines }) => lines) };
	const lost: TakenLines[] = [];
	let rest = withoutBlocks(before, path);
	for (const each of taken.toReversed()) {
		const back = restored(rest, each);
		rest = back.text;
		lost.push(...back.lost);
	}
	return checked({ path, target, before, after: rest === "" && saysMadeFile(before, path) ? undefined : rest, lost });
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
		editing(context, edit.target, () => {
			if (edit.before !== undefined) keepCopy(context, edit, edit.before, backups);
			if (edit.after === undefined) rmSync(edit.target);
			else writeThrough(context, edit.target, edit.after);
			context.checkpoint("setup-file");
		});
	} catch (error) {
		throw asRefusal(edit.path, error);
	}
}

/** What is taken out is on record before it is gone. */
function keepCopy(context: Context, { path, taken }: StartupEdit, before: string, backups: string): void {
	makeDirectory(backups, 0o700);
	const stamp = context.now().toISOString().replaceAll(":", "-");
	const backup = join(backups, `${basename(path)}.${stamp}`);
	writeFileAtomic(backup, Buffer.from(before, "latin1"), 0o600, () => context.checkpoint("setup-backup-written"));
	context.checkpoint("setup-backup");
	if (taken) recordTakenOut(context, backups, { path, backup, ...taken });
	context.checkpoint("setup-recorded");
}

function writeThrough(context: Context, target: string, text: string): void {
	const old = ifPresent(() => statSync(target));
	makeDirectory(dirname(target));
	const mode = old === undefined ? 0o644 : old.mode & 0o777;
	writeFileAtomic(target, Buffer.from(text, "latin1"), mode, () => context.checkpoint("setup-written"));
	if (!old) return;
	const made = statSync(target);
	if (made.uid !== old.uid || made.gid !== old.gid) chownSync(target, old.uid, old.gid);
	if (made.mode !== old.mode) chmodSync(target, old.mode & 0o7777);
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
