import { commonOptions } from "../arguments.ts";
import { hookSettings } from "../shell/hookfile.ts";
import type { CompletedCommand, CompletedOption } from "../shell/shell.ts";
import { shellNames } from "../shell/shells.ts";
import { platforms } from "../version/platform.ts";
import type { CommandSpec, OptionSpec, Run } from "./command.ts";
import { shellNamed } from "./shellargument.ts";

/** `gox completions zsh`: made from the table of commands, so that they can't drift from it. */
export const run: Run = ({ context, commands, args: [name = ""] }) => {
	const shell = shellNamed(name);
	const completed = commands.filter((command) => !command.hidden).map(asCompleted);
	context.stdout.write(shell.completions(completed, hookSettings(context)));
	return undefined;
};

function asCompleted(spec: CommandSpec): CompletedCommand {
	return {
		names: [spec.name, ...(spec.aliases ?? [])],
		summary: spec.summary,
		options: [...(spec.options ?? []), ...commonOptions].map(asOption),
		words: wordsOf(spec),
	};
}

/** What can be installed isn't known without asking the network; what is installed lies in the store. */
function wordsOf(spec: CommandSpec): CompletedCommand["words"] {
	if (spec.takesCommand) return "command";
	if (spec.args.includes("shell")) return "shells";
	return spec.args.includes("version") && spec.name !== "install" ? "versions" : "nothing";
}

const values: Readonly<Record<string, readonly string[]>> = {
	"<goos-goarch>": platforms,
	"<name>": shellNames,
};

function asOption({ flags, summary }: OptionSpec): CompletedOption {
	const words = flags.split(/[ ,]+/);
	const value = words.find((word) => word.startsWith("<"));
	return {
		flags: words.filter((word) => word.startsWith("-")),
		summary,
		values: value === undefined ? undefined : (values[value] ?? []),
	};
}
