import { join } from "node:path";
import type { Context } from "../context.ts";
import { quote } from "../errors.ts";
import { goSettings } from "../go/settings.ts";
import { withoutSecrets } from "../output.ts";
import { shellCalled, shellNames } from "../shell/hook.ts";
import { searchedFiles } from "../shell/leftovers.ts";
import type { Fix } from "./finding.ts";
import type { Probes } from "./probes.ts";

/** One of Go's settings where somebody sets it. */
export interface GoSetting {
	readonly name: string;
	readonly value: string;
	/** `environment`, or the file that `go env -w` writes. */
	readonly from: "environment" | "file";
	/** The file, and the line in it. */
	readonly where: string;
	/** As evidence: who says what, and which start-up file's line exports it. */
	readonly evidence: readonly string[];
	/** What takes it out again. */
	readonly clear: Fix;
}

/**
 * Everywhere that a setting is made, the one in force first: the environment, where an empty value counts as none, and
 * the user's file (cmd/go/internal/cfg.Getenv).
 */
export function settingsNamed(
	context: Context,
	name: string,
	probes: Probes,
	startup: () => readonly StartupText[],
): readonly GoSetting[] {
	return goSettings(context, null, probes.readText)
		.own(name)
		.map(({ value: written, from, line }): GoSetting => {
			const value = written.replace(/\r$/, "");
			if (line !== undefined) {
				const where = `${from}:${line}`;
				const evidence = [`${where}: ${name}=${printable(value)}`];
				return { name, value, from: "file", where, evidence, clear: { commands: [`go env -u ${name}`] } };
			}
			const exported = linesThatExport(startup(), name);
			return {
				name,
				value,
				from: "environment",
				where: exported[0]?.where ?? "the environment",
				evidence: [
					`${name}=${printable(value)} in the environment`,
					...exported.map(({ where, text }) => `${where}: ${printable(text)}`),
				],
				clear: clearing(name, context.env, exported),
			};
		});
}

/** In the words of the user's shell: fish has no unset. What exports it is only to be found by eye among other things. */
function clearing(name: string, { SHELL = "" }: Context["env"], exported: readonly StartupLine[]): Fix {
	const isUniversal = ({ where }: StartupLine) => where.includes("/fish_variables:");
	const lines = exported.filter((each) => !isUniversal(each)).map(({ where }) => where);
	return {
		commands: [
			SHELL.endsWith("/fish") ? `set -e ${name}` : `unset ${name}`,
			...(exported.some(isUniversal) ? [`fish -c 'set -Ue ${name}'`] : []),
		],
		...(lines.length > 0 && { advice: `and take it out of ${lines.join(" and ")}` }),
	};
}

/** Without the credentials that an address may carry, and fit for a terminal. */
function printable(text: string): string {
	return quote(withoutSecrets(text), 160).slice(1, -1).replaceAll('\\"', '"');
}

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
