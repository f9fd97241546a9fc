import type { CAC } from "cac";
import { GoxError, quote } from "../errors.ts";
import { withoutSecrets } from "../output.ts";
import { type ActionSpec, type CommandSpec, isGroup, type OptionSpec, Options } from "./command.ts";

/** A parsed command line. */
export interface Arguments {
	/** Positional words, unchanged, without the names of the command and its action. */
	readonly args: readonly string[];
	readonly options: Options;
	/** The words after `--`. */
	readonly rest: readonly string[];
	/** The command to run, or its action. */
	readonly action: ActionSpec;
}

/** Options of every command. */
export const commonOptions: readonly OptionSpec[] = [
	{ flags: "--json", summary: "one JSON value on stdout" },
	{ flags: "-q, --quiet", summary: "only warnings and errors on stderr" },
	{ flags: "--verbose", summary: "say what is being done" },
	{ flags: "-y, --yes", summary: "answer yes to every question" },
	{ flags: "-h, --help", summary: "this help" },
];

/** The action that a command line calls. `path` has the words that lead to it: `proxy use`. */
interface Called {
	readonly path: string;
	readonly action: ActionSpec;
	/** The other words of the command line. */
	readonly words: readonly string[];
}

/**
 * Parses the words after a command's name.
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

/** The words that belong to gox. In `gox exec -- prog --help` the `--help` belongs to prog. */
export function ownWords(spec: CommandSpec, words: readonly string[]): readonly string[] {
	if (!isGroup(spec)) return splitRest(spec, words).before;
	const end = words.indexOf("--");
	return end < 0 ? words : words.slice(0, end);
}

/** The action that a command line names, for `--help`. An unknown word names none. */
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

/** The index of the first word that is neither an option nor the value of one; -1 if there is none. */
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

/** The full names of the actions that have an option. */
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

/** An action's options, and the common ones. */
export function optionsOf(action: ActionSpec): readonly OptionSpec[] {
	return [...(action.options ?? []), ...commonOptions];
}

/**
 * `--` ends the options. In a command that takes a command line (`exec`) its last positional word ends them too, so
 * `gox exec 1.22 go vet -json` needs no `--`.
 */
function splitRest(action: ActionSpec, words: readonly string[]): { before: readonly string[]; rest: readonly string[] } {
	const end = action.takesCommand ? endOfOwnWords(action, words) : words.indexOf("--");
	if (end < 0) return { before: words, rest: [] };
	return { before: words.slice(0, end), rest: words.slice(words[end] === "--" ? end + 1 : end) };
}

/** The index of the command line, or of the `--` before it; the number of words if there is neither. */
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

/** Whether the word is an option whose value is the next word. */
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

/** The number of positional words that an action takes. */
function positionals({ args }: ActionSpec): number {
	return args.includes("...") ? Number.POSITIVE_INFINITY : [...args.matchAll(/[<[]/g)].length;
}

function usage(path: string, message: string): GoxError {
	return new GoxError("usage", `${path}: ${message}`, { hint: `gox ${path} --help` });
}

/*
 * The adapter for cac. test/cli/arguments.test.ts shows what cac gets wrong without it:
 * - It turns `1.20` into the number 1.2, and "" into 0. A mark at the start of each word keeps it a string.
 * - It adds the value of `--force=1.20` to the positional words. We refuse the word before cac sees it.
 * - It knows `--dry-run` only as `dryRun`, so it takes the next word for its value, and errors say `--dryRun`. We pass the
 *   camel-cased name, and put back what was typed in the error.
 * cac is loaded only if there are words to parse.
 */
async function readWithCac(
	{ path, action }: Called,
	words: readonly string[],
): Promise<{ readonly args: readonly string[]; readonly values: Readonly<Record<string, unknown>> }> {
	const parser: CAC = (await import("cac")).cac("gox");
	const command = parser.command([path, action.args].filter(Boolean).join(" "), action.summary);
	for (const { flags, summary } of optionsOf(action)) command.option(flags, summary);
	// The first two stand for node and the script.
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
