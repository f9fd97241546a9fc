#!/bin/sh
# gox-shim-marker: by this text gox's shims know each other.
#
# What stands on PATH as go, gofmt and gox where the native shim can't run. It follows docs/selection.md as gox-shim.c
# does, in POSIX sh (dash, bash from 3.2, busybox), and differs from it in this only: it takes milliseconds; the Go that
# it becomes gets its own path for argv[0]; gox's commands all go to the launcher; the shell itself drops environment
# variables whose names no shell can hold, and may complain about a deleted directory.
#
# Everything is decided in a subshell, so that no variable of it reaches the Go that is run; what comes out is a line
# of shell, the plan.

gox_shim_constants() {
	nul=
	nl='
'
	digits=0123456789 lower=abcdefghijklmnopqrstuvwxyz upper=ABCDEFGHIJKLMNOPQRSTUVWXYZ
	controls=$(printf '\t\r\f\v\357\273\277')
	tab=${controls%"${controls#?}"} rest=${controls#?}
	cr=${rest%"${rest#?}"} rest=${rest#?}
	ff=${rest%"${rest#?}"} rest=${rest#?}
	vt=${rest%"${rest#?}"} bom=${rest#?}
	blank=" $tab$cr$ff$vt"
	module_blank=" $tab$cr"
	punctuation='()[]{},'
	pin_hint='write one with: gox pin 1.22.5'
	module_hint='correct it, or choose a Go with: gox use 1.22.5'
	word_hint='a version is like 1.22.5, 1.22 or latest; in this shell: gox use 1.22.5'
	launcher_hint='run any command of the installed package once, e.g.: npx gox-cli setup'
}

# ---- failures ----

# Bytes of $1 as decimal numbers.
bytes_of() {
	printf %s "$1" | od -An -v -tu1
}

put_byte() {
	printf "\\$(($1 / 64))$(($1 / 8 % 8))$(($1 % 8))"
}

put_escape() {
	case $1 in
	"$nul") printf '\\u0000' ;;
	8) printf '\\b' ;; 9) printf '\\t' ;; 10) printf '\\n' ;; 12) printf '\\f' ;; 13) printf '\\r' ;;
	34) printf '\\"' ;; 92) printf '\\\\' ;;
	*) printf '\\u%04x' "$1" ;;
	esac
}

# Control characters, which a directory's name may hold, are escaped for the terminal.
put_visible() {
	case $1 in
	*[![:print:]]*)
		for byte in $(bytes_of "$1"); do
			if [ "$byte" -lt 32 ] || [ "$byte" -eq 127 ]; then put_escape "$byte"; else put_byte "$byte"; fi
		done
		;;
	*) printf %s "$1" ;;
	esac
}

put_point() {
	if [ "$1" -lt 32 ] || [ "$1" -eq 34 ] || [ "$1" -eq 92 ] ||
		{ [ "$1" -ge 127 ] && [ "$1" -le 159 ]; } || { [ "$1" -ge 8203 ] && [ "$1" -le 8207 ]; } ||
		{ [ "$1" -ge 8232 ] && [ "$1" -le 8238 ]; } || { [ "$1" -ge 8294 ] && [ "$1" -le 8297 ]; } || [ "$1" -eq 65279 ]; then
		put_escape "$1"
	elif [ "$1" -eq 65533 ]; then
		printf '\357\277\275'
	else
		shift
		for byte; do put_byte "$byte"; done
	fi
}

# One code point of the positional bytes: sets point and length; malformed ones are U+FFFD, as in gox-shim.c.
decode() {
	point=$1 length=1 more=0 low=128 high=191
	[ "$1" -lt 128 ] && return
	if [ "$1" -ge 194 ] && [ "$1" -le 223 ]; then more=1 point=$(($1 & 31)); fi
	if [ "$1" -ge 224 ] && [ "$1" -le 239 ]; then more=2 point=$(($1 & 15)); fi
	if [ "$1" -ge 240 ] && [ "$1" -le 244 ]; then more=3 point=$(($1 & 7)); fi
	case $1 in 224) low=160 ;; 237) high=159 ;; 240) low=144 ;; 244) high=143 ;; esac
	[ "$more" -eq 0 ] && point=65533 && return
	shift
	while [ "$more" -gt 0 ]; do
		if [ $# -eq 0 ] || [ "$1" -lt "$low" ] || [ "$1" -gt "$high" ]; then
			point=65533
			return
		fi
		point=$((point * 64 + ($1 & 63))) length=$((length + 1)) more=$((more - 1)) low=128 high=191
		shift
	done
}

