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
import type { FileSharing, TreeFile } from "../archive/tree.ts";
import type { Config } from "../config.ts";
import type { Context } from "../context.ts";
import { besideName, ifPresent } from "../fs.ts";
import type { Manifest } from "../verify/goroot.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { type Installed, installedVersions } from "./installed.ts";
import { layoutOf } from "./layout.ts";
import { readManifest, receiptPath, type Shared } from "./receipt.ts";

/** The two ways to keep equal files of two versions on the disk once. */
export interface SharingCalls {
	/** A copy on write, or an error if the file system has none (FICLONE, clonefile). */
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
 * Gives a tree that is being written the neighbour's files that are equal in bytes and execute bit. Clones behave as two files.
 * A hard link is one file with two names, so it becomes read-only: a program that writes to it fails, and an editor that
 * replaces the file separates the two.
 */
export class NeighbourFiles implements FileSharing {
	readonly #neighbour: Neighbour;
	readonly #how: Shared["how"];
	readonly #calls: SharingCalls;
	readonly #byDigest = new Map<string, string>();
	readonly #taken = new Map<string, number>();
	#refused = false;

	constructor(neighbour: Neighbour, how: Shared["how"], calls = systemCalls) {
		this.#neighbour = neighbour;
		this.#how = how;
		this.#calls = calls;
		for (const [path, sha256] of neighbour.manifest) if (!this.#byDigest.has(sha256)) this.#byDigest.set(sha256, path);
	}

	/** What is shared so far; undefined if nothing is. */
	get shared(): Shared | undefined {
		if (this.#taken.size === 0) return undefined;
		const bytes = [...this.#taken.values()].reduce((sum, size) => sum + size, 0);
		return { with: this.#neighbour.key, how: this.#how, files: this.#taken.size, bytes };
	}

	take(file: TreeFile, content: Uint8Array, to: string): boolean {
		const found = this.#equal(file, () => content);
		if (!found) return false;
		try {
			share(found.path, found.stat, to, this.#how, this.#calls);
		} catch {
			// This file can have no more links (EMLINK), or no file can (EPERM, EXDEV): try no other one.
			rmSync(to, { force: true });
			this.#refused = this.#taken.size === 0;
			return false;
		}
		this.#taken.set(file.path, file.size);
		return true;
	}

	takeOver(file: TreeFile, to: string): boolean {
		const found = this.#equal(file, () => readFileSync(to));
		if (!found || !this.#putInPlace(found, to)) return false;
		this.#taken.set(file.path, file.size);
		return true;
	}

	/**
	 * As `takeOver`, for a file of an installed version: only if it is still what its digest says.
	 * @param made called before the step that replaces it
	 */
	replace(path: string, sha256: string, to: string, made = () => {}): void {
		const own = plainFile(to);
		if (!own || own.size === 0) return;
		const found = this.#equal({ path, sha256, size: own.size, executable: isExecutable(own) }, () => readFileSync(to), true);
		if (!found) return;
		const isSame = found.stat.dev === own.dev && found.stat.ino === own.ino;
		if (isSame || this.#putInPlace(found, to, made)) this.#taken.set(path, own.size);
	}

	/** Replaces the file in one step; false if the file system refuses, and nothing changes. */
	#putInPlace({ path, stat }: { readonly path: string; readonly stat: Stats }, to: string, made = () => {}): boolean {
		const beside = besideName(to);
		try {
			share(path, stat, beside, this.#how, this.#calls);
			made();
			renameSync(beside, to);
			return true;
		} catch {
			rmSync(beside, { force: true });
			this.#refused = this.#taken.size === 0;
			return false;
		}
	}

	/** The neighbour's equal file. It is read if it may have changed since it was recorded, or `always`. */
	#equal({ path, sha256, size, executable }: TreeFile, content: () => Uint8Array, always = false) {
		if (this.#refused || size === 0) return undefined;
		const same = this.#neighbour.manifest.get(path) === sha256 ? path : this.#byDigest.get(sha256);
		if (same === undefined) return undefined;
		const from = join(this.#neighbour.goroot, same);
		const stat = plainFile(from);
		if (!stat || stat.size !== size || isExecutable(stat) !== executable) return undefined;
		if (!always && stat.ctimeMs <= this.#neighbour.recordedAt) return { path: from, stat };
		// The neighbour isn't locked: it may be being removed.
		const theirs = ifPresent(() => readFileSync(from));
		return theirs?.equals(content()) ? { path: from, stat } : undefined;
	}
}

/** The neighbour as its receipt knows it, for `shareFiles`. */
export function recordedAt(receipt: string): number {
	return ifPresent(() => statSync(receipt).ctimeMs) ?? 0;
}

function share(from: string, stat: Stats, to: string, how: Shared["how"], calls: SharingCalls): void {
	const executable = isExecutable(stat);
	if (how === "clone") {
		calls.clone(from, to);
		if (!(stat.mode & 0o200)) chmodSync(to, executable ? 0o755 : 0o644);
	} else {
		if (stat.mode & 0o222) chmodSync(from, executable ? 0o555 : 0o444);
		calls.link(from, to);
	}
}

function plainFile(path: string): Stats | undefined {
	const stat = ifPresent(() => lstatSync(path));
	return stat?.isFile() ? stat : undefined;
}

function isExecutable({ mode }: Stats): boolean {
	return (mode & 0o111) !== 0;
}

/**
 * Lets a version that is about to be built take over files of its nearest neighbour: by clones if the file system has them, else
 * by hard links if that is asked for. If neither is possible this costs one failed call.
 * @param staging where it will be built
 */
export function sharingWithNearest(
	context: Context,
	staging: string,
	{ release, platform }: { readonly release: Release; readonly platform: Platform },
	dedupe: Config["dedupe"],
	calls: SharingCalls = systemCalls,
): NeighbourFiles | undefined {
	if (dedupe === "off") return undefined;
	const nearest = nearestNow(context, release, platform);
	if (!nearest) return undefined;
	const how = canClone(join(nearest.goroot, "VERSION"), staging, calls) ? "clone" : "link";
	if (how === "link" && dedupe !== "link") return undefined;
	const neighbour = asNeighbour(context, nearest);
	return neighbour && new NeighbourFiles(neighbour, how, calls);
}

/** What must be known before hard links are made; undefined if there is nothing to say. */
export function linkWarning({ uid }: Pick<Context, "uid">): string | undefined {
	if (uid !== 0) return undefined;
	return "root may write into read-only files, so an edit in place would change every version that has the file (gox verify tells)";
}

/**
 * The installed version that is likely to share most files with a release: the nearest patch of its minor, its own platform
 * first (two patches share 9,496 of 9,551 files, two platforms of one release all sources); undefined if there is none.
 */
export function nearestInstalled(release: Release, platform: Platform, installed: readonly Installed[]): Installed | undefined {
	const distance = (each: Installed) =>
		2 * Math.abs(Number(each.release.parsed.patch || -1) - Number(release.parsed.patch || -1)) +
		(each.platform === platform ? 0 : 1);
	const [nearest] = installed
		.filter((each) => each.release.minor === release.minor && !(each.release.name === release.name && each.platform === platform))
		.sort((left, right) => distance(left) - distance(right));
	return nearest;
}

/** What is needed of it to share its files; undefined if it has no manifest. */
export function asNeighbour(context: Context, { key, goroot }: Installed): Neighbour | undefined {
	const layout = layoutOf(context.home);
	const manifest = readManifest(layout, key);
	return manifest && { key, goroot, manifest, recordedAt: recordedAt(receiptPath(layout, key)) };
}

/** As `nearestInstalled`, among all that are installed now. */
export function nearestNow(context: Context, release: Release, platform: Platform): Installed | undefined {
	return nearestInstalled(release, platform, installedVersions(context));
}
