import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostTarget, shimsDir } from "../../scripts/build-shims.mjs";
import { Options } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run as why } from "../../src/commands/why.ts";
import { GoxError } from "../../src/errors.ts";
import { select } from "../../src/select/select.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";
import { tried } from "../support/tally.ts";
import { modelAnswer } from "./model.ts";
import { copyGox, failureText, type Machine, machineOf, nativeShim, type Setup, writeLauncher } from "./native.ts";

/** GOX_TREES=30000 for a long look. */
const trees = Number(process.env.GOX_TREES ?? 1000);

const versions = ["1.20", "1.20.14", "1.21rc2", "1.21.0", "1.21.13", "1.22.5", "1.23rc1", "1.23.1", "1.24rc2", "1.9.2rc2"];
const version = fc.constantFrom(...versions);
const number = fc.constantFrom("0", "1", "2", "5", "9", "13", "20", "21", "22", "23", "024", "999999", "1000000");
const word = fc.oneof(
	version,
	version.map((each) => `go${each}`),
	version.map((each) => `${each}@linux-arm64`),
	fc.tuple(number, number, number).map((each) => each.join(".")),
	fc.tuple(number, number).map((each) => each.join(".")),
	fc.constantFrom(
		"1",
		"1.x",
		"1.22.x",
		"latest",
		"stable",
		"system",
		"work",
		"go",
		"golang",
		"rc",
		"ref:x",
		"é",
		"\u{1f600}",
		"$(x)",
	),
	fc.string({ maxLength: 6 }),
	fc.string({ unit: "binary", maxLength: 4 }),
);
const blank = fc.constantFrom(" ", "\t", "  ", "\r", "\f", "\v", "");
const end = fc.constantFrom("\n", "\r\n", "\n\n", "", " # x\n", "//x\n", " // x\n");
const line = (first: string[]) =>
	fc
		.tuple(blank, fc.constantFrom(...first), fc.array(fc.tuple(blank, word), { maxLength: 3 }), end)
		.map(([before, head, words, after]) => before + head + words.map(([gap, each]) => (gap || " ") + each).join("") + after);
const single = fc.tuple(blank, word, end).map((parts) => parts.join(""));
const pinFile = fc
	.array(fc.oneof({ weight: 6, arbitrary: single }, line(["go", "golang", "#", "//", ""])), { maxLength: 3 })
	.map(text);
const toolsFile = fc.array(line(["golang", "go", "golang", "nodejs", "golangci-lint", "#golang"]), { maxLength: 3 }).map(text);
const modLine = fc.oneof(
	fc.tuple(fc.constantFrom("go", "toolchain"), word, end).map(([verb, each, after]) => `${verb} ${each}${after}`),
	fc
		.tuple(fc.constantFrom("go", "toolchain"), version, end)
		.map(([verb, each, after]) => `${verb} ${verb === "go" ? "" : "go"}${each}${after}`),
	line(["module", "require", "(", ")", "go", "toolchain", '"go"', "`", "//"]),
	fc.constantFrom(
		"require (\n",
		")\n",
		"go (\n",
		"go ( )\n",
		"toolchain default\n",
		"toolchain go1.22.5-corp\n",
		"retract [v1, v2]\n",
	),
);
const modFile = fc.array(modLine, { maxLength: 5 }).map(text);
const raw = fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ base64: Buffer.from(bytes).toString("base64") }));
const levels = ["", "a/", "a/b/", "a/b/c/"];

const file = fc.oneof(
	...[".go-version", ".tool-versions", "go.mod", "go.work"].map((name) =>
		fc.tuple(
			fc.constantFrom(...levels).map((level) => `p/${level}${name}`),
			fc.oneof(
				{ weight: 12, arbitrary: { ".go-version": pinFile, ".tool-versions": toolsFile }[name] ?? modFile },
				{ weight: 1, arbitrary: raw },
				{
					weight: 1,
					arbitrary: fc.constantFrom({ dir: true as const }, { symlink: "gone" }, { symlink: "." }, { symlink: "../go.mod" }),
				},
			),
		),
	),
);

const setup: fc.Arbitrary<Setup> = fc.record(
	{
		installed: fc.uniqueArray(version, { maxLength: 6 }),
		derive: fc.boolean(),
		aliases: fc.option(version, { nil: "1.22.5" }).map((each) => ({ work: each })),
		default: version,
		system: fc.constantFrom("1.22.5", "1.26.8", "corp"),
		files: fc
			.tuple(fc.array(file, { maxLength: 4 }), fc.constantFrom("GOWORK=off\n", "GOFLAGS=-v\nGOWORK=auto", "GOWORK=off\nGOWORK="))
			.map(([files, settings]) => ({ "p/goenv": settings, ...Object.fromEntries(files) })),
		env: fc
			.record(
				{
					GOX_VERSION: fc.oneof(word.filter(isPossible), fc.constant("")),
					GOWORK: fc.constantFrom("off", "auto", "", "x", "$ROOT/p/go.work", "$ROOT/p/a/go.mod"),
					GOENV: fc.constantFrom("$ROOT/p/goenv", "off", "$ROOT/p"),
					GOTOOLCHAIN_INTERNAL_SWITCH_VERSION: fc.oneof(
						version.map((each) => `go${each}`),
						word.filter(isPossible),
					),
					PWD: fc.constantFrom("$ROOT/p/a/b/c", "$ROOT/p", "$ROOT/p/a/./b/c", "$ROOT/p/a/b/c/", "x", ""),
				},
				{ requiredKeys: [] },
			)
			.map((env) => (Math.abs(JSON.stringify(env).length) % 3 === 0 ? env : { PWD: env.PWD ?? "" })),
	},
	{ requiredKeys: [] },
);

