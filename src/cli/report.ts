import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { harmless, withoutSecrets } from "../output.ts";

/** A command's output: data goes to stdout, messages to stderr. */
export interface Report {
	readonly asJson: boolean;
	readonly quiet: boolean;
	readonly verbose: boolean;
	/** Writes a line of data to stdout. On a terminal its control characters are escaped. */
	line(text: string): void;
	/** Writes several lines in one system call. */
	lines(texts: readonly string[]): void;
	/** Writes one JSON value to stdout, indented by two spaces. */
	json(value: unknown): void;
	/** Writes a message to stderr, unless --quiet is given. */
	say(text: string): void;
	/** Writes a message to stderr if --verbose or GOX_LOG=debug is given. */
	detail(text: string): void;
	/** Writes `warning: …` to stderr, also with --quiet. */
	warn(text: string): void;
	/** Styles for stdout and stderr. They change nothing without a terminal, or with NO_COLOR. */
	readonly style: Style;
}

export interface Style {
	bold(text: string): string;
	dim(text: string): string;
	green(text: string): string;
	yellow(text: string): string;
	red(text: string): string;
}

export interface ReportOptions {
	readonly json: boolean;
	readonly quiet: boolean;
	readonly verbose: boolean;
}

export function reportOn(context: Context, options: ReportOptions): Report {
	const verbose = options.verbose || variablesIn(context.env).debug;
	const style = styleFor(context);
	const say = (text: string) => context.stderr.write(`${withoutSecrets(harmless(text))}\n`);
	const lines = (texts: readonly string[]) => {
		if (texts.length === 0) return;
		const written = context.stdout.isTTY ? texts.map(harmless) : texts;
		context.stdout.write(`${written.join("\n")}\n`);
	};
	return {
		asJson: options.json,
		quiet: options.quiet,
		verbose,
		line: (text) => lines([text]),
		lines,
		json: (value) => context.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
		say: (text) => {
			if (!options.quiet) say(text);
		},
		detail: (text) => {
			if (verbose) say(style.dim(text));
		},
		warn: (text) => say(`${style.yellow("warning:")} ${text}`),
		style,
	};
}

/** No colours with TERM=dumb or any non-empty NO_COLOR (https://no-color.org). */
function styleFor(context: Context): Style {
	const colours = context.stdout.isTTY && context.stderr.isTTY && !context.env.NO_COLOR && context.env.TERM !== "dumb";
	const sgr = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
	return { bold: sgr(1), dim: sgr(2), green: sgr(32), yellow: sgr(33), red: sgr(31) };
}
