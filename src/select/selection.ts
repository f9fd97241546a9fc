import { existsSync } from "node:fs";
import { join } from "node:path";
import { GoxError, quote } from "../errors.ts";
import { isSameFile } from "../fs.ts";
import { linkedKey } from "../store/installed.ts";
import type { Layout } from "../store/layout.ts";
import { parseRelease } from "../version/release.ts";

/** The sources that may choose a Go, in the order in which they are asked (docs/selection.md). */
export type SourceKind =
	| "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"
	| "GOX_VERSION"
	| ".go-version"
	| ".tool-versions"
	| "go.work"
	| "go.mod"
	| "default"
	| "system";

/** The variable that cmd/go sets for the toolchain that it switches to. */
export const switchVariable = "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION" satisfies SourceKind;

/** The source that decided, and its text. */
export interface Source {
	readonly kind: SourceKind;
	/** The file, absolute; null for a variable. */
	readonly path: string | null;
	/** The word, or the line of a go.mod, that decided. */
	readonly text: string;
}

/** A source that was asked. `said` is null if it names no version, `path` if there is no such file. */
export interface Considered {
	readonly kind: SourceKind;
	readonly path: string | null;
	readonly said: string | null;
}

/** A line of go.work or go.mod that asks for more than the pinned version. */
export interface Below {
	readonly path: string;
	readonly text: string;
}

/** Which Go is in force in a directory, and why. */
export interface Selection {
	/** `go1.22.5`; null while a prefix, alias or `latest` matches nothing that is installed. */
	readonly version: string | null;
	/** Null when not installed, and for a system go that is another program's wrapper. */
	readonly goroot: string | null;
	/** The directory that its tools run from; null when not installed. */
	readonly bin: string | null;
	readonly installed: boolean;
	readonly source: Source;
	/** The argument for `gox install`: `1.22.5`, `1.22`, `1.15.15@darwin-amd64`; `system` for the pin of that name. */
	readonly request: string;
	/** Every source asked, in order; the last one won. */
	readonly considered: readonly Considered[];
	readonly below?: Below;
	/** Why it can't run: `not-installed` or `no-go`. */
	readonly failure?: GoxError;
}

/** Whether a project's file decided, not a variable, the default or the system. */
export function isFile(source: Source): source is Source & { readonly path: string } {
	return source.path !== null && source.kind !== "default" && source.kind !== "system";
}

/** Whether this kind of source names the Go to run, not only its least version. */
export function isPin(kind: SourceKind): boolean {
	return kind === "GOX_VERSION" || kind === ".go-version" || kind === ".tool-versions";
}

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
	const go = join(bin, "go");
	return existsSync(go) && !isSameFile(go, join(layout.shims, "go")) ? { version: versionOf(key), goroot, bin } : undefined;
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

/** The failures of docs/selection.md; the native shim words them the same way. */
export const versionFileHint = "write one with: gox pin 1.22.5";
export const modFileHint = "correct it, or choose a Go with: gox use 1.22.5";

const pinHint = "a version is like 1.22.5, 1.22 or latest; in this shell: gox use 1.22.5";

/** `key` is `go1.22.5`, perhaps with a platform. */
export function keyNotInstalled(key: string, who: string, request: string): GoxError {
	return new GoxError("not-installed", `${key} is not installed (asked for by ${who})`, { hint: installHint(request) });
}

/** `what` is `Go 1.22`, or `Go` for the newest of all. */
export function noneInstalled(what: string, who: string, request: string): GoxError {
	return new GoxError("not-installed", `no ${what} is installed (asked for by ${who})`, { hint: installHint(request) });
}

export function floorNotInstalled(path: string, line: string, request: string): GoxError {
	return new GoxError("not-installed", `${path} asks for ${line}; no installed Go satisfies it`, { hint: installHint(request) });
}

/** Without `who`, no source asked for a version. */
export function noSystemGo(who?: string): GoxError {
	const message =
		who === undefined
			? "no Go is installed, and there is no other go on PATH"
			: `no go on PATH besides gox's own (asked for by ${who})`;
	return new GoxError("no-go", message, { hint: "gox install latest" });
}

export function badVariable(name: string, value: string, missingAlias: boolean): GoxError {
	return new GoxError("not-a-version", `${name}: ${notAVersion(value, missingAlias)}`, { hint: pinHint });
}

export function badSwitch(name: string, value: string): GoxError {
	return new GoxError("not-a-version", `${name}: ${notAVersion(value, false)}`, { hint: `unset ${name}` });
}

export function badWord(path: string, line: number, word: string, missingAlias = false): GoxError {
	return new GoxError("bad-version-file", `${path}:${line}: ${notAVersion(word, missingAlias)}`, { hint: versionFileHint });
}

/** Text of a file or variable that is no pin. */
function notAVersion(text: string, missingAlias: boolean): string {
	return `${quote(text)} is not a Go version${missingAlias ? ", and no alias has that name" : ""}`;
}

/** A platform is an option of `gox install`, not a part of the word. */
function installHint(request: string): string {
	return `gox install ${request.replace("@", " --platform ")}`;
}
