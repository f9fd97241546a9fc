import { shQuote } from "./quoting.ts";
import type { CompletedCommand, CompletedOption, CompletedWords, HookSettings } from "./shell.ts";

/** Completions for zsh, to be evaluated after compinit or put on fpath as `_gox`. */
export function zshCompletions(commands: readonly CompletedCommand[], settings: HookSettings): string {
	const described = commands.flatMap(({ names, summary }) =>
		names.slice(0, 1).map((name) => shQuote(`${name}:${summary.replaceAll(":", "\\:")}`)),
	);
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

function armOf({ names, options, words, takesCommand }: CompletedCommand): string {
	const first = takesCommand ? (words.versions ? [`'1:version:${action(words)}'`] : []) : [];
	const others = takesCommand ? "'*::command:_normal'" : offers(words) ? shQuote(`*:word:${action(words)}`) : "";
	return `	${names.join(" | ")}) _arguments -s : ${[...options.flatMap(specsOf), ...first, others].filter(Boolean).join(" ")} ;;`;
}

function specsOf({ flags, summary, value }: CompletedOption): string[] {
	const text = summary.replace(/[[\]:\\]/g, "\\$&");
	const after = value === undefined ? "" : `:value:${action(value)}`;
	return flags.map((flag) => shQuote(`${flag}${value === undefined || !flag.startsWith("--") ? "" : "="}[${text}]${after}`));
}

function offers({ names, versions, files }: CompletedWords): boolean {
	return versions || files || names.length > 0;
}

/** With a blank in front, _arguments runs it as it is. */
function action({ names, versions, files }: CompletedWords): string {
	return ` _gox_offer ${[versions, files].map((each) => (each ? "yes" : "no")).join(" ")} ${names.join(" ")}`.trimEnd();
}
