import type { CAC } from "cac";
import { GoxError, quote } from "../errors.ts";
import { withoutSecrets } from "../output.ts";
import { type ActionSpec, type CommandSpec, isGroup, type OptionSpec, Options } from "./command.ts";

/** A command line, taken apart. */
export interface Arguments {
	/** Positional words as they stood in argv, without the names of the command and its action. */
	readonly args: readonly string[];
	readonly options: Options;
	/** What stood behind `--`. */
	readonly rest: readonly string[];
	/** The command that was called, or its action. */
	readonly action: ActionSpec;
}

/** Understood by every command. */
export const commonOptions: readonly OptionSpec[] = [
	{ flags: "--json", summary: "one JSON value on stdout" },
	{ flags: "-q, --quiet", summary: "only warnings and errors on stderr" },
	{ flags: "--verbose", summary: "say what is being done" },
	{ flags: "-y, --yes", summary: "answer yes to every question" },
	{ flags: "-h, --help", summary: "this help" },
];

/** An action that a command line names, by the words that lead to it: `proxy use`. */
interface Called {
	readonly path: string;
	readonly action: ActionSpec;
	/** The command line's words without those of the path. */
	readonly words: readonly string[];
}

/**
 * Reads the words behind a command's name.
 * @throws GoxError `usage` for an unknown action or option, an option of another action, a missing value, or too few or
 * too many words.
 */
export async function parseArguments(spec: CommandSpec, words: readonly string[]): Promise<Arguments> {
	const called = actionCalled(spec, words);
	if (called.words.length === 0) return checked(called, { args: [], options: new Options({}), rest: [] });
	const { before, rest } = splitRest(called.action, called.words);
	for (const word of before) {
		refuseOptionOfAnotherAction(spec, called, word);
		refuseValue(called, word);
	}
	const { args, values } = await readWithCac(called, before);
	return checked(called, {
		args: called.action.takesCommand ? args : [...args, ...rest],
		options: new Options(values),
		rest,
	});
}

function checked({ path, action }: Called, found: Omit<Arguments, "action">): Arguments {
	if (found.args.length < [...action.args.matchAll(/</g)].length)
		throw usage(path, `too few words: it is \`gox ${path} ${action.args}\``);
	const extra = found.args[positionals(action)];
	if (extra !== undefined) throw usage(path, `${quote(withoutSecrets(extra))} is one word too many`);
	return { ...found, action };
}

/**
 * The words of a command line that are gox's own. What follows is passed on: in `gox exec -- prog --help` the `--help` is
 * prog's.
 */
export function ownWords(spec: CommandSpec, words: readonly string[]): readonly string[] {
	if (!isGroup(spec)) return splitRest(spec, words).before;
	const end = words.indexOf("--");
	return end < 0 ? words : words.slice(0, end);
}

/** The words that lead to the action which a command line names, as far as they are known: for `--help`. */
export function actionNamed(spec: CommandSpec, words: readonly string[]): { readonly path: string; readonly spec: CommandSpec } {
	if (!isGroup(spec)) return { path: spec.name, spec };
	const at = firstPositional(spec, ownWords(spec, words));
	const action = spec.actions.find(({ name }) => name === words[at]);
	if (!action) return { path: spec.name, spec };
	const below = actionNamed(action, words.toSpliced(at, 1));
	return { path: `${spec.name} ${below.path}`, spec: below.spec };
}

/** @throws GoxError `usage` */
function actionCalled(spec: CommandSpec, words: readonly string[], above = ""): Called {
	const path = `${above}${spec.name}`;
	if (!isGroup(spec)) return { path, action: spec, words };
	const at = firstPositional(spec, ownWords(spec, words));
	const name = words[at] ?? spec.defaultAction;
	const names = spec.actions.map((each) => each.name);
	const hint = names.map((each) => `gox ${path} ${each}`).join("\n");
	if (name === undefined) throw new GoxError("usage", `${path}: which? ${listed(names, "or")}`, { hint });
	const action = spec.actions.find((each) => each.name === name);
	if (!action) {
		// An address may carry a password.
		const wrong = /[:@/]/.test(name) ? "an address" : quote(name);
		throw new GoxError("usage", `gox ${path} wants ${listed(names, "or")}, not ${wrong}`, { hint });
	}
	return actionCalled(action, at < 0 ? words : words.toSpliced(at, 1), `${path} `);
}

/** Where the first word that is no option and no option's value stands; -1 without one. */
function firstPositional(spec: CommandSpec, words: readonly string[]): number {
	const options = [...everyOption(spec), ...commonOptions];
	for (let at = 0; at < words.length; at++) {
		const word = words[at] ?? "";
		if (!word.startsWith("-")) return at;
		if (wantsValue(options, word)) at++;
	}
	return -1;
}

/** The options of a command and of all its actions. */
function everyOption(spec: CommandSpec): readonly OptionSpec[] {
	return isGroup(spec) ? spec.actions.flatMap(everyOption) : (spec.options ?? []);
}

/** The actions, by their full names, that know an option. */
function actionsWith(spec: CommandSpec, flag: string, above = ""): readonly string[] {
	const path = `${above}${spec.name}`;
	if (isGroup(spec)) return spec.actions.flatMap((each) => actionsWith(each, flag, `${path} `));
	return optionNamed(spec.options ?? [], flag) ? [path] : [];
}