# quote() of src/errors.ts: at most 60 UTF-16 units, then an ellipsis.
quote() {
	room=60 text=$1
	# More bytes than 61 characters can have are never shown.
	[ ${#text} -gt 300 ] && text=$(printf %.300s "$text")
	set -- $(bytes_of "$text")
	printf '"'
	while [ $# -gt 0 ]; do
		decode "$@"
		if [ "$room" -eq 0 ] || { [ "$room" -eq 1 ] && [ "$point" -gt 65535 ]; }; then
			[ "$room" -eq 1 ] && put_escape $((55296 + (point - 65536) / 1024))
			printf '\342\200\246'
			break
		fi
		case $length in
		1) put_point "$point" "$1" ;;
		2) put_point "$point" "$1" "$2" ;;
		3) put_point "$point" "$1" "$2" "$3" ;;
		4) put_point "$point" "$1" "$2" "$3" "$4" ;;
		esac
		[ "$point" -gt 65535 ] && room=$((room - 1))
		room=$((room - 1))
		shift "$length"
	done
	printf '"'
}

# fail EXIT MESSAGE [HINT]
fail() {
	{
		printf 'gox: '
		put_visible "$2"
		printf '\n'
		if [ -n "${3-}" ]; then
			printf '  '
			put_visible "$3"
			printf '\n'
		fi
	} >&2
	exit "$1"
}

# What gox is to install: told by the caller of select_go, once it has tried. missing MESSAGE REQUEST WHO
missing() {
	missing_message=$1 missing_request=$2 missing_who=$3
	case $2 in
	*@*) missing_hint="gox install ${2%@*} --platform ${2#*@}" ;;
	*) missing_hint="gox install $2" ;;
	esac
	return 1
}

# ---- text ----

# $1 without the blanks at both ends, in $text.
trim() {
	text=${1#"${1%%[!"$blank"]*}"}
	text=${text%"${text##*[!"$blank"]}"}
}

trim_lines() {
	text=${1#"${1%%[!"$blank$nl"]*}"}
	text=${text%"${text##*[!"$blank$nl"]}"}
}

# The first word of $1 in $word, the others in $rest.
take_word() {
	trim "$1"
	word=${text%%["$blank"]*}
	trim "${text#"$word"}"
	rest=$text
}

without_go() {
	case $1 in
	go[0123456789]*) bare=${1#go} ;;
	*) bare=$1 ;;
	esac
}

is_number() {
	case $1 in
	'' | *[!$digits]* | 0?*) return 1 ;;
	esac
}

# ---- versions ----

# Compares two numbers of any length; $order is negative, zero or positive.
compare_decimal() {
	order=$((${#1} - ${#2}))
	[ "$order" -eq 0 ] || return 0
	left=$1 right=$2
	while [ -n "$left" ]; do
		left_tail=${left#?????????} right_tail=${right#?????????}
		[ "$left_tail" = "$left" ] && left_tail= right_tail=
		left_head=${left%"$left_tail"} right_head=${right%"$right_tail"}
		if [ "$left_head" -lt "$right_head" ]; then order=-1; fi
		if [ "$left_head" -gt "$right_head" ]; then order=1; fi
		[ "$order" -eq 0 ] || return 0
		left=$left_tail right=$right_tail
	done
}

# gover.Parse and the published 1.9.2rc2: major, minor, patch, kind, pre.
parse_version() {
	major= minor= patch= kind= pre=
	case $1 in
	1.9.2rc2)
		major=1 minor=9 patch=2 kind=rc pre=2
		return 0
		;;
	*.*) major=${1%%.*} tail=${1#*.} ;;
	*)
		is_number "$1" || return 1
		major=$1 minor=0 patch=0
		return 0
		;;
	esac
	minor=${tail%%[!$digits]*}
	is_number "$major" && is_number "$minor" || return 1
	tail=${tail#"$minor"}
	case $tail in
	'')
		compare_decimal "$minor" 21
		if [ "$order" -lt 0 ]; then patch=0; fi
		;;
	.*)
		patch=${tail#.}
		is_number "$patch" || return 1
		;;
	*)
		kind=${tail%%[!$lower]*}
		pre=${tail#"$kind"}
		[ -n "$kind" ] || return 1
		[ -z "$pre" ] || is_number "$pre" || return 1
		;;
	esac
}

rank_of() {
	case $1 in alpha) rank=1 ;; beta) rank=2 ;; rc) rank=3 ;; *) rank=0 ;; esac
}

# gover.Compare of two well-formed versions.
compare() {
	parse_version "$1"
	l_major=$major l_minor=$minor l_patch=$patch l_kind=$kind l_pre=$pre
	parse_version "$2"
	compare_decimal "$l_major" "$major"
	[ "$order" -ne 0 ] || compare_decimal "$l_minor" "$minor"
	[ "$order" -ne 0 ] || compare_decimal "$l_patch" "$patch"
	[ "$order" -eq 0 ] || return 0
	rank_of "$l_kind"
	order=$rank
	rank_of "$kind"
	order=$((order - rank))
	if [ -n "$patch" ] && { [ -z "$l_kind" ] || [ -z "$kind" ]; }; then order=$((0 - order)); fi
	[ "$order" -ne 0 ] || compare_decimal "$l_pre" "$pre"
}

