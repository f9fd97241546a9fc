import type { GoxError } from "../errors.ts";
import type { Fix } from "./finding.ts";

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
