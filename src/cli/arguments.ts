import type { CAC } from "cac";
import { GoxError, quote } from "../errors.ts";
import { type CommandSpec, type OptionSpec, Options } from "./command.ts";

/** A command line, taken apart. */
export interface Arguments {
	/** Positional words as they stood in argv, without the command's name. */
	readonly args: readonly string[];
	readonly options: Options;
	/** What stood behind `--`. */
	readonly rest: readonly string[];
}

/** Understood by every command. */
export const commonOptions: readonly OptionSpec[] = [
	{ flags: "--json", summary: "one JSON value on stdout" },
	{ flags: "-q, --quiet", summary: "no talk on stderr but warnings and errors" },
	{ flags: "--verbose", summary: "say what is being done" },
	{ flags: "-y, --yes", summary: "answer yes to every question" },
	{ flags: "-h, --help", summary: "this help" },
];

/**
 * Reads the words behind a command's name with cac, which is loaded only where there are any.
 * @throws GoxError `usage` for an unknown option, a missing value, or too few or too many words.
 */
export async function parseArguments(spec: CommandSpec, words: readonly string[]): Promise<Arguments> {
	if (words.length === 0) return checked(spec, { args: [], options: new Options({}), rest: [] });
	const { before, rest } = splitRest(spec, words);
	for (const word of before) refuseValue(spec, word);
	const parser = commandParser(spec, (await import("cac")).cac("gox"));
	// cac turns `1.20` into the number 1.2, as a word and as an option's value alike, and "" into 0: shield them all.
	parser.parse(["", "", spec.name, ...before.map(shield)], { run: false });
	const values = unshieldAll(parser.options);
	const positional = parser.args.map((word) => unshield(String(word)));
	const args = spec.takesCommand ? positional : [...positional, ...rest];
	try {
		parser.matchedCommand?.checkUnknownOptions();
		parser.matchedCommand?.checkOptionValue();
	} catch (error) {
		throw usage(spec, error instanceof Error ? plainWords(error.message, before) : String(error));
	}
	return checked(spec, { args, options: new Options(values), rest });
}

/** The same, if it has as many words as the command takes. */
function checked(spec: CommandSpec, found: Arguments): Arguments {
	if (found.args.length < [...spec.args.matchAll(/</g)].length)
		throw usage(spec, `too few words: it is \`gox ${spec.name} ${spec.args}\``);
	const extra = found.args[positionals(spec)];
	if (extra !== undefined) throw usage(spec, `${quote(extra)} is one word too many`);
	return found;
}

/** The text of `gox COMMAND --help`. */
export function commandHelp(spec: CommandSpec): string {
	const width = (rows: readonly (readonly [string, string])[]) => Math.max(...rows.map(([left]) => left.length));
	const table = (rows: readonly (readonly [string, string])[]) =>
		rows.map(([left, right]) => `  ${left.padEnd(width(rows))}  ${right}`).join("\n");
	const options = [...(spec.options ?? []), ...commonOptions].map(({ flags, summary }) => [flags, summary] as const);
	const sections = [
		`gox ${spec.name}: ${spec.summary}`,
		`Usage:\n  gox ${[spec.name, spec.args].filter(Boolean).join(" ")} [options]${spec.takesCommand ? " -- command [argument…]" : ""}`,
	];
	if (spec.aliases?.length) sections.push(`Also called: ${spec.aliases.join(", ")}`);
	sections.push(`Options:\n${table(options)}`);
	if (spec.examples?.length) sections.push(`Examples:\n${table(spec.examples)}`);
	return `${sections.join("\n\n")}\n`;
}

function commandParser(spec: CommandSpec, parser: CAC): CAC {
	const command = parser.command([spec.name, spec.args].filter(Boolean).join(" "), spec.summary);
	for (const { flags, summary } of [...(spec.options ?? []), ...commonOptions]) command.option(flags, summary);
	return parser;
}

/** The words of a command line that are gox's own: what follows is passed on, so `gox exec -- prog --help` is prog's. */
export function ownWords(spec: CommandSpec, words: readonly string[]): readonly string[] {
	return splitRest(spec, words).before;
}

/**
 * `--` ends options. A command that takes a command line (`exec`) ends them at its last word as well,
 * so that `gox exec 1.22 go vet -json` needs no `--`.
 */
function splitRest(spec: CommandSpec, words: readonly string[]): { before: readonly string[]; rest: readonly string[] } {
	const end = spec.takesCommand ? endOfOwnWords(spec, words) : words.indexOf("--");
	if (end < 0) return { before: words, rest: [] };
	return { before: words.slice(0, end), rest: words.slice(words[end] === "--" ? end + 1 : end) };
}

/** Where the command line begins, or the `--` in front of it; the number of words where there is none. */
function endOfOwnWords(spec: CommandSpec, words: readonly string[]): number {
	const most = positionals(spec);
	let seen = 0;
	for (let at = 0; at < words.length; at++) {
		const word = words[at] ?? "";
		if (word === "--") return at;
		if (word.startsWith("-")) {
			if (wantsValue(spec, word)) at++;
			continue;
		}
		if (seen === most) return at;
		seen++;
		if (seen === most) return at + 1;
	}
	return words.length;
}

/** Whether the next word is this option's value, not one of the command's. */
function wantsValue(spec: CommandSpec, word: string): boolean {
	const option = [...(spec.options ?? []), ...commonOptions].find(({ flags }) => flags.split(/[ ,]+/).includes(word));
	return option?.flags.includes("<") ?? false;
}

/** `--force=1.20` would leave its value among the versions. */
function refuseValue(spec: CommandSpec, word: string): void {
	const [name = word] = /^--[^=]+(?==)/.exec(word) ?? [];
	const option = [...(spec.options ?? []), ...commonOptions].find(({ flags }) => flags.split(/[ ,]+/).includes(name));
	if (name !== word && option && !/[<[]/.test(option.flags)) throw usage(spec, `${name} takes no value`);
}

/** How many words a command takes besides options. */
function positionals(spec: CommandSpec): number {
	return spec.args.includes("...") ? Number.POSITIVE_INFINITY : [...spec.args.matchAll(/[<[]/g)].length;
}

const mark = "\u0001";

function shield(word: string): string {
	if (!word.startsWith("-")) return mark + word;
	return word.replace(/^(--[^=]+=)/, `$1${mark}`);
}

function unshield(word: string): string {
	return word.startsWith(mark) ? word.slice(mark.length) : word;
}

function unshieldAll(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
	const plain = (value: unknown): unknown =>
		typeof value === "string" ? unshield(value) : Array.isArray(value) ? value.map(plain) : value;
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plain(value)]));
}

function plainWords(message: string, words: readonly string[]): string {
	return message
		.replace(/^Unknown option `(.*)`$/, (_, name: string) => `there is no option ${asTyped(name, words)}`)
		.replace(/^option `(.*)` value is missing$/, "$1 wants a value");
}

/** cac names `--dry-run` as `--dryRun`. */
function asTyped(option: string, words: readonly string[]): string {
	const typed = words.map((word) => word.replace(/=.*/s, ""));
	return (
		typed.find((word) => word.replace(/(?<=[^-])-+([a-z])/g, (_, letter: string) => letter.toUpperCase()) === option) ?? option
	);
}

function usage(spec: CommandSpec, message: string): GoxError {
	return new GoxError("usage", `${spec.name}: ${message}`, { hint: `gox ${spec.name} --help` });
}
