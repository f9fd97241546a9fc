import { shQuote } from "./quoting.ts";
import type { CompletedCommand, HookSettings } from "./shell.ts";

/** Completions for bash 3.2 and up: words are compared in the shell, nothing is started. */
export function bashCompletions(commands: readonly CompletedCommand[], settings: HookSettings): string {
	return `function _gox_complete {
	local word="\${COMP_WORDS[COMP_CWORD]}" home="\${GOX_HOME:-}" choices="" versions="" each="" IFS=$' \\t\\n'
	[ -n "$home" ] || home=${shQuote(settings.home)}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		choices=${shQuote(commands.flatMap(({ names }) => names).join(" "))}
	else
		case "\${COMP_WORDS[1]}" in
${commands.map(armOf).join("\n")}
		esac
		case "$word" in -*) versions="" ;; esac
	fi
	for each in $choices; do
		case "$each" in "$word"*) COMPREPLY[\${#COMPREPLY[@]}]="$each" ;; esac
	done
	[ -n "$versions" ] || return 0
	for each in "$home"/versions/go* "$home"/aliases/*; do
		[ -e "$each" ] || continue
		each="\${each##*/}"
		case "$each" in go[0-9]*) each="\${each#go}" ;; esac
		case "$each" in "$word"*) COMPREPLY[\${#COMPREPLY[@]}]="$each" ;; esac
	done
}
complete -o default -F _gox_complete gox
`;
}

function armOf({ names, options, words }: CompletedCommand): string {
	const choices = [...options.flatMap(({ flags }) => flags), ...(words === "shells" ? ["zsh", "bash", "fish"] : [])];
	const wantsVersions = words === "versions" || words === "command";
	return `		${names.join(" | ")}) choices=${shQuote(choices.join(" "))}${wantsVersions ? " versions=yes" : ""} ;;`;
}
