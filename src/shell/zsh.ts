import { join } from "node:path";
import { posixEnvironment, posixHook } from "./posix.ts";
import {
	actionPatterns,
	type CompletedCommand,
	type CompletedOption,
	type CompletedWords,
	type HookSettings,
	patternOf,
	type Shell,
	type StartupFile,
	shQuote,
	type UserHome,
} from "./shell.ts";

/**
 * `.zprofile` as well as `.zshrc`: macOS's path_helper runs from /etc/zprofile and puts the system's directories
 * in front, and a login shell that nobody types into reads no `.zshrc`.
 */
function startupFiles({ userHome, env }: UserHome): readonly StartupFile[] {
	const directory = env.ZDOTDIR || userHome;
	return [
		{ path: join(directory, ".zshrc"), role: "interactive", dialect: "zsh" },
		{ path: join(directory, ".zprofile"), role: "login", dialect: "zsh" },
	];
}

export const zsh: Shell = {
	name: "zsh",
	hook: (settings) => `# gox's hook for zsh. Made by gox setup and gox init; a change here is lost at the next.
${posixHook(settings, {
	name: "zsh",
	prologue: "\n\temulate -L zsh",
	beforeTalk: "\n\t\t[[ -z $WIDGET ]] || zle -I",
})}
# A cd inside $( ) or ( ) takes nobody anywhere.
function __gox_chpwd {
	emulate -L zsh
	(( ZSH_SUBSHELL )) || __gox_announce
	return 0
}

# Completions are read when the first one is wanted; what declares them, compinit, may run later in a start-up file.
function __gox_complete {
	local __gox_text=""
	__gox_text="$(\\command gox completions zsh 2>/dev/null)" && \\builtin eval "$__gox_text" && _gox "$@"
}

function __gox_first_prompt {
	emulate -L zsh
	precmd_functions=("\${(@)precmd_functions:#__gox_first_prompt}")
	(( ! $+functions[compdef] || $+_comps[gox] )) || compdef __gox_complete gox
	return 0
}

function __gox_start {
	emulate -L zsh
	typeset -ga precmd_functions
	precmd_functions=("\${(@)precmd_functions:#__gox_first_prompt}" __gox_first_prompt)
	typeset -ga chpwd_functions
	chpwd_functions=("\${(@)chpwd_functions:#__gox_chpwd}" __gox_chpwd)
	__gox_nearest
	__gox_near="$__gox_found"
	__gox_line=""
}
if [[ -o interactive ]]; then __gox_start; fi
`,
	sourcing: ({ hook }) => `if [ -r ${hook} ]; then . ${hook}; fi`,
	startupFiles,
	everyStartupFile: ({ userHome, env }) =>
		[env.ZDOTDIR || userHome, userHome].flatMap((directory) => [join(directory, ".zshrc"), join(directory, ".zprofile")]),
	...posixEnvironment,
	completions: zshCompletions,
};

/** Completions for zsh: evaluate them after compinit, or install them on fpath as `_gox`. */
export function zshCompletions(commands: readonly CompletedCommand[], settings: HookSettings): string {
	const described = commands
		.filter(({ isAction }) => !isAction)
		.flatMap(({ names, summary }) => names.slice(0, 1).map((name) => shQuote(`${name}:${summary.replaceAll(":", "\\:")}`)));
	const withCommand = commands.filter(({ takesCommand }) => takesCommand).flatMap(({ names }) => names);
	return `#compdef gox
function _gox_versions {
	local home="\${GOX_HOME:-"${settings.home}"}" each
	local -a names
	for each in "$home"/versions/go*(N:t); do
		case "$each" in
		go1.[1-9] | go1.1[0-9] | go1.20) names+=("\${each#go}.0") ;;
		*) names+=("\${each#go}") ;;
		esac
	done
	names+=("$home"/aliases/*(N:t))
	compadd -- "\${(@)names}"
}

# _gox_offer VERSIONS FILES NAME...
function _gox_offer {
	local versions="$1" files="$2"
	shift 2
	(( $# == 0 )) || compadd -- "$@"
	[[ $versions == no ]] || _gox_versions
	[[ $files == no ]] || _files
}

function _gox {
	local -a commands
	local -i dashes
	local command
	if (( CURRENT == 2 )); then
		commands=(
			${described.join("\n\t\t\t")}
		)
		_describe -t commands 'gox command' commands
		return
	fi
	shift words
	(( CURRENT-- ))
	dashes="\${words[(i)--]}"
	case "$words[1]" in
	${withCommand.join(" | ")})
		if (( dashes < CURRENT )); then
			shift dashes words
			(( CURRENT -= dashes ))
			_normal
			return
		fi
		;;
	esac
	command="$words[1]"
	while (( CURRENT > 2 )); do
		case "$command $words[2]" in
		${actionPatterns(commands)}) command+=" $words[2]" ;;
		*) break ;;
		esac
		shift words
		(( CURRENT-- ))
	done
	case "$command" in
${commands.map(armOf).join("\n")}
	esac
}

if [[ "\${funcstack[1]-}" == _gox ]]; then
	_gox "$@"
elif (( $+functions[compdef] )); then
	compdef _gox gox
fi
`;
}

function armOf({ names, options, words, takesCommand }: CompletedCommand): string {
	const first = takesCommand ? (words.versions ? [`'1:version:${action(words)}'`] : []) : [];
	const others = takesCommand ? "'*::command:_normal'" : offers(words) ? shQuote(`*:word:${action(words)}`) : "";
	return `	${patternOf(names)}) _arguments -s : ${[...options.flatMap(specsOf), ...first, others].filter(Boolean).join(" ")} ;;`;
}

function specsOf({ flags, summary, value }: CompletedOption): string[] {
	const text = summary.replace(/[[\]:\\]/g, "\\$&");
	const after = value === undefined ? "" : `:value:${action(value)}`;
	return flags.map((flag) => shQuote(`${flag}${value === undefined || !flag.startsWith("--") ? "" : "="}[${text}]${after}`));
}

function offers({ names, versions, files }: CompletedWords): boolean {
	return versions || files || names.length > 0;
}

/** The leading space makes _arguments run the action as it is. */
function action({ names, versions, files }: CompletedWords): string {
	return ` _gox_offer ${[versions, files].map((each) => (each ? "yes" : "no")).join(" ")} ${names.join(" ")}`.trimEnd();
}