# An exact release without its go: $release is the name it was published by.
parse_release() {
	parse_version "$1" || return 1
	if [ -n "$kind" ]; then
		[ -n "$pre" ] || return 1
		rank_of "$kind"
		release=go$1
		[ "$rank" -gt 0 ]
		return
	fi
	[ -n "$patch" ] || return 1
	release=go$major.$minor.$patch
	if [ "$patch" = 0 ] && [ "$major" = 1 ]; then
		compare_decimal "$minor" 21
		if [ "$order" -lt 0 ]; then release=go1.$minor; fi
		if [ "$minor" = 0 ]; then release=go1; fi
	fi
	return 0
}

is_platform() {
	case $1 in
	darwin-arm64 | darwin-amd64 | linux-amd64 | linux-arm64) ;;
	*) return 1 ;;
	esac
}

is_key() {
	case $1 in
	go[$digits]*@*) is_platform "${1#*@}" || return 1 ;;
	go[$digits]*) ;;
	*) return 1 ;;
	esac
	case ${1%%@*} in
	*[!$digits$lower.]*) return 1 ;;
	esac
}

# The word that means this release and nothing else: 1.20.0 for go1.20, since 1.20 is a prefix.
exact_word() {
	exact=${1#go}
	parse_version "$exact" && [ -z "$kind" ] || return 0
	case $exact in
	*.*.*) ;;
	*.*) exact=$exact.0 ;;
	*) exact=$exact.0.0 ;;
	esac
}

host_platform() {
	os=$(uname -s) cpu=$(uname -m)
	case $os in Darwin) os=darwin ;; *) os=linux ;; esac
	case $cpu in arm64 | aarch64) cpu=arm64 ;; *) cpu=amd64 ;; esac
	# A shell under Rosetta says x86_64.
	if [ $os = darwin ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then cpu=arm64; fi
	host=$os-$cpu
}

# 1.22, 1.22.x, 1, 1.x in $prefix.
parse_prefix() {
	prefix=${1%.x}
	case $prefix in
	*.*.*) return 1 ;;
	*.*) is_number "${prefix%.*}" && is_number "${prefix#*.}" || return 1 ;;
	*) is_number "$prefix" || return 1 ;;
	esac
	case .$prefix in *.[$digits][$digits][$digits][$digits][$digits][$digits][$digits]*) return 1 ;; esac
}

is_alias_name() {
	case $1 in
	oldstable | rc | next | mod | default | current | go[$digits]* | *[!$lower$upper$digits\_-]*) return 1 ;;
	[$lower$upper]*) [ ${#1} -le 63 ] ;;
	*) return 1 ;;
	esac
}

# Reads $1 as a pin: form, and name under aliases/ or under versions/.
parse_pin() {
	form= name=
	[ ${#1} -le 128 ] || return 1
	case $1 in
	latest | stable)
		form=latest name=latest
		return 0
		;;
	system)
		form=system
		return 0
		;;
	esac
	without_go "$1"
	if parse_prefix "$bare"; then
		form=prefix name=$prefix
		return 0
	fi
	# Three numbers, or a pre-release: what is shorter is too long for a prefix.
	case ${bare%%@*} in
	*.*.* | *[!$digits.]*) exact=yes ;;
	*) exact= ;;
	esac
	if [ -n "$exact" ] && parse_release "${bare%%@*}"; then
		form=exact name=$release
		case $bare in
		*@*)
			is_platform "${bare#*@}" && ! parse_prefix "${bare%%@*}" || return 1
			host_platform
			[ "${bare#*@}" = "$host" ] || name=$name@${bare#*@}
			;;
		esac
		return 0
	fi
	is_alias_name "$1" || return 1
	form=alias name=$1
}

# ---- GOX_HOME ----

is_self() {
	[ "$1" -ef "$self" ]
}

is_installed() {
	[ -n "$1" ] && [ -e "$home/versions/$1/bin/go" ] && ! is_self "$home/versions/$1/bin/go"
}