function refuseOptionOfAnotherAction(spec: CommandSpec, { path, action }: Called, word: string): void {
	if (!isGroup(spec) || !word.startsWith("-")) return;
	const flag = flagOf(word);
	if (optionNamed(optionsOf(action), flag)) return;
	const owners = actionsWith(spec, flag);
	if (owners.length === 0) return;
	throw new GoxError(
		"usage",
		`${path}: ${flag} belongs to ${listed(
			owners.map((owner) => `gox ${owner}`),
			"and",
		)}`,
		{
			hint: owners.map((owner) => `gox ${owner} --help`).join("\n"),
		},
	);
}

function listed(names: readonly string[], word: string): string {
	return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;
}

/** An action's options, and those of every command. */
export function optionsOf(action: ActionSpec): readonly OptionSpec[] {
	return [...(action.options ?? []), ...commonOptions];
}

/**
 * `--` ends options. A command that takes a command line (`exec`) ends them at its last word as well,
 * so that `gox exec 1.22 go vet -json` needs no `--`.
 */
function splitRest(action: ActionSpec, words: readonly string[]): { before: readonly string[]; rest: readonly string[] } {
	const end = action.takesCommand ? endOfOwnWords(action, words) : words.indexOf("--");
	if (end < 0) return { before: words, rest: [] };
	return { before: words.slice(0, end), rest: words.slice(words[end] === "--" ? end + 1 : end) };
}

/** Where the command line begins, or the `--` in front of it; the number of words where there is none. */
function endOfOwnWords(action: ActionSpec, words: readonly string[]): number {
	const most = positionals(action);
	let seen = 0;
	for (let at = 0; at < words.length; at++) {
		const word = words[at] ?? "";
		if (word === "--") return at;
		if (word.startsWith("-")) {
			if (wantsValue(optionsOf(action), word)) at++;
			continue;
		}
		if (seen === most) return at;
		seen++;
		if (seen === most) return at + 1;
	}
	return words.length;
}

/** Whether the next word is this option's value. */
function wantsValue(options: readonly OptionSpec[], word: string): boolean {
	return optionNamed(options, word)?.flags.includes("<") ?? false;
}

function optionNamed(options: readonly OptionSpec[], flag: string): OptionSpec | undefined {
	return options.find(({ flags }) => flags.split(/[ ,]+/).includes(flag));
}

/** `--platform` of `--platform=linux-arm64`. */
function flagOf(word: string): string {
	return word.replace(/^(--[^=]+)=.*/s, "$1");
}

/** How many words a command takes besides options. */
function positionals({ args }: ActionSpec): number {
	return args.includes("...") ? Number.POSITIVE_INFINITY : [...args.matchAll(/[<[]/g)].length;
}

function usage(path: string, message: string): GoxError {
	return new GoxError("usage", `${path}: ${message}`, { hint: `gox ${path} --help` });
}

/*
 * The adapter for cac. test/cli/arguments.test.ts shows each thing that cac would get wrong:
 * - it turns `1.20` into the number 1.2 and "" into 0, as a word and as an option's value: a mark in front keeps each word
 *   a string;
 * - it leaves the value of `--force=1.20` among the words: refused before cac sees it;
 * - it knows `--dry-run` as `dryRun` alone, so it takes the word behind it for its value, and calls it `--dryRun` in errors:
 *   it gets the name in its own form, and what was typed stands in the error.
 * cac is loaded only where there are words to read.
 */
async function readWithCac(
	{ path, action }: Called,
	words: readonly string[],
): Promise<{ readonly args: readonly string[]; readonly values: Readonly<Record<string, unknown>> }> {
	const parser: CAC = (await import("cac")).cac("gox");
	const command = parser.command([path, action.args].filter(Boolean).join(" "), action.summary);
	for (const { flags, summary } of optionsOf(action)) command.option(flags, summary);
	// In place of node, the script and the command's name.
	parser.parse(["", "", path, ...words.map(marked)], { run: false });
	try {
		parser.matchedCommand?.checkUnknownOptions();
		parser.matchedCommand?.checkOptionValue();
	} catch (error) {
		throw usage(path, error instanceof Error ? plainWords(error.message, words) : String(error));
	}
	return {
		args: parser.args.map((word) => unmarked(String(word))),
		values: Object.fromEntries(Object.entries(parser.options).map(([name, value]) => [name, unmarkedValue(value)])),
	};
}

const mark = "\u0001";

function marked(word: string): string {
	if (!word.startsWith("-")) return mark + word;
	const flag = flagOf(word);
	return camelCased(flag) + word.slice(flag.length).replace(/^=/, `=${mark}`);
}

function camelCased(flag: string): string {
	return flag.replace(/(?<=[^-])-+([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function unmarked(word: string): string {
	return word.startsWith(mark) ? word.slice(mark.length) : word;
}

function unmarkedValue(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(unmarkedValue);
	return typeof value === "string" ? unmarked(value) : value;
}

function refuseValue({ path, action }: Called, word: string): void {
	const flag = flagOf(word);
	const option = optionNamed(optionsOf(action), flag);
	if (flag !== word && option && !/[<[]/.test(option.flags)) throw usage(path, `${flag} takes no value`);
}

function plainWords(message: string, words: readonly string[]): string {
	return message
		.replace(/^Unknown option `(.*)`$/, (_, name: string) => `there is no option ${asTyped(name, words)}`)
		.replace(/^option `(.*)` value is missing$/, "$1 wants a value");
}

function asTyped(option: string, words: readonly string[]): string {
	return words.map(flagOf).find((flag) => camelCased(flag) === option) ?? option;
}
