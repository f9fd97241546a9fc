#!/usr/bin/env bash
# go1.26.8. `go env -w` stores a GOTOOLCHAIN that names a toolchain too old for the `-u` and `-w` logic (go1.20.14), without
# complaint. From then on `go env -u GOTOOLCHAIN`, the documented way back, is handed to that older toolchain, which
# answers "unknown go command variable GOTOOLCHAIN", and the line stays. `GOTOOLCHAIN=local go env -u GOTOOLCHAIN` works.
# One would expect `go env -u` to be answered by the go that was called, as it concerns that go's own settings.
set -euo pipefail
place=$(mktemp -d)
trap 'chmod -R u+w "$place" && rm -rf "$place"' EXIT
cd "$place"
export GOMODCACHE=$place/mod GOENV=$place/env GOFLAGS=
unset GOTOOLCHAIN
printf 'module probe\n' >go.mod
GOTOOLCHAIN=local go mod download golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64
go=$GOMODCACHE/golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64
chmod -R u+wx "$go/bin" "$go/pkg/tool"
rm go.mod
"$go/bin/go" env -w GOTOOLCHAIN=go1.20.14
first=0
message=$("$go/bin/go" env -u GOTOOLCHAIN 2>&1) || first=$?
left=$(grep -c GOTOOLCHAIN=go1.20.14 "$GOENV" || true)
GOTOOLCHAIN=local "$go/bin/go" env -u GOTOOLCHAIN
after=$(grep -c GOTOOLCHAIN "$GOENV" || true)
echo "seen: status $first, $left line left; with GOTOOLCHAIN=local: $after left"
echo "      ${message##*$'\n'}"
[ "$first" != 0 ] && [ "$left" = 1 ] && [ "$after" = 0 ] && [[ $message == *"unknown go command variable GOTOOLCHAIN"* ]] || { echo "changed"; exit 1; }
