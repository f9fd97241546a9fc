import { join } from "node:path";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { homeLayout } from "../store/home.ts";
import { type Layout, versionKey } from "../store/layout.ts";
import { parseRelease, type Release } from "../version/release.ts";
import { findModFile, type ModFile, pickForFloor, requestFor, satisfies } from "./modfile.ts";
import {
	type Below,
	badSwitch,
	badVariable,
	type Considered,
	floorNotInstalled,
	isPin,
	keyLinkedAt,
	keyNotInstalled,
	noneInstalled,
	noSystemGo,
	type Selection,
	type Source,
	type SourceKind,
	switchVariable,
	type Toolchain,
	toolchainOf,
	versionOf,
	wordFor,
} from "./selection.ts";
import { startOf, upward } from "./start.ts";
import { findSystemGo, type SystemGo } from "./system.ts";
import {
	type Pin,
	parseGoVersionFile,
	parsePin,
	parseToolVersions,
	readVersionFile,
	trimBlanks,
	withoutGo,
} from "./versionfile.ts";

export interface SelectOptions {
	/** What `go` is called with: `-C DIR` moves the start. */
	readonly args?: readonly string[];
	/** Called with each source when it is asked, even if a later one throws. */
	readonly watch?: (considered: Considered) => void;
}

/** What a source answers, and which source it is. */
interface Spoken extends Lookup {
	readonly source: Source;
}

interface Inquiry {
	readonly context: Context;
	readonly layout: Layout;
	/** Undefined in a deleted directory. */
	readonly start: string | undefined;
	note(kind: SourceKind, path: string | null, said: string | null): void;
}

/**
 * Which Go is in force, by the rules of docs/selection.md. A version that is asked for but not installed gives a selection
 * with a `failure`. Reads a few small files synchronously and starts no process.
 * @throws GoxError `bad-home`; `not-a-version`, `bad-version-file` or `file-system` when the deciding source can't be understood.
 */
export function select(context: Context, options: SelectOptions = {}): Selection {
	const considered: Considered[] = [];
	const inquiry: Inquiry = {
		context,
		layout: homeLayout(context),
		start: startOf(context, options.args),
		note: (kind, path, said) => {
			considered.push({ kind, path, said });
			options.watch?.({ kind, path, said });
		},
	};
	const spoken =
		switchAnswer(inquiry) ??
		variableAnswer(inquiry) ??
		versionFileAnswer(inquiry) ??
		floorAnswer(inquiry) ??
		defaultAnswer(inquiry) ??
		systemAnswer(inquiry);
	const { version, request, source, outcome } = spoken;
	const below = "toolchain" in outcome ? belowFloor(inquiry, source.kind, outcome.toolchain) : undefined;
	return {
		version,
		goroot: "toolchain" in outcome ? outcome.toolchain.goroot : null,
		bin: "toolchain" in outcome ? outcome.toolchain.bin : null,
		installed: "toolchain" in outcome,
		source,
		request,
		considered,
		...(below && { below }),
		...("failure" in outcome && { failure: outcome.failure }),
	};
}

/** The limit of the native shim, without the `go`. */
const longestWord = 128;

/** cmd/go sets this variable for the toolchain that it switches to, and starts it under its own name. */
function switchAnswer({ context, layout, note }: Inquiry): Spoken | undefined {
	const text = context.env[switchVariable] ?? "";
	note(switchVariable, null, text || null);
	if (text === "") return undefined;
	const release = switchRelease(text);
	if (!release) throw badSwitch(switchVariable, text);
	return {
		...lookUpKey(layout, release.name, wordFor(release.name), switchVariable),
		source: { kind: switchVariable, path: null, text },
	};
}

/** The release that Go's own switch names: `go1.22.5` without a suffix. Here `go1.20` is a release, not a minor. */
export function switchRelease(text: string): Release | undefined {
	const name = text.replace(/[- \t].*$/s, "");
	return name.startsWith("go") && name.length - 2 <= longestWord ? parseRelease(name) : undefined;
}

function variableAnswer({ context, layout, note }: Inquiry): Spoken | undefined {
	const text = trimBlanks(variablesIn(context.env).version ?? "");
	note("GOX_VERSION", null, text || null);
	if (text === "") return undefined;
	const pin = parsePin(text);
	const missingAlias = pin?.kind === "alias" && !hasAlias(layout)(pin.name);
	if (!pin || missingAlias) throw badVariable("GOX_VERSION", text, missingAlias);
	return {
		...lookUpPin(context, layout, pin, text, "GOX_VERSION"),
		source: { kind: "GOX_VERSION", path: null, text },
	};
}

function versionFileAnswer(inquiry: Inquiry): Spoken | undefined {
	let silent = 0;
	for (const directory of inquiry.start === undefined ? [] : upward(inquiry.start)) {
		for (const kind of [".go-version", ".tool-versions"] as const) {
			const path = join(directory, kind);
			const text = readVersionFile(path);
			if (text === undefined) continue;
			const spoken = kind === ".go-version" ? goVersionAnswer(inquiry, path, text) : toolVersionsAnswer(inquiry, path, text);
			inquiry.note(kind, path, spoken?.source.text ?? null);
			if (spoken) return spoken;
			silent++;
		}
	}
	if (silent === 0) inquiry.note(".go-version", null, null);
	return undefined;
}

