import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { removeTree, syncDirectory } from "../fs.ts";
import { refreshAliases } from "./alias.ts";
import { unsetDefault } from "./default.ts";
import { openHome } from "./home.ts";
import { type Installed, linkedKey } from "./installed.ts";
import { withLock } from "./lock.ts";
import { removeReceipt } from "./receipt.ts";
import { recover } from "./recover.ts";
import { completeShims } from "./shims.ts";
import { stagingPath } from "./staging.ts";

export interface UninstallOutcome {
	/** Whether it was the default; there is none now. */
	readonly wasDefault: boolean;
	/** The user's aliases that pointed at it, now removed. */
	readonly removedAliases: readonly string[];
}

/** Removes a version: out of sight in one rename, then what pointed at it, then the bytes. */
export async function uninstallVersion(
	context: Context,
	installed: Installed,
	waiting?: (owner: string) => void,
): Promise<UninstallOutcome> {
	const layout = openHome(context);
	recover(context, layout);
	return withLock(
		context,
		layout,
		installed.key,
		async () => {
			const gone = stagingPath(context, layout, "gone", installed.key);
			context.checkpoint("uninstall:start");
			renameSync(join(layout.versions, installed.key), gone);
			syncDirectory(layout.versions);
			context.checkpoint("uninstall:renamed");
			const wasDefault = linkedKey(layout.current) === installed.key;
			if (wasDefault) unsetDefault(context);
			context.checkpoint("uninstall:default");
			const removedAliases = refreshAliases(context);
			completeShims(context);
			context.checkpoint("uninstall:links");
			removeReceipt(layout, installed.key);
			context.checkpoint("uninstall:receipt");
			removeTree(gone);
			return { wasDefault, removedAliases };
		},
		waiting,
	);
}
