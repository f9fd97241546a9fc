import * as crypto from "node:crypto";
import { closeSync, constants, type Dirent, lstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { GoxError, quote, systemCode } from "../errors.ts";
import { ifPresent, namesIn, readHead } from "../fs.ts";
import { executableAt } from "../go/builtfor.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";
import { isInModule, passesForGoMod, toolchainHash } from "./dirhash.ts";

/** Which release a GOROOT says it is, and for which platform. */
export interface Identity {
	readonly release: Release;
	readonly platform: Platform;
}

/**
 * What a GOROOT claims to be: the release by its VERSION, the platform by the header of bin/go; where that is no
 * executable of one platform, by gofmt's, else by the name of its directory of tools, else `host`.
 * @throws GoxError `usage` for a directory that is no GOROOT; `integrity` for a Go that was never published.
 */
export function identify(goroot: string, host: Platform): Identity {
	const text = ifPresent(() => readHead(join(goroot, "VERSION"), 4096));
	if (text === undefined)
		throw new GoxError("usage", `${goroot} is no GOROOT: it has no VERSION`, { hint: 'gox verify "$(go env GOROOT)"' });
	const name = (Buffer.from(text).toString().split("\n")[0] ?? "").trim();
	const release = parseRelease(name);
	if (release?.name === name) return { release, platform: platformOf(goroot) ?? host };
	throw new GoxError(
		"integrity",
		`${goroot} can't be proven: its VERSION says ${quote(name)}, which the Go project never published`,
	);
}

function platformOf(goroot: string): Platform | undefined {
	for (const command of ["go", "gofmt"]) {
		const found = ifPresent(() => executableAt(join(goroot, "bin", command)))?.platforms ?? [];
		if (found.length === 1) return found[0];
	}
	const tools = namesIn(join(goroot, "pkg/tool"));
	return platforms.find((platform) => tools.includes(platform.replace("-", "_")));
}

/**
 * A toolchain from the module cache as the archive would have it: there, every go.mod is called _go.mod, and the go
 * command copies src/_go.mod to src/go.mod before it runs one (cmd/go/internal/toolchain). Undefined for other trees.
 */
export function asInArchive(tree: ScannedTree): ScannedTree | undefined {
	const original = tree.get("src/_go.mod");
	if (!original) return undefined;
	const renamed = new Map<string, ScannedFile>();
	for (const [path, file] of tree) {
		const archived = path.replace(/(^|\/)_go\.mod$/, "$1go.mod");
		if (path === archived || !tree.has(archived)) renamed.set(archived, file);
		else if (path !== "src/_go.mod") renamed.set(path, file);
	}
	// Go renews the copy where the two differ in size: neither may be another.
	const copy = tree.get("src/go.mod");
	if (copy && copy.sha256 !== original.sha256) renamed.set("src/go.mod", { ...copy, sha256: undefined });
	return renamed;
}

/** What stands at one path of a tree, directories left out. */
export interface ScannedFile {
	/** SHA-256 in lower-case hex; undefined for anything but a regular file: symlinks, which aren't followed, and devices. */
	readonly sha256: string | undefined;
	/** Whether its owner may run it; read for the commands of a GOROOT only, true for other files. */
	readonly executable: boolean;
}

/** Files by their path relative to the root, with slashes. */
export type ScannedTree = ReadonlyMap<string, ScannedFile>;

/** Larger files are read in pieces. A buffer for each file would cost more than hashing it. */
const bufferBytes = 1024 * 1024;

/**
 * Reads and hashes every file below `root`. Synchronous file by file, which is the fastest there is for 10,000 small
 * ones; between directories others have their turn, and `signal` is heeded.
 * File-system errors are thrown as they come, but for what vanishes meanwhile.
 */
export async function scanTree(root: string, signal: AbortSignal): Promise<ScannedTree> {
	const files = new Map<string, ScannedFile>();
	const buffer = Buffer.allocUnsafeSlow(bufferBytes);
	const directories = [""];
	for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
		for (const entry of entriesOf(root, directory, files)) {
			const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
			if (entry.isDirectory()) directories.push(path);
			else files.set(path, entry.isFile() ? scanFile(`${root}/${path}`, path, buffer) : { sha256: undefined, executable: true });
		}
		if (directories.length % 16 === 0) await nextTurn();
		signal.throwIfAborted();
	}
	return files;
}

/** A directory whose name isn't UTF-8 can't be entered by what it is read as: it counts as something that isn't a file. */
function entriesOf(root: string, directory: string, files: Map<string, ScannedFile>): Dirent[] {
	try {
		return readdirSync(join(root, directory), { withFileTypes: true });
	} catch (error) {
		if (systemCode(error) !== "ENOENT" || directory === "") throw error;
		if (directory.includes("\ufffd")) files.set(directory, { sha256: undefined, executable: true });
		return [];
	}
}

/** Whether a file of a GOROOT is one that people and Go itself run. */
export function isCommand(path: string): boolean {
	return /^bin\/[^/]+$|^pkg\/tool\/[^/]+\/[^/]+$/.test(path);
}

function scanFile(file: string, path: string, buffer: Buffer): ScannedFile {
	try {
		const executable = !isCommand(path) || (lstatSync(file).mode & constants.S_IXUSR) !== 0;
		return { sha256: sha256Of(file, buffer), executable };
	} catch (error) {
		if (systemCode(error) === "ENOENT" || systemCode(error) === "ELOOP") return { sha256: undefined, executable: true };
		throw error;
	}
}

function sha256Of(file: string, buffer: Buffer): string {
	const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
	try {
		let count = readSync(descriptor, buffer, 0, bufferBytes, null);
		if (count < bufferBytes) return crypto.hash("sha256", buffer.subarray(0, count));
		const hash = crypto.createHash("sha256");
		while (count > 0) {
			hash.update(buffer.subarray(0, count));
			count = readSync(descriptor, buffer, 0, bufferBytes, null);
		}
		return hash.digest("hex");
	} finally {
		closeSync(descriptor);
	}
}

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
