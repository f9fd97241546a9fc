import {
	chmodSync,
	constants,
	copyFileSync,
	linkSync,
	lstatSync,
	readFileSync,
	renameSync,
	rmSync,
	type Stats,
	statSync,
} from "node:fs";
import { join } from "node:path";
import { besideName, ifPresent } from "../fs.ts";
import type { Manifest } from "../verify/differences.ts";
import type { Shared } from "./receipt.ts";

/** The two ways in which equal files of two versions can lie on the disk once. */
export interface SharingCalls {
	/** A copy on write, or an error where the file system has none (FICLONE, clonefile). */
	clone(from: string, to: string): void;
	link(from: string, to: string): void;
}

export const systemCalls: SharingCalls = {
	clone: (from, to) => copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE),
	link: linkSync,
};

/** A version whose files another one may take over. */
export interface Neighbour {
	readonly key: string;
	readonly goroot: string;
	readonly manifest: Manifest;
	/** Its files were complete at this time (the file system's clock, ms); one that changed later is read before it is shared. */
	readonly recordedAt: number;
}

/** A tree that is to take over what it can. */
export interface SharedTree {
	readonly goroot: string;
	/** Path and SHA-256 of its files. */
	readonly files: Iterable<readonly [path: string, sha256: string]>;
	/** Whether the files were written just now, and so are what their digests say. */
	readonly fresh: boolean;
}

/** Whether files of `from` can be cloned into the directory `to`, by trying it with one. */
export function canClone(from: string, to: string, calls = systemCalls): boolean {
	const probe = besideName(join(to, "clone"));
	try {
		calls.clone(from, probe);
		return true;
	} catch {
		return false;
	} finally {
		rmSync(probe, { force: true });
	}
}

/**
 * Replaces a tree's files, one by one and each in one step, by the neighbour's where those are the same, bytes and execute
 * bit. Clones stay two files to everyone. A hard link is one file under two names, so it becomes read-only: whoever would
 * write into it fails, and editors that replace a file part the two.
 * @returns what is shared now; undefined where nothing is, as where the disk refuses.
 */
export function shareFiles(tree: SharedTree, neighbour: Neighbour, how: Shared["how"], calls = systemCalls): Shared | undefined {
	let files = 0;
	let bytes = 0;
	const byDigest = new Map<string, string>();
	for (const [path, sha256] of neighbour.manifest) if (!byDigest.has(sha256)) byDigest.set(sha256, path);
	for (const [path, sha256] of tree.files) {
		const same = neighbour.manifest.get(path) === sha256 ? path : byDigest.get(sha256);
		if (same === undefined) continue;
		const pair = { from: join(neighbour.goroot, same), to: join(tree.goroot, path) };
		const [from, to] = [plainFile(pair.from), plainFile(pair.to)];
		if (!from || !to || from.size !== to.size || from.size === 0 || isExecutable(from) !== isExecutable(to)) continue;
		const already = from.dev === to.dev && from.ino === to.ino;
		const known = tree.fresh && from.ctimeMs <= neighbour.recordedAt;
		if (!already && !known && !readFileSync(pair.from).equals(readFileSync(pair.to))) continue;
		try {
			if (!already) share(pair, from, how, calls);
		} catch {
			// The disk has no more room for links of this file (EMLINK), or none at all (EPERM, EXDEV): the copy stays.
			if (files === 0) return undefined;
			continue;
		}
		files++;
		bytes += from.size;
	}
	return files === 0 ? undefined : { with: neighbour.key, how, files, bytes };
}

/** The neighbour as its receipt knows it, for `shareFiles`. */
export function recordedAt(receipt: string): number {
	return ifPresent(() => statSync(receipt).ctimeMs) ?? 0;
}

function share({ from, to }: { from: string; to: string }, stat: Stats, how: Shared["how"], calls: SharingCalls): void {
	const beside = besideName(to);
	const executable = isExecutable(stat);
	try {
		if (how === "clone") {
			calls.clone(from, beside);
			if (!(stat.mode & 0o200)) chmodSync(beside, executable ? 0o755 : 0o644);
		} else {
			if (stat.mode & 0o222) chmodSync(from, executable ? 0o555 : 0o444);
			calls.link(from, beside);
		}
		renameSync(beside, to);
	} catch (error) {
		rmSync(beside, { force: true });
		throw error;
	}
}

function plainFile(path: string): Stats | undefined {
	const stat = ifPresent(() => lstatSync(path));
	return stat?.isFile() ? stat : undefined;
}

function isExecutable({ mode }: Stats): boolean {
	return (mode & 0o111) !== 0;
}
