import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { isInModule, passesForGoMod, toolchainHash } from "./toolchain.ts";
import type { ScannedTree } from "./treescan.ts";

/** What should be there: SHA-256 (lower-case hex) by path relative to GOROOT. */
export type Manifest = ReadonlyMap<string, string>;

/** Paths relative to GOROOT, each list sorted. */
export interface Differences {
	/** Other content, something else than a file, or a command that can't be run any more. */
	readonly changed: readonly string[];
	readonly missing: readonly string[];
	readonly added: readonly string[];
}

/** How a tree differs from what it should be, in the paths that `within` covers. */
export function differences(tree: ScannedTree, wanted: Manifest, within: (path: string) => boolean = () => true): Differences {
	const changed: string[] = [];
	const missing: string[] = [];
	for (const [path, sha256] of wanted) {
		const file = tree.get(path);
		if (!within(path)) continue;
		if (!file) missing.push(path);
		else if (file.sha256 !== sha256) changed.push(path);
	}
	const added = [...tree.keys()].filter((path) => within(path) && !wanted.has(path));
	return { changed: changed.sort(), missing: missing.sort(), added: added.sort() };
}

/** The commands that have lost their execute bit. */
export function notExecutable(tree: ScannedTree): string[] {
	return [...tree].flatMap(([path, file]) => (file.executable ? [] : [path])).sort();
}

/**
 * The toolchain module's `h1:` of a tree's files; undefined where the tree can't be one: it holds something else than
 * regular files, a name with a newline, or a _go.mod, which would pass for a go.mod.
 */
export function treeHash(tree: ScannedTree, release: Release, platform: Platform): string | undefined {
	const files: [string, string][] = [];
	for (const [path, { sha256 }] of tree) {
		if (!isInModule(path)) continue;
		if (sha256 === undefined || path.includes("\n") || passesForGoMod(path)) return undefined;
		files.push([path, sha256]);
	}
	return toolchainHash(files, release, platform);
}
