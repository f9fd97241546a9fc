import { type ForeignToolName, type StartupMarks, toolsInStartupFiles } from "../foreign/tools.ts";
import type { StartupFile } from "./shell.ts";

/** What is needed to interpret the words of a start-up file. */
export interface ReadAs {
	readonly dialect: StartupFile["dialect"];
	readonly userHome: string;
	readonly onlyGo: Readonly<Record<"asdf" | "mise", boolean>>;
}

/**
 * `leftover`: the command does nothing but set up the tool; `shared`: other languages need it too.
 * `partly`: `rest` is the command without the tool's part. `neutral`: it tests something, or has no effect of its own.
 * Undefined: it does something else.
 */
export type CommandVerdict =
	| { readonly kind: "leftover"; readonly tool: ForeignToolName; readonly shared: boolean }
	| { readonly kind: "partly"; readonly tool: ForeignToolName; readonly rest: string }
	| { readonly kind: "neutral" };

const neutral: CommandVerdict = { kind: "neutral" };
const questions = /^(?:\[|\[\[|test|type|hash|which|status|contains|string|true|:|fi|done|end|\})$/;

/** Which tool the command belongs to. */
export function commandVerdict(words: readonly string[], as: ReadAs): CommandVerdict | undefined {
	const [name = "", ...args] = words;
	if (name === "" || questions.test(name)) return neutral;
	if (name === "command" || name === "builtin") return /^-[vV]$/.test(args[0] ?? "") ? neutral : commandVerdict(args, as);
	if (/^(?:source|\\?\.)$/.test(name)) return args.length === 0 || args[0] === "-" ? neutral : sourced(args, as);
	if (name === "eval") return evaluated(args.join(" "), as);
	if (name === "unalias") return args.includes("g") ? leftover("g") : undefined;
	if (name === "alias") return /=["']?\$\{?GOPATH\}?\/bin\/g["']?$/.test(args[0] ?? "") ? leftover("g") : undefined;
	if (name === "set" && as.dialect === "fish") return fishSet(words, as);
	if (name === "fish_add_path") return directories(words, 1, as);
	if (/^(?:export|typeset|declare|local|readonly)$/.test(name)) return assignments(words, 1, as);
	if (/^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(name)) return assignments(words, 0, as);
	return called(words, as);
}

function sourced(args: readonly string[], as: ReadAs): CommandVerdict | undefined {
	const file = args.join(" ");
	const command = /^\((.*)\)$/s.exec(file)?.[1];
	return (command !== undefined ? evaluated(`$(${command})`, as) : undefined) ?? owned(bare(file, as), as);
}

/** `eval "$(goenv init -)"` and the like: which tool prints the output. */
function evaluated(text: string, as: ReadAs): CommandVerdict | undefined {
	const command = /^["']?(?:\$\(|`)\s*(.*?)[)`]["']?$/s.exec(text)?.[1];
	return command === undefined ? undefined : called(command.split(/[\s|]+/), as);
}

function called(words: readonly string[], as: ReadAs): CommandVerdict | undefined {
	const name = bare(words[0] ?? "", as).replace(/^.*\//, "");
	const marks = toolsInStartupFiles.find(({ commands }) => commands?.test(name));
	return marks && verdictOf(marks, words.join(" "), as);
}

/** NAME=VALUE words, from the one at `from` on. */
function assignments(words: readonly string[], from: number, as: ReadAs): CommandVerdict | undefined {
	return verdictOver(words, from, (word) => {
		if (word.startsWith("-")) return neutral;
		const [, name = "", value] = /^([A-Za-z_][A-Za-z0-9_]*)\+?=(.*)$/s.exec(word) ?? [undefined, word, undefined];
		if (value === undefined) return variable(name, "", as);
		if (name === "PATH") return searchPath(word, value, as);
		const list = /^\((.*)\)$/s.exec(value)?.[1];
		if (/^(?:path|fpath)$/.test(name) && list !== undefined) {
			const verdict = verdictOver(list.trim().split(/\s+/), 0, (entry) => entryVerdict(entry, as));
			return verdict?.kind === "partly" ? { ...verdict, rest: `${word.slice(0, -value.length)}(${verdict.rest})` } : verdict;
		}
		return variable(name, value, as);
	});
}

/** `set -gx NAME VALUE…` */
function fishSet(words: readonly string[], as: ReadAs): CommandVerdict | undefined {
	const at = words.findIndex((word, index) => index > 0 && !word.startsWith("-"));
	const name = words[at] ?? "";
	if (name === "PATH" || name === "fish_user_paths") return directories(words, at + 1, as);
	return variable(name, words.slice(at + 1).join(" "), as);
}

/** Words that are entries of PATH, from the one at `from` on. */
function directories(words: readonly string[], from: number, as: ReadAs): CommandVerdict | undefined {
	return verdictOver(words, from, (word) => (word.startsWith("-") ? neutral : entryVerdict(word, as)));
}

/** `a:b:$PATH`, quoted as a whole or in parts. */
function searchPath(word: string, value: string, as: ReadAs): CommandVerdict | undefined {
	const quoted = /^"([^"]*)"$/.exec(value);
	const entries = (quoted?.[1] ?? value).split(/:(?![^{]*\})(?![^(]*\))/);
	if (entries.some((entry) => (entry.split('"').length & 1) === 0)) {
		const whole = entries.map((entry) => entryVerdict(entry, as)).find((verdict) => verdict?.kind === "leftover");
		return whole && { kind: "partly", tool: (whole as { tool: ForeignToolName }).tool, rest: word };
	}
	const verdict = verdictOver(entries, 0, (entry) => entryVerdict(entry, as), ":");
	if (verdict?.kind !== "partly") return verdict;
	return { ...verdict, rest: word.slice(0, -value.length) + (quoted ? `"${verdict.rest}"` : verdict.rest) };
}

function entryVerdict(entry: string, as: ReadAs): CommandVerdict | undefined {
	if (/^["']?\$(?:\{?(?:PATH|path|fpath|fish_user_paths)(?:\[@\])?\}?|\(path\))["']?$/.test(entry)) return neutral;
	return owned(bare(entry, as), as);
}

/** A variable belongs to a tool by its name; GOROOT, GOPATH and GOBIN by their value. */
function variable(name: string, value: string, as: ReadAs): CommandVerdict | undefined {
	const isGo = /^GO(?:ROOT|PATH|BIN)$/.test(name);
	const byValue = isGo && value !== "" ? owned(bare(value, as), as) : undefined;
	if (byValue && (name === "GOROOT" || (byValue.kind === "leftover" && byValue.tool !== "go"))) return byValue;
	const marks = toolsInStartupFiles.find(({ variables }) => variables?.test(name));
	return marks && verdictOf(marks, name, as);
}

function owned(path: string, as: ReadAs): CommandVerdict | undefined {
	const marks = toolsInStartupFiles.find(({ paths }) => paths.test(path));
	return marks && verdictOf(marks, path, as);
}

function verdictOf(
	{ name, goPart }: StartupMarks & { readonly name: ForeignToolName },
	text: string,
	{ onlyGo }: ReadAs,
): CommandVerdict {
	const isShared = goPart !== undefined && !goPart.test(text) && !onlyGo[name as "asdf" | "mise"];
	return { kind: "leftover", tool: name, shared: isShared };
}

/** The verdict on several words: all of them belong to the tool, or some do. */
function verdictOver(
	words: readonly string[],
	from: number,
	verdictOn: (word: string) => CommandVerdict | undefined,
	separator = " ",
): CommandVerdict | undefined {
	const verdicts = words.slice(from).map((word) => ({ word, verdict: verdictOn(word) }));
	const found = verdicts.map(({ verdict }) => verdict).find((verdict) => verdict && verdict.kind !== "neutral");
	if (!found || found.kind === "neutral") return undefined;
	const others = verdicts.filter(({ verdict }) => verdict === undefined || verdict.kind === "partly");
	const shared = verdicts.some(({ verdict }) => verdict?.kind === "leftover" && verdict.shared);
	if (others.length === 0) return { kind: "leftover", tool: found.tool, shared };
	if (shared) return { kind: "partly", tool: found.tool, rest: words.join(separator) };
	const kept = verdicts.flatMap(({ word, verdict }) =>
		verdict?.kind === "leftover" ? [] : verdict?.kind === "partly" ? [verdict.rest] : [word],
	);
	return { kind: "partly", tool: found.tool, rest: [...words.slice(0, from), ...kept].join(separator) };
}

function leftover(tool: ForeignToolName): CommandVerdict {
	return { kind: "leftover", tool, shared: false };
}

/** A word without its quotes, the home directory as `~`. */
function bare(word: string, { userHome }: ReadAs): string {
	const text = word.replace(/["']/g, "").replace(/^(?:\$HOME|\$\{HOME\})(?=\/|$)/, "~");
	return text === userHome || text.startsWith(`${userHome}/`) ? `~${text.slice(userHome.length)}` : text;
}
