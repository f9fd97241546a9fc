import { shQuote } from "./quoting.ts";
import type { CompletedCommand, CompletedOption, HookSettings } from "./shell.ts";

/** Completions for zsh, to be evaluated after compinit or put on fpath as `_gox`. */
export function zshCompletions(commands: readonly CompletedCommand[], settings: HookSettings): string {
	const described = commands.flatMap(({ names, summary }) =>
		names.slice(0, 1).map((name) => shQuote(`${name}:${summary.replaceAll(":", "\\:")}`)),
	);
	return `#compdef gox
function _gox_versions {
	local home="\${GOX_HOME:-"${settings.home}"}"
	local -a names
	names=("$home"/versions/go*(N:t) "$home"/aliases/*(N:t))
	compadd -- "\${(@)names#go}"
}

function _gox {
	local -a commands
	if (( CURRENT == 2 )); then
		commands=(
			${described.join("\n\t\t\t")}
		)
		_describe -t commands 'gox command' commands
		return
	fi
	shift words
	(( CURRENT-- ))
	case "$words[1]" in
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

const actions = {
	versions: "'*:version:_gox_versions'",
	command: "'1:version:_gox_versions' '*::command:_normal'",
	shells: "'1:shell:(zsh bash fish)'",
	nothing: "",
} as const;

function armOf({ names, options, words }: CompletedCommand): string {
	return `	${names.join(" | ")}) _arguments -s : ${[...options.flatMap(specsOf), actions[words]].filter(Boolean).join(" ")} ;;`;
}

function specsOf({ flags, summary, values }: CompletedOption): string[] {
	const text = summary.replace(/[[\]:\\]/g, "\\$&");
	const value = values === undefined ? "" : `:value:(${values.join(" ")})`;
	return flags.map((flag) => shQuote(`${flag}${values === undefined ? "" : "="}[${text}]${value}`));
}
