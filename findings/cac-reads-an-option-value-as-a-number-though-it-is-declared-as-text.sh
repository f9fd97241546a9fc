#!/usr/bin/env bash
# cac 7.1.0 (npm). An option declared `--from <version>` says nothing about numbers, yet `--from 1.20` arrives as the
# number 1.2: the trailing zero, which tells Go 1.20 from Go 1.2, is lost. A positional word "1.20" stays the string that
# was typed, so one program sees both forms of the same version. "0x10" becomes 16, "1e3" becomes 1000.
# A tool that takes versions, build numbers or phone numbers as option values has to read them from argv itself.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cac@7.1.0
cat >probe.mjs <<'JS'
import { cac } from "cac";
const cli = cac("tool");
cli.command("install [...versions]", "").option("--from <version>", "");
const read = (...words) => (cli.parse(["", "", "install", ...words], { run: false }), [cli.args, cli.options.from]);
console.log(JSON.stringify([read("1.20"), read("--from", "1.20"), read("--from=1e3"), read("--from", "0x10")]));
JS
got=$(node probe.mjs)
want='[[["1.20"],null],[[],1.2],[[],1000],[[],16]]'
echo "seen: $got"
[ "$got" = "$want" ] || { echo "changed: expected $want"; exit 1; }
