import { join } from "node:path";
import { type FileRule, readFile } from "../boundedfile.ts";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { goSettings } from "../go/settings.ts";
import { installedVersions } from "../store/installed.ts";
import type { Layout } from "../store/layout.ts";
import { compareParsed, type GoVersion, minorOf, parseGoVersion, parseRelease } from "../version/release.ts";
import { keyLinkedAt, modFileHint, type Toolchain, toolchainOf } from "./selection.ts";
import { upward } from "./start.ts";

/** The least version that a go.mod or go.work asks for, and the line that asks. */
export interface Floor {
	readonly version: GoVersion;
	/** Without `go` and without a toolchain's suffix: `1.22`, `1.24rc1`. */
	readonly text: string;
	/** With single blanks: `go 1.22`, `toolchain go1.22.5-corp`. */
	readonly line: string;
}

/** What each of the two lines asks for; `toolchain default` asks for nothing. */
export interface LinesThatAsk {
	readonly go?: Floor;
	readonly toolchain?: Floor;
}

export interface Directive {
	readonly verb: "go" | "toolchain";
	readonly args: readonly string[];
	/** From 1. */
	readonly line: number;
}

/** cmd/go refuses a larger one too. */
const rule: FileRule = { limit: 16 << 20, limitText: "16 MiB", hint: modFileHint, passDirectories: true };

/**
 * A go.mod's or go.work's text, or undefined where there is none.
 * @throws GoxError `bad-version-file`, `file-system`
 */
export function readModFile(path: string): string | undefined {
	return readFile(path, rule)?.toString("utf8");
}

/**
 * The floor that a go.mod or go.work sets: its toolchain line, or its go line if that is not less.
 * Undefined when it has neither.
 * @throws GoxError `bad-version-file` for a go or toolchain line that can't be read.
 */
export function parseModFile(text: string, path: string): Floor | undefined {
	return floorOf(linesThatAsk(text, path));
}

/** The go and the toolchain line of a go.mod or go.work. Throws as `parseModFile`. */
export function linesThatAsk(text: string, path: string): LinesThatAsk {
	const lines: { go?: Floor; toolchain?: Floor } = {};
	for (const directive of directivesOf(text)) {
		const asked = read(directive, path);
		if (asked) lines[directive.verb] = asked;
	}
	return lines;
}

/** The greater of the two; the go line where they are equal. */
export function floorOf({ go, toolchain }: LinesThatAsk): Floor | undefined {
	return go && toolchain && compareParsed(toolchain.version, go.version) > 0 ? toolchain : (go ?? toolchain);
}

/** Whether the file says `toolchain default`: then Go itself never switches because of it. */
export function keepsToolchain(text: string): boolean {
	return directivesOf(text).some(({ verb, args }) => verb === "toolchain" && args.length === 1 && args[0] === "default");
}

/** The first `go` and the first `toolchain` outside any block, in the file's order. */
export function directivesOf(text: string): readonly Directive[] {
	const found: Directive[] = [];
	let inBlock = false;
	for (const [index, line] of text.split("\n").entries()) {
		const tokens = tokensOf(line);
		const [verb, ...args] = tokens;
		if (inBlock) {
			inBlock = verb !== ")";
			continue;
		}
		const last = args.at(-1);
		if (last === "(") inBlock = true;
		const isBlock = inBlock || (last === ")" && args.at(-2) === "(");
		if (isBlock || (verb !== "go" && verb !== "toolchain") || found.some((each) => each.verb === verb)) continue;
		found.push({ verb, args, line: index + 1 });
	}
	return found;
}

/** One line's tokens, as golang.org/x/mod/modfile divides it; a quote that never ends, ends with the line. */
function tokensOf(line: string): readonly string[] {
	const tokens: string[] = [];
	for (let start = 0; start < line.length; ) {
		if (isBlank(line[start])) {
			start++;
			continue;
		}
		if (line.startsWith("//", start)) break;
		const end = tokenEnd(line, start);
		tokens.push(line.slice(start, end));
		start = end;
	}
	return tokens;
}

function tokenEnd(line: string, start: number): number {
	const first = line[start];
	if (isPunctuation(first)) return start + 1;
	if (first === '"' || first === "`") return quoteEnd(line, start, first);
	let end = start + 1;
	while (end < line.length && !isBlank(line[end]) && !isPunctuation(line[end]) && !line.startsWith("//", end)) end++;
	return end;
}

function quoteEnd(line: string, start: number, mark: string): number {
	for (let end = start + 1; end < line.length; end++) {
		if (line[end] === mark) return end + 1;
		if (line[end] === "\\" && mark === '"') end++;
	}
	return line.length;
}

