import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../../context.ts";
import { ifPresent, namesIn, readIfPresent } from "../../fs.ts";

/** Where Gos come from that gox didn't install. */
export type ForeignTool =
	| "gvm"
	| "goenv"
	| "g"
	| "gobrew"
	| "goup"
	| "asdf"
	| "mise"
	| "sdk"
	| "homebrew"
	| "system"
	| "module cache"
	| "path";

/** What one tool keeps where. */
export interface Finder {
	readonly tool: ForeignTool;
	/** Directories that may be GOROOTs; nothing in them is looked at. */
	goroots(context: Context): readonly string[];
	/** What the tool runs where no project asks for a version: a GOROOT, or a word such as `1.22`. */
	preferred?(context: Context): Preferred | undefined;
}

export type Preferred = { readonly goroot: string } | { readonly word: string };

/** The directories `DIRECTORY/NAME/below` for every name in it that could be a version. */
export function versionsIn(directory: string, below = ""): readonly string[] {
	return namesOf(directory)
		.filter((name) => /^(?:go)?\d/.test(name))
		.map((name) => join(directory, name, below));
}

/** As `namesIn`; none where the directory can't be read. */
export function namesOf(directory: string): readonly string[] {
	try {
		return namesIn(directory);
	} catch {
		return [];
	}
}

/** The GOROOT behind a symlink to it, to its bin directory or to a command in that. */
export function behind(link: string): Preferred | undefined {
	let path = unlessUnreadable(() => realpathSync(link));
	for (let up = 0; path !== undefined && up < 3; up++, path = dirname(path))
		if (existsSync(join(path, "VERSION")) && existsSync(join(path, "bin"))) return { goroot: path };
	return undefined;
}

/** The first line of a file that says something. */
export function firstLine(path: string): string | undefined {
	const lines = unlessUnreadable(() => readIfPresent(path))?.split("\n") ?? [];
	return lines.map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#"));
}

export function unlessUnreadable<T>(read: () => T): T | undefined {
	try {
		return ifPresent(read);
	} catch {
		return undefined;
	}
}
