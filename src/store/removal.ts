import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { systemCode } from "../errors.ts";
import { isThere, removeTree, syncDirectory } from "../fs.ts";
import { makeHome, openHome } from "./home.ts";
import { goneMeanwhile, type Installed } from "./installed.ts";
import { announce, endTrials } from "./journal.ts";
import { settleLinks } from "./links.ts";
import { isLocked, withLock } from "./lock.ts";
import { removeReceipt } from "./receipt.ts";
import { stagingPath } from "./staging.ts";

export interface Removal {
	/** Whether it was the default; there is none now. */
	readonly wasDefault: boolean;
	/** The user's aliases that pointed at it, now removed. */
	readonly removedAliases: readonly string[];
}

/**
 * Removes a version: out of sight in one rename, then what pointed at it, then the bytes. A build that runs from it
 * fails where it next starts one of its tools; nothing else is touched.
 *
 * Once the rename is made it is never undone, also not by a power loss: the journal's entry is on the disk before it, and
 * whoever comes next takes away what pointed at the version.
 * @throws GoxError `not-installed` when somebody else was faster; `locked`; file-system errors as they come.
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
 * On a disk so full that neither a lock nor the journal can be written, and this is what would make room: the bytes go
 * first. The empty tree in `tmp/` stands for the journal's entry meanwhile: whoever finds it finishes the work.
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
			// Whoever took this lock over from a process that was stopped here may have installed it again.
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
