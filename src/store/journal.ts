import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { isThere, makeDirectory, namesIn, naming, readIfPresent, syncDirectory } from "../fs.ts";
import { isAbandoned, makerMark, makerShape } from "../maker.ts";
import { openHome } from "./home.ts";
import { type Layout, layoutOf } from "./layout.ts";

/**
 * Work that takes more than one visible step: `journal/MAKER.RANDOM.json` exists from before the first step until after the
 * last. A process that finds the entry of a dead one finishes or undoes the work (recovery.ts). What to do follows from the
 * store itself; the entry adds only what can't be seen there.
 */
export type Work =
	/** A version is becoming visible, perhaps as the default. */
	| { readonly work: "install"; readonly key: string; readonly asDefault: boolean }
	| { readonly work: "uninstall"; readonly key: string }
	/** Aliases, shims, `current` or a small file of the home is being replaced. */
	| { readonly work: "links" }
	/** A version is installed for a trial only, and is removed afterwards. */
	| { readonly work: "trial"; readonly key: string }
	/** Files of a version are being replaced by equal files of another. */
	| { readonly work: "share"; readonly key: string }
	/** A file outside the home is being replaced: the temporary file beside it must not stay. */
	| { readonly work: "edit"; readonly path: string };

export interface JournalEntry {
	readonly path: string;
	/** Undefined for a truncated entry. */
	readonly work: Work | undefined;
	/** Whether its maker is dead. */
	readonly abandoned: boolean;
}

export interface Announcement {
	/** Whether the entry is still there. */
	stands(): boolean;
	/** Removes the entry: the work is done, or undone. */
	end(): void;
}

const shape = new RegExp(`^(${makerShape})\\.[0-9a-f]{12}\\.json$`);

/**
 * Enters work into the journal.
 * @param durable whether the entry must survive a power loss, because the work would leave something incomplete
 */
export function announce(context: Context, layout: Layout, work: Work, durable = false): Announcement {
	makeDirectory(layout.journal);
	const path = join(layout.journal, `${makerMark(context.pid)}.${randomBytes(6).toString("hex")}.json`);
	naming(path, () => {
		const file = openSync(path, "wx", 0o644);
		try {
			writeFileSync(file, `${JSON.stringify(work)}\n`);
			if (durable) fsyncSync(file);
		} finally {
			closeSync(file);
		}
	});
	if (durable) syncDirectory(layout.journal);
	return {
		stands: () => readIfPresent(path) !== undefined,
		end: () => rmSync(path, { force: true }),
	};
}

/** Runs `act` under an entry, which is removed even if it fails: `act` itself leaves nothing incomplete. */
export function announced<T>(context: Context, layout: Layout, act: () => T, work: Work = { work: "links" }): T {
	const entry = announce(context, layout, work);
	try {
		return act();
	} finally {
		entry.end();
	}
}

/**
 * Replaces a file outside the home. If there can be no journal (no home, a read-only or unfit one), the file is replaced all
 * the same; the next write of the file then removes a temporary file that was left.
 */
export function editing<T>(context: Context, path: string, act: () => T): T {
	const made = missingParents(context);
	const entry = announcedEdit(context, path);
	try {
		return act();
	} finally {
		entry?.end();
		for (const directory of made) removeIfEmpty(directory);
	}
}

/** Every entry, of living and dead processes. */
export function journalEntries(context: Pick<Context, "isAlive">, layout: Layout): JournalEntry[] {
	return namesIn(layout.journal).flatMap((name) => {
		const mark = shape.exec(name)?.[1];
		if (mark === undefined) return [];
		const path = join(layout.journal, name);
		return [{ path, work: readWork(path), abandoned: isAbandoned(context.isAlive, mark, path) }];
	});
}

/** Whether a dead process left this entry. */
export function isAbandonedEntry(context: Pick<Context, "isAlive">, layout: Layout, name: string): boolean {
	const mark = shape.exec(name)?.[1];
	return mark !== undefined && isAbandoned(context.isAlive, mark, join(layout.journal, name));
}

/** The version is wanted for itself now, so the end of a trial must not remove it. */
export function endTrials(context: Pick<Context, "isAlive">, layout: Layout, key: string): void {
	for (const { path, work } of journalEntries(context, layout)) if (work?.work === "trial" && work.key === key) rmSync(path);
}

function announcedEdit(context: Context, path: string): Announcement | undefined {
	try {
		return announce(context, openHome(context), { work: "edit", path });
	} catch {
		return undefined;
	}
}

/** The directories that `announce` will make, deepest first, to remove them again: pinning a version must not create a home. */
function missingParents(context: Context): string[] {
	const { home, journal } = layoutOf(context.home);
	const made: string[] = [];
	for (const directory of [journal, home, dirname(home)]) {
		if (isThere(directory)) break;
		made.push(directory);
	}
	return made;
}

function removeIfEmpty(directory: string): void {
	try {
		rmdirSync(directory);
	} catch {
		// Another process uses it.
	}
}

function readWork(path: string): Work | undefined {
	try {
		const value: unknown = JSON.parse(readIfPresent(path) ?? "");
		return isWork(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isWork(value: unknown): value is Work {
	if (typeof value !== "object" || value === null || !("work" in value)) return false;
	const { work, key, path } = value as Partial<Record<"work" | "key" | "path", unknown>>;
	if (work === "links") return true;
	if (work === "edit") return typeof path === "string";
	return (work === "install" || work === "uninstall" || work === "trial" || work === "share") && typeof key === "string";
}
