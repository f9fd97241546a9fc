import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { namesIn } from "../fs.ts";
import { isAbandonedStaging } from "./home.ts";
import type { Installed } from "./installed.ts";
import { isAbandonedEntry } from "./journal.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { isAbandonedLock } from "./lock.ts";
import type { Removal } from "./removal.ts";

/**
 * Finishes or undoes what dead processes left in the store. Every command starts with it; it costs three directory reads if
 * there is nothing to do. It leaves the work of living processes, and of other machines that share the home, alone. What
 * can't be cleaned up stays: a read-only home must not keep a command from reading it.
 *
 * The native shim never does this and doesn't need it: single renames put everything it reads in place, and if it finds no
 * version it calls `gox auto-install` and looks again.
 * @param say called with each thing that was done
 */
export async function recover(context: Context, say: (text: string) => void = () => {}): Promise<void> {
	try {
		if (!hasLeftovers(context, layoutOf(context.home))) return;
		const { finishOrUndo } = await import("./recovery.ts");
		for (const text of await finishOrUndo(context)) say(text);
	} catch (error) {
		if (!(error instanceof GoxError) && systemCode(error) === undefined) throw error;
		say(`what another gox left behind can't be cleaned up now: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function hasLeftovers(context: Context, layout: Layout): boolean {
	return (
		namesIn(layout.journal).some((name) => isAbandonedEntry(context, layout, name)) ||
		namesIn(layout.tmp).some((name) => isAbandonedStaging(context, layout, name)) ||
		namesIn(layout.locks).some((name) => isAbandonedLock(context, layout, name))
	);
}

/** Removes a version, after the clean-up. Throws as `removeVersion`. */
export async function uninstallVersion(
	context: Context,
	installed: Installed,
	waiting?: (owner: string) => void,
): Promise<Removal> {
	await recover(context);
	const { removeVersion } = await import("./removal.ts");
	return removeVersion(context, installed, waiting);
}
