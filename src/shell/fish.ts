import { join } from "node:path";
import { xdgHome } from "../context.ts";
import {
	type CompletedCommand,
	type CompletedOption,
	type CompletedWords,
	fishQuote,
	type HookSettings,
	type Shell,
	type StartupFile,
	type UserHome,
} from "./shell.ts";

/**
 * config.fish and not conf.d: what config.fish itself puts on PATH comes after conf.d. Every fish reads it, whether
 * or not anybody types into it.
 */
function startupFiles({ userHome, env }: UserHome): readonly StartupFile[] {
	const config = xdgHome({ userHome, env }, "config");
	return [{ path: join(config, "fish/config.fish"), role: "login", dialect: "fish" }];
}

export const fish: Shell = {
	name: "fish",
	hook: fishHook,
	sourcing: ({ hook }) => `if test -r ${hook}; source ${hook}; end`,
	startupFiles,
	everyStartupFile: (home) => startupFiles(home).map(({ path }) => path),
	exporting: (name, value) => `set -gx ${name} ${fishQuote(value)}`,
	prepending: (directory) => `set -gx PATH ${fishQuote(directory)} $PATH`,
	completions: fishCompletions,
};

/** As the hook of zsh and bash (see posixhook.ts): builtins only, nothing decided about versions. */
function fishHook(settings: HookSettings): string {
	return `# gox's hook for fish. Made by gox setup and gox init; a change here is lost at the next.
set -g __gox_home ${fishQuote(settings.home)}
${settings.isDefaultHome ? "if string match -q -- '/*' \"$GOX_HOME\"; set -g __gox_home $GOX_HOME; end" : "set -gx GOX_HOME $__gox_home"}

# The shims, first on PATH and nowhere else on it.
function __gox_path
    set -l rest
    for dir in $PATH
        test "$dir" = "$__gox_home/shims"; or set -a rest "$dir"
    end
    set -gx PATH "$__gox_home/shims" $rest
end
__gox_path

function __gox_say
    printf 'gox: %s\\n' "$argv[1]" >&2
end

# __gox_find WORD: the GOROOT that it means, in __gox_found; fails where that isn't certain.
function __gox_find
    set -l word
    set -l prefix
    set -l old
    set -l platform
    string match -rq '^(?:go(?=[0-9]))?(?<word>[0-9A-Za-z][0-9A-Za-z._@-]*)\\z' -- "$argv[1]"; or return 1
    test "$word" = stable; and set word latest
    if string match -rq '^(?<prefix>[0-9]+(?:\\.[0-9]+)?)(?:\\.x)?\\z' -- $word
        set -g __gox_found "$__gox_home/aliases/$prefix"
    else if string match -rq '^(?<old>1\\.(?:[1-9]|1[0-9]|20))\\.0(?<platform>@[0-9a-z-]+)?\\z' -- $word
        set -g __gox_found "$__gox_home/versions/go$old$platform"
    else if string match -rq '^(?![0-9]+(?:\\.[0-9]+)?@)[0-9][0-9a-z.]*(?:@[0-9a-z-]+)?\\z' -- $word
        set -g __gox_found "$__gox_home/versions/go$word"
    else if string match -rq '^[A-Za-z][0-9A-Za-z_-]*\\z' -- $word
        set -g __gox_found "$__gox_home/aliases/$word"
    else
        return 1
    end
    test -e "$__gox_found/bin/go"
end

# __gox_choose WORD RELEASE STRICT
function __gox_choose
    set -gx GOX_VERSION $argv[1]
    set -l more
    if test -n "$argv[3]"
        set -gx GOX_STRICT 1
        set more ', GOX_STRICT=1'
    else
        set -e GOX_STRICT
    end
    __gox_say "$argv[2] in this shell (GOX_VERSION=$argv[1]$more)"
end

function __gox_use
    set -l strict
    if test "$argv[1]" = --strict
        set strict 1
        set -e argv[1]
    else if test (count $argv) -eq 2 -a "$argv[2]" = --strict
        set strict 1
        set -e argv[2]
    end
    if test (count $argv) -eq 1
        if test "$argv[1]" = --unset
            set -e GOX_VERSION
            set -e GOX_STRICT
            __gox_say 'this shell chooses no version any more'
            return 0
        else if test "$argv[1]" = system
            __gox_choose system 'the next go on PATH' "$strict"
            return 0
        else if __gox_find "$argv[1]"
            set -l line
            test -r "$__gox_found/VERSION"; and read line <"$__gox_found/VERSION"
            test -n "$line"; or set line $argv[1]
            __gox_choose $argv[1] "$line" "$strict"
            return 0
        end
    end
    set -l found (GOX_HOOK=fish command gox use $argv)
    set -l code $status
    test $code -eq 0; or return $code
    if test (count $found) -eq 0
        return 0
    else if test (count $found) -eq 1; and string match -rq '^[0-9a-z.@-]+\\z' -- $found
        __gox_choose $found "go$found" "$strict"
    else
        printf '%s\\n' $found
    end
end

function gox
    if test "$argv[1]" = use
        __gox_use $argv[2..-1]
    else
        command gox $argv
    end
end

# Which version file or go.mod is nearest, in __gox_found; which Go that means is for the program to say.
function __gox_nearest
    set -g __gox_found
    set -l dir "$PWD"
    set -l parent
    test "$dir" = /; and set dir
    while true
        if test -e "$dir/.go-version"
            set __gox_found "$dir/.go-version"
        else if test -f "$dir/.tool-versions" -a -r "$dir/.tool-versions"; and __gox_names_go "$dir/.tool-versions"
            set __gox_found "$dir/.tool-versions"
        else if test -f "$dir/go.work"
            set __gox_found "$dir/go.work"
        else if test -f "$dir/go.mod"
            set __gox_found "$dir/go.mod"
        else if string match -rq '(?s)^(?<parent>.*)/' -- "$dir"
            set dir "$parent"
            continue
        end
        return 0
    end
end

function __gox_names_go
    set -l line
    set -l lines 0
    while read line
        string match -rq '^\\s*(?:go|golang)(?:\\s|\\z)' -- "$line"; and return 0
        set lines (math $lines + 1)
        test $lines -lt 1000; or return 1
    end <$argv[1]
    return 1
end

# Says, on entering another project, which Go it uses and why; at most one process.
function __gox_announce
    set -l wanted ${settings.announce ? "on" : "off"}
    test -n "$GOX_ANNOUNCE"; and set wanted $GOX_ANNOUNCE
    test "$wanted" != off; or return 0
    __gox_nearest
    test "$__gox_found" != "$__gox_near"; or return 0
    set -g __gox_near $__gox_found
    if test -z "$__gox_near"
        set -g __gox_line
    else if test -x "$__gox_home/shims/gox"
        set -l line ("$__gox_home/shims/gox" current); or return 0
        test "$line" = "$__gox_line"; or __gox_say "$line"
        set -g __gox_line "$line"
    end
end

# Completions are read when the first one is wanted: these then stand in this one's place.
function __gox_complete
    complete -c gox -e
    command gox completions fish 2>/dev/null | source
    complete -C (commandline -cp)
end

if status is-interactive
    complete -c gox -e
    complete -c gox -f -a '(__gox_complete)'
    function __gox_moved --on-variable PWD
        __gox_announce
    end
    __gox_nearest
    set -g __gox_near $__gox_found
    set -g __gox_line
end
`;
}

