import type { Context } from "../context.ts";
import { syncDirectory } from "../fs.ts";
import { refreshAliases } from "./alias.ts";
import { dropDefault } from "./default.ts";
import { type Installed, installedVersions, linkedKey } from "./installed.ts";
import type { Layout } from "./layout.ts";
import { isLocked } from "./lock.ts";
import { placeShims } from "./shims.ts";

export interface SettledLinks {
	readonly installed: readonly Installed[];
	/** The user's aliases that pointed at versions which are gone. */
	readonly removedAliases: readonly string[];
	/** Whether the default was a version that is gone. */
	readonly lostDefault: boolean;
}

/**
 * Makes aliases, shims and the default say what is installed. Processes that work on different versions do this at the
 * same time and without a lock: each looks again afterwards, and starts over if the store has changed meanwhile, so that
 * the last one to write has written what is there.
 * @param own the version that this process has the lock of. What points at one that another process works on stays: it
 * may be out of sight for a moment only.
 */
export function settleLinks(context: Context, layout: Layout, own?: string): SettledLinks {
	const removedAliases: string[] = [];
	let lostDefault = false;
	for (;;) {
		const installed = installedVersions(context);
		const keys = new Set(installed.map(({ key }) => key));
		removedAliases.push(...refreshAliases(context, installed, own));
		context.checkpoint("links:aliases");
		placeShims(context, layout, installed);
		context.checkpoint("links:shims");
		const current = linkedKey(layout.current);
		if (current !== undefined && !keys.has(current) && (current === own || !isLocked(layout, current)))
			lostDefault = dropDefault(context, layout, current) || lostDefault;
		const now = installedVersions(context);
		if (now.length === keys.size && now.every(({ key }) => keys.has(key))) {
			for (const directory of [layout.aliases, layout.shims, layout.home]) syncDirectory(directory);
			return { installed, removedAliases, lostDefault };
		}
	}
}
