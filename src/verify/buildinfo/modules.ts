import { quotedPrefix, unquote } from "./goquoted.ts";

/** A module of a build: its path, version (`(devel)` for a working directory) and checksum, and what replaced it. */
export interface GoModule {
	readonly path: string;
	readonly version: string;
	readonly sum: string;
	readonly replace?: GoModule | undefined;
}

/** What a build was made of, as runtime/debug.BuildInfo has it. */
export interface BuildModules {
	/** The main package's import path; empty where it isn't known. */
	readonly path: string;
	readonly main: GoModule | undefined;
	readonly deps: readonly GoModule[];
	/** `-tags`, `CGO_ENABLED`, `GOARCH` …, in the order they were recorded; none before Go 1.18. */
	readonly settings: readonly (readonly [key: string, value: string])[];
}

/** Reads the lines that `go version -m` prints, without their first tab. Undefined for what Go's own parser refuses. */
export function parseModules(text: string): BuildModules | undefined {
	let path = "";
	let main: GoModule | undefined;
	const deps: GoModule[] = [];
	const settings: (readonly [string, string])[] = [];
	let replaceable: "main" | "dep" | undefined;
	for (const line of text.split("\n").slice(0, -1)) {
		const [word = ""] = line.split("\t", 1);
		const rest = line.slice(word.length + 1);
		if (word.length === line.length) continue;
		if (word === "path") path = rest;
		else if (word === "mod" || word === "dep") {
			const module = moduleOf(rest.split("\t"));
			if (module === undefined) return undefined;
			if (word === "mod") main = module;
			else deps.push(module);
			replaceable = word === "mod" ? "main" : "dep";
		} else if (word === "=>") {
			const fields = rest.split("\t");
			const replace = fields.length === 3 ? moduleOf(fields) : undefined;
			if (replace === undefined || replaceable === undefined) return undefined;
			const last = deps.at(-1);
			if (replaceable === "main" && main) main = { ...main, replace };
			else if (last) deps[deps.length - 1] = { ...last, replace };
			replaceable = undefined;
		} else if (word === "build") {
			const setting = settingOf(rest);
			if (setting === undefined) return undefined;
			settings.push(setting);
		}
	}
	return { path, main, deps, settings };
}

function moduleOf(fields: readonly string[]): GoModule | undefined {
	const [path, version, sum = ""] = fields;
	return path === undefined || version === undefined || fields.length > 3 ? undefined : { path, version, sum };
}

/** Go quotes a key or a value that has blanks or quotes in it. */
function settingOf(text: string): readonly [string, string] | undefined {
	const quoted = /^["`]/.test(text) ? quotedPrefix(text) : undefined;
	const end = quoted?.length ?? text.indexOf("=");
	if (end <= 0 || text[end] !== "=") return undefined;
	const key = quoted === undefined ? text.slice(0, end) : unquote(quoted);
	if (key === undefined || (quoted === undefined && /[ \t\r"`]/.test(key))) return undefined;
	const raw = text.slice(end + 1);
	const value = /^["`]/.test(raw) ? unquote(raw) : /[ \t\r"`]/.test(raw) ? undefined : raw;
	return value === undefined ? undefined : [key, value];
}
