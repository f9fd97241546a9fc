import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { isThere, makeDirectory, namesIn, naming, readIfPresent, syncDirectory } from "../fs.ts";
import { isAbandoned, makerMark, makerShape } from "../maker.ts";
import { openHome } from "./home.ts";
import { type Layout, layoutOf } from "./layout.ts";

/**
 * What a process is about to do that takes more than one step to be seen: `journal/MAKER.RANDOM.json`, there from before
 * the first step until after the last. Whoever finds the entry of a dead process finishes or undoes the work (recovery.ts);
 * what is to be done follows from the store itself, the entry only adds what can't be seen there.
 */
export type Work =
	/** A version is becoming visible, perhaps as the default. */
	| { readonly work: "install"; readonly key: string; readonly asDefault: boolean }
	| { readonly work: "uninstall"; readonly key: string }
	/** Aliases, shims, `current` or a small file of the home is being replaced. */
	| { readonly work: "links" }
	/** A version is there for a trial only, and goes when that ends. */
	| { readonly work: "trial"; readonly key: string }
	/** Files of a version are being replaced by the same ones of another. */
	| { readonly work: "share"; readonly key: string }
	/** A file outside the home is being replaced: what is written beside it mustn't stay. */
	| { readonly work: "edit"; readonly path: string };

export interface JournalEntry {
	readonly path: string;
	/** Undefined for an entry that was cut short. */
	readonly work: Work | undefined;
	/** Whether its maker is dead. */
	readonly abandoned: boolean;
}

export interface Announcement {
	/** Whether nobody has taken the entry away. */
	stands(): boolean;
	/** The work is done, or undone. */
	end(): void;
}

const shape = new RegExp(`^(${makerShape})\\.[0-9a-f]{12}\\.json$`);

/**
 * Enters the work into the journal.
 * @param durable whether the entry has to survive a power loss: where what would be left isn't whole
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

/** Does something in the home under an entry, which goes whether it succeeds or not: `act` leaves nothing half by itself. */
export function announced<T>(context: Context, layout: Layout, act: () => T, work: Work = { work: "links" }): T {
	const entry = announce(context, layout, work);
	try {
		return act();
	} finally {
		entry.end();
	}
}

/**
 * Replaces a file outside the home. Where the journal can't be kept (no home can be made, a read-only one, an unfit one),
 * the file is replaced all the same: a temporary file that is left then goes when the file is next written.
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

/** Every entry, of the living and the dead. */
export function journalEntries(context: Pick<Context, "isAlive">, layout: Layout): JournalEntry[] {
	return namesIn(layout.journal).flatMap((name) => {
		const mark = shape.exec(name)?.[1];
		if (mark === undefined) return [];
		const path = join(layout.journal, name);
		return [{ path, work: readWork(path), abandoned: isAbandoned(context.isAlive, mark, path) }];
	});
}

/** Whether a name in the journal is an entry of a dead process. */
export function isAbandonedEntry(context: Pick<Context, "isAlive">, layout: Layout, name: string): boolean {
	const mark = shape.exec(name)?.[1];
	return mark !== undefined && isAbandoned(context.isAlive, mark, join(layout.journal, name));
}

/** The version is wanted for itself now: whoever has it for a trial leaves it. */
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

/** The directories that `announce` is going to make, deepest first: someone who only pins a version gets no home by it. */
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
		// Someone else has use for it.
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
