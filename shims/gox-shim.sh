#!/bin/sh
# gox-shim-marker: gox's shims recognize each other by this text.
#
# This script is go, gofmt and gox on PATH where the native shim cannot run. It chooses nothing itself. As gox it
# becomes the launcher. As a Go tool it asks the launcher (`gox shim`) for a line of shell and runs that line, which
# ends in `exec`: the process becomes Go. docs/selection.md lists the differences from the native shim.

gox_shim_fail() {
	printf 'gox: %s\n  %s\n' "$2" "$3" >&2
	exit "$1"
}

gox_shim_stop() {
	gox_shim_fail 1 "$1: gox cannot start" 'run any command of the installed package once, e.g.: npx gox-cli setup'
}

# Prefers the GOX_HOME that this file is in to the user's own.
gox_shim_find_home() {
	case $0 in */*) gox_shim_file=$0 ;; *) gox_shim_file=./$0 ;; esac
	while [ -L "$gox_shim_file" ]; do
		gox_shim_link=$(command -p readlink "$gox_shim_file")
		case $gox_shim_link in /*) gox_shim_file= ;; *) gox_shim_file=${gox_shim_file%/*}/ ;; esac
		gox_shim_file=$gox_shim_file$gox_shim_link
	done
	gox_shim_home=$(CDPATH= cd -P "${gox_shim_file%/*}/" && pwd)
	case $gox_shim_home in */shims) gox_shim_home=${gox_shim_home%/shims} ;; *) gox_shim_home=${HOME-}/.gox ;; esac
	case $gox_shim_home in [!/]*) gox_shim_fail 2 'neither GOX_HOME nor HOME is an absolute path' 'export HOME' ;; esac
	[ ! "$gox_shim_home" -ef "${HOME-}/.gox" ] || gox_shim_home=$HOME/.gox
}

# Becomes the launcher, with these arguments.
gox_shim_launch() {
	gox_shim_find_home
	export GOX_HOME="${GOX_HOME:-$gox_shim_home}"
	case $GOX_HOME in /*) [ ! -r "$GOX_HOME/launcher" ] || gox_shim_home=$GOX_HOME ;; esac
	gox_shim_words=$(command -p cat "$gox_shim_home/launcher" 2>/dev/null)
	[ -n "$gox_shim_words" ] || gox_shim_stop "$gox_shim_home/launcher is missing"
	set -f
	IFS='
'
	set -- $gox_shim_words "$@"
	case ${1##*/}:${2-} in node:/*) [ -r "$2" ] || gox_shim_stop "$2: No such file or directory" ;; esac
	if [ "${1##*/}" = node ] && [ ! -x "$1" ] && gox_shim_file=$(command -v node); then shift && set -- "$gox_shim_file" "$@"; fi
	[ -x "$1" ] || gox_shim_stop "$1: No such file or directory"
	exec "$@"
}

gox_shim_become() {
	gox_shim_line=$(gox_shim_launch shim $gox_shim_again "${0##*/}" -- "$@") || exit
	eval "$gox_shim_line"
}

gox_shim_again=
case ${0##*/}:${1-} in
gox:--shim-self-test | gox-shim*:--shim-self-test)
	command -p uname -sm | command -p sed 's/^L/l/;s/^D/d/;s/ x86_64/-amd64/;s/ a.*64/-arm64/;s/^/gox-shim ok /'
	;;
gox:* | gox-shim*:*) unset GOX_SHIM_DEPTH && gox_shim_launch "$@" ;;
*) gox_shim_become "$@" ;;
esac
