import { existsSync } from "node:fs";
import { join } from "node:path";
import { type FileRule, readFile } from "../boundedfile.ts";
import { GoxError, quote } from "../errors.ts";
import { goInMiseToml, goInPrototools } from "../foreign/misetoml.ts";
import { readIfPresent } from "../fs.ts";
import { type Platform, platforms } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { isAliasName, parseExact, parsePrefix } from "../version/request.ts";
import { badWord, versionFileHint } from "./selection.ts";

const blanks = /[ \t\r\f\v]+/;

const rule: FileRule = { limit: 65_536, limitText: "64 KiB", hint: versionFileHint };

/** Whether an alias of that name exists. */
export type HasAlias = (name: string) => boolean;

/**
 * A version file's text without its BOM, or undefined where there is none.
 * @throws GoxError `bad-version-file`, `file-system`
 */
export function readVersionFile(path: string): string | undefined {
	const bytes = readFile(path, rule);
	return bytes && versionFileText(bytes, path);
}

/**
 * A version file's bytes as text, without a BOM.
 * @throws GoxError `bad-version-file` where there is a NUL among them
 */
export function versionFileText(bytes: Buffer, path: string): string {
	if (bytes.includes(0)) throw new GoxError("bad-version-file", `${path} holds a NUL byte`, { hint: versionFileHint });
	return bytes.toString("utf8").replace(/^\ufeff/, "");
}

/**
 * The one pin that a `.go-version` names, or undefined when it says nothing.
 * @throws GoxError `bad-version-file` for anything but one pin, with the file, the line and the text.
 */
