import type { Env } from "../context.ts";

export type ShellName = "zsh" | "bash" | "fish";

/** What setup and init put into a hook's text: nothing else in it ever changes. */
export interface HookSettings {
	/** GOX_HOME, absolute. */
	readonly home: string;
	/** Whether that is `~/.gox`, so that GOX_HOME needn't be exported. */
	readonly isDefaultHome: boolean;
	/** What GOX_ANNOUNCE is taken for when it isn't set. */
	readonly announce: boolean;
}

/** One shell that gox can set up; everything that differs between shells is behind this. */
export interface Shell {
	readonly name: ShellName;
	/** The hook: PATH, the `gox` function, and the line on entering a project. */
	hook(settings: HookSettings): string;
	/** The statement that a start-up file has in its marked block. */
	sourcing(hook: HookPlace, file: StartupFile): string;
	/** The files that a new shell reads, in the order in which they should be changed. */
	startupFiles(home: UserHome): readonly StartupFile[];
	/** Every file that an earlier setup may have changed: which of them is read changes with what exists. */
	everyStartupFile(home: UserHome): readonly string[];
	/** A statement that exports a variable. */
	exporting(name: string, value: string): string;
	/** A statement that puts a directory in front of PATH. */
	prepending(directory: string): string;
	/** A script that completes gox's command lines. */
	completions(commands: readonly CompletedCommand[], settings: HookSettings): string;
}

/** Where the hook and the shims lie, as the shell has to write it: quoted, with `$HOME` where that is the start. */
export interface HookPlace {
	readonly hook: string;
	readonly shims: string;
}

/** What decides where start-up files are. */
export interface UserHome {
	readonly userHome: string;
	readonly env: Env;
	exists(path: string): boolean;
}

export interface StartupFile {
	readonly path: string;
	/** `login`: also read by shells nobody types into, which an early return sends away. */
	readonly role: "login" | "interactive";
	/** How the file is read: `.profile` is also every other sh's. */
	readonly dialect: "zsh" | "bash" | "sh" | "fish";
}

/** A command or an action, for completions. */
export interface CompletedCommand {
	/** Its name and aliases. An action's include the words before it: `proxy use`. */
	readonly names: readonly string[];
	readonly isAction: boolean;
	readonly summary: string;
	readonly options: readonly CompletedOption[];
	readonly words: CompletedWords;
	/** Whether a command line follows `--`. */
	readonly takesCommand: boolean;
}

export interface CompletedOption {
	/** `--force`, `-q`. */
	readonly flags: readonly string[];
	readonly summary: string;
	/** The completions of its value; undefined for a flag. */
	readonly value: CompletedWords | undefined;
}

/** The completions of a word: names, installed versions, files, or none. */
export interface CompletedWords {
	readonly names: readonly string[];
	readonly versions: boolean;
	readonly files: boolean;
}

/** The pattern of a sh `case` that matches these names. */
export function patternOf(names: readonly string[]): string {
	return names.map((name) => (name.includes(" ") ? shQuote(name) : name)).join(" | ");
}

/** The pattern of a sh `case` that matches every action, with the words before it. */
export function actionPatterns(commands: readonly CompletedCommand[]): string {
	return patternOf(commands.flatMap(({ names, isAction }) => (isAction ? names : [])));
}

/** A word that sh, bash and zsh read as exactly `text`. Without `''` in it, which zsh's RC_QUOTES reads as a quote. */
export function shQuote(text: string): string {
	if (text === "") return '""';
	return text
		.split("'")
		.map((part) => (part === "" ? "" : `'${part}'`))
		.join("\\'");
}

/** As `shQuote`, without quotes where no shell reads anything into the word. */
export function shWord(text: string): string {
	return /^[A-Za-z0-9/._+,@%:-]+$/.test(text) ? text : shQuote(text);
}

/** A word that fish reads as exactly `text`. */
export function fishQuote(text: string): string {
	return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