# The version that a symlink in GOX_HOME names, in $key; empty for none.
read_link() {
	key=
	[ -L "$home/$1" ] || return 0
	key=$(readlink "$home/$1")
	key=${key##*/}
	is_key "$key" || key=
}

# The key of the pin that parse_pin read.
find_key() {
	if [ "$form" = exact ]; then key=$name; else read_link "aliases/$name"; fi
}

choose() {
	chosen=$1 bin=$home/versions/$1/bin system=
}

# ---- the next go on PATH that isn't gox's ----

is_foreign_program() {
	[ -f "$1" ] && [ -x "$1" ] && ! is_self "$1" || return 1
	small=yes
	if [ -n "$(find -L "$1" -prune -size +1048575c 2>/dev/null)" ]; then
		small=
		return 0
	fi
	[ "$depth" -lt 8 ] || return 1
	[ -z "$(find -L "$1" -prune -size +524287c 2>/dev/null)" ] || return 0
	[ ! -r "$1" ] || ! grep -q gox-shim-marker "$1" 2>/dev/null
}

# The directory of a file with every symlink followed, in $real.
real_directory() {
	real=$1 hops=0
	while [ -L "$real" ] && [ $hops -lt 40 ]; do
		target=$(readlink "$real" && echo .)
		target=${target%"$nl".}
		case $target in
		/*) real=$target ;;
		*) real=${real%/*}/$target ;;
		esac
		hops=$((hops + 1))
	done
	real=$(cd -P "${real%/*}/" 2>/dev/null && pwd -P && echo .)
	real=${real%"$nl".}
}

find_system() {
	others=$caller_path:
	while [ -n "$others" ]; do
		entry=${others%%:*} others=${others#*:}
		while [ "${entry%/}" != "$entry" ] && [ "$entry" != / ]; do entry=${entry%/}; done
		case $entry in /*) ;; *) continue ;; esac
		[ "$entry" = / ] && entry=
		is_foreign_program "$entry/go" || continue
		system=yes program=$entry/go system_small=$small chosen=system bin=${entry:-/}
		real_directory "$program"
		tree=${real%/*}/bin
		[ -f "$tree/go" ] && [ -x "$tree/go" ] || return 0
		bin=$tree
		if [ -f "${tree%/bin}/VERSION" ] && [ -r "${tree%/bin}/VERSION" ]; then IFS= read -r chosen <"${tree%/bin}/VERSION"; fi
		case $chosen in go*) ;; *) chosen=system ;; esac
		return 0
	done
	return 1
}

# ---- pins ----

# Who says the word: $who for messages; $file and $line_number where it is a file.
not_a_version() {
	if [ -n "$file" ]; then
		fail 2 "$file:$line_number: $(quote "$1") is not a Go version$2" "$pin_hint"
	elif [ "$who" = GOTOOLCHAIN_INTERNAL_SWITCH_VERSION ]; then
		fail 2 "$who: $(quote "$1") is not a Go version$2" "unset $who"
	fi
	fail 2 "$who: $(quote "$1") is not a Go version$2" "$word_hint"
}

# Reads $1 as a pin; an alias must exist.
check_pin() {
	parse_pin "$1" || not_a_version "$1" ''
	[ "$form" = alias ] || return 0
	find_key
	[ -n "$key" ] || not_a_version "$1" ', and no alias has that name'
}

missing_key() {
	missing "$1 is not installed (asked for by $who)" "$2" "$who"
}

missing_release() {
	exact_word "${1%%@*}"
	case $1 in *@*) exact=$exact@${1#*@} ;; esac
	missing_key "$1" "$exact"
}

# The version that the word means, which check_pin has passed.
select_pin() {
	parse_pin "$1"
	if [ "$form" = system ]; then
		find_system && return 0
		fail 3 "no go on PATH besides gox's own (asked for by $who)" 'gox install latest'
	fi
	find_key
	if is_installed "$key"; then
		choose "$key"
		return 0
	fi
	without_go "$1"
	case $form in
	exact) missing_key "$key" "$bare" ;;
	alias) missing_release "$key" ;;
	prefix) missing "no Go $name is installed (asked for by $who)" "$bare" "$who" ;;
	latest) missing "no Go is installed (asked for by $who)" "$bare" "$who" ;;
	esac
}

# V of goV, cut at the first dash or blank, as a release.
parse_toolchain() {
	case $1 in
	go*) parse_release_of "${1#go}" ;;
	*) return 1 ;;
	esac
}

parse_release_of() {
	toolchain=${1%%[- "$tab"]*}
	[ ${#toolchain} -le 128 ] && parse_release "$toolchain"
}

select_switch() {
	who=GOTOOLCHAIN_INTERNAL_SWITCH_VERSION file=
	parse_toolchain "$GOTOOLCHAIN_INTERNAL_SWITCH_VERSION" || not_a_version "$GOTOOLCHAIN_INTERNAL_SWITCH_VERSION" ''
	chosen=$release
	if is_installed "$chosen"; then choose "$chosen"; else missing_release "$chosen"; fi
}

# ---- files ----

# Whether there is a file to read; fails when it is not fit to be. check_file PATH LIMIT LIMIT_TEXT HINT
check_file() {
	if [ ! -e "$1" ]; then
		[ -L "$1" ] || return 1
		case $( (: <"$1") 2>&1) in
		*[Ss]ymbolic\ link*) fail 6 "$1 cannot be read: Too many levels of symbolic links" ;;
		esac
		return 1
	fi
	[ -f "$1" ] || fail 2 "$1 is not a regular file" "$4"
	[ -r "$1" ] || fail 6 "$1 cannot be read: Permission denied"
	[ -z "$(find -L "$1" -prune -size "+${2}c" 2>/dev/null)" ] || fail 2 "$1 is larger than $3" "$4"
}

holds_nul() {
	[ "$(tr -d '\000' <"$1" | wc -c)" -ne "$(wc -c <"$1")" ]
}

check_version_file() {
	check_file "$1" 65536 '64 KiB' "$pin_hint" || return 1
	if holds_nul "$1"; then fail 2 "$1 holds a NUL byte" "$pin_hint"; fi
}

# The line without comment, blanks and the go in front of a version, in $word; empty for none.
read_pin_line() {
	case $1 in
	'#'* | //*) text= ;;
	*)
		text=${1%%["$blank"]#*}
		trim "${text%%["$blank"]//*}"
		;;
	esac
	stripped=$text
	take_word "$stripped"
	case $word in
	go | golang)
		case $rest in
		[$digits]*) case $rest in *["$blank"]*) ;; *) stripped=$rest ;; esac ;;
		esac
		;;
	esac
	word=$stripped
}

# The pin of a .go-version in $found.
read_go_version_file() {
	file=$1 who=$1 line_number=0 found=
	check_version_file "$file" || return 0
	while IFS= read -r line || [ -n "$line" ]; do
		line_number=$((line_number + 1))
		[ $line_number -gt 1 ] || line=${line#"$bom"}
		read_pin_line "$line"
		[ -n "$word" ] || continue
		check_pin "$word"
		without_go "$word"
		if [ -z "$found" ]; then
			found=$word first_bare=$bare first_line=$line_number
		elif [ "$bare" != "$first_bare" ]; then
			fail 2 "$file:$line_number: $(quote "$word"): one version is wanted, and line $first_line says $(quote "$found")" "$pin_hint"
		fi
	done <"$file"
}

# The first of the words that is installed, else the first, in $found.
choose_word() {
	words=$1 first_word=
	while
		take_word "$words"
		words=$rest
		[ -n "$word" ]
	do
		check_pin "$word"
		[ -n "$first_word" ] || first_word=$word
		[ -z "$found" ] || continue
		parse_pin "$word"
		[ "$form" = system ] || find_key
		if [ "$form" = system ] || is_installed "$key"; then found=$word; fi
	done
	[ -n "$found" ] || found=$first_word
}

read_tool_versions_file() {
	file=$1 who=$1 line_number=0 found=
	check_version_file "$file" || return 0
	while IFS= read -r line || [ -n "$line" ]; do
		line_number=$((line_number + 1))
		[ $line_number -gt 1 ] || line=${line#"$bom"}
		take_word "${line%%#*}"
		case $word in
		go | golang) [ -n "$rest" ] || continue ;;
		*) continue ;;
		esac
		choose_word "$rest"
		return 0
	done <"$file"
}

# Calls $1 for each directory from the start upward, until it says yes.
upward() {
	directory=$start
	while :; do
		[ "$directory" != / ] || directory=
		if "$1"; then return 0; fi
		[ -n "$directory" ] || return 1
		directory=${directory%/*}
		[ -n "$directory" ] || directory=/
	done
}

read_pins_here() {
	read_go_version_file "$directory/.go-version"
	[ -n "$found" ] || read_tool_versions_file "$directory/.tool-versions"
	[ -n "$found" ]
}

# ---- go.work and go.mod ----

# One quoted token off the front of $line, in $token.
take_quoted() {
	mark=${line%"${line#?}"} token=$mark line=${line#?}
	while [ -n "$line" ]; do
		character=${line%"${line#?}"} line=${line#?}
		token=$token$character
		case $character in
		"$mark") return ;;
		\\) [ "$mark" = '`' ] || {
			token=$token${line%"${line#?}"}
			line=${line#?}
		} ;;
		esac
	done
}

# The tokens of $1: count, verb, argument, last, before_last, and all of them with single blanks in $directive.
read_directive() {
	line=$1 count=0 verb= argument= last= before_last= directive=
	while :; do
		line=${line#"${line%%[!"$module_blank"]*}"}
		case $line in
		'' | //*) return ;;
		["$punctuation"]*) token=${line%"${line#?}"} line=${line#?} ;;
		\"* | \`*) take_quoted ;;
		*)
			token=${line%%["$module_blank$punctuation"]*}
			token=${token%%//*}
			line=${line#"$token"}
			;;
		esac
		count=$((count + 1)) before_last=$last last=$token directive="$directive${directive:+ }$token"
		case $count in 1) verb=$token ;; 2) argument=$token ;; esac
	done
}

bad_directive() {
	# No variable can hold a NUL: read_module_file makes it 1.
	if holds_nul "$file"; then nul=1; fi
	fail 2 "$file:$line_number: $(quote "$directive") is not a $verb line that gox can read" "$module_hint"
}

# V of a go line in $asked.
read_go_line() {
	asked=$argument
	[ "$count" -eq 2 ] && [ ${#asked} -le 128 ] && parse_version "$asked" || bad_directive
	case $asked in
	1.*.*) [ -z "$kind" ] || bad_directive ;;
	1.*) [ -z "$kind" ] || parse_release "$asked" || bad_directive ;;
	*) bad_directive ;;
	esac
}

read_toolchain_line() {
	asked=
	[ "$directive" != 'toolchain default' ] || return 0
	case $argument in
	go1 | go1.* | go1-*) ;;
	*) bad_directive ;;
	esac
	[ "$count" -eq 2 ] && [ ${#argument} -le 128 ] && parse_toolchain "$argument" || bad_directive
	case ${argument#"go$toolchain"} in
	*[!$lower$upper$digits._+-]*) bad_directive ;;
	esac
	asked=$toolchain
}

# Takes what a line asks for, if it is more than what was asked before; the go line wins a tie.
raise_floor() {
	[ -n "$asked" ] || return 0
	if [ -n "$floor" ]; then
		compare "$asked" "$floor"
		if [ "$order" -lt 0 ] || { [ "$order" -eq 0 ] && [ "$verb" = toolchain ]; }; then return 0; fi
	fi
	floor=$asked floor_line=$directive
}

read_module_line() {
	read_directive "$1"
	[ "$count" -gt 0 ] || return 0
	if [ -n "$inside" ]; then
		[ "$verb" != ')' ] || inside=
		return 0
	fi
	if [ "$count" -gt 1 ] && [ "$last" = '(' ]; then
		inside=yes
		return 0
	fi
	[ "$count" -le 2 ] || [ "$before_last$last" != '()' ] || return 0
	case $verb in
	go)
		[ -z "$seen_go" ] || return 0
		seen_go=yes
		read_go_line
		raise_floor
		;;
	toolchain)
		[ -z "$seen_toolchain" ] || return 0
		seen_toolchain=yes
		read_toolchain_line
		raise_floor
		;;
	esac
}

# Whether there is such a file; what it asks for in $floor. Only lines that can matter come through grep, with their numbers.
read_module_file() {
	[ ! -d "$1" ] && check_file "$1" 16777216 '16 MiB' "$module_hint" || return 1
	file=$1 floor= floor_line= inside= seen_go= seen_toolchain=
	speaking=$(tr '\000' '\001' <"$file" | LC_ALL=C grep -nE "^[$module_blank]*(go|toolchain|\\))|\\(")
	while IFS= read -r numbered; do
		line_number=${numbered%%:*}
		[ -z "$numbered" ] || read_module_line "${numbered#*:}"
	done <<-END
		$speaking
	END
}

read_work_here() {
	read_module_file "$directory/go.work"
}

read_mod_here() {
	read_module_file "$directory/go.mod"
}

# The file that go env -w writes, in $settings.
find_settings() {
	settings=${GOENV-}
	case $settings in
	off)
		settings=
		return
		;;
	?*) return ;;
	esac
	[ -n "${HOME-}" ] || return 0
	if [ "$(uname -s)" = Darwin ]; then
		settings="$HOME/Library/Application Support/go/env"
		return
	fi
	case ${XDG_CONFIG_HOME-} in
	/*) settings=$XDG_CONFIG_HOME/go/env ;;
	'') settings=$HOME/.config/go/env ;;
	esac
}

# GOWORK as Go has it, in $work: the environment's, else the last that was written.
find_work_setting() {
	work=${GOWORK-}
	[ -z "$work" ] || return 0
	find_settings
	[ -n "$settings" ] && [ -f "$settings" ] && [ -r "$settings" ] || return 0
	[ -z "$(find -L "$settings" -prune -size +1048576c 2>/dev/null)" ] || return 0
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in GOWORK=*) work=${line#GOWORK=} ;; esac
	done <"$settings"
}

find_floor() {
	floor=
	find_work_setting
	case $work in
	'' | auto) if upward read_work_here; then return; fi ;;
	/*) if read_module_file "$work"; then return; fi ;;
	esac
	upward read_mod_here || :
}

satisfies() {
	case $1 in go*) ;; *) return 1 ;; esac
	key_version=${1%%@*}
	parse_release "${key_version#go}" || return 1
	compare "${key_version#go}" "$floor"
	[ "$order" -ge 0 ]
}

choose_if_it_satisfies() {
	satisfies "$1" && is_installed "$1" || return 1
	choose "$1"
}

# The newest pre-release of the floor's minor (newest), or the oldest release that is enough (oldest).
scan_versions() {
	best=
	set +f
	set -- "$1" "$home"/versions/go[$digits]*
	set -f
	wanted=$1
	shift
	for each; do
		key=${each##*/}
		case $key in *@*) continue ;; esac
		is_key "$key" && parse_release "${key#go}" || continue
		if [ "$wanted" = oldest ]; then
			[ -z "$kind" ] || continue
		else
			[ -n "$kind" ] && [ "$major.$minor" = "$floor_minor" ] || continue
		fi
		satisfies "$key" && is_installed "$key" || continue
		if [ -n "$best" ]; then
			compare "${key#go}" "${best#go}"
			case $wanted in oldest) [ "$order" -lt 0 ] || continue ;; newest) [ "$order" -gt 0 ] || continue ;; esac
		fi
		best=$key
	done
	[ -n "$best" ] && choose "$best"
}

