import { fishQuote } from "./quoting.ts";
import type { CompletedCommand, CompletedOption, CompletedWords, HookSettings } from "./shell.ts";

/** Completions for fish, to be sourced or put into its completions directory as `gox.fish`. */
export function fishCompletions(commands: readonly CompletedCommand[], settings: HookSettings): string {
	return `function __gox_versions
    set -l home ${fishQuote(settings.home)}
    test -n "$GOX_HOME"; and set home $GOX_HOME
    for each in $home/versions/go*
        string replace -r '^.*/go' '' -- $each | string replace -r '^(1\\.(?:[1-9]|1[0-9]|20))\\z' '$1.0'
    end
    for each in $home/aliases/*
        string replace -r '^.*/' '' -- $each
    end
end

# __gox_on NAME...: one of these is the command, and the command line that it is to run hasn't begun.
function __gox_on
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv; and not contains -- -- $words
end

function __gox_runs
    contains -- -- (commandline -opc)
end

# What completes the command line behind --.
function __gox_command
    set -l words (commandline -opc)
    set -l dashes (contains -i -- -- $words)
    set -e words[1..$dashes]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c gox -f
complete -c gox -n __gox_runs -a '(__gox_command)'
${commands.map(linesOf).join("\n")}
`;
}

function linesOf(command: CompletedCommand): string {
	const on = `complete -c gox -n ${fishQuote(`__gox_on ${command.names.join(" ")}`)}`;
	const { names, versions, files } = command.words;
	return [
		`complete -c gox -n __fish_use_subcommand -a ${command.names[0]} -d ${fishQuote(command.summary)}`,
		...command.options.map((option) => `${on} ${flagsOf(option)} -d ${fishQuote(option.summary)}`),
		...(names.length > 0 || versions ? [`${on} -a ${offered(command.words)}`] : []),
		...(files ? [`${on} -F`] : []),
	].join("\n");
}

function flagsOf({ flags, value }: CompletedOption): string {
	const named = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
	if (value !== undefined) named.push(`${value.files ? "-r -F" : "-x"} -a ${offered(value)}`);
	return named.join(" ");
}

function offered({ names, versions }: CompletedWords): string {
	return fishQuote([...(versions ? ["(__gox_versions)"] : []), ...names].join(" "));
}