/** Completions for fish: source them, or install them in its completions directory as `gox.fish`. */
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

# Prints the command and the actions typed so far: "proxy use".
function __gox_typed
    set -l words (commandline -opc)
    set -l typed "$words[2]"
    set -e words[1]
    set -e words[1]
    for word in $words
        contains -- "$typed $word" ${commands.flatMap(({ names, isAction }) => (isAction ? names.map(fishQuote) : [])).join(" ")}; or break
        set typed "$typed $word"
    end
    printf '%s\\n' "$typed"
end

# __gox_on NAME...: succeeds if one of these was typed, and no --.
function __gox_on
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- (__gox_typed) $argv; and not contains -- -- $words
end

function __gox_runs
    contains -- -- (commandline -opc)
end

# Completes the command line after --.
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
	const on = `complete -c gox -n ${fishQuote(`__gox_on ${command.names.map(fishWord).join(" ")}`)}`;
	const { names, versions, files } = command.words;
	return [
		command.isAction
			? offeredAction(command)
			: `complete -c gox -n __fish_use_subcommand -a ${command.names[0]} -d ${fishQuote(command.summary)}`,
		...command.options.map((option) => `${on} ${flagsOf(option)} -d ${fishQuote(option.summary)}`),
		...(names.length > 0 || versions ? [`${on} -a ${offered(command.words)}`] : []),
		...(files ? [`${on} -F`] : []),
	].join("\n");
}

/** An action completes the word after its command. */
function offeredAction({ names: [name = ""], summary }: CompletedCommand): string {
	const at = name.lastIndexOf(" ");
	return `complete -c gox -n ${fishQuote(`__gox_on ${fishWord(name.slice(0, at))}`)} -a ${name.slice(at + 1)} -d ${fishQuote(summary)}`;
}

function fishWord(text: string): string {
	return text.includes(" ") ? fishQuote(text) : text;
}

function flagsOf({ flags, value }: CompletedOption): string {
	const named = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
	if (value !== undefined) named.push(`${value.files ? "-r -F" : "-x"} -a ${offered(value)}`);
	return named.join(" ");
}

function offered({ names, versions }: CompletedWords): string {
	return fishQuote([...(versions ? ["(__gox_versions)"] : []), ...names].join(" "));
}
