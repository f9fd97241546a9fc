import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent, isThere, removeTree, syncDirectory } from "../fs.ts";
import type { Layout } from "./layout.ts";
import { manifestPath, placeReceipt, receiptPath, removeReceiptFrom } from "./receipt.ts";
import { stagingPath } from "./staging.ts";

/*
 * What `install --force` replaces: `old.….KEY/` in `tmp/` with the old tree as `go` and copies of its receipt. The copies
 * are made first and go first, so that what lies there always tells how far it came:
 *   no go, receipts      the tree hasn't left versions/ yet, or is back there: the receipts belong to it
 *   go, and no version   the new tree isn't there: both are put back
 *   go, and a version    the new tree is there: what lies here is to be removed
 */

/** Moves the version out of the way; where to. @param staging a directory of ours in `tmp/` */
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
 * Undoes `putAside`, or finishes it, whichever is left to do. The version must be locked, or its installer dead.
 * @param tidily removes what is of no use any more
 */
export function putBack(
	context: Context,
	layout: Layout,
	key: string,
	aside: string,
	tidily: (work: () => void) => void = (work) => work(),
): void {
	const version = join(layout.versions, key);
	const tree = join(aside, "go");
	if (isThere(tree) && !isThere(version)) {
		renameSync(tree, version);
		syncDirectory(layout.versions);
		context.checkpoint("mend:put-back");
	}
	if (!isThere(tree)) placeReceipt(aside, layout, key);
	tidily(() => discard(aside, key));
}

/** Removes what was replaced. */
export function discard(aside: string, key: string): void {
	removeReceiptFrom(aside, key);
	removeTree(aside);
}