select_for_floor() {
	read_link current
	if choose_if_it_satisfies "$key"; then return 0; fi
	parse_version "$floor"
	floor_minor=$major.$minor request=$major.$minor preview=$kind
	read_link "aliases/$floor_minor"
	if choose_if_it_satisfies "$key"; then return 0; fi
	if [ -n "$preview" ]; then
		request=$floor
		if scan_versions newest; then return 0; fi
	fi
	if scan_versions oldest; then return 0; fi
	missing "$file asks for $floor_line; no installed Go satisfies it" "$request" "$file"
}

# ---- all sources, in order ----

select_default() {
	read_link current
	if [ -z "$key" ]; then
		find_system && return 0
		fail 3 'no Go is installed, and there is no other go on PATH' 'gox install latest'
	fi
	who='the default'
	if is_installed "$key"; then choose "$key"; else missing_release "$key"; fi
}

select_go() {
	pinned=
	if [ -n "${GOTOOLCHAIN_INTERNAL_SWITCH_VERSION-}" ]; then
		select_switch
		return
	fi
	trim_lines "${GOX_VERSION-}"
	if [ -n "$text" ]; then
		who=GOX_VERSION file= asked_word=$text
		pinned=yes
		check_pin "$asked_word"
		select_pin "$asked_word"
		return
	fi
	if [ -n "$start" ]; then
		if upward read_pins_here; then
			pinned=yes
			select_pin "$found"
			return
		fi
		find_floor
		if [ -n "$floor" ]; then
			select_for_floor
			return
		fi
	fi
	select_default
}

