import { existsSync } from "node:fs";
import { join } from "node:path";
import { linkedKey } from "../store/installed.ts";
import type { Layout } from "../store/layout.ts";
import { parseRelease } from "../version/release.ts";

/** A Go that can run. */
export interface Toolchain {
	/** `go1.22.5`; `system` for a system go of unknown version. */
	readonly version: string;
	/** Null for a system go that is another program's wrapper. */
	readonly goroot: string | null;
	/** The directory of its tools. */
	readonly bin: string;
}

const keyShape = /^(go\d[a-z0-9.]*)(?:@(?:darwin|linux)-(?:arm64|amd64))?$/;

/** The version in the store under that key, if it is complete enough to run. */
export function toolchainOf(layout: Layout, key: string): Toolchain | undefined {
	const goroot = join(layout.versions, key);
	const bin = join(goroot, "bin");
	return existsSync(join(bin, "go")) ? { version: versionOf(key), goroot, bin } : undefined;
}

/** What `aliases/NAME` or `current` points to, installed or not; undefined for no link, or one that names no version. */
export function keyLinkedAt(path: string): string | undefined {
	const key = linkedKey(path);
	return key !== undefined && isKey(key) ? key : undefined;
}

/** Whether a directory under versions/ may have that name. */
export function isKey(name: string): boolean {
	return keyShape.test(name);
}

/**
 * The pin that means exactly this key: `1.22.5`, `1.15.15@darwin-amd64`; `1.20.0` for go1.20, because the pin `1.20`
 * is the newest of that minor.
 */
export function wordFor(key: string): string {
	const [name = "", ...platform] = key.split("@");
	const release = parseRelease(name);
	return release ? [release.word, ...platform].join("@") : key.replace(/^go/, "");
}

/** A key without its platform: `go1.15.15` of `go1.15.15@darwin-amd64`. */
export function versionOf(key: string): string {
	return key.replace(/@.*$/, "");
}
