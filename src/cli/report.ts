import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { harmless, withoutSecrets } from "../output.ts";

/** How a command speaks: stdout is data, stderr is talk. */
export interface Report {
	readonly asJson: boolean;
	readonly quiet: boolean;
	readonly verbose: boolean;
	/** A line of data on stdout, as it is; control characters in it are escaped on a terminal. */
	line(text: string): void;
	/** Lines as `line` writes them, all at once. */
	lines(texts: readonly string[]): void;
	/** One JSON value on stdout, indented by two blanks. */
	json(value: unknown): void;
	/** A line of talk on stderr; silent with --quiet. */
	say(text: string): void;
	/** As `say`, only with --verbose or GOX_LOG=debug. */
	detail(text: string): void;
	/** A line that --quiet doesn't silence: `warning: …`. */
	warn(text: string): void;
	/** Styles for stderr and stdout; the identity without a terminal or with NO_COLOR. */
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

/** https://no-color.org: any non-empty NO_COLOR; and TERM=dumb. */
function styleFor(context: Context): Style {
	const colours = context.stdout.isTTY && context.stderr.isTTY && !context.env.NO_COLOR && context.env.TERM !== "dumb";
	const sgr = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
	return { bold: sgr(1), dim: sgr(2), green: sgr(32), yellow: sgr(33), red: sgr(31) };
}