# ---- where this is, and where it starts ----

is_plain() {
	case $1/ in
	*//* | */./* | */../*) [ "$1" = / ] ;;
	/*) ;;
	*) return 1 ;;
	esac
}

# Empty and `.` components dropped, in $joined.
join_words() {
	joined= words=$1/
	while [ -n "$words" ]; do
		word=${words%%/*} words=${words#*/}
		case $word in '' | .) ;; *) joined=$joined/$word ;; esac
	done
	[ -n "$joined" ] || joined=/
}

find_start() {
	start=${PWD-}
	if is_plain "$start" && [ "$start" -ef . ]; then return; fi
	start=$(pwd -P 2>/dev/null && echo .)
	start=${start%"$nl".}
	case $start in /*) [ "$start" -ef . ] || start= ;; *) start= ;; esac
}

# The start that `go -C DIR` moves to, as cmd/go's chdir has it: the real path, unless that is where the start is already.
move_start() {
	[ -n "$1" ] && [ -d "$1" ] || return 0
	if [ -n "$start" ] && [ "$start" -ef "$1" ]; then return 0; fi
	case $1 in -*) moved=./$1 ;; *) moved=$1 ;; esac
	moved=$(CDPATH= cd -P "$moved" 2>/dev/null && pwd -P && echo .)
	moved=${moved%"$nl".}
	[ -z "$moved" ] || start=$moved
}

apply_chdir_flag() {
	case ${1-} in
	mod | work)
		shift
		case ${1-} in '' | -*) ;; *) shift ;; esac
		;;
	'' | -*) ;;
	*) shift ;;
	esac
	case ${1-} in
	-C | --C) if [ $# -gt 1 ]; then move_start "$2"; fi ;;
	-C=* | --C=*) move_start "${1#*=}" ;;
	esac
}

find_self() {
	self=$0
	case $self in */*) ;; *) self=$(PATH=$caller_path && command -v "$0") ;; esac
	case $self in /*) ;; *) self=$PWD/$self ;; esac
	self_name=${self##*/}
	real_directory "$self"
	directory_of_self=${self%/*}
	if [ -L "$self" ] || ! is_plain "$self"; then directory_of_self=$real; fi
	# The directory it was found in may be a link to shims/ by another name.
	case $directory_of_self in */shims) ;; *) directory_of_self=$real ;; esac
}

