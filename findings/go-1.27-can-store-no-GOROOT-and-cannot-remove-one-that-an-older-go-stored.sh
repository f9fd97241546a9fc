#!/usr/bin/env bash
# go1.26.8 and go1.27.4. `go env -w GOROOT=DIR` is accepted up to 1.26, and `go env -u GOROOT` takes it back. 1.27 refuses
# both with "GOROOT cannot be modified", yet still obeys the line that an older go left in the settings file: `go env GOROOT`
# prints it. So after an upgrade the command that Go's own documents give for removing a setting can't remove this
# one; the file has to be edited by hand. One would expect a go that refuses the setting to ignore it or to allow its removal.
set -euo pipefail
place=$(mktemp -d)
trap 'chmod -R u+w "$place" && rm -rf "$place"' EXIT
cd "$place"
export GOMODCACHE=$place/mod GOENV=$place/env GOFLAGS= GOTOOLCHAIN=local
unset GOROOT
printf 'module probe\n' >go.mod
for version in 1.26.8 1.27.4; do
	go mod download "golang.org/toolchain@v0.0.1-go$version.linux-amd64"
	chmod -R u+wx "$GOMODCACHE/golang.org/toolchain@v0.0.1-go$version.linux-amd64/bin"
done
rm go.mod
old=$GOMODCACHE/golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64/bin/go
new=$GOMODCACHE/golang.org/toolchain@v0.0.1-go1.27.4.linux-amd64/bin/go
mkdir other
"$old" env -w "GOROOT=$place/other"
status=0
message=$("$new" env -u GOROOT 2>&1) || status=$?
obeyed=$("$new" env GOROOT)
"$old" env -u GOROOT
echo "seen: 1.27.4 env -u GOROOT: status $status, $message"
echo "      1.27.4 env GOROOT: ${obeyed#"$place"/}; after 1.26.8 env -u GOROOT: $(wc -c <"$GOENV") bytes"
[ "$status" != 0 ] && [[ $message == *"GOROOT cannot be modified"* ]] && [ "$obeyed" = "$place/other" ] && [ ! -s "$GOENV" ] || { echo "changed"; exit 1; }
