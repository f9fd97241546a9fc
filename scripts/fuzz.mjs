// npm run fuzz: the native shim's readers under libFuzzer, for a minute or as long as -max_total_time says (seconds).
// What libFuzzer takes for interesting is kept in node_modules/.cache for the next run; an input that breaks a reader is
// written into shims/fuzz/corpus, where the tests try it ever after. Arguments go to libFuzzer.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { warnings } from "./build-shims.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const fuzzDir = join(root, "shims/fuzz");
export const corpusDir = join(fuzzDir, "corpus");

/** Builds the fuzzer into a directory; undefined where there is no clang with libFuzzer and the sanitizers. */
export function buildFuzzer(directory) {
	const output = join(directory, "fuzz-shim");
	const flags = ["-g", "-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"];
	const built = spawnSync("clang", [...warnings, ...flags, "readers.c", "-o", output], { cwd: fuzzDir, stdio: "ignore" });
	return built.status === 0 ? output : undefined;
}

function fuzz(flags) {
	const place = join(root, "node_modules/.cache/gox-fuzz");
	const found = join(place, "found");
	mkdirSync(found, { recursive: true });
	const fuzzer = buildFuzzer(place);
	if (!fuzzer) throw new Error("libFuzzer is part of clang (Debian: clang and libclang-rt-dev)");
	const options = ["-max_total_time=60", "-max_len=4096", `-artifact_prefix=${corpusDir}/`, ...flags];
	const { status } = spawnSync(fuzzer, [...options, found, corpusDir], { stdio: "inherit" });
	rmSync(fuzzer);
	return status ?? 1;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) process.exit(fuzz(process.argv.slice(2)));
