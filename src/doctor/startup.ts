import { join } from "node:path";
import type { Context } from "../context.ts";
import { shellCalled, shellNames } from "../shell/shells.ts";
import { searchedFiles } from "../shell/startupsearch.ts";
import type { Probes } from "./probes.ts";

/** A shell's start-up file that is there. */
export interface StartupText {
	readonly path: string;
	readonly text: string;
}

/** A line of a start-up file. */
export interface StartupLine {
	/** `~/.zshrc:12`, absolute. */
	readonly where: string;
	/** Without blanks at the ends. */
	readonly text: string;
}

/** Beside those that setup changes: what the shells read as well. */
const more = [".config/fish/fish_variables"];

/** Every start-up file of zsh, bash and fish that exists in the user's home. */
export function startupTexts(context: Context, probes: Probes): readonly StartupText[] {
	const home = { userHome: context.userHome, env: context.env, exists: (path: string) => probes.stat(path) !== undefined };
	const paths = shellNames.flatMap((name) => {
		const shell = shellCalled(name);
		return shell ? [...shell.everyStartupFile(home), ...searchedFiles(shell, home).map(({ path }) => path)] : [];
	});
	const places = new Set([...paths, ...more.map((name) => join(context.userHome, name))]);
	return [...places].flatMap((path) => {
		const text = probes.readText(path);
		return text === undefined ? [] : [{ path, text }];
	});
}

/** The lines that set a variable for later programs, as sh, zsh, bash and fish write it; comments don't count. */
export function linesThatExport(files: readonly StartupText[], name: string): readonly StartupLine[] {
	const posix = new RegExp(
		`(?:^|[;&|\\s])(?:export|typeset\\s+-\\w*x\\w*|declare\\s+-\\w*x\\w*)\\s+(?:[\\w"'=$/.:~-]+\\s+)*${name}(?:=|\\s|$)`,
	);
	const assigned = new RegExp(`^\\s*${name}=`);
	const fish = new RegExp(`^\\s*(?:set\\s+(?:-\\w+\\s+|--\\w+\\s+)*${name}\\s+\\S|SETUVAR\\s+(?:--\\w+\\s+)*${name}:)`);
	return files.flatMap(({ path, text }) =>
		text.split("\n").flatMap((line, index) => {
			const code = line.replace(/(^|\s)#.*$/, "");
			const isFish = path.includes("/fish/");
			const found = isFish ? fish.test(code) && !/\s-\w*e\w*\s/.test(code) : posix.test(code) || assigned.test(code);
			return found ? [{ where: `${path}:${index + 1}`, text: line.trim() }] : [];
		}),
	);
}