find_home() {
	case ${GOX_HOME-} in
	'') ;;
	[!/]* | */../* | */..)
		fail 2 "GOX_HOME must be an absolute path without \"..\", not $(quote "$GOX_HOME")" 'export GOX_HOME="$HOME/.gox"'
		;;
	esac
	case ${GOX_HOME-} in
	/*) join_words "$GOX_HOME" ;;
	*)
		case $directory_of_self in
		*/shims) join_words "${directory_of_self%/shims}" ;;
		*)
			case ${HOME-} in /*) join_words "$HOME/.gox" ;; *) fail 2 'neither GOX_HOME nor HOME is an absolute path' 'export HOME' ;; esac
			;;
		esac
		;;
	esac
	home=$joined
	[ "$home" != / ] || home=
	case ${GOX_SHIM_DEPTH-} in
	'') depth=0 ;;
	[$digits]) depth=$GOX_SHIM_DEPTH ;;
	*) depth=8 ;;
	esac
}

# ---- the plan: what the caller's shell is to do ----

# $1 as one word of shell.
put_word() {
	words=$1\'
	printf "'"
	while [ "${words#*\'}" ]; do
		printf "%s'\\\\''" "${words%%\'*}"
		words=${words#*\'}
	done
	printf "%s' " "${words%%\'*}"
}

# Whether Go is not to switch away from the version in force.
is_held() {
	[ -n "$pinned" ] && [ -z "$system" ] && [ -z "${GOTOOLCHAIN-}" ] || return 1
	[ -n "${GOX_STRICT-}" ] || [ -e "$home/strict" ]
}

plan_to_become_tool() {
	program=$bin/$self_name
	if [ ! -e "$program" ] || [ -d "$program" ] || is_self "$program" || { [ -n "$system" ] && ! is_foreign_program "$program"; }; then
		fail 127 "${chosen%%@*} has no $self_name"
	fi
	if [ ! -x "$program" ]; then fail 126 "$program: Permission denied"; fi
	printf 'unset GOROOT; '
	case :$caller_path: in
	:: | *":$home/shims:"* | *":$home/shims/:"*) ;;
	*)
		printf 'PATH=$PATH:'
		put_word "$home/shims"
		printf '; '
		;;
	esac
	if [ -n "$system" ] && [ -n "$system_small" ]; then printf 'export GOX_SHIM_DEPTH=%s; ' $((depth + 1)); fi
	if is_held; then printf 'export GOTOOLCHAIN=local; '; fi
	printf 'exec '
	put_word "$program"
	printf '"$@"'
}

# The words of the launcher, each a word of shell, in $launcher_words; false when it can't be started: by whose fault in
# $program, which for node is also the script that it would miss.
read_launcher() {
	launcher_words= program= script=
	[ -f "$home/launcher" ] && [ -r "$home/launcher" ] || return 1
	while IFS= read -r line || [ -n "$line" ]; do
		line=${line%"$cr"}
		[ -n "$line" ] || continue
		if [ -z "$program" ]; then
			program=$line
			if [ "${line##*/}" = node ] && [ ! -x "$line" ]; then line=$(PATH=$caller_path && command -v node) || return 1; fi
			if [ ! -x "$line" ] || [ -d "$line" ]; then return 1; fi
		elif [ -z "$script" ]; then
			script=$line
			case ${program##*/}$script in node/*) [ -r "$script" ] || program=$script ;; esac
			[ "$program" != "$script" ] || return 1
		fi
		launcher_words="$launcher_words$(put_word "$line")"
	done <"$home/launcher"
	[ -n "$program" ]
}