function isBlank(character: string | undefined): boolean {
	return character === " " || character === "\t" || character === "\r";
}

function isPunctuation(character: string | undefined): boolean {
	return character !== undefined && "()[]{},".includes(character);
}

function read(directive: Directive, path: string): Floor | undefined {
	const { verb, args } = directive;
	const [arg] = args;
	const line = [verb, ...args].join(" ");
	const readable = arg !== undefined && args.length === 1 && Buffer.byteLength(arg) <= longestWord;
	const floor = !readable ? undefined : verb === "go" ? goFloor(arg, line) : toolchainFloor(arg, line);
	if (floor || (verb === "toolchain" && line === "toolchain default")) return floor;
	throw new GoxError("bad-version-file", `${path}:${directive.line}: ${quote(line)} is not a ${verb} line that gox can read`, {
		hint: modFileHint,
	});
}

/** Bytes; as the native shim has it. */
const longestWord = 128;
const goLine = /^1\.(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)|(?:alpha|beta|rc)(?:0|[1-9]\d*))?$/;
/** A suffix is a name, never a path: Go looks the whole toolchain up on PATH. */
const toolchainName = /^(go1(?:\.[^- \t]*)?)(?:-[A-Za-z0-9._+-]*)?$/;

function goFloor(text: string, line: string): Floor | undefined {
	const version = goLine.test(text) ? parseGoVersion(text) : undefined;
	return version && { version, text, line };
}

/** `go1.22` is a language version since 1.21 and no release, so it can't be a toolchain. */
function toolchainFloor(text: string, line: string): Floor | undefined {
	const release = parseRelease(toolchainName.exec(text)?.[1] ?? "");
	return release && { version: release.parsed, text: release.version, line };
}

/** The go.work or go.mod that counts for a directory. */
export interface ModFile {
	readonly kind: "go.work" | "go.mod";
	readonly path: string;
	/** Undefined when it has neither a go nor a toolchain line. */
	readonly floor: Floor | undefined;
	readonly lines: LinesThatAsk;
	/** It says `toolchain default`: Go itself never switches because of this file. */
	readonly keepsToolchain: boolean;
}

/**
 * The nearest go.work (GOWORK honoured, be it written by `go env -w`), else the nearest go.mod.
 * @throws GoxError `bad-version-file`, `file-system`
 */
export function findModFile(context: Context, start: string): ModFile | undefined {
	return findWorkFile(context, start) ?? nearest("go.mod", start);
}

function findWorkFile(context: Context, start: string): ModFile | undefined {
	const named = goSettings(context, null).find("GOWORK")?.value || "auto";
	if (named === "auto") return nearest("go.work", start);
	return named.startsWith("/") ? modFileAt("go.work", named) : undefined;
}

function nearest(kind: ModFile["kind"], start: string): ModFile | undefined {
	for (const directory of upward(start)) {
		const found = modFileAt(kind, join(directory, kind));
		if (found) return found;
	}
	return undefined;
}

function modFileAt(kind: ModFile["kind"], path: string): ModFile | undefined {
	const text = readModFile(path);
	if (text === undefined) return undefined;
	const lines = linesThatAsk(text, path);
	return { kind, path, floor: floorOf(lines), lines, keepsToolchain: keepsToolchain(text) };
}

/** Whether a toolchain is at least what the floor asks for; not when its version is unknown. */
export function satisfies(version: string, floor: Floor): boolean {
	const release = parseRelease(version);
	return release !== undefined && compareParsed(release.parsed, floor.version) >= 0;
}

/**
 * The installed Go for a floor: the default if it satisfies it, else the newest of the floor's minor (an old Go that is
 * asked for `go 1.26` would insist on exactly go1.26.0), else the oldest newer one.
 */
export function pickForFloor(context: Context, layout: Layout, floor: Floor): Toolchain | undefined {
	const minor = minorOf(floor.version);
	for (const link of [layout.current, join(layout.aliases, minor)]) {
		const key = keyLinkedAt(link);
		const linked = key === undefined ? undefined : toolchainOf(layout, key);
		if (linked && satisfies(linked.version, floor)) return linked;
	}
	const enough = installedVersions(context).filter(
		(each) => each.platform === context.host() && satisfies(each.release.name, floor),
	);
	const previews = floor.version.kind === "" ? [] : enough.filter((each) => !each.release.stable && each.release.minor === minor);
	const [newestPreview] = previews;
	const found = newestPreview ?? enough.findLast((each) => each.release.stable);
	return found && toolchainOf(layout, found.key);
}

/** What to install for a floor: the newest patch of its minor; a pre-release itself. */
export function requestFor(floor: Floor): string {
	return floor.version.kind === "" ? minorOf(floor.version) : floor.text;
}
