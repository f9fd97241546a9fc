import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostTarget } from "../../scripts/build-shims.mjs";
import { GoxError } from "../../src/errors.ts";
import { select } from "../../src/select/select.ts";
import type { Selection } from "../../src/select/source.ts";
import { parsePlatform } from "../../src/version/platform.ts";
import { freshRoot, testContext } from "../support/context.ts";
import type { Case } from "./case.ts";
import { machineOf, nativeShim } from "./native.ts";

const trees = 1_000;
const outcomes = [
	"GOTOOLCHAIN_INTERNAL_SWITCH_VERSION",
	"GOX_VERSION",
	".go-version",
	".tool-versions",
	"go.work",
	"go.mod",
	"default",
	"system",
	"not-installed",
	"no-go",
	"not-a-version",
	"bad-version-file",
];
let base: string;
let shim: string;

beforeAll(() => {
	base = freshRoot("gox-trees-");
	shim = nativeShim(join(base, "built"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Versions, words and files that fit each other often enough for every source to win now and then. */
const key = fc.constantFrom(
	"1.20",
	"1.20.14",
	"1.21.0",
	"1.21.13",
	"1.22.4",
	"1.22.10",
	"1.23.1",
	"1.24rc1",
	"1.24rc2",
	"1.25.0",
	"1.21.13@darwin-amd64",
);
const word = fc.oneof(
	{
		weight: 20,
		arbitrary: fc.constantFrom(
			"1.22",
			"go1.22",
			"1.21.13",
			"1.20",
			"1.20.0",
			"1.24rc1",
			"latest",
			"stable",
			"work",
			"system",
			"1",
			"1.21.x",
			"go1.25.0",
			"1.21.13@darwin-amd64",
		),
	},
	fc.constantFrom(
		"1.22d",
		"oldstable",
		"latst",
		">=1.21",
		"1.22.5.1",
		"ß",
		"\u0001",
		"v1.22",
		"1.22@linux-amd64",
		"go",
		"go 1.22",
		"1.21 1.22",
	),
);
const around = fc.constantFrom(
	"",
	"",
	"",
	"",
	"",
	"",
	"",
	"",
	"",
	" ",
	"\n",
	"\r\n",
	"# x\n",
	" ",
	"\n",
	"\r\n",
	"# x\n",
	" // x\n",
	"\t",
	"\ufeff",
	"\0",
	"go ",
	"golang ",
	"#",
	"\n1.22\n",
	"\n\n",
	'"',
	"(",
	" (\n",
);
const versionFile = fc.oneof(
	word,
	fc
		.array(
			fc.tuple(around, word, around).map((parts) => parts.join("")),
			{ maxLength: 2 },
		)
		.map((lines) => lines.join("\n")),
);
const toolFile = fc
	.array(
		fc
			.tuple(
				fc.constantFrom("golang ", "golang ", "golang ", "go\t", "golangci-lint ", "", "#golang ", "golang\n"),
				around,
				word,
				fc.constantFrom(" ", "#", "\n", ""),
				word,
			)
			.map((parts) => parts.join("")),
		{ maxLength: 3 },
	)
	.map((lines) => lines.join("\n"));
const goLine = fc.tuple(
	fc.constantFrom("go ", "go ", "go ", "go ", "toolchain go", "toolchain ", "require ", "\tgo\t", "// go ", "go"),
	fc.constantFrom(
		"1.20",
		"1.21",
		"1.21.0",
		"1.22.5",
		"1.24rc2",
		"1.25",
		"1.99",
		"1.22.4-corp",
		"default",
		"x",
		"",
		"(",
		"1.24rc1 // x",
		"1.21",
		"1.22",
		"1.22.5",
		"1.20",
		"1.22//x",
		'"1.22"',
		"1.22 1.23",
		")",
	),
	fc.constantFrom("\n", "\n", "\n", "\r\n", "\n\n", " (\n", "\n)\n", ")\n", ""),
);
const modFile = fc
	.array(
		goLine.map((parts) => parts.join("")),
		{ maxLength: 4 },
	)
	.map((lines) => lines.join(""));
const odd = fc.constantFrom(
	{ dir: true } as const,
	{ symlink: "nowhere" },
	{ symlink: "." },
	{ symlink: "../v" },
	{ base64: "/zEuMjI=" },
);

const directories = ["", "p/", "p/q/", "p/q/r/"];
const files = fc
	.array(
		fc.tuple(
			fc.constantFrom(...directories),
			fc.oneof(
				fc.tuple(fc.constant(".go-version"), fc.oneof({ weight: 5, arbitrary: versionFile }, odd)),
				fc.tuple(fc.constant(".tool-versions"), fc.oneof({ weight: 5, arbitrary: toolFile }, odd)),
				fc.tuple(fc.constant("go.mod"), fc.oneof({ weight: 5, arbitrary: modFile }, odd)),
				fc.tuple(fc.constant("go.mod"), modFile),
				fc.tuple(fc.constant("go.work"), fc.oneof({ weight: 5, arbitrary: modFile }, odd)),
			),
		),
		{ maxLength: 4 },
	)
	.map((list) => Object.fromEntries(list.map(([directory, [name, content]]) => [directory + name, content])));

const tree = fc.record({
	installed: fc.uniqueArray(key, { minLength: 2, maxLength: 9 }),
	derive: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
	aliases: fc.constantFrom({}, { work: "1.21.13" }, { work: "1.19.1" }, { work: "1.20", "1.99": "1.22.4" } as Record<
		string,
		string
	>),
	default: fc.option(key, { nil: undefined }),
	system: fc.option(fc.constantFrom("1.26.8", "1.20.1"), { nil: undefined }),
	files,
	cwd: fc.constantFrom("p", "p/q", "p/q/r"),
	variable: fc.oneof(
		{ weight: 5, arbitrary: fc.constant(undefined) },
		fc.tuple(around, word).map(([a, b]) => (a + b).replaceAll("\0", "")),
	),
	goSwitch: fc.oneof(
		{ weight: 12, arbitrary: fc.constant(undefined) },
		fc.constantFrom("go1.22.4", "go1.20", "go1.22", "go1.21.0-x", "x", ""),
	),
	gowork: fc.oneof(
		{ weight: 6, arbitrary: fc.constant(undefined) },
		fc.constantFrom("off", "auto", "$ROOT/p/go.work", "$ROOT/none", "p", "$ROOT/p"),
	),
	pwd: fc.oneof(
		{ weight: 6, arbitrary: fc.constant(undefined) },
		fc.constantFrom(null, "$ROOT", "$ROOT/p/../p", ".", "$ROOT/p/"),
	),
});

describe("random trees", () => {
	const host = hostTarget();
	const samples = fc.sample(tree, { numRuns: trees, seed: 20_240_702 });
	it.skipIf(!host)("the shim and select say the same of each", { timeout: 600_000 }, () => {
		const seen = new Map<string, number>();
		for (const [number, { variable, goSwitch, gowork, pwd, ...each }] of samples.entries()) {
			const env = Object.fromEntries(
				Object.entries({ GOX_VERSION: variable, GOTOOLCHAIN_INTERNAL_SWITCH_VERSION: goSwitch, GOWORK: gowork, PWD: pwd }).filter(
					([, value]) => value !== undefined,
				),
			) as Record<string, string | null>;
			const one = Object.fromEntries(
				Object.entries({ ...each, env, name: `${number}`, expect: {} }).filter(([, value]) => value !== undefined),
			) as unknown as Case;
			const root = join(base, String(number));
			const machine = machineOf(one, root, shim);
			const context = {
				...testContext({ root, cwd: machine.cwd, host: parsePlatform(host ?? ""), env: machine.env }),
				env: machine.env,
			};
			const native = machine.run("gox", ["current", "--json"]);
			const ours = answer(() => select(context));
			expect({ status: native.status, ...JSON.parse(native.stdout) }, JSON.stringify(one)).toEqual(ours);
			const outcome = "error" in ours ? ours.error.code : ours.source.kind;
			seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
			rmSync(root, { recursive: true, force: true });
		}
		for (const outcome of outcomes) expect(seen.get(outcome) ?? 0, outcome).toBeGreaterThan(5);
	});
});

/** What `gox current --json` is to print, and the exit status. */
function answer(ask: () => Selection) {
	try {
		const { failure, version, goroot, source, below } = ask();
		if (failure) throw failure;
		return { status: 0, version, goroot, source, ...(below && { below }) };
	} catch (error) {
		if (!(error instanceof GoxError)) throw error;
		return { status: error.exit, error: { code: error.code, message: error.message, hint: error.hint ?? null } };
	}
}
