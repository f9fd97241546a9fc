import { GoxError } from "../errors.ts";
import { withoutSecrets } from "../output.ts";
import { shWord } from "../shell/shell.ts";
import type { Invocation } from "./command.ts";

/*
 * The rule for every question:
 * - Without a terminal and without --yes, nothing is changed. The exit status is 2, and the message names --yes.
 * - After "no" or the end of input (Ctrl-D), the command says that nothing was changed. The exit status is 0.
 * - Ctrl-C: the exit status is 130.
 */

/** The command that asks. */
export type Asking = Pick<Invocation, "context" | "report" | "options" | "name" | "typed">;

export interface Choice {
	/** The answer that Enter alone gives. */
	readonly preset?: "yes" | "no";
	/** The message after a no. */
	readonly declined?: string;
}

/**
 * Asks whether to make the change that the command was called for. `--yes` answers yes.
 * @throws GoxError `usage` without a terminal and without --yes; `interrupted` for Ctrl-C.
 */
export async function confirm(
	asking: Asking,
	question: string,
	{ preset = "yes", declined = "nothing was changed" }: Choice = {},
): Promise<boolean> {
	if (asking.options.has("yes")) return true;
	const agreed = isYes(await answerTo(asking, `${question} ${preset === "yes" ? "[Y/n]" : "[y/N]"} `), preset);
	if (!agreed) asking.report.say(declined);
	return agreed;
}

/**
 * Asks whether to do more than the command was called for. Without a terminal the answer is no.
 * @throws GoxError `interrupted` for Ctrl-C.
 */
export async function offer({ context, options }: Pick<Asking, "context" | "options">, question: string): Promise<boolean> {
	if (!context.interactive) return false;
	return options.has("yes") || isYes(await context.ask(`${question} [Y/n] `), "yes");
}

/**
 * The typed line, trimmed; undefined at the end of input.
 * @throws GoxError as `confirm`.
 */
export async function answerTo({ context, name, typed = [name] }: Asking, question: string): Promise<string | undefined> {
	if (context.interactive) return (await context.ask(question))?.trim();
	throw new GoxError("usage", "there is no terminal to ask on, so nothing was changed: --yes answers every question", {
		hint: withYes(typed),
	});
}

function isYes(answer: string | undefined, preset: "yes" | "no"): boolean {
	if (answer === undefined) return false;
	return /^y(?:es)?$/i.test(answer.trim()) || (answer.trim() === "" && preset === "yes");
}

/** The command line with --yes added to its options. */
function withYes(typed: readonly string[]): string {
	const end = typed.indexOf("--");
	const words = typed.map((word) => shWord(withoutSecrets(word)));
	return ["gox", ...words.toSpliced(end < 0 ? words.length : end, 0, "--yes")].join(" ");
}
