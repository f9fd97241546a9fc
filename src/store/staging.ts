import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { isThere, makeDirectory, namesIn, removeTree } from "../fs.ts";
import type { Layout } from "./layout.ts";

/**
 * What lies in `tmp/` is named `KIND.PID.RANDOM.KEY`: `new` is a tree being made, `old` one that a --force
 * is replacing, `gone` one being removed. Everything there is on the same file system as `versions/`.
 */
export type StagingKind = "new" | "old" | "gone";

const shape = /^(new|old|gone)\.(\d+)\.[0-9a-f]{12}\.(.+)$/;

export function stagingPath(context: Context, layout: Layout, kind: StagingKind, key: string): string {
	return join(layout.tmp, `${kind}.${context.pid}.${randomBytes(6).toString("hex")}.${key}`);
}

/** A fresh directory to build a version in. */
export function makeStaging(context: Context, layout: Layout, key: string): string {
	const path = stagingPath(context, layout, "new", key);
	makeDirectory(layout.tmp);
	makeDirectory(path);
	return path;
}

/**
 * Removes what killed processes left in `tmp/`. An `old` tree whose version isn't there is put back: the process
 * died between the two renames of a --force. What a living process works on is left alone.
 */
export function sweepStaging(context: Context, layout: Layout): void {
	for (const name of namesIn(layout.tmp)) {
		const [, kind, pid, key] = shape.exec(name) ?? [];
		if (kind === undefined || key === undefined || context.isAlive(Number(pid))) continue;
		const path = join(layout.tmp, name);
		if (kind === "old" && !isThere(join(layout.versions, key))) renameSync(path, join(layout.versions, key));
		else removeTree(path);
	}
}
