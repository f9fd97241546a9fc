import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { makeDirectory, namesIn, removeTree } from "../fs.ts";
import { isAbandoned, makerMark, makerShape } from "../maker.ts";
import type { Layout } from "./layout.ts";

/**
 * What lies in `tmp/` is named `KIND.MAKER.RANDOM.KEY`: `new` is a directory for something being made, `old` holds the
 * tree and the receipt that a --force is replacing, `gone` is a tree being removed. Everything there is on the same file
 * system as `versions/`.
 */
export type StagingKind = "new" | "old" | "gone";

/** What lies in `tmp/`, as its name has it. */
export interface Staged {
	readonly path: string;
	readonly kind: StagingKind;
	/** A version's, or what else is being made. */
	readonly key: string;
}

const shape = new RegExp(`^(new|old|gone)\\.(${makerShape})\\.[0-9a-f]{12}\\.(.+)$`);

export function stagingPath(context: Context, layout: Layout, kind: StagingKind, key: string): string {
	return join(layout.tmp, `${kind}.${makerMark(context.pid)}.${randomBytes(6).toString("hex")}.${key}`);
}

/** A fresh directory to build a version in. */
export function makeStaging(context: Context, layout: Layout, key: string): string {
	const path = stagingPath(context, layout, "new", key);
	makeDirectory(layout.tmp);
	makeDirectory(path);
	return path;
}

/** Whether a name in `tmp/` is something that a dead process left. */
export function isAbandonedStaging(context: Pick<Context, "isAlive">, layout: Layout, name: string): boolean {
	const mark = shape.exec(name)?.[2];
	return mark !== undefined && isAbandoned(context.isAlive, mark, join(layout.tmp, name));
}

/** What dead processes left in `tmp/`. */
export function abandonedStaging(context: Pick<Context, "isAlive">, layout: Layout): Staged[] {
	return namesIn(layout.tmp).flatMap((name) => {
		const [, kind, , key] = shape.exec(name) ?? [];
		if (key === undefined || !isAbandonedStaging(context, layout, name)) return [];
		return [{ path: join(layout.tmp, name), kind: kind as StagingKind, key }];
	});
}

/**
 * Removes what dead processes left in `tmp/`, but for what a --force put aside: that may be the only copy of a version,
 * and is the business of mend.ts. What a living process works on is left alone.
 * @param tidily does it, and may take a failure for what stands in the way of nothing else
 */
export function sweepStaging(context: Pick<Context, "isAlive">, layout: Layout, tidily: (work: () => void) => void): void {
	for (const { kind, path } of abandonedStaging(context, layout)) if (kind !== "old") tidily(() => removeTree(path));
}
