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

const loginFiles = [".bash_profile", ".bash_login", ".profile"];

/** The one login file that bash reads: the first of three that exists. Making another would hide it. */
function startupFiles({ userHome, exists }: UserHome): readonly StartupFile[] {
	const login = loginFiles.find((name) => exists(join(userHome, name))) ?? ".bash_profile";
	return [
		{ path: join(userHome, ".bashrc"), role: "interactive", dialect: "bash" },
		{ path: join(userHome, login), role: "login", dialect: login === ".profile" ? "sh" : "bash" },
	];
}

export const bash: Shell = {
	name: "bash",
	hook: (settings) => `# gox's hook for bash. Made by gox setup and gox init; a change here is lost at the next.
${posixHook(settings, { name: "bash", prologue: "", beforeTalk: "" })}
# Runs before each prompt and keeps $? for what comes after it; with set -e a status would end the shell.
function __gox_prompt {
	local code=$?
	if [ "\${PWD-}" != "$__gox_pwd" ]; then
		__gox_pwd="\${PWD-}"
		__gox_announce
	fi
	case "$-" in *e*) return 0 ;; esac
	return "$code"
}

# Completions are read when the first one is wanted.
function __gox_complete {
	builtin eval "$(\\command gox completions bash 2>/dev/null)" || return 0
	if declare -F _gox_complete >/dev/null; then _gox_complete "$@"; fi
	return 0
}

# PROMPT_COMMAND's first element is the whole where it is a string: both forms are extended alike.
function __gox_start {
	case "\${PROMPT_COMMAND[*]-}" in
	*__gox_prompt*) ;;
	*) PROMPT_COMMAND="__gox_prompt\${PROMPT_COMMAND:+;$PROMPT_COMMAND}" ;;
	esac
	complete -o default -F __gox_complete gox 2>/dev/null || :
	__gox_pwd="\${PWD-}"
	__gox_nearest
	__gox_near="$__gox_found"
	__gox_line=""
}
case "$-" in *i*) __gox_start ;; esac
`,
	sourcing: ({ hook, shims }, file) =>
		file.dialect === "bash"
			? `if [ -r ${hook} ]; then . ${hook}; fi`
			: `if [ -n "\${BASH_VERSION-}" ] && [ -r ${hook} ]; then . ${hook}; else case ":$PATH:" in *:${shims}:*) ;; *) PATH=${shims}:"$PATH"; export PATH ;; esac; fi`,
	startupFiles,
	everyStartupFile: ({ userHome }) => [".bashrc", ...loginFiles].map((name) => join(userHome, name)),
	...posixEnvironment,
	completions: bashCompletions,
};

/** Completions for bash 3.2 and later. They use builtins only, and fall back to files. */
export function bashCompletions(commands: readonly CompletedCommand[], settings: HookSettings): string {
	return `# Sets _gox_from to the index of the command line after --; fails if there is none.
function _gox_command {
	_gox_from=2
	while [ "$_gox_from" -lt "$COMP_CWORD" ]; do
		[ "\${COMP_WORDS[_gox_from]}" != -- ] || { _gox_from=$((_gox_from + 1)); return 0; }
		_gox_from=$((_gox_from + 1))
	done
	return 1
}

function _gox_complete {
	local word="\${COMP_WORDS[COMP_CWORD]}" before="" command="\${COMP_WORDS[1]}" _gox_from=0 IFS=$' \\t\\n'
	local home="\${GOX_HOME:-}" choices="" options="" versions="" each="" known=""
	[ -n "$home" ] || home=${shQuote(settings.home)}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		choices=${shQuote(
			commands
				.filter(({ isAction }) => !isAction)
				.flatMap(({ names }) => names)
				.join(" "),
		)}
	else
		before="\${COMP_WORDS[COMP_CWORD - 1]}"
		case "\${COMP_WORDS[1]}" in
		${commands
			.filter(({ takesCommand }) => takesCommand)
			.flatMap(({ names }) => names)
			.join(" | ")})
			if _gox_command; then
				_gox_complete_command "$_gox_from"
				return 0
			fi
			;;
		esac
		# bash splits --option=value into three words.
		[ "$word" != = ] || word=""
		[ "$before" != = ] || before="\${COMP_WORDS[COMP_CWORD - 2]}"
		_gox_from=2
		while [ "$_gox_from" -lt "$COMP_CWORD" ]; do
			case "$command \${COMP_WORDS[_gox_from]}" in
			${actionPatterns(commands)}) command="$command \${COMP_WORDS[_gox_from]}" ;;
			*) break ;;
			esac
			_gox_from=$((_gox_from + 1))
		done
		case "$command $before" in
${commands.flatMap(armsOfValues).join("\n")}
		*)
			case "$command" in
${commands.map(armOf).join("\n")}
			esac
			case "$word:$choices$versions" in
			-* | :) choices="$options" versions="" ;;
			esac
			;;
		esac
	fi
	for each in $choices; do
		case "$each" in "$word"*) COMPREPLY[\${#COMPREPLY[@]}]="$each" ;; esac
	done
	[ -n "$versions" ] || return 0
	for each in "$home"/versions/go* "$home"/aliases/*; do
		[ -e "$each" ] || continue
		each="\${each##*/}"
		case "$each" in
		go1.[1-9] | go1.1[0-9] | go1.20) each="\${each#go}.0" ;;
		go[0-9]*) each="\${each#go}" ;;
		esac
		case "$known " in *" $each "*) continue ;; esac
		known="$known $each"
		case "$each" in "$word"*) COMPREPLY[\${#COMPREPLY[@]}]="$each" ;; esac
	done
}

# Completes the command line to run: with bash-completion if it is loaded, else its first word and files.
function _gox_complete_command {
	local each=""
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif [ "$1" -eq "$COMP_CWORD" ]; then
		while IFS= read -r each; do COMPREPLY[\${#COMPREPLY[@]}]="$each"; done <<<"$(compgen -c -- "$word")"
	fi
}
complete -o default -F _gox_complete gox
`;
}

function armOf({ names, options, words, takesCommand }: CompletedCommand): string {
	const flags = options.flatMap((option) => option.flags).join(" ");
	const choices = [...words.names, ...(takesCommand ? ["--"] : [])].join(" ");
	return `			${patternOf(names)}) options=${shQuote(flags)} choices=${shQuote(choices)}${words.versions ? " versions=yes" : ""} ;;`;
}

/** Completions of option values. */
function armsOfValues({ names, options }: CompletedCommand): string[] {
	const valued = options.filter((option): option is CompletedOption & { value: CompletedWords } => option.value !== undefined);
	return valued.map(({ flags, value }) => {
		const pattern = names.flatMap((name) => flags.map((flag) => shQuote(`${name} ${flag}`))).join(" | ");
		return `		${pattern}) choices=${shQuote(value.names.join(" "))}${value.versions ? " versions=yes" : ""} ;;`;
	});
}
