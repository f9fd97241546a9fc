import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { hostTarget, warnings } from "../../scripts/build-shims.mjs";
import { buildFuzzer, corpusDir, fuzzDir } from "../../scripts/fuzz.mjs";
import { freshRoot } from "../support/context.ts";
import { tried } from "../support/tally.ts";
import { readCases } from "./case.ts";
import { answerOf } from "./sourcereaders.ts";

const base = freshRoot("gox-fuzz-");
const answerProgram = join(base, "readers");
const built =
	spawnSync("cc", [...warnings, "-O1", "-DJSON_LINES", "readers.c", "-o", answerProgram], { cwd: fuzzDir }).status === 0;
const fuzzer = buildFuzzer(base);
const host = hostTarget() ?? "linux-amd64";

afterAll(() => rmSync(base, { recursive: true, force: true }));

const corpus = readdirSync(corpusDir)
	.sort()
	.map((name) => [name, readFileSync(join(corpusDir, name))] as const);

/** What the C makes of each input, in one process. */
function answersOfC(inputs: readonly Buffer[]): readonly unknown[] {
	const framed = inputs.flatMap((each) => {
		const size = Buffer.alloc(4);
		size.writeUInt32LE(each.length);
		return [size, each];
	});
	const run = spawnSync(answerProgram, { input: Buffer.concat(framed), maxBuffer: 1 << 28 });
	expect([run.status, run.signal]).toEqual([0, null]);
	const lines = run.stdout.toString().trimEnd().split("\n");
	expect(lines.length).toBe(inputs.length);
	return lines.map((line) => JSON.parse(line));
}

/** The texts of the table of precedence, as inputs. */
function inputsOfTable(): readonly Buffer[] {
	return readCases().flatMap(({ files = {}, env = {} }) => [
		...Object.entries(files).flatMap(([path, spec]) => {
			const reader = { ".go-version": "g", ".tool-versions": "t", "go.mod": "m", "go.work": "m" }[path.replace(/^.*\//, "")];
			const text = typeof spec === "string" ? spec : (spec.text ?? "");
			return reader && text.length < 8000 ? [Buffer.from(reader + text)] : [];
		}),
		...Object.values(env).flatMap((value) =>
			value === null ? [] : ["p", "s", "w"].map((reader) => Buffer.from(reader + value)),
		),
	]);
}

const piece = fc.constantFrom(
	...[
		"1",
		"22",
		"1.22",
		"1.22.5",
		"1.20",
		"1.20.0",
		"go",
		"golang",
		"toolchain ",
		"go1.22rc1",
		"rc",
		"beta2",
		"1000000",
		"0",
		"01",
	],
	...[
		".",
		"..",
		"/",
		"/../",
		"@",
		"@linux-amd64",
		"@darwin-arm64",
		".x",
		"-",
		"_",
		" ",
		"\t",
		"\r",
		"\n",
		"\f",
		"\v",
		"\0",
		"\ufeff",
	],
	...[
		"#",
		"//",
		"(",
		")",
		",",
		'"',
		"`",
		"\\",
		"latest",
		"system",
		"work",
		"default",
		"-C",
		"--C=",
		"mod",
		"shims",
		"=",
		"é",
		"\u{1f600}",
	],
	...["\u202e", "\u200b", "\u0085", "\u2028", "x".repeat(60), "9".repeat(125)],
);
const spelled = fc.array(piece, { maxLength: 8 }).map((pieces) => Buffer.from(pieces.join("")));
const raw = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const mixed = fc.array(fc.oneof({ weight: 3, arbitrary: spelled }, raw), { maxLength: 3 }).map((parts) => Buffer.concat(parts));
const generated = fc
	.tuple(fc.constantFrom(..."pgtmskqvdwl"), mixed)
	.map(([reader, bytes]) => Buffer.concat([Buffer.from(reader), bytes.subarray(0, 8000)]));

describe.skipIf(!built)("the C and the TypeScript read alike (skipped without a C compiler)", { tags: "fault-25" }, () => {
	function compare(inputs: readonly Buffer[]): void {
		for (const [index, answer] of answersOfC(inputs).entries()) {
			const input = inputs[index] ?? Buffer.alloc(0);
			expect({ input: input.toString("latin1"), answer }).toEqual({
				input: input.toString("latin1"),
				answer: answerOf(input, host),
			});
		}
	}

	it("the corpus", (test) => {
		tried(test, corpus.length);
		compare(corpus.map(([, bytes]) => bytes));
	});

	it("the table of precedence", (test) => {
		const inputs = inputsOfTable();
		tried(test, inputs.length);
		compare(inputs);
	});

	it("what fast-check makes up", (test) => {
		const each = 1000;
		tried(test, each * 20);
		fc.assert(fc.property(fc.array(generated, { minLength: each, maxLength: each, size: "max" }), compare), {
			numRuns: 20,
			endOnFailure: true,
		});
	});
});

describe.skipIf(!fuzzer)("the shim's readers under libFuzzer (skipped without a clang that has it)", { tags: "fault-25" }, () => {
	it("survive a hundred thousand runs from the corpus and the table", (test) => {
		tried(test, 100_000);
		const seeds = join(base, "seeds");
		mkdirSync(seeds);
		for (const [name, bytes] of corpus) writeFileSync(join(seeds, name), bytes);
		for (const [index, bytes] of inputsOfTable().entries()) writeFileSync(join(seeds, `table-${index}`), bytes);
		const flags = ["-runs=100000", "-seed=1", "-max_len=600", "-verbosity=0", `-artifact_prefix=${base}/`];
		const run = spawnSync(fuzzer ?? "", [...flags, seeds], { encoding: "utf8" });
		expect([run.status, run.stderr.slice(-4000)]).toEqual([0, expect.not.stringContaining("ERROR")]);
	});
});
