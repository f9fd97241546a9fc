import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { compareParsed, parseRelease } from "../../src/version/release.ts";

/** By version key: SHA-256 of everything in its GOROOT (paths, kinds, execute bits, contents). */
export type Digests = ReadonlyMap<string, string>;

export interface Soundness {
	/** GOROOTs that must be as they were, from `goroots(home)` before. A version that isn't in the store any more is a failure. */
	readonly digests?: Digests;
	/** Directories outside the home in which no temporary file of gox's may lie. */
	readonly places?: readonly string[];
	/** Whether every `bin/go` of this machine's is run (2 ms each); true by default. */
	readonly run?: boolean;
	/** What a failure shows besides: a seed, a checkpoint. */
	readonly why?: string;
}

/** The digests of every GOROOT in the store, or of those that `keys` names. */
export function goroots(home: string, keys: readonly string[] = names(home, "versions")): Digests {
	return new Map(keys.map((key) => [key, treeDigest(join(home, "versions", key))]));
}

/**
 * The oracle of every fault, after the next command has run: only complete versions are there, each as its manifest says;
 * the digests of those that nobody meant to change are unchanged; every alias, shim and `current` resolves; the automatic
 * aliases name the newest; receipts belong to versions; no temporary file, journal entry or lock is left.
 */
export function expectSound(home: string, { digests = new Map(), places = [], run = true, why = "" }: Soundness = {}): void {
	expect(faultsOf(home, digests, places, run), why).toEqual([]);
}

/** What is wrong, in words; nothing when all is well. */
export function faultsOf(home: string, digests: Digests = new Map(), places: readonly string[] = [], run = true): string[] {
	const keys = names(home, "versions");
	return [
		...keys.flatMap((key) => incompleteness(home, key, run)),
		...[...digests].flatMap(([key, digest]) => {
			if (!keys.includes(key)) return [`versions/${key} is gone`];
			return treeDigest(join(home, "versions", key)) === digest ? [] : [`versions/${key} was changed`];
		}),
		...links(home, keys),
		...strangers(home, keys),
		...["tmp", "locks", "journal"].flatMap((directory) => names(home, directory).map((name) => `${directory}/${name} is left`)),
		...[home, ...["aliases", "shims", "receipts", "versions", "backup"].map((name) => join(home, name)), ...places].flatMap(
			temporaries,
		),
	];
}

/** Half-written files: `.NAME.MAKER.RANDOM` beside the file NAME. */
export function temporaries(directory: string): string[] {
	return (existsSync(directory) ? readdirSync(directory) : [])
		.filter((name) => /^\..+\.[0-9a-f]{12}$/.test(name))
		.map((name) => `${join(directory, name)} is left`);
}

function incompleteness(home: string, key: string, run: boolean): string[] {
	const goroot = join(home, "versions", key);
	const found: string[] = [];
	const version = key.replace(/@.*$/, "");
	if (!existsSync(join(goroot, "VERSION")) || readFileSync(join(goroot, "VERSION"), "utf8").split("\n")[0] !== version)
		found.push(`versions/${key}/VERSION doesn't say ${version}`);
	const manifest = join(home, "receipts", `${key}.files`);
	if (!existsSync(join(home, "receipts", `${key}.json`))) found.push(`versions/${key} has no receipt`);
	if (!existsSync(manifest)) return [...found, `versions/${key} has no manifest`];
	const recorded = readFileSync(manifest, "utf8").trimEnd().split("\n").sort();
	const there = filesBelow(goroot)
		.filter((path) => !lstatSync(join(goroot, path)).isSymbolicLink())
		.map((path) => `${sha256(readFileSync(join(goroot, path)))}  ${path}`)
		.sort();
	if (recorded.join("\n") !== there.join("\n")) found.push(`versions/${key} isn't what its manifest says`);
	if (run && key === version) {
		const ran = spawnSync(join(goroot, "bin/go"), ["version"], { encoding: "utf8" });
		if (ran.status !== 0 || !ran.stdout.includes(version)) found.push(`versions/${key}/bin/go doesn't run as ${version}`);
	}
	return found;
}

function links(home: string, keys: readonly string[]): string[] {
	const found: string[] = [];
	const dangling = (path: string) => !existsSync(join(home, path));
	for (const directory of ["aliases", "shims"])
		for (const name of names(home, directory))
			if (dangling(join(directory, name))) found.push(`${directory}/${name} leads nowhere`);
	if (readdirSync(home).includes("current") && dangling("current"))
		found.push(`current leads nowhere: ${readlinkSync(join(home, "current"))}`);
	const native = keys.filter((key) => !key.includes("@"));
	for (const key of native) if (!names(home, "shims").includes(key)) found.push(`shims/${key} is missing`);
	if (keys.length > 0)
		for (const name of ["go", "gofmt", "gox"]) if (dangling(`shims/${name}`)) found.push(`shims/${name} is missing`);
	const automatic = new Map<string, string>();
	const newest = native.flatMap((key) => parseRelease(key) ?? []).sort((left, right) => compareParsed(right.parsed, left.parsed));
	for (const { stable, name, minor, parsed } of newest) {
		if (!stable) continue;
		for (const alias of ["latest", parsed.major, minor]) if (!automatic.has(alias)) automatic.set(alias, name);
	}
	for (const [alias, key] of automatic) {
		const path = join(home, "aliases", alias);
		const target = existsSync(path) ? readlinkSync(path) : "nothing";
		if (target !== `../versions/${key}`) found.push(`aliases/${alias} is ${target}, not ${key}`);
	}
	return found;
}

function strangers(home: string, keys: readonly string[]): string[] {
	return names(home, "receipts")
		.filter((name) => /^go.*\.(json|files)$/.test(name) && !keys.includes(name.replace(/\.(json|files)$/, "")))
		.map((name) => `receipts/${name} is of no version`);
}

function names(home: string, directory: string): string[] {
	const path = join(home, directory);
	return existsSync(path) ? readdirSync(path).sort() : [];
}

function treeDigest(root: string): string {
	const hash = createHash("sha256");
	for (const path of filesBelow(root)) {
		const stat = lstatSync(join(root, path));
		const content = stat.isSymbolicLink() ? readlinkSync(join(root, path)) : readFileSync(join(root, path));
		hash.update(`${path}\0${stat.isSymbolicLink() ? "link" : stat.mode & 0o111}\0${sha256(content)}\n`);
	}
	return hash.digest("hex");
}

/** Paths of files and symlinks, sorted. */
function filesBelow(root: string, prefix = ""): string[] {
	return readdirSync(join(root, prefix), { withFileTypes: true })
		.flatMap((entry) => {
			const path = join(prefix, entry.name);
			return entry.isDirectory() ? filesBelow(root, path) : [path];
		})
		.sort();
}

function sha256(content: string | Uint8Array): string {
	return createHash("sha256").update(content).digest("hex");
}
