import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent } from "../fs.ts";
import { layoutOf } from "./layout.ts";
import { readReceipt, receiptKeys, type Shared } from "./receipt.ts";

/** Bytes on disk. */
export interface Space {
	/** Of all blocks, each counted once. */
	readonly bytes: number;
	/** What removing all of it would free, without what a hard link elsewhere still holds. */
	readonly freed: number;
	readonly files: number;
}

/** Walks trees and files; what doesn't exist takes no space. Symlinks are counted, never followed. */
export function spaceOf(paths: readonly string[]): Space {
	const links = new Map<string, { bytes: number; seen: number; all: number }>();
	let bytes = 0;
	let files = 0;
	const visit = (path: string) => {
		const stat = ifPresent(() => lstatSync(path));
		if (!stat) return;
		const blocks = (stat.blocks ?? 0) * 512;
		if (stat.isDirectory()) {
			bytes += blocks;
			for (const name of ifPresent(() => readdirSync(path)) ?? []) visit(join(path, name));
			return;
		}
		files++;
		if (stat.nlink === 1) {
			bytes += blocks;
			return;
		}
		const inode = `${stat.dev}:${stat.ino}`;
		const known = links.get(inode) ?? { bytes: blocks, seen: 0, all: stat.nlink };
		links.set(inode, { ...known, seen: known.seen + 1 });
	};
	for (const path of paths) visit(path);
	let shared = 0;
	for (const link of links.values()) {
		bytes += link.bytes;
		if (link.seen < link.all) shared += link.bytes;
	}
	return { bytes, freed: bytes - shared, files };
}

/**
 * Bytes that removing these versions together would free. Hard links are counted as they are on the disk. Only receipts know
 * of clones, so what was cloned from or to a version that stays counts as shared.
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
