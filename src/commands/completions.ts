import { commonOptions, optionsOf } from "../cli/arguments.ts";
import { type ActionSpec, type CommandSpec, isGroup, type OptionSpec, type Run } from "../cli/command.ts";
import { shellNamed } from "../cli/operands.ts";
import { settings } from "../config.ts";
import { hookSettings, shellNames } from "../shell/hook.ts";
import type { CompletedCommand, CompletedOption, CompletedWords } from "../shell/shell.ts";
import { policies } from "../verify/witness.ts";
import { platforms } from "../version/platform.ts";

/** `gox completions SHELL`: generated from the table of commands. */
export const run: Run = ({ context, commands, args: [name = ""] }) => {
	const shell = shellNamed(name);
	const completed = commands.filter((command) => !command.hidden).flatMap((command) => asCompleted(command));
	context.stdout.write(shell.completions(completed, hookSettings(context)));
	return undefined;
};

/** A command and its actions. The command itself has the options of its default action. */
function asCompleted(spec: CommandSpec, above: readonly string[] = []): readonly CompletedCommand[] {
	const own = [spec.name, ...(spec.aliases ?? [])];
	const names = above.length === 0 ? own : above.flatMap((path) => own.map((name) => `${path} ${name}`));
	const isAction = above.length > 0;
	if (!isGroup(spec)) {
		const { summary, takesCommand = false } = spec;
		return [{ names, isAction, summary, options: optionsOf(spec).map(asOption), words: wordsOf(spec), takesCommand }];
	}
	const below = spec.actions.flatMap((action) => asCompleted(action, names));
	const preset = below.find((action) => action.names.includes(`${names[0]} ${spec.defaultAction}`));
	return [
		{
			names,
			isAction,
			summary: spec.summary,
			options: preset?.options ?? commonOptions.map(asOption),
			words: { ...anything, names: spec.actions.map(({ name }) => name) },
			takesCommand: false,
		},
		...below,
	];
}

/** Only installed versions are completed: what `install` could take is not known without the network. */
function wordsOf({ name, args, firstWords = [], files = false }: ActionSpec): CompletedWords {
	const names = args.includes("shell") ? shellNames : name === "config" ? settings.map((each) => each.name) : firstWords;
	return { names, versions: args.includes("version") && name !== "install", files };
}

const anything: CompletedWords = { names: [], versions: false, files: false };
const versions: CompletedWords = { ...anything, versions: true };
const files: CompletedWords = { ...anything, files: true };

/** By the placeholder of an option's value in the table. */
const values: Readonly<Record<string, CompletedWords>> = {
	"<goos-goarch>": { ...anything, names: platforms },
	"<list>": { ...anything, names: [...platforms, "all"] },
	"<name>": { ...anything, names: shellNames },
	"<where>": { ...files, names: ["download", "proxy"] },
	"<who>": { ...anything, names: policies },
	"<version>": versions,
	"<versions>": versions,
	"<file>": files,
	"<path>": files,
};

function asOption({ flags, summary }: OptionSpec): CompletedOption {
	const words = flags.split(/[ ,]+/);
	const value = words.find((word) => word.startsWith("<"));
	return {
		flags: words.filter((word) => word.startsWith("-")),
		summary,
		value: value === undefined ? undefined : (values[value] ?? anything),
	};
}
