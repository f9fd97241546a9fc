#!/usr/bin/env bash
# Go 1.26 (any recent go) with the module golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64. The zip records mode 0755 for
# 61 files, bin/go among them, but `go mod download` unpacks every file as 0444: the directory it reports in "Dir" holds a
# complete GOROOT whose `go` can't be run. Only the go command's own toolchain switch sets the bits, later, when it
# first uses that copy. One would expect either no modes in the zip or the modes on disk.
set -euo pipefail
place=$(mktemp -d)
trap 'chmod -R u+w "$place" && rm -rf "$place"' EXIT
cd "$place"
export GOMODCACHE=$place/mod GOFLAGS= GOTOOLCHAIN=local
printf 'module probe\n' >go.mod
module=golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64
go mod download -json "$module" >answer.json
zip=$(sed -n 's/.*"Zip": "\(.*\)".*/\1/p' answer.json)
dir=$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' answer.json)
in_zip=$(python3 - "$zip" <<'PY'
import sys, zipfile
entries = zipfile.ZipFile(sys.argv[1]).infolist()
print(sum(1 for entry in entries if entry.external_attr >> 16 & 0o111))
PY
)
on_disk=$(find "$dir" -type f -perm /111 | wc -l)
echo "seen: $(go version | cut -d' ' -f3): executable in the zip: $in_zip files; on disk: $on_disk files"
[ "$in_zip" = 61 ] && [ "$on_disk" = 0 ] || { echo "changed: expected 61 and 0"; exit 1; }
