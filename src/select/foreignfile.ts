import { existsSync } from "node:fs";
import { join } from "node:path";
import { readIfPresent } from "../fs.ts";
import { goInMiseToml, goInPrototools } from "../store/foreign/misetoml.ts";
import { parsePin, withoutGo } from "./pin.ts";
import { parseGoVersionFile, parseToolVersions } from "./versionfile.ts";

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

/** A file that gox refuses speaks all the same: it is to be mended, not overruled. */
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
