import type { GoxError } from "../errors.ts";
import type { Changes } from "./repair.ts";

/**
 * `broken`: something doesn't work, now. `warning`: it works by luck, or slowly, or not as asked. `note`: worth knowing,
 * nothing to do.
 */
export type Verdict = "ok" | "note" | "warning" | "broken";

/** From the least to the most serious. */
export const verdicts: readonly Verdict[] = ["ok", "note", "warning", "broken"];

/** Where a check belongs in the report. */
export type Area = "machine" | "go" | "settings" | "shell" | "store" | "project" | "deep";

/** What one check found. */
export interface Finding {
	readonly verdict: Verdict;
	/** One line: the fact, and what it is about. */
	readonly title: string;
	/** What was seen, a line each: a file's line, a variable, what a tool printed. */
	readonly evidence?: readonly string[];
	/** Why it matters, in one sentence; not for `ok`. */
	readonly why?: string;
	readonly fix?: Fix;
}

/** How to fix a finding. */
export interface Fix {
	/** Commands to paste, one a line. No comments: zsh runs them at the prompt. */
	readonly commands: readonly string[];
	/** What to do by hand, or instead: words, not a command. */
	readonly advice?: string;
	/** What `--fix` does by itself. It must lose nothing and be undoable. */
	readonly repair?: (changes: Changes) => void;
}

/** The finding of a check that found no fault. */
export function fine(title: string, ...evidence: string[]): readonly Finding[] {
	return [{ verdict: "ok", title, evidence }];
}

const command = /^(?:gox|go|rm|ls|export|unset|chmod|chown|sudo|npm|curl|git|less|env|\$\{EDITOR:-vi\}) /;

/** An error's hint as a fix: its lines are commands, or words with or without one, such as `gox list   (what there is)`. */
export function fixOf({ hint }: GoxError): { readonly fix?: Fix } {
	if (!hint) return {};
	const commands: string[] = [];
	const words: string[] = [];
	for (const line of hint.split("\n")) {
		const [, before, said] = /^(.*?\S)\s{2,}[(#]\s*(.*?)\)?$/.exec(line) ?? [undefined, line, undefined];
		const [, text, behind] = command.test(before) ? [undefined, undefined, before] : (/^(.*?): (.*)$/.exec(before) ?? []);
		const isCommand = behind !== undefined && command.test(behind) && !behind.includes("…");
		if (isCommand) commands.push(behind);
		words.push(...(isCommand ? (text ? [text] : []) : [before]), ...(said ? [said] : []));
	}
	return { fix: { commands, ...(words.length > 0 && { advice: words.join("; ") }) } };
}
