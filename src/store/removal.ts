import { copyFileSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import type { Context } from "../context.ts";
import { systemCode } from "../errors.ts";
import { ifPresent, isThere, removeTree, syncDirectory } from "../fs.ts";
import { makeHome, openHome, stagingPath } from "./home.ts";
import { goneMeanwhile, type Installed } from "./installed.ts";
import { announce, endTrials } from "./journal.ts";
import type { Layout } from "./layout.ts";
import { settleLinks } from "./links.ts";
import { isLocked, withLock } from "./lock.ts";
import { manifestPath, placeReceipt, receiptPath, removeReceipt, removeReceiptFrom } from "./receipt.ts";

export interface Removal {
	/** Whether it was the default, which is removed. */
	readonly wasDefault: boolean;
	/** The user's aliases that pointed at it, now removed. */
	readonly removedAliases: readonly string[];
}

/**
 * Removes a version: one rename hides it, then the links to it go, then its files. A build that runs from it fails when it
 * next starts one of its tools; nothing else is affected.
 *
 * Once the rename is made it is never undone, not even by a power loss: the journal's entry is on the disk before it, and the
 * next process removes the links.
 * @throws GoxError `not-installed` if another process was faster; `locked`; file-system errors as they come.
 */
export async function removeVersion(context: Context, installed: Installed, waiting?: (owner: string) => void): Promise<Removal> {
	try {
		return await removeInOrder(context, installed, waiting);
	} catch (error) {
		if (systemCode(error) !== "ENOSPC" && systemCode(error) !== "EDQUOT") throw error;
		return removeForRoom(context, installed, error);
	}
}

/**
 * For a disk so full that neither a lock nor the journal can be written: the files go first, which makes room. The empty tree
 * in `tmp/` takes the place of the journal's entry, and a process that finds it finishes the work.
 */
async function removeForRoom(context: Context, { key }: Installed, full: unknown): Promise<Removal> {
	const layout = openHome(context);
	const gone = stagingPath(context, layout, "gone", key);
	if (isLocked(layout, key)) throw full;
	try {
		renameSync(join(layout.versions, key), gone);
	} catch {
		throw full;
	}
	for (const name of readdirSync(gone)) removeTree(join(gone, name));
	context.checkpoint("uninstall:room");
	return withLock(context, layout, key, async () => {
		const { removedAliases, lostDefault } = settleLinks(context, layout, key);
		if (!isThere(join(layout.versions, key))) removeReceipt(layout, key);
		removeTree(gone);
		return { wasDefault: lostDefault, removedAliases };
	});
}

async function removeInOrder(context: Context, installed: Installed, waiting?: (owner: string) => void): Promise<Removal> {
	const layout = openHome(context);
	const { key } = installed;
	return withLock(
		context,
		layout,
		key,
		async ({ check }) => {
			const version = join(layout.versions, key);
			if (!isThere(version)) throw goneMeanwhile(installed);
			makeHome(layout);
			check();
			const entry = announce(context, layout, { work: "uninstall", key }, true);
			context.checkpoint("uninstall:start");
			const gone = stagingPath(context, layout, "gone", key);
			try {
				renameSync(version, gone);
			} catch (error) {
				entry.end();
				throw error;
			}
			context.checkpoint("uninstall:renamed");
			syncDirectory(layout.versions);
			endTrials(context, layout, key);
			const { removedAliases, lostDefault } = settleLinks(context, layout, key);
			context.checkpoint("uninstall:links");
			// If this process was stopped here, another may have taken its lock over and installed the version again.
			if (!isThere(version)) removeReceipt(layout, key);
			context.checkpoint("uninstall:receipt");
			removeTree(gone);
			context.checkpoint("uninstall:removed");
			entry.end();
			context.checkpoint("uninstall:done");
			return { wasDefault: lostDefault, removedAliases };
		},
		waiting,
	);
}

/*
 * What `install --force` replaces: `old.….KEY/` in `tmp/` with the old tree as `go` and copies of its receipt. The copies
 * are made first and removed first, so that the directory always tells how far the work came:
 *   no go, receipts      the tree hasn't left versions/ yet, or is back there: the receipts belong to it
 *   go, and no version   the new tree isn't there: both are put back
 *   go, and a version    the new tree is there: what lies here is to be removed
 */

/** Moves the version away and gives its new path. @param staging a directory of this process in `tmp/` */
export function putAside(context: Context, layout: Layout, key: string, staging: string): string {
	const made = join(staging, "old");
	mkdirSync(made, 0o755);
	for (const path of [manifestPath(layout, key), receiptPath(layout, key)])
		ifPresent(() => copyFileSync(path, join(made, basename(path))));
	context.checkpoint("install:copied-receipt");
	const aside = stagingPath(context, layout, "old", key);
	renameSync(made, aside);
	context.checkpoint("install:made-old");
	try {
		renameSync(join(layout.versions, key), join(aside, "go"));
	} catch (error) {
		removeTree(aside);
		throw error;
	}
	context.checkpoint("install:moved-old");
	return aside;
}

/**
 * Undoes or finishes `putAside`, depending on how far it came. The version must be locked, or its installer dead.
 * @param cleanUp runs each removal
 */
export function putBack(
	context: Context,
	layout: Layout,
	key: string,
	aside: string,
	cleanUp: (work: () => void) => void = (work) => work(),
): void {
	const version = join(layout.versions, key);
	const tree = join(aside, "go");
	if (isThere(tree) && !isThere(version)) {
		renameSync(tree, version);
		syncDirectory(layout.versions);
		context.checkpoint("mend:put-back");
	}
	if (!isThere(tree)) placeReceipt(aside, layout, key);
	cleanUp(() => discard(aside, key));
}

/** Removes what was replaced. */
export function discard(aside: string, key: string): void {
	removeReceiptFrom(aside, key);
	removeTree(aside);
}
