import fc from "fast-check";
import { type ParseError, parse } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { JsoncText, type KeyPath } from "../../src/editor/jsonc.ts";
import { tried } from "../support/tally.ts";

const read = (text: string): unknown => {
	const errors: ParseError[] = [];
	const value: unknown = parse(text.replace(/^\ufeff/, ""), errors, { allowTrailingComma: true, allowEmptyContent: true });
	expect(errors, text).toEqual([]);
	return value;
};
const at = (value: unknown, path: KeyPath) =>
	path.reduce<unknown>((each, key) => (typeof each === "object" && each !== null ? Reflect.get(each, key) : undefined), value);

const alternate: KeyPath = ["go.alternateTools", "go"];

describe("a setting is written, and every other byte stays", () => {
	it.each([
		["an empty file", "", '{\n    "go.alternateTools": {\n        "go": "/s/go"\n    }\n}\n'],
		["an empty object", "{}", '{\n    "go.alternateTools": {\n        "go": "/s/go"\n    }\n}'],
		["comments alone", "// mine", '// mine\n{\n    "go.alternateTools": {\n        "go": "/s/go"\n    }\n}\n'],
		[
			"an object of a comment",
			"{\n\t// mine\n}\n",
			'{\n\t// mine\n    "go.alternateTools": {\n        "go": "/s/go"\n    }\n}\n',
		],
		["a comment up to the brace", "{ /* mine */ }", '{ /* mine */\n    "go.alternateTools": {\n        "go": "/s/go"\n    }\n }'],
		[
			"a comment behind the last setting stays with it",
			'{\n\t"a": 1 // one\n}\n',
			'{\n\t"a": 1, // one\n\t"go.alternateTools": {\n\t\t"go": "/s/go"\n\t}\n}\n',
		],
		[
			"a trailing comma",
			'{\n  "a": 1, // one\n  // end\n}\n',
			'{\n  "a": 1, // one\n  "go.alternateTools": {\n    "go": "/s/go"\n  },\n  // end\n}\n',
		],
		["one line", '{"a":1}', '{"a":1, "go.alternateTools": {\n    "go": "/s/go"\n}}'],
		["one line with a trailing comma", '{"a":1,}', '{"a":1, "go.alternateTools": {\n    "go": "/s/go"\n},}'],
		["CRLF", '{\r\n  "a": 1\r\n}\r\n', '{\r\n  "a": 1,\r\n  "go.alternateTools": {\r\n    "go": "/s/go"\r\n  }\r\n}\r\n'],
		["a byte order mark", '\ufeff{\n  "a": 1\n}', '\ufeff{\n  "a": 1,\n  "go.alternateTools": {\n    "go": "/s/go"\n  }\n}'],
		[
			"other tools of the same setting",
			'{\n  "go.alternateTools": {\n    "dlv": "/d", // mine\n  },\n  "z": 1\n}',
			'{\n  "go.alternateTools": {\n    "dlv": "/d", // mine\n    "go": "/s/go",\n  },\n  "z": 1\n}',
		],
		[
			"another value",
			'{"go.alternateTools": /* x */ { "go" : "/old" /* y */ } }',
			'{"go.alternateTools": /* x */ { "go" : "/s/go" /* y */ } }',
		],
		["no object", '{ "go.alternateTools": null }', '{ "go.alternateTools": {\n    "go": "/s/go"\n} }'],
		[
			"of equal keys, the last, which counts",
			'{\n  "go.alternateTools": {"go": "/1"},\n  "go.alternateTools": {"go": "/2"}\n}',
			'{\n  "go.alternateTools": {"go": "/1"},\n  "go.alternateTools": {"go": "/s/go"}\n}',
		],
		["an escaped key", '{ "go.alternateTool\\u0073": { "go": "/1" } }', '{ "go.alternateTool\\u0073": { "go": "/s/go" } }'],
	])("%s", (_, before, after) => {
		const changed = new JsoncText(before, "x").with(alternate, "/s/go");
		expect(changed).toBe(after);
		expect(at(read(changed), alternate)).toBe("/s/go");
		expect(new JsoncText(changed, "x").with(alternate, "/s/go")).toBe(changed);
	});
});

describe("a setting is taken out", () => {
	it.each([
		["the first", '{\n  "go.goroot": "/g", // why\n  "b": 2\n}', '{\n   // why\n  "b": 2\n}'],
		["a line of its own", '{\n  "a": 1,\n  "go.goroot": "/g",\n  "b": 2\n}', '{\n  "a": 1,\n  "b": 2\n}'],
		["the last", '{\n  "a": 1, // one\n  "go.goroot": "/g"\n}', '{\n  "a": 1 // one\n}'],
		["the last, with a trailing comma", '{\n  "a": 1,\n  "go.goroot": "/g",\n}', '{\n  "a": 1,\n}'],
		["the only one", '{ "go.goroot": "/g" }', "{  }"],
		["several", '{"go.goroot": 1, "a": 1, "go.goroot": 2}', '{ "a": 1 }'],
		["a comma on the next line", '{\n  "go.goroot": "/g"\n  , "b": 2\n}', '{\n   "b": 2\n}'],
		["none", '{\n  "a": 1\n}', '{\n  "a": 1\n}'],
	])("%s", (_, before, after) => {
		const changed = new JsoncText(before, "x").without(["go.goroot"]);
		expect(changed).toBe(after);
		expect(at(read(changed), ["go.goroot"])).toBeUndefined();
	});

	it("inside another", () => {
		const text = '{\n  "go.toolsEnvVars": {\n    "GOROOT": "/g",\n    "GOFLAGS": "-mod=mod"\n  }\n}';
		expect(new JsoncText(text, "x").without(["go.toolsEnvVars", "GOROOT"])).toBe(
			'{\n  "go.toolsEnvVars": {\n    "GOFLAGS": "-mod=mod"\n  }\n}',
		);
	});
});

