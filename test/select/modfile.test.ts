import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { type Directive, directivesOf, type Floor, parseModFile } from "../../src/select/modfile.ts";
import { compareGoVersions } from "../../src/version/release.ts";
import { goOracle } from "../support/gooracle.ts";

interface Question {
	readonly work: boolean;
	readonly text: string;
}

interface Answer {
	readonly parses: boolean;
	readonly error: string;
	readonly directives: readonly Directive[];
	readonly strict: boolean;
	readonly go: string;
	readonly toolchain: string;
}

const oracle = goOracle("modfiles");

const version = fc.oneof(
	{ weight: 5, arbitrary: fc.constantFrom("1.20", "1.21", "1.22.5", "1.21.0", "1.24rc1", "1.9", "1.23.10", "1.21rc10") },
	{
		weight: 1,
		arbitrary: fc.constantFrom("1", "1.", "v1.22", "1.22.x", "01.2", "1.22.5rc1", "banana", '"1.22"', "1.22beta1", "1.22foo1"),
	},
);
const toolchain = fc.oneof(
	{ weight: 5, arbitrary: fc.constantFrom("go1.22.5", "go1.21.0", "go1.24rc1", "go1.20", "go1.23.1-corp", "default") },
	{
		weight: 1,
		arbitrary: fc.constantFrom("go1.22", "1.22.5", "go1", "go1.999-/../../x", "local", '"go1.22.5"', "go1.22.5+auto"),
	},
);
const blank = fc.constantFrom(" ", " ", " ", "\t", "  ", " \t ");
const comment = fc.constantFrom("", "", "", " // go 1.99", "// x", " //", "\t// ( )");
const line = fc
	.tuple(
		fc.oneof(
			fc.tuple(fc.constant("go"), blank, version).map((parts) => parts.join("")),
			fc.tuple(fc.constant("toolchain"), blank, toolchain).map((parts) => parts.join("")),
			fc.constantFrom("module example.com/m", 'module "example.com/m"', "module `example.com/m`"),
			fc.constantFrom(
				"require example.com/a v1.2.3",
				"replace go => ../go",
				"exclude a.b/c v1.0.0",
				"use ./a",
				"use (\n\t./go\n\t./b\n)",
			),
			fc.constantFrom(
				"require (\n\texample.com/a v1.2.3\n)",
				"require(\n)",
				"require ()",
				"require ( )",
				"godebug (\n\tgo=1.99\n)",
			),
			fc.constantFrom("retract v1.0.0", "retract [v1.0.0, v1.9.9] // go 1.99", "retract (\n\tv1.0.1\n\t[v1.1.0, v1.2.0]\n)"),
			fc.constantFrom(
				"godebug default=go1.21",
				"tool example.com/a/b",
				"tool (\n\tgo\n)",
				"ignore ./go",
				"future go 1.99",
				"future (\n\tgo 1.99\n)",
			),
			fc.constantFrom(
				"// go 1.99",
				"// +heroku goVersion go1.99",
				"",
				"(",
				"x ( y",
				"golang 1.99",
				"go.mod 1.99",
				"x `//` (\n\tgo 1.99\n)",
			),
		),
		comment,
		fc.constantFrom("\n", "\n", "\n", "\r\n", " \n", "\n\n"),
	)
	.map((parts) => parts.join(""));
const whole = fc.array(line, { maxLength: 6 }).map((lines) => lines.join(""));
const mutated = fc
	.tuple(
		whole,
		fc.nat(200),
		fc.nat(4),
		fc.constantFrom("", "\n", "(", ")", "//", '"', "`", " ", "go 1.22\n", "toolchain go1.22.5\n", ",", "\r", "\\", "[", "\0"),
	)
	.map(([text, at, cut, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + cut));
const question: fc.Arbitrary<Question> = fc.record({ work: fc.boolean(), text: fc.oneof(whole, whole, mutated) });

describe.skipIf(!oracle)("go.mod and go.work, as golang.org/x/mod/modfile reads them (needs go, and its module)", () => {
	const questions = fc.sample(question, { numRuns: 8_000, seed: 20_230_808 });
	const answers = oracle?.<Answer>(questions) ?? [];
	const cases = questions.map((each, index) => ({ ...each, ours: floorOrError(each.text), theirs: answers[index] as Answer }));

	it("has enough of each sort", () => {
		expect(cases.filter((each) => each.theirs.parses).length).toBeGreaterThan(4_000);
		expect(cases.filter((each) => each.theirs.parses && each.theirs.directives.length > 0).length).toBeGreaterThan(2_500);
		expect(cases.filter((each) => each.theirs.strict && (each.theirs.go || each.theirs.toolchain)).length).toBeGreaterThan(600);
	});

	it("the same lines speak", () => {
		for (const { text, theirs } of cases.filter((each) => each.theirs.parses)) {
			expect(directivesOf(text), JSON.stringify(text)).toEqual(theirs.directives);
		}
	});

	it("what Go accepts, is read the same; what can be no version of Go is refused", () => {
		for (const { text, ours, theirs } of cases.filter((each) => each.theirs.strict)) {
			expect(ours, JSON.stringify(text)).toEqual(expectedFloor(theirs));
		}
	});

	it("a go line that Go can't read, gox can't either", () => {
		const first = /^file:\d+: (?:invalid go version|go directive expects)/;
		for (const { text, ours } of cases.filter((each) => first.test(each.theirs.error))) {
			expect(ours, JSON.stringify(text)).toBe("refused");
		}
	});
});

/** The greater of the lines that Go read, or `refused` when one of them names no release that gox could choose. */
function expectedFloor({ go, toolchain: name }: Answer): string | undefined {
	const named = name === "" || name === "default" ? "" : name.replace(/^go/, "").replace(/-.*/, "");
	if (go !== "" && !/^1\.\d+(?:\.\d+|(?:rc|beta|alpha)\d+)?$/.test(go)) return "refused";
	if (named !== "" && !/^1(?:\.(?:\d|1\d|20))?$|^1\.\d+(?:\.\d+|(?:rc|beta)\d+)$/.test(named)) return "refused";
	// Go takes any suffix without a slash; gox only what can be a file's plain name.
	if (name !== "" && !/^[^-]*(?:-[A-Za-z0-9._+-]*)?$/.test(name)) return "refused";
	if (go === "" && named === "") return undefined;
	return named !== "" && compareGoVersions(named, go) > 0 ? `toolchain ${name}` : `go ${go}`;
}

function floorOrError(text: string): string | undefined {
	try {
		return (parseModFile(text, "/p/go.mod") satisfies Floor | undefined)?.line;
	} catch (error) {
		if (error instanceof GoxError && error.code === "bad-version-file") return "refused";
		throw error;
	}
}
