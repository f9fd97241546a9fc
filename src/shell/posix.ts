import { type HookSettings, type Shell, type ShellName, shQuote } from "./shell.ts";

/** Where the two shells differ inside the functions that they share. */
export interface PosixDialect {
	readonly name: ShellName;
	/** First in the functions that are called from outside: zsh's own rules, whatever options the user has set. */
	readonly prologue: string;
	/** Before something is written while a line may be being edited. */
	readonly beforeTalk: string;
}

const letters = "abcdefghijklmnopqrstuvwxyz";

/**
 * The part of the hook that zsh and bash (3.2 and up) read alike. It has to bear `set -eu`, noclobber and any IFS,
 * starts no process but the program itself, and knows nothing about versions but where they lie:
 * the words are those of docs/selection.md, and what has no directory is left to the program.
 * Ranges such as a-z are spelled out, because some locales put capitals between the letters.
 */
export function posixHook(settings: HookSettings, dialect: PosixDialect): string {
	const { prologue } = dialect;
	return `__gox_home=${shQuote(settings.home)}
${settings.isDefaultHome ? `case "\${GOX_HOME-}" in /*) __gox_home="$GOX_HOME" ;; esac` : `export GOX_HOME="$__gox_home"`}

# The shims, first on PATH and nowhere else on it.
function __gox_path {${prologue}
	local shims="$__gox_home/shims" rest=":\${PATH-}:"
	while :; do
		case "$rest" in
		*":$shims:"*) rest="\${rest%%":$shims:"*}:\${rest#*":$shims:"}" ;;
		*) break ;;
		esac
	done
	rest="\${rest#:}"
	rest="\${rest%:}"
	export PATH="$shims\${rest:+:$rest}"
}
__gox_path

function __gox_say {
	\\builtin printf 'gox: %s\\n' "$1" >&2
}

# __gox_find WORD: the GOROOT that it means, in __gox_found; fails where that isn't certain.
function __gox_find {
	local word="$1" key="" core=""
	case "$word" in
	go[0-9]*) word="\${word#go}" ;;
	stable) word=latest ;;
	esac
	case "$word" in
	"" | [!0-9A-Za-z]* | */*) return 1 ;;
	[0-9]*)
		key="\${word%.x}"
		core="\${key%%@*}"
		case "$key" in
		*[!0123456789.]* | *.*.*)
			[ "$key" = "$word" ] || return 1
			case "$core" in
			*[!0123456789.${letters}]*) return 1 ;;
			*[!0123456789.]* | *.*.*) ;;
			*) return 1 ;;
			esac
			case "$core" in
			1.[1-9].0 | 1.1[0-9].0 | 1.20.0) key="\${core%.0}\${key#"$core"}" ;;
			esac
			__gox_found="$__gox_home/versions/go$key"
			;;
		*) __gox_found="$__gox_home/aliases/$key" ;;
		esac
		;;
	*) __gox_found="$__gox_home/aliases/$word" ;;
	esac
	[ -e "$__gox_found/bin/go" ]
}

# __gox_choose WORD RELEASE STRICT
function __gox_choose {
	export GOX_VERSION="$1"
	if [ -n "$3" ]; then export GOX_STRICT=1; else unset GOX_STRICT; fi
	__gox_say "$2 in this shell (GOX_VERSION=$1\${3:+, GOX_STRICT=1})"
}

function __gox_use {${prologue}
	local found="" line="" strict=""
	if [ "\${1-}" = --strict ]; then
		strict=1
		shift
	elif [ "$#" -eq 2 ] && [ "$2" = --strict ]; then
		strict=1
		set -- "$1"
	fi
	if [ "$#" -eq 1 ]; then
		if [ "$1" = --unset ]; then
			unset GOX_VERSION GOX_STRICT
			__gox_say 'this shell chooses no version any more'
			return 0
		elif [ "$1" = system ]; then
			__gox_choose system 'the next go on PATH' "$strict"
			return 0
		elif __gox_find "$1"; then
			if [ -r "$__gox_found/VERSION" ]; then IFS= read -r line <"$__gox_found/VERSION" || :; fi
			__gox_choose "$1" "\${line:-$1}" "$strict"
			return 0
		fi
	fi
	found="$(GOX_HOOK=${dialect.name} \\command gox use "$@")" || return $?
	case "$found" in
	"") ;;
	*[!0123456789.@${letters}-]*) \\builtin printf '%s\\n' "$found" ;;
	*) __gox_choose "$found" "go$found" "$strict" ;;
	esac
}

function gox {
	if [ "\${1-}" = use ]; then
		shift
		__gox_use "$@"
		return
	fi
	local code=0
	\\command gox "$@" || code=$?
	case "\${1-}" in
	install | uninstall | remove | rm | default | global | alias | setup) \\builtin hash -r 2>/dev/null || : ;;
	esac
	return "$code"
}

# Which version file or go.mod is nearest, in __gox_found; which Go that means is for the program to say.
function __gox_nearest {
	local dir="\${PWD-}"
	__gox_found=""
	case "$dir" in
	/*) dir="\${dir%/}" ;;
	*) return 0 ;;
	esac
	while :; do
		# Most directories have none of them: one command says so.
		while [[ -n "$dir" && ! -e "$dir/.go-version" && ! -e "$dir/go.mod" && ! -e "$dir/.tool-versions" && ! -e "$dir/go.work" ]]; do
			dir="\${dir%/*}"
		done
		if [ -e "$dir/.go-version" ]; then
			__gox_found="$dir/.go-version"
		elif [ -f "$dir/.tool-versions" ] && [ -r "$dir/.tool-versions" ] && __gox_names_go "$dir/.tool-versions"; then
			__gox_found="$dir/.tool-versions"
		elif [ -f "$dir/go.work" ]; then
			__gox_found="$dir/go.work"
		elif [ -f "$dir/go.mod" ]; then
			__gox_found="$dir/go.mod"
		elif [ -n "$dir" ]; then
			dir="\${dir%/*}"
			continue
		fi
		return 0
	done
}

function __gox_names_go {
	local word="" more="" lines=0
	while IFS=$' \\t\\r' read -r word more || [ -n "$word" ]; do
		case "$word" in go | golang) return 0 ;; esac
		lines=$((lines + 1))
		[ "$lines" -lt 1000 ] || return 1
	done <"$1"
	return 1
}

# Says, on entering another project, which Go it uses and why; at most one process.
function __gox_announce {
	local line=""
	[ "\${GOX_ANNOUNCE:-${settings.announce ? "on" : "off"}}" != off ] || return 0
	__gox_nearest
	[ "$__gox_found" != "\${__gox_near-}" ] || return 0
	__gox_near="$__gox_found"
	if [ -z "$__gox_near" ]; then
		__gox_line=""
	elif [ -x "$__gox_home/shims/gox" ]; then${dialect.beforeTalk}
		line="$(\\exec "$__gox_home/shims/gox" current)" || return 0
		[ "$line" = "\${__gox_line-}" ] || __gox_say "$line"
		__gox_line="$line"
	fi
	return 0
}
`;
}

/** Statements that sh, bash, zsh and fish (which has an `export`, and joins a quoted PATH by colons) read alike. */
export const posixEnvironment: Pick<Shell, "exporting" | "prepending"> = {
	exporting: (name, value) => `export ${name}=${shQuote(value)}`,
	prepending: (directory) => `export PATH=${shQuote(directory)}:"$PATH"`,
};