put_launcher() {
	printf 'unset GOX_SHIM_DEPTH; export GOX_HOME='
	put_word "${home:-/}"
	printf '; exec %s' "$launcher_words"
}

plan_to_hand_over() {
	if read_launcher; then
		put_launcher
		printf '"$@"'
	elif [ -n "$program" ]; then
		fail 1 "$program: No such file or directory: gox cannot start" "$launcher_hint"
	else
		fail 1 "$home/launcher is missing: gox cannot start" "$launcher_hint"
	fi
}

# Whether $1 is a file, or a link, that another user laid there: he has nothing installed for this one. Whose in $owner.
is_anothers() {
	case $1 in /*) ;; *) return 1 ;; esac
	me=$(id -u)
	for flags in -ldnL -ldn; do
		set -- "$1" $(ls $flags "$1" 2>/dev/null)
		owner=${4:-unknown}
		case $owner in 0 | "$me") ;; *) return 0 ;; esac
	done
	return 1
}

# What gox runs while it installs must not ask for the same install again.
plan_to_install() {
	printf '(export GOX_NO_AUTO_INSTALL=1; '
	put_launcher
	printf 'auto-install '
	put_word "$missing_request"
	printf -- '--asked-by '
	put_word "$missing_who"
	printf '>&2) || exit; gox_shim again "$@"'
}

# plan ROUND ARG…: the second round comes after an install.
plan() {
	set -f
	unset CDPATH
	caller_path=${PATH-} round=$1
	shift
	# For the patterns here, and for what is started here.
	PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C
	export PATH
	gox_shim_constants
	find_self
	case "$self_name $*" in
	'gox --shim-self-test' | 'gox-shim.sh --shim-self-test')
		host_platform
		printf 'echo gox-shim ok %s' "$host"
		return
		;;
	esac
	find_home
	case $self_name in
	gox | gox-shim.sh)
		plan_to_hand_over
		return
		;;
	esac
	find_start
	[ "$self_name" != go ] || apply_chdir_flag "$@"
	if select_go; then
		plan_to_become_tool
	elif [ "$round" = first ] && [ -z "${GOX_NO_AUTO_INSTALL-}" ]; then
		if is_anothers "$missing_who"; then
			fail 3 "$missing_message; that file is another user's (uid $owner), so gox installs nothing for it by itself" "$missing_hint"
		elif read_launcher; then
			plan_to_install
		else
			fail 3 "$missing_message" "$missing_hint"
		fi
	else
		fail 3 "$missing_message" "$missing_hint"
	fi
}

gox_shim() {
	gox_shim_plan=$(plan "$@") || exit
	shift
	eval "$gox_shim_plan"
}

gox_shim first "$@"