describe("what VS Code can't read is refused, with line and column", () => {
	it.each([
		['{\n  "a": 1\n  "b": 2\n}', "s.json:3:3: a comma was expected"],
		['{\n  "a": \n}', "s.json:3:1: a value was expected"],
		['{ "a": "x\n }', "s.json:1:8: unexpected end of string"],
		["[1]", "s.json:1:1: an object was expected"],
		['{ "a": 1', "s.json:1:9: a close brace was expected"],
		["{ // x\n/* y", "s.json:2:1: unexpected end of comment"],
		['{\n<<<<<<< HEAD\n "a": 1\n}', "s.json:2:1: invalid symbol"],
		["{} {}", "s.json:1:4: an end of file was expected"],
	])("%j", (text, message) => {
		expect(() => new JsoncText(text, "s.json")).toThrow(message);
	});
});

/** Objects in whatever spelling: comments, blanks, newlines, trailing commas, equal keys. */
const blank = fc.stringMatching(/^(?: |\t|\n|\/\* c "\{, \*\/|\/\/ c "\}, \n){0,4}$/);
const keys = fc.constantFrom("a", "b", "go.goroot", "go.alternateTools", "go", "é\u{1f600}");
const scalar = fc.oneof(fc.integer().map(String), fc.constantFrom("true", "null", '"}"', '"//"', '"\\"\\u0041"', "[1,/* x */]"));
const object = (value: fc.Arbitrary<string>) =>
	fc
		.tuple(fc.array(fc.tuple(blank, keys, blank, blank, value, blank), { maxLength: 4 }), fc.boolean(), blank)
		.map(([members, trailing, inside]) => {
			const written = members.map(([a, key, b, c, each, d]) => `${a}${JSON.stringify(key)}${b}:${c}${each}${d}`);
			return `{${written.join(",")}${trailing && members.length > 0 ? "," : ""}${inside}}`;
		});
const document = fc
	.tuple(fc.constantFrom("", "\ufeff"), blank, object(fc.oneof(scalar, object(scalar))), blank, fc.boolean())
	.map(
		([mark, before, root, after, crlf]) =>
			mark + (crlf ? `${before}${root}${after}`.replaceAll("\n", "\r\n") : before + root + after),
	);
const paths = fc.constantFrom<KeyPath>(alternate, ["go.goroot"], ["a"], ["b", "go"], ["new"], ["new", "go"]);

/** The text without a value's or member's own characters: what must stay, in order. */
function isSubsequence(part: string, whole: string): boolean {
	let from = 0;
	for (const character of part) {
		from = whole.indexOf(character, from) + 1;
		if (from === 0) return false;
	}
	return true;
}

const runs = 1500;

describe("any settings", () => {
	it("with one written: it reads back, the others are what they were, every comment is there", (context) => {
		fc.assert(
			fc.property(document, paths, (text, path) => {
				const changed = new JsoncText(text, "x").with(path, "/s/go");
				expect(at(read(changed), path)).toBe("/s/go");
				const [key] = path;
				const without = (value: unknown) => ({ ...(value as object), [key]: undefined });
				expect(without(read(changed))).toEqual(without(read(text)));
				if (at(read(text), [key]) === undefined) expect(isSubsequence(text, changed)).toBe(true);
				expect(changed.startsWith("\ufeff")).toBe(text.startsWith("\ufeff"));
				expect(new JsoncText(changed, "x").with(path, "/s/go")).toBe(changed);
			}),
			{ numRuns: runs },
		);
		tried(context, runs);
	});

	it("with one taken out: it is gone, the others are what they were, nothing is made up", (context) => {
		fc.assert(
			fc.property(document, paths, (text, path) => {
				const changed = new JsoncText(text, "x").without(path);
				const [key, inner] = path;
				if (inner === undefined) expect(at(read(changed), [key])).toBeUndefined();
				else expect(at(read(changed), path)).toBeUndefined();
				const rest = (value: unknown) => ({ ...(value as object), [key]: undefined });
				expect(rest(read(changed))).toEqual(rest(read(text)));
				expect(isSubsequence(changed, text)).toBe(true);
				const comments = (each: string) => each.match(/\/\* c|\/\/ c/g)?.length ?? 0;
				const original = new JsoncText(text, "x").get([key]);
				if (original === undefined) expect(comments(changed)).toBe(comments(text));
			}),
			{ numRuns: runs },
		);
		tried(context, runs);
	});

	it("written and taken out again: the bytes of before, where it was new on a line of its own", () => {
		const text = '{\n\t// first\n\t"a": 1, // one\n\t"b": [1, 2,], /* two */\n}\n';
		expect(new JsoncText(new JsoncText(text, "x").with(["new"], true), "x").without(["new"])).toBe(text);
	});
});
