import { join } from "node:path";
import type { Context } from "../context.ts";
import { layoutOf } from "./layout.ts";
import { readReceipt, receiptKeys, type Shared } from "./receipt.ts";
import { spaceOf } from "./space.ts";

/**
 * Bytes that removing these versions together gives back. Hard links are counted as they are on the disk; of clones only
 * the receipts tell, so what was cloned from or to a version that stays is taken as still shared.
 */
export function freedBy(context: Context, keys: readonly string[]): number {
	const layout = layoutOf(context.home);
	const doomed = new Set(keys);
	const { freed } = spaceOf(keys.map((key) => join(layout.versions, key)));
	const cloned = new Map<string, number>();
	for (const key of receiptKeys(layout)) {
		const shared = readReceipt(layout, key)?.shared;
		if (shared?.how !== "clone" || doomed.has(key) === doomed.has(shared.with) || !isThere(context, shared)) continue;
		const gone = doomed.has(key) ? key : shared.with;
		cloned.set(gone, Math.max(cloned.get(gone) ?? 0, shared.bytes));
	}
	return Math.max(0, freed - [...cloned.values()].reduce((sum, bytes) => sum + bytes, 0));
}

function isThere(context: Context, shared: Shared): boolean {
	return receiptKeys(layoutOf(context.home)).has(shared.with);
}