/** Trees where much is chosen, and some where nobody says anything: each outcome comes often enough to be counted on. */
const anySetup: fc.Arbitrary<Setup> = fc.oneof(
	{ weight: 12, arbitrary: setup },
	{ weight: 6, arbitrary: setup.map((each) => ({ ...each, installed: versions })) },
	{ weight: 2, arbitrary: fc.record({ derive: fc.boolean(), system: fc.constantFrom("1.22.5", "corp") }, { requiredKeys: [] }) },
);

const host = hostTarget() ?? "linux-amd64";
let base: string;

beforeAll(() => {
	base = freshRoot("gox-trees-");
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Lays random trees out and compares what the shim says in each with what the TypeScript says. */
function compare(shim: string, trees: number, check: (machine: Machine, expected: Answer) => void): Map<string, number> {
	let count = 0;
	const outcomes = new Map<string, number>();
	fc.assert(
		fc.property(anySetup, (each) => {
			const root = join(base, String(count++));
			try {
				const machine = machineOf({ cwd: "p/a/b/c", ...each }, root, shim);
				const expected = selected(machine);
				outcomes.set(expected.kind, (outcomes.get(expected.kind) ?? 0) + 1);
				check(machine, expected);
			} finally {
				rmSync(root, { recursive: true, force: true });
			}
		}),
		{ numRuns: trees },
	);
	return outcomes;
}

describe("random directory trees", { tags: "fault-26" }, () => {
	it("get the same answer from the native shim as from src/select/, gox why and the model", (test) => {
		tried(test, trees);
		const outcomes = compare(nativeShim(join(base, "built")), trees, (machine, expected) => {
			expect(machine.run("gox", ["current", "--json"]).stdout).toBe(expected.json);
			const model = modelAnswer({ cwd: machine.cwd, env: machine.env, host });
			expect(verdictOf(expected.json)).toEqual(model);
			expect(verdictOf(whyJson(machine))).toEqual(model);
		});
		// Trees that all fail, or all fall through to the default, would prove little.
		for (const kind of ["chosen", "bad-version-file", "not-installed", "no-go"])
			expect([kind, outcomes.get(kind) ?? 0]).toEqual([kind, expect.toSatisfy((n) => n > 5)]);
	}, 600_000);

	it("get the same answer from the sh shim as from src/select/", (test) => {
		tried(test, trees / 10);
		const gox = copyGox(join(base, "dist"));
		compare(join(shimsDir, "gox-shim.sh"), trees / 10, (machine, { stdout, stderr }) => {
			writeLauncher(machine, gox);
			expect(machine.run("go", ["version"], { GOX_NO_AUTO_INSTALL: "1" })).toMatchObject({ stdout, stderr });
		});
	}, 600_000);
});

/** What the model speaks of too: the version, who decided and what is below; or the failure's code. */
function verdictOf(json: string): unknown {
	const { version, source, below, error } = JSON.parse(json);
	return error ? { error: error.code } : { version, source, ...(below && { below }) };
}

/** What `gox why --json` prints. */
function whyJson(machine: Machine): string {
	const context = contextOn(machine);
	const report = reportOn(context, { json: true, quiet: false, verbose: false });
	try {
		void why({ context, report, args: [], options: new Options({}), rest: [], name: "why", commands: [] });
	} catch (failure) {
		if (!(failure instanceof GoxError)) throw failure;
		return JSON.stringify({ error: { code: failure.code } });
	}
	return context.out();
}

function contextOn({ root, cwd, env }: Machine): TestContext {
	return { ...testContext({ root, cwd, host }), env, home: join(root, "gox") };
}

interface Answer {
	readonly kind: string;
	/** What `gox current --json` prints. */
	readonly json: string;
	/** What `go version` prints, and on which stream. */
	readonly stdout: string;
	readonly stderr: string;
}

/** The answer by the TypeScript. */
function selected(machine: Machine): Answer {
	try {
		const { version, goroot, source, below, failure } = select(contextOn(machine));
		if (failure) throw failure;
		const json = `${JSON.stringify({ version, goroot, source, ...(below && { below }) })}\n`;
		return { kind: "chosen", json, stdout: `go ${version} version\n`, stderr: "" };
	} catch (failure) {
		if (!(failure instanceof GoxError)) throw failure;
		const error = { code: failure.code, message: failure.message, hint: failure.hint ?? null };
		return {
			kind: failure.code,
			json: `${JSON.stringify({ error })}\n`,
			stdout: "",
			stderr: failureText({ ...error, error: error.code, exit: 0 }),
		};
	}
}

/** The kernel has no NUL in an environment, and Node no lone surrogate. */
function isPossible(value: string): boolean {
	return !value.includes("\0") && wellFormed(value) === value;
}

function text(lines: readonly string[]): string {
	return wellFormed(lines.join(""));
}

function wellFormed(value: string): string {
	return Buffer.from(value).toString();
}
