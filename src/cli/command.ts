import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import type { Report } from "./report.ts";

/** What commands and their actions have in common; help lists them by it. */
interface Named {
	readonly name: string;
	readonly aliases?: readonly string[];
	readonly summary: string;
	/** Left out of help and completions: the shim and the hook call it. */
	readonly hidden?: boolean;
}

/** A command without actions, or one action of a command. */
export interface ActionSpec extends Named {
	/** The arguments in cac's notation: `[...versions]`, `<version>`, or empty. */
	readonly args: string;
	readonly options?: readonly OptionSpec[];
	/** Command lines, each with what it does. */
	readonly examples?: readonly (readonly [command: string, what: string])[];
	/** Completions of its first word. Versions, shells and settings are completed without. */
	readonly firstWords?: readonly string[];
	/** Whether completions offer files. */
	readonly files?: boolean;
	/** A command line follows `--` or the last positional word. */
	readonly takesCommand?: boolean;
	/** Imports the module. */
	load(): Promise<{ readonly run: Run }>;
}

/** A command whose first word is one of several actions, each with words and options of its own. */
export interface GroupSpec extends Named {
	readonly actions: readonly CommandSpec[];
	/** The action to run if none is named. If this is absent, an action must be named. */
	readonly defaultAction?: string;
}

/** A command as `commands/table.ts` declares it. Parsing, help, usage errors and completions all come from this. */
export type CommandSpec = ActionSpec | GroupSpec;

export function isGroup(spec: CommandSpec): spec is GroupSpec {
	return "actions" in spec;
}

export interface OptionSpec {
	/** In cac's notation: `--force`, `--platform <goos-goarch>`. */
	readonly flags: string;
	readonly summary: string;
}

/** What a command is called with. Words are unchanged strings: `1.20` never becomes the number 1.2. */
export interface Invocation {
	readonly context: Context;
	readonly report: Report;
	readonly args: readonly string[];
	readonly options: Options;
	/** The name that was typed: the command's own or an alias. */
	readonly name: string;
	/** The whole table of commands. */
	readonly commands: readonly CommandSpec[];
	/** The words after `--`. */
	readonly rest: readonly string[];
	/** The command line as typed, without `gox`, for hints that repeat it. Absent if another command calls this one. */
	readonly typed?: readonly string[];
}

/** Runs a command. Returns its exit status; undefined means 0. */
export type Run = (invocation: Invocation) => Promise<number | undefined> | number | undefined;

/** The parsed options, by their long names in camel case. */
export class Options {
	readonly #values: Readonly<Record<string, unknown>>;

	constructor(values: Readonly<Record<string, unknown>>) {
		this.#values = values;
	}

	/** Whether the flag was given. */
	has(name: string): boolean {
		return this.#values[name] === true;
	}

	/** Whether the option was given, with or without a value. */
	given(name: string): boolean {
		return this.#values[name] !== undefined;
	}

	/**
	 * The value of an option that takes one.
	 * @throws GoxError `usage` if it was given with different values, or without one.
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
