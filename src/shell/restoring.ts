import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { makeDirectory, readIfPresent, writeFileAtomic } from "../fs.ts";
import { editing } from "../store/journal.ts";
import { changes, linesOf } from "./diff.ts";
import type { ForeignCommand } from "./leftovers.ts";

/** Lines that were removed from a start-up file, or replaced by others. */
export interface RemovedLines {
	/** Where they were: a line of the remaining text, counted from 0. */
	readonly at: number;
	/** How many lines replaced them. */
	readonly put: number;
	/** The removed text, with its newlines. */
	readonly removed: string;
}

/** What one run of setup removed from a file. */
export interface Removal {
	/** The file's text afterwards. */
	readonly left: string;
	/** In order. */
	readonly lines: readonly RemovedLines[];
}

export interface Restored {
	readonly text: string;
	/** What can't be restored because the lines around it are gone. */
	readonly lost: readonly RemovedLines[];
}

/** How `before` became `left`. */
export function removalOf(
	before: string,
	taken: readonly { readonly start: number; readonly end: number; readonly replacement: string }[],
): Removal {
	const lines: RemovedLines[] = [];
	let left = "";
	let from = 0;
	for (const { start, end, replacement } of taken) {
		left += before.slice(from, start);
		lines.push({ at: linesOf(left).length, put: linesOf(replacement).length, removed: before.slice(start, end) });
		left += replacement;
		from = end;
	}
	return { left: left + before.slice(from), lines };
}

/**
 * Puts back what was taken out: to the byte where the file is as it was left, else each piece behind or in front of the
 * line that it was beside. What is there already stays as it is.
 */
export function restored(text: string, taken: Removal): Restored {
	const whole = spliced(linesOf(taken.left), taken.lines).join("");
	if (text === taken.left || text === whole) return { text: whole, lost: [] };
	const now = linesOf(text);
	const places = placesOf(taken.left, text);
	const lost: RemovedLines[] = [];
	const back: RemovedLines[] = [];
	for (const piece of taken.lines) {
		const at = placeNow(piece, places);
		const previous = back.at(-1);
		if (standsAt(linesOf(piece.removed), now, at)) continue;
		if (at === undefined || at < (previous ? previous.at + previous.put : 0)) lost.push(piece);
		else back.push({ ...piece, at });
	}
	return { text: joined(spliced(now, back), text), lost };
}

/** The lines with the pieces in their places. */
function spliced(lines: readonly string[], pieces: readonly RemovedLines[]): readonly string[] {
	let from = 0;
	const parts = pieces.flatMap(({ at, put, removed }) => {
		const part = [...lines.slice(from, at), ...linesOf(removed)];
		from = at + put;
		return part;
	});
	return [...parts, ...lines.slice(from)];
}

/** For each line of the old text, the line of the new one that it became, if it is still there. */
function placesOf(before: string, after: string): readonly (number | undefined)[] {
	const places: (number | undefined)[] = [];
	let line = 0;
	for (const { mark } of changes(linesOf(before), linesOf(after))) {
		if (mark !== "+") places.push(mark === " " ? line : undefined);
		if (mark !== "-") line++;
	}
	return places;
}

function placeNow({ at, put }: RemovedLines, places: readonly (number | undefined)[]): number | undefined {
	if (put > 0) {
		const first = places[at];
		const isWhole =
			first !== undefined && Array.from({ length: put }, (_, index) => places[at + index] === first + index).every(Boolean);
		return isWhole ? first : undefined;
	}
	if (places.length === 0) return 0;
	const above = at > 0 ? places[at - 1] : undefined;
	return above === undefined ? places[at] : above + 1;
}

function sameLine(left: string, right: string | undefined): boolean {
	return right !== undefined && left.replace(/\r?\n$/, "") === right.replace(/\r?\n$/, "");
}

/** Whether the lines are there already: in front of their place or behind it, or anywhere where that is gone. */
function standsAt(lines: readonly string[], text: readonly string[], at: number | undefined): boolean {
	const starts = at === undefined ? [...text.keys()] : [at, at - lines.length];
	return starts.some((start) => lines.every((line, index) => sameLine(line, text[start + index])));
}

/** Lines whose last newline was the file's own last byte get one where others follow. */
function joined(lines: readonly string[], like: string): string {
	const newline = like.includes("\r\n") ? "\r\n" : "\n";
	return lines.map((line, index) => (index === lines.length - 1 || line.endsWith("\n") ? line : line + newline)).join("");
}

/** What was taken out of one file at one time; texts hold one character for each byte. */
export interface FileRemoval extends Removal {
	readonly path: string;
	/** The copy of the whole file as it was. */
	readonly backup: string;
}

/** Everything that setup removed and an undo restores, oldest first. */
export interface RemovalRecord {
	readonly files: readonly FileRemoval[];
	readonly commands: readonly ForeignCommand[];
}

const empty: RemovalRecord = { files: [], commands: [] };

/** @throws GoxError `bad-config` when the record can't be read. */
export function readRemovals(backups: string): RemovalRecord {
	const text = readIfPresent(recordPath(backups));
	if (text === undefined) return empty;
	try {
		return { ...empty, ...(JSON.parse(text) as Partial<RemovalRecord>) };
	} catch (cause) {
		throw new GoxError("bad-config", `${recordPath(backups)}, which says what gox setup took out, can't be read`, {
			hint: `ls -l ${backups}`,
			cause,
		});
	}
}

/** Written before the file is changed: what a killed setup didn't take out after all is found in its place and left alone. */
export function recordRemoval(context: Context, backups: string, taken: FileRemoval): void {
	const record = readRemovals(backups);
	writeRemovals(context, backups, { ...record, files: [...record.files, taken] });
}

export function writeRemovals(context: Context, backups: string, record: RemovalRecord): void {
	const path = recordPath(backups);
	if (record.files.length === 0 && record.commands.length === 0) rmSync(path, { force: true });
	else {
		makeDirectory(backups, 0o700);
		editing(context, path, () => writeFileAtomic(path, `${JSON.stringify(record)}\n`, 0o600));
	}
}

function recordPath(backups: string): string {
	return join(backups, "taken-out.json");
}
