import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import type { Report } from "./report.ts";

/** What commands and their actions have in common: what `--help` lists them by. */
interface Named {
	readonly name: string;
	readonly aliases?: readonly string[];
	readonly summary: string;
	/** Not in the list of commands: called by the shim and the hook. */
	readonly hidden?: boolean;
}

/** A command, or one action of a command, that runs. */
export interface ActionSpec extends Named {
	/** The arguments in cac's notation: `[...versions]`, `<version>`, or empty. */
	readonly args: string;
	readonly options?: readonly OptionSpec[];
	/** Command lines without the `$`, each with what it does. */
	readonly examples?: readonly (readonly [command: string, what: string])[];
	/** What its first word may be, for completions; versions, shells and settings are known without. */
	readonly firstWords?: readonly string[];
	/** Whether its words may be files, for completions. */
	readonly files?: boolean;
	/** A command line follows, behind `--` or behind the first word. */
	readonly takesCommand?: boolean;
	/** The module, imported only when the command is called. */
	load(): Promise<{ readonly run: Run }>;
}

/** A command whose first word is one of several actions, each with words and options of its own. */
export interface GroupSpec extends Named {
	readonly actions: readonly CommandSpec[];
	/** The action where none is named; without one, the word is required. */
	readonly defaultAction?: string;
}

/** One command as the table in `commands/table.ts` declares it. Parsing, help, refusals and completions come from it. */
export type CommandSpec = ActionSpec | GroupSpec;

export function isGroup(spec: CommandSpec): spec is GroupSpec {
	return "actions" in spec;
}

export interface OptionSpec {
	/** In cac's notation: `--force`, `--platform <goos-goarch>`. */
	readonly flags: string;
	readonly summary: string;
}

/** What a command is called with. Words are argv's own strings: `1.20` never becomes the number 1.2. */
export interface Invocation {
	readonly context: Context;
	readonly report: Report;
	readonly args: readonly string[];
	readonly options: Options;
	/** The name the command was called by: its own or an alias. */
	readonly name: string;
	/** The whole table of commands. */
	readonly commands: readonly CommandSpec[];
	/** What stood behind `--`. */
	readonly rest: readonly string[];
	/** The command line as it was typed, without `gox`, where there was one: hints repeat it. */
	readonly typed?: readonly string[];
}

/** Runs a command; the exit status is 0 unless a number is returned or a GoxError thrown. */
export type Run = (invocation: Invocation) => Promise<number | undefined> | number | undefined;

/** The parsed options by their camel-cased long names. */
export class Options {
	readonly #values: Readonly<Record<string, unknown>>;

	constructor(values: Readonly<Record<string, unknown>>) {
		this.#values = values;
	}

	/** Whether a flag without a value was given. */
	has(name: string): boolean {
		return this.#values[name] === true;
	}

	/** Whether the option was given, with or without a value. */
	given(name: string): boolean {
		return this.#values[name] !== undefined;
	}

	/**
	 * The value of an option that takes one.
	 * @throws GoxError `usage` when it was given twice with different values, or without one.
	 */
	text(name: string): string | undefined {
		const value = this.#values[name];
		if (value === undefined) return undefined;
		const words = (Array.isArray(value) ? value : [value]).map(String);
		if (new Set(words).size === 1 && words[0] !== undefined && words[0] !== "true" && words[0] !== "") return words[0];
		throw new GoxError(
			"usage",
			`--${name.replace(/[A-Z]/g, "-$&").toLowerCase()} wants one value, not ${words.map((word) => quote(word)).join(" and ")}`,
		);
	}
}