function goVersionAnswer({ context, layout }: Inquiry, path: string, content: string): Spoken | undefined {
	const text = parseGoVersionFile(content, path, hasAlias(layout));
	const pin = text === undefined ? undefined : parsePin(text);
	if (text === undefined || !pin) return undefined;
	return { ...lookUpPin(context, layout, pin, text, path), source: { kind: ".go-version", path, text } };
}

/** asdf's rule: the first of the line's words that is installed. */
function toolVersionsAnswer({ context, layout }: Inquiry, path: string, content: string): Spoken | undefined {
	const answers = parseToolVersions(content, path, hasAlias(layout)).flatMap((text) => {
		const pin = parsePin(text);
		if (!pin) return [];
		const source: Source = { kind: ".tool-versions", path, text };
		return { ...lookUpPin(context, layout, pin, text, path), source };
	});
	return answers.find((each) => "toolchain" in each.outcome || each.request === "system") ?? answers[0];
}

function floorAnswer({ context, layout, start, note }: Inquiry): Spoken | undefined {
	const file = start === undefined ? undefined : findModFile(context, start);
	note(file?.kind ?? "go.mod", file?.path ?? null, file?.floor?.line ?? null);
	if (!file?.floor) return undefined;
	const { path, floor } = file;
	const request = requestFor(floor);
	return {
		...lookupOf(pickForFloor(context, layout, floor), request, () => floorNotInstalled(path, floor.line, request)),
		source: { kind: file.kind, path, text: floor.line },
	};
}

function defaultAnswer({ layout, note }: Inquiry): Spoken | undefined {
	const key = keyLinkedAt(layout.current);
	const answer = key === undefined ? undefined : lookUpKey(layout, key, wordFor(key), "the default");
	note("default", answer ? layout.current : null, answer?.version ?? null);
	if (!answer?.version) return undefined;
	return { ...answer, source: { kind: "default", path: layout.current, text: answer.version } };
}

function systemAnswer({ context, layout, note }: Inquiry): Spoken {
	const found: SystemGo | undefined = findSystemGo(context, layout);
	note("system", found?.path ?? null, found?.version ?? null);
	return {
		...lookupOf(found, found ? "system" : "latest", () => noSystemGo()),
		source: { kind: "system", path: found?.path ?? null, text: "system" },
	};
}

function hasAlias(layout: Layout): (name: string) => boolean {
	return (name) => keyLinkedAt(join(layout.aliases, name)) !== undefined;
}

/** The line that asks for more than a pinned version; a file that can't be read is reported by other commands. */
function belowFloor(inquiry: Inquiry, kind: SourceKind, toolchain: Toolchain): Below | undefined {
	if (!isPin(kind)) return undefined;
	const file = inquiry.start === undefined ? undefined : findModFileQuietly(inquiry.context, inquiry.start);
	if (!file?.floor || !parseRelease(toolchain.version) || satisfies(toolchain.version, file.floor)) return undefined;
	return { path: file.path, text: file.floor.line };
}

function findModFileQuietly(context: Context, start: string): ModFile | undefined {
	try {
		return findModFile(context, start);
	} catch (error) {
		if (error instanceof GoxError) return undefined;
		throw error;
	}
}

/** What a request means in this store. */
export interface Lookup {
	/** Known for an exact release even when it is not installed. */
	readonly version: string | null;
	readonly request: string;
	readonly outcome: { readonly toolchain: Toolchain } | { readonly failure: GoxError };
}

/**
 * Looks a pin up in the store. The caller has refused aliases that don't exist.
 * @param who the file or variable that asks, for messages
 */
export function lookUpPin(context: Context, layout: Layout, pin: Pin, word: string, who: string): Lookup {
	const request = withoutGo(word);
	switch (pin.kind) {
		case "exact": {
			const key = pin.platform ? versionKey(pin.release.name, pin.platform, context.host()) : pin.release.name;
			return lookUpKey(layout, key, request, who);
		}
		case "alias": {
			const key = keyLinkedAt(join(layout.aliases, pin.name)) ?? "";
			return lookUpKey(layout, key, wordFor(key), who);
		}
		case "prefix":
			return lookUpLink(layout, pin.prefix, request, () => noneInstalled(`Go ${pin.prefix}`, who, request));
		case "latest":
			return lookUpLink(layout, "latest", request, () => noneInstalled("Go", who, request));
		case "system":
			return lookUpSystem(context, layout, () => noSystemGo(who));
	}
}

/** The version of that key, installed or not. */
export function lookUpKey(layout: Layout, key: string, request: string, who: string): Lookup {
	const toolchain = toolchainOf(layout, key);
	return {
		version: versionOf(key),
		request,
		outcome: toolchain ? { toolchain } : { failure: keyNotInstalled(key, who, request) },
	};
}

function lookUpLink(layout: Layout, name: string, request: string, failure: () => GoxError): Lookup {
	const key = keyLinkedAt(join(layout.aliases, name));
	return lookupOf(key === undefined ? undefined : toolchainOf(layout, key), request, failure);
}

function lookUpSystem(context: Context, layout: Layout, failure: () => GoxError): Lookup {
	return lookupOf(findSystemGo(context, layout), "system", failure);
}

/** The toolchain, or the failure if there is none. */
export function lookupOf(toolchain: Toolchain | undefined, request: string, failure: () => GoxError): Lookup {
	return { version: toolchain?.version ?? null, request, outcome: toolchain ? { toolchain } : { failure: failure() } };
}
