import { basename, join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { makeDirectory, writeFileAtomic } from "../fs.ts";
import { readUserFile, refuseReadOnly, writeUserFile } from "../store/userfile.ts";
import { readFishScript } from "./fishscript.ts";
import { type Removal, type RemovedLines, recordRemoval, restored } from "./restoring.ts";
import type { Script, Statement } from "./script.ts";
import type { StartupFile } from "./shell.ts";
import { readShScript } from "./shscript.ts";

/** A planned change to one start-up file. Texts hold one character for each byte. */
export interface StartupEdit {
	/** As the shell finds it. */
	readonly path: string;
	/** The file itself, behind any symlinks. */
	readonly target: string;
	/** Undefined: there is no file. */
	readonly before: string | undefined;
	readonly after: string | undefined;
	/** Other tools' lines that are removed, so that an undo can restore them. */
	readonly taken?: Removal | undefined;
	/** Lines that can't be restored because the lines around them are gone. */
	readonly lost?: readonly RemovedLines[];
}

/** Finds whole lines to remove in the text of a file without gox's block. */
export type FindRemoval = (text: string) => Removal | undefined;

/**
 * The file with gox's block, added or rewritten.
 * @param findRemoval finds other lines to remove
 * @throws GoxError `bad-config` for a block with one marker only, `file-system` for what isn't a file or is read-only.
 */
export function planSetup(file: StartupFile, statement: string, findRemoval: FindRemoval = () => undefined): StartupEdit {
	const { target, before } = readStartupFile(file.path);
	const mine = withoutBlocks(before ?? "", file.path);
	const madeFile = before === undefined || (mine === "" && wasMadeByGox(before, file.path));
	const taken = findRemoval(mine);
	const rest = taken?.left ?? mine;
	const after = withBlocks(rest, placementsIn(rest, file), { statement, madeFile });
	return checked({ path: file.path, target, before, after, taken });
}

/** A file that gets no block, without what `findRemoval` finds in it. Throws as `planSetup`. */
export function planRemoval(path: string, findRemoval: FindRemoval): StartupEdit {
	const { target, before } = readStartupFile(path);
	const taken = before === undefined ? undefined : findRemoval(before);
	return checked({ path, target, before, after: taken?.left ?? before, taken });
}

/**
 * The file without gox's block, and with what was taken out of it, last first; no file where gox made it and nothing else
 * is in it. Throws as `planSetup`.
 */
export function planUndo(path: string, taken: readonly Removal[] = []): StartupEdit {
	const { target, before } = readStartupFile(path);
	if (before === undefined) return { path, target, before, after: before, lost: taken.flatMap(({ lines }) => lines) };
	const lost: RemovedLines[] = [];
	let rest = withoutBlocks(before, path);
	for (const each of taken.toReversed()) {
		const back = restored(rest, each);
		rest = back.text;
		lost.push(...back.lost);
	}
	return checked({ path, target, before, after: rest === "" && wasMadeByGox(before, path) ? undefined : rest, lost });
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
		const { before } = edit;
		const backUp = () => before !== undefined && keepCopy(context, edit, before, backups);
		const content = edit.after === undefined ? undefined : Buffer.from(edit.after, "latin1");
		writeUserFile(context, edit.path, content, { checkpoint: "setup-", refuse: refusal, backUp });
		context.checkpoint("setup-file");
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
	if (taken) recordRemoval(context, backups, { path, backup, ...taken });
	context.checkpoint("setup-recorded");
}

function readStartupFile(path: string): { target: string; before: string | undefined } {
	try {
		const { target, content } = readUserFile(path, refusal);
		return { target, before: content?.toString("latin1") };
	} catch (error) {
		throw asRefusal(path, error);
	}
}

function checked(edit: StartupEdit): StartupEdit {
	if (changesSomething(edit)) refuseReadOnly(edit, refusal);
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

/**
 * gox's marked block in a start-up file. All texts here hold one character for each byte (latin1), so that whatever
 * a file holds comes back to the byte: `withoutBlocks(withBlocks(text, …))` is `text`.
 */
const beginMark = "# >>> gox >>>";
const endMark = "# <<< gox <<<";
const madeFile = "# gox made this file";

export interface Block {
	/** The statement between the markers. */
	readonly statement: string;
	/** Whether the file is there only for the block, so that taking it out removes the file. */
	readonly madeFile: boolean;
}

interface Place {
	/** Offsets of the begin marker's line and of what follows the end marker's line. */
	readonly start: number;
	readonly end: number;
}

/**
 * The file without gox's blocks, whatever was edited in them.
 * @param path for the message.
 * @throws GoxError `bad-config` with the line, when a marker has no other half.
 */
export function withoutBlocks(text: string, path: string): string {
	let rest = "";
	let from = 0;
	for (const { start, end } of blocksIn(text, path)) {
		rest += text.slice(from, start);
		from = end;
	}
	return rest + text.slice(from);
}

/** The file with the block at each of the offsets, which are starts of lines or the end of the text. */
export function withBlocks(text: string, offsets: readonly number[], block: Block): string {
	const newline = hasCrlf(text) ? "\r\n" : "\n";
	// The comment behind the statement keeps a CR from becoming a part of it.
	const lines = [
		beginMark,
		"# Written by gox setup; to take it out: gox setup --undo",
		...(block.madeFile ? [madeFile] : []),
		`${Buffer.from(block.statement, "utf8").toString("latin1")} # gox`,
		endMark,
	].join(newline);
	let rest = "";
	let from = 0;
	for (const offset of offsets) {
		rest += text.slice(from, offset);
		// Behind a last line without newline the block has none either: that is how taking it out knows.
		rest += rest === "" || rest.endsWith("\n") ? lines + newline : newline + lines;
		from = offset;
	}
	return rest + text.slice(from);
}

/** Whether the file has a block that says that gox made the file. */
export function wasMadeByGox(text: string, path: string): boolean {
	return blocksIn(text, path).some(({ start, end }) => text.slice(start, end).includes(madeFile));
}

function blocksIn(text: string, path: string): readonly Place[] {
	const blocks: Place[] = [];
	let begun: { start: number; line: number; newline: string } | undefined;
	let line = 0;
	for (let start = 0; start < text.length; ) {
		const stop = text.indexOf("\n", start);
		const end = stop < 0 ? text.length : stop + 1;
		const content = text.slice(start, end);
		const word = content.trim();
		line++;
		if (word === beginMark) {
			if (begun) throw brokenBlock(path, begun.line, "begins here and has no end");
			begun = { start, line, newline: content.endsWith("\r\n") ? "\r\n" : "\n" };
		} else if (word === endMark) {
			if (!begun) throw brokenBlock(path, line, "ends here and has no beginning");
			const isOpenEnded = stop < 0 && text.slice(0, begun.start).endsWith(begun.newline);
			blocks.push({ start: isOpenEnded ? begun.start - begun.newline.length : begun.start, end });
			begun = undefined;
		}
		start = end;
	}
	if (begun) throw brokenBlock(path, begun.line, "begins here and has no end");
	return blocks;
}

function hasCrlf(text: string): boolean {
	const lines = text.split("\n").length - 1;
	return lines > 0 && text.split("\r\n").length - 1 > lines / 2;
}

function brokenBlock(path: string, line: number, what: string): GoxError {
	return new GoxError("bad-config", `${path}:${line}: gox's block ${what}; what is between the markers can't be told`, {
		hint: `delete what is left of the block in ${path}, then run the command again`,
	});
}

/** Blocks that say of themselves that they must come last, and put no Go in front of gox's. */
const wantsToBeLast = /sdkman|conda|mamba/i;

/**
 * Where a start-up file's block goes: offsets of line starts, one or two, ascending. `text` is the file without any
 * block of gox's.
 *
 * The end is the right place, because what comes later would come in front on PATH; but it must be reached. So the
 * block goes in front of what leaves for good (`exec fish`, `return`), of what can't be parsed, and of blocks that
 * insist on being last. Where something further up leaves only sometimes, the ones that leave need a block too: the
 * other program started by `exec`, and in a login file the shells that nobody types into (`[[ $- != *i* ]] && return`).
 */
export function placementsIn(text: string, file: Pick<StartupFile, "role" | "dialect">): readonly number[] {
	const script = file.dialect === "fish" ? readFishScript(text) : readShScript(text, file.dialect);
	const departure = script.statements.find((statement) => statement.leaves === "always");
	const reached = script.statements.filter((statement) => !departure || statement.start < departure.start);
	const end = lastPlace(text, script, reached, departure);
	const early = reached.find(
		(statement) => statement.leaves === "maybe" && (file.role === "login" || statement.execs) && statement.start < end,
	);
	return early ? [...new Set([withItsComments(text, early.start), end])] : [end];
}

function lastPlace(text: string, script: Script, reached: readonly Statement[], departure: Statement | undefined): number {
	let place = departure?.start ?? script.brokenAt ?? text.length;
	let isAtEnd = place === text.length;
	for (const statement of reached.toReversed()) {
		if (statement.leaves === "no" && !wantsToBeLast.test(text.slice(statement.start, statement.end))) break;
		place = statement.start;
		isAtEnd = false;
	}
	return isAtEnd ? place : withItsComments(text, place);
}

/** The start of the comment lines right above a line. */
function withItsComments(text: string, lineStart: number): number {
	const above = /(?:^|\n)((?:[ \t]*#[^\n]*\n)+)$/.exec(text.slice(0, lineStart));
	const comments = above?.[1] ?? "";
	return lineStart - (comments.startsWith("#!") ? 0 : comments.length);
}
