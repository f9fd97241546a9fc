import { GoxError } from "../errors.ts";
import { withoutSecrets } from "../output.ts";
import { shWord } from "../shell/shell.ts";
import type { Invocation } from "./command.ts";

/*
 * One rule for every question:
 * - without a terminal and without --yes nothing is changed: a usage error (exit 2) that names --yes;
 * - "no" and the end of input (Ctrl-D) are answers: the command says that nothing was changed, and exits 0;
 * - Ctrl-C is exit 130.
 */

/** What a question needs of the command that asks it. */
export type Asking = Pick<Invocation, "context" | "report" | "options" | "name" | "typed">;

export interface Choice {
	/** What Enter alone means. */
	readonly preset?: "yes" | "no";
	/** What is said after a no. */
	readonly declined?: string;
}

/**
 * Whether the command may make the change that it was called for; `--yes` is a yes.
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
 * Whether the command may do more than it was called for. Without a terminal the offer isn't made.
 * @throws GoxError `interrupted` for Ctrl-C.
 */
export async function offer({ context, options }: Pick<Asking, "context" | "options">, question: string): Promise<boolean> {
	if (!context.interactive) return false;
	return options.has("yes") || isYes(await context.ask(`${question} [Y/n] `), "yes");
}

/**
 * The line that a person types, without blanks at its ends; undefined at the end of input.
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

/** The command line once more, with --yes among its options. */
function withYes(typed: readonly string[]): string {
	const end = typed.indexOf("--");
	const words = typed.map((word) => shWord(withoutSecrets(word)));
	return ["gox", ...words.toSpliced(end < 0 ? words.length : end, 0, "--yes")].join(" ");
}
