import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { makeDirectory, readIfPresent, writeFileAtomic } from "../fs.ts";
import { editing } from "../store/journal.ts";
import type { TakenOut } from "./restoring.ts";
import type { StrayCommand } from "./straycommand.ts";

/** What was taken out of one file at one time; texts hold one character for each byte. */
export interface TakenOutOf extends TakenOut {
	readonly path: string;
	/** The copy of the whole file as it was. */
	readonly backup: string;
}

/** Everything that setup took out and that an undo puts back, oldest first. */
export interface TakenOutRecord {
	readonly files: readonly TakenOutOf[];
	readonly commands: readonly StrayCommand[];
}

const empty: TakenOutRecord = { files: [], commands: [] };

/** @throws GoxError `bad-config` when the record can't be read. */
export function readTakenOut(backups: string): TakenOutRecord {
	const text = readIfPresent(recordPath(backups));
	if (text === undefined) return empty;
	try {
		return { ...empty, ...(JSON.parse(text) as Partial<TakenOutRecord>) };
	} catch (cause) {
		throw new GoxError("bad-config", `${recordPath(backups)}, which says what gox setup took out, can't be read`, {
			hint: `ls -l ${backups}`,
			cause,
		});
	}
}

/** Written before the file is changed: what a killed setup didn't take out after all is found in its place and left alone. */
export function recordTakenOut(context: Context, backups: string, taken: TakenOutOf): void {
	const record = readTakenOut(backups);
	writeTakenOut(context, backups, { ...record, files: [...record.files, taken] });
}

export function writeTakenOut(context: Context, backups: string, record: TakenOutRecord): void {
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
