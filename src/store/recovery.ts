import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { ifPresent, isThere, sweepBeside } from "../fs.ts";
import { abandonedStaging, makeHome, openHome, sweepStaging } from "./home.ts";
import { installedVersions, linkedKey } from "./installed.ts";
import { type JournalEntry, journalEntries } from "./journal.ts";
import { type Layout, parseVersionKey } from "./layout.ts";
import { setDefault, settleLinks, userAliases } from "./links.ts";
import { isLocked, lockTimes, sweepLocks, withLock } from "./lock.ts";
import { receiptKeys, removeReceipt } from "./receipt.ts";
import { putBack, removeVersion } from "./removal.ts";

/**
 * Finishes or undoes everything that dead processes left, and says what was done. Each step can be repeated: if this process
 * is killed, the next one continues. The journal's entries are removed last.
 * @throws GoxError `bad-home`, `bad-config`; file-system errors as they come.
 */
export async function finishOrUndo(context: Context): Promise<string[]> {
	const layout = openHome(context);
	makeHome(layout);
	sweepLocks(context, layout);
	const entries = journalEntries(context, layout).filter(({ abandoned }) => abandoned);
	const done = [];
	const busy = new Set<string>();
	const stuck: unknown[] = [];
	const cleanUp = (work: () => void) => {
		try {
			work();
		} catch (error) {
			if (systemCode(error) === undefined) throw error;
			stuck.push(error);
		}
	};
	const unfinished = unfinishedKeys(context, layout, entries);
	for (const key of unfinished) {
		const finished = await underLock(context, layout, key, async () => finishVersion(context, layout, key, cleanUp));
		if (finished) done.push(`finished or undid what a killed gox had begun with ${key}`);
		else busy.add(key);
	}
	sweepStaging(context, layout, cleanUp);
	for (const { work } of entries) {
		if (work?.work === "edit") sweepBeside(dirname(work.path), basename(work.path));
		if (work?.work === "share" && parseVersionKey(work.key, context.host())) sweepTree(join(layout.versions, work.key));
		if (work?.work === "trial" && (await endTrial(context, layout, work.key)))
			done.push(`removed ${work.key}, which was there for a trial only`);
	}
	for (const directory of [layout.home, layout.tmp, layout.aliases, layout.shims, layout.receipts, join(layout.home, "backup")])
		sweepBeside(directory);
	context.checkpoint("mend:swept");
	if (unfinished.size > 0 || entries.some(({ work }) => work === undefined || work.work !== "edit")) {
		settleLinks(context, layout);
		chooseDefault(context, layout, entries);
	}
	context.checkpoint("mend:links");
	for (const { path, work } of entries) if (!(work && "key" in work && busy.has(work.key))) rmSync(path, { force: true });
	// A tree that can't be removed, for instance with an immutable file in it, must not stop the rest of the clean-up.
	if (stuck.length > 0) throw stuck[0];
	return done;
}

/** The versions that a dead process was changing or had put aside. */
function unfinishedKeys(context: Context, layout: Layout, entries: readonly JournalEntry[]): Set<string> {
	const named = entries.flatMap(({ work }) => (work?.work === "install" || work?.work === "uninstall" ? [work.key] : []));
	const staged = abandonedStaging(context, layout).map(({ key }) => key);
	// A receipt is written before its version; an older gox, or a removal by hand, may also have left one.
	const orphans = [...receiptKeys(layout)].filter((key) => !isThere(join(layout.versions, key)) && !isLocked(layout, key));
	return new Set([...named, ...staged, ...orphans].filter((key) => parseVersionKey(key, context.host()) !== undefined));
}

/** A version exists from its installer's last rename until its uninstaller's first. */
function finishVersion(context: Context, layout: Layout, key: string, cleanUp: (work: () => void) => void): void {
	for (const staged of abandonedStaging(context, layout))
		if (staged.kind === "old" && staged.key === key) putBack(context, layout, key, staged.path, cleanUp);
	context.checkpoint("mend:version");
	if (!isThere(join(layout.versions, key))) removeReceipt(layout, key);
}

/** Whether `work` was done. If a living process holds the lock, it deals with the version itself. */
async function underLock(context: Context, layout: Layout, key: string, work: () => Promise<void>): Promise<boolean> {
	try {
		await withLock(context, layout, key, work, () => {}, { ...(context.lockTimes ?? lockTimes), giveUpAfter: -1 });
		return true;
	} catch (error) {
		if (error instanceof GoxError && error.code === "locked") return false;
		throw error;
	}
}

/** Removes the temporary files beside a tree's files. */
function sweepTree(directory: string): void {
	sweepBeside(directory);
	for (const entry of ifPresent(() => readdirSync(directory, { withFileTypes: true })) ?? [])
		if (entry.isDirectory()) sweepTree(join(directory, entry.name));
}

/** Whether the version was removed. It stays if the default or an alias names it meanwhile. */
async function endTrial(context: Context, layout: Layout, key: string): Promise<boolean> {
	const installed = installedVersions(context).find((each) => each.key === key);
	if (
		!installed ||
		isLocked(layout, key) ||
		linkedKey(layout.current) === key ||
		[...userAliases(context).values()].includes(key)
	)
		return false;
	await removeVersion(context, installed);
	return true;
}

/** If a dead installer's version is there and was to become the default, makes it the default. */
function chooseDefault(context: Context, layout: Layout, entries: readonly JournalEntry[]): void {
	for (const { work } of entries) {
		if (work?.work !== "install" || !work.asDefault) continue;
		const installed = installedVersions(context).find((each) => each.key === work.key);
		if (installed && installed.platform === context.host() && !isLocked(layout, work.key)) setDefault(context, installed);
	}
}
