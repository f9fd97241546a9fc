import type { Context } from "../context.ts";
import { isThere } from "../fs.ts";
import type { Installed } from "./installed.ts";
import { layoutOf } from "./layout.ts";
import { readReceipt, receiptPath } from "./receipt.ts";

/** Bytes of a version's files, as its receipt has them: nothing is walked. Null where it has none. */
export interface Sizes {
	readonly size: number | null;
	/** How much of that lies on the disk only once, together with another version that is still there. */
	readonly sharedSize: number | null;
}

export function sizesOf(context: Context, { key }: Installed): Sizes {
	const layout = layoutOf(context.home);
	const receipt = readReceipt(layout, key);
	if (!receipt) return { size: null, sharedSize: null };
	const { size, shared } = receipt;
	return { size, sharedSize: shared && isThere(receiptPath(layout, shared.with)) ? shared.bytes : 0 };
}
