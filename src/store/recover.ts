import { join } from "node:path";
import type { Context } from "../context.ts";
import { isThere } from "../fs.ts";
import type { Layout } from "./layout.ts";
import { isLocked, sweepLocks } from "./lock.ts";
import { receiptKeys, removeReceipt } from "./receipt.ts";
import { sweepStaging } from "./staging.ts";

/**
 * Undoes or finishes what killed processes left: their locks, their trees in `tmp/`, receipts of versions that never
 * came to be or are gone. Every command that changes the store begins with it; three directory reads when all is well.
 */
export function recover(context: Context, layout: Layout): void {
	sweepLocks(context, layout);
	sweepStaging(context, layout);
	for (const key of receiptKeys(layout)) {
		// An installer writes the receipt before the version becomes visible, under the version's lock.
		if (!isThere(join(layout.versions, key)) && !isLocked(layout, key)) removeReceipt(layout, key);
	}
}
