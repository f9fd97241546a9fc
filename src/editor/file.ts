import { hash } from "node:crypto";
import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent, makeDirectory, readIfPresent, writeFileAtomic } from "../fs.ts";
import { leftAlone, readUserFile, refuseReadOnly, writeUserFile } from "../store/userfile.ts";

/** An editor's settings file before a change. */
export interface EditorFile {
	/** As the editor finds it. */
	readonly path: string;
	/** The file itself, behind any symlinks. */
	readonly target: string;
	/** Undefined: there is no file. */
	readonly before: string | undefined;
}

/** @throws GoxError `file-system` for a file that isn't regular, isn't UTF-8 or is read-only. */
export function readEditorFile(path: string): EditorFile {
	const { target, content } = readUserFile(path);
	if (content === undefined) {
		if (ifPresent(() => lstatSync(path))) throw leftAlone(path, "is a symlink that leads nowhere");
		return { path, target, before: undefined };
	}
	const before = content.toString("utf8");
	if (!Buffer.from(before).equals(content)) throw leftAlone(path, "is not UTF-8");
	refuseReadOnly({ path, target });
	return { path, target, before };
}

/** A change to a file, recorded for undo. */
interface Done {
	readonly path: string;
	readonly target: string;
	/** Undefined: gox made the file. */
	readonly before?: string | undefined;
	/** SHA-256 (hex) of what gox left. */
	readonly left: string;
}

/**
 * Puts the new text in the file's place in one step, behind symlinks, with its mode. What was there before is on record
 * first, in GOX_HOME/backup, readable by its owner alone.
 */
export function writeEditorFile(context: Context, { path, target, before }: EditorFile, after: string): void {
	const record = recordPath(context);
	makeDirectory(dirname(record), 0o700);
	const done: Done = { path, target, before, left: hash("sha256", after) };
	writeRecord(context, [...readRecord(context), done]);
	context.checkpoint("editor:recorded");
	replace(context, target, after);
}

/** What `undoLast` did. `changed-since`: nothing, because the file has changed. */
export interface Undone {
	readonly path: string;
	readonly status: "restored" | "removed" | "changed-since";
}

/**
 * Takes back the last change to one of these files, to the byte, if nobody changed the file since; undefined where none is
 * on record.
 */
export function undoLast(context: Context, isMeant: (path: string) => boolean): Undone | undefined {
	const all = readRecord(context);
	const last = all.findLast(({ path }) => isMeant(path));
	if (last === undefined) return undefined;
	const now = readIfPresent(last.target);
	if (now === undefined || hash("sha256", now) !== last.left) return { path: last.path, status: "changed-since" };
	replace(context, last.target, last.before);
	context.checkpoint("editor:restored");
	writeRecord(
		context,
		all.filter((each) => each !== last),
	);
	return { path: last.path, status: last.before === undefined ? "removed" : "restored" };
}

/** Removes the file where the text is undefined. */
function replace(context: Context, target: string, text: string | undefined): void {
	writeUserFile(context, target, text, { checkpoint: "editor:" });
	if (text !== undefined) context.checkpoint("editor:done");
}

function recordPath(context: Context): string {
	return join(context.home, "backup", "editors.json");
}

/** The newest last. An unreadable record counts as empty, as it only serves undo. */
function readRecord(context: Context): readonly Done[] {
	try {
		const value: unknown = JSON.parse(readIfPresent(recordPath(context)) ?? "[]");
		return Array.isArray(value) ? value.filter(isDone) : [];
	} catch (error) {
		if (error instanceof SyntaxError) return [];
		throw error;
	}
}

function isDone(value: unknown): value is Done {
	if (typeof value !== "object" || value === null) return false;
	const { path, target, left, before } = value as Partial<Done>;
	return [path, target, left].every((each) => typeof each === "string") && (before === undefined || typeof before === "string");
}

/** The last twenty changes. */
function writeRecord(context: Context, all: readonly Done[]): void {
	writeFileAtomic(recordPath(context), `${JSON.stringify(all.slice(-20), null, 2)}\n`, 0o600);
}
