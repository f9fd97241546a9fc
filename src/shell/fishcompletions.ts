import { fishQuote } from "./quoting.ts";
import type { CompletedCommand, CompletedOption, HookSettings } from "./shell.ts";

/** Completions for fish, to be sourced or put into its completions directory as `gox.fish`. */
export function fishCompletions(commands: readonly CompletedCommand[], settings: HookSettings): string {
	return `function __gox_versions
    set -l home ${fishQuote(settings.home)}
    test -n "$GOX_HOME"; and set home $GOX_HOME
    for each in $home/versions/go* $home/aliases/*
        string replace -r '^.*/(go(?=[0-9]))?' '' -- $each
    end
end

complete -c gox -f
${commands.map(linesOf).join("\n")}
`;
}

const words = {
	versions: "-a '(__gox_versions)'",
	command: "-a '(__gox_versions)'",
	shells: "-a 'zsh bash fish'",
	nothing: undefined,
} as const;

function linesOf(command: CompletedCommand): string {
	const seen = `complete -c gox -n ${fishQuote(`__fish_seen_subcommand_from ${command.names.join(" ")}`)}`;
	const action = words[command.words];
	return [
		`complete -c gox -n __fish_use_subcommand -a ${command.names[0]} -d ${fishQuote(command.summary)}`,
		...command.options.map((option) => `${seen} ${flagsOf(option)} -d ${fishQuote(option.summary)}`),
		...(action === undefined ? [] : [`${seen} ${action}`]),
	].join("\n");
}

function flagsOf({ flags, values }: CompletedOption): string {
	const named = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
	if (values !== undefined) named.push(`-x -a ${fishQuote(values.join(" "))}`);
	return named.join(" ");
}