export function parseGoVersionFile(text: string, path: string, hasAlias: HasAlias): string | undefined {
	let first: { word: string; line: number } | undefined;
	for (const [index, raw] of text.split("\n").entries()) {
		const stripped = trimBlanks(raw.replace(/(?:^|(?<=[ \t\r\f\v]))(?:#|\/\/).*$/s, ""));
		if (stripped === "") continue;
		const word = stripped.replace(/^(?:go|golang)[ \t\r\f\v]+(?=\d[^ \t\r\f\v]*$)/, "");
		checkPin(word, path, index + 1, hasAlias);
		first ??= { word, line: index + 1 };
		if (withoutGo(word) !== withoutGo(first.word)) {
			throw new GoxError(
				"bad-version-file",
				`${path}:${index + 1}: ${quote(word)}: one version is wanted, and line ${first.line} says ${quote(first.word)}`,
				{ hint: versionFileHint },
			);
		}
	}
	return first?.word;
}

/**
 * The pins on the first golang or go line of a `.tool-versions`; none when it has no such line.
 * @throws GoxError `bad-version-file` for a word on that line that is no pin.
 */
export function parseToolVersions(text: string, path: string, hasAlias: HasAlias): readonly string[] {
	for (const [index, raw] of text.split("\n").entries()) {
		const [tool, ...words] = trimBlanks(raw.replace(/#.*$/s, "")).split(blanks);
		if ((tool !== "golang" && tool !== "go") || words.length === 0) continue;
		for (const word of words) checkPin(word, path, index + 1, hasAlias);
		return words;
	}
	return [];
}

function checkPin(word: string, path: string, line: number, hasAlias: HasAlias): void {
	const pin = parsePin(word);
	if (!pin) throw badWord(path, line, word);
	if (pin.kind === "alias" && !hasAlias(pin.name)) throw badWord(path, line, word, true);
}

/** What `.go-version`, `.tool-versions` and GOX_VERSION may say (docs/selection.md, "Words"). */
export type Pin =
	| { readonly kind: "exact"; readonly release: Release; readonly platform?: Platform }
	/** `1.22` or `1`: the name of the link in `aliases/`. */
	| { readonly kind: "prefix"; readonly prefix: string }
	| { readonly kind: "latest" | "system" }
	| { readonly kind: "alias"; readonly name: string };

const longest = 128;

/** Reads a pin, whole word or not at all: undefined for anything else. An alias is only a name here; it may not exist. */
export function parsePin(word: string): Pin | undefined {
	if (word.length > longest) return undefined;
	if (word === "latest" || word === "stable") return { kind: "latest" };
	if (word === "system") return { kind: "system" };
	const prefix = parsePrefix(word);
	if (prefix !== undefined) return { kind: "prefix", prefix };
	const at = word.indexOf("@");
	const name = at < 0 ? word : word.slice(0, at);
	const release = parseExact(name);
	if (release) {
		if (at < 0) return { kind: "exact", release };
		const platform = platforms.find((each) => each === word.slice(at + 1));
		return platform && { kind: "exact", release, platform };
	}
	return isAliasName(word) ? { kind: "alias", name: word } : undefined;
}

/** The word without the `go` that may stand in front of a version. */
export function withoutGo(word: string): string {
	return word.replace(/^go(?=\d)/, "");
}

/** Without the blanks at both ends (space, tab, CR, LF, form feed, vertical tab), in one pass whatever the length. */
export function trimBlanks(text: string): string {
	const isBlank = (at: number) => " \t\r\n\f\v".includes(text[at] ?? "x");
	let start = 0;
	let end = text.length;
	while (start < end && isBlank(start)) start++;
	while (start < end && isBlank(end - 1)) end--;
	return text.slice(start, end);
}

/** A project's file that another tool reads and gox doesn't. */
export interface ForeignFile {
	readonly path: string;
	/** What it asks for, in that tool's words. */
	readonly said: string;
	/** What a `.go-version` would say; undefined for what means nothing to gox. */
	readonly pin: string | undefined;
}

const readers: readonly (readonly [name: string, read: (text: string) => string | undefined])[] = [
	["mise.local.toml", goInMiseToml],
	[".mise.local.toml", goInMiseToml],
	["mise.toml", goInMiseToml],
	[".mise.toml", goInMiseToml],
	["mise/config.toml", goInMiseToml],
	[".mise/config.toml", goInMiseToml],
	[".config/mise.toml", goInMiseToml],
	[".config/mise/config.toml", goInMiseToml],
	[".rtx.toml", goInMiseToml],
	[".prototools", goInPrototools],
	[".gvmrc", goInGvmrc],
];

/** The first file of a directory that asks another tool for a Go, where none does that gox reads itself. */
export function foreignFileIn(directory: string): ForeignFile | undefined {
	if (speaksToGox(directory)) return undefined;
	for (const [name, read] of readers) {
		const path = join(directory, name);
		const text = readable(path);
		const said = text === undefined ? undefined : read(text);
		if (said !== undefined) return { path, said, pin: asPin(said) };
	}
	return undefined;
}

/** A `.gvmrc` is a script that gvm's users run: `gvm use go1.20.4@set`. */
function goInGvmrc(text: string): string | undefined {
	return /^[ \t]*(?:gvm[ \t]+use[ \t]+)(?:--\S+[ \t]+)*["']?(\S+?)["']?(?:[ \t;&].*)?$/m.exec(text)?.[1]?.replace(/@.*$/, "");
}

/** `1.22.5`, `go1.22.5`, `1.22.x`, `latest`; mise's `prefix:1.22`. Ranges and git revisions mean nothing as a pin. */
function asPin(said: string): string | undefined {
	const word = withoutGo(said.replace(/^prefix:/, "").replace(/\.[x*]$/, ""));
	const pin = parsePin(word);
	return pin === undefined || pin.kind === "alias" ? undefined : word;
}

function speaksToGox(directory: string): boolean {
	const path = join(directory, ".go-version");
	if (existsSync(path)) return parses(() => parseGoVersionFile(readable(path) ?? "", path, () => true) !== undefined);
	const tools = readable(join(directory, ".tool-versions"));
	return tools !== undefined && parses(() => parseToolVersions(tools, directory, () => true).length > 0);
}

/** A file that gox refuses still decides: the user must correct it, and no other source may win meanwhile. */
function parses(read: () => boolean): boolean {
	try {
		return read();
	} catch {
		return true;
	}
}

function readable(path: string): string | undefined {
	try {
		return readIfPresent(path);
	} catch {
		return undefined;
	}
}
