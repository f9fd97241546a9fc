import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { newestFirst, parseRelease, type Release } from "../../src/version/release.ts";
import { inRange, isAliasName, parsePrefix, parseRequest, reservedWords, toSemver } from "../../src/version/request.ts";

function release(text: string): Release {
	const parsed = parseRelease(text);
	if (!parsed) throw new Error(`${text} is no release`);
	return parsed;
}

describe("releases", () => {
	it.each([
		["1.22.5", "go1.22.5", "1.22", true],
		["go1.22.5", "go1.22.5", "1.22", true],
		["1.20", "go1.20", "1.20", true],
		["1.20.0", "go1.20", "1.20", true],
		["1.9.0", "go1.9", "1.9", true],
		["1.21.0", "go1.21.0", "1.21", true],
		["1.0.0", "go1", "1.0", true],
		["1", "go1", "1.0", true],
		["1.22rc1", "go1.22rc1", "1.22", false],
		["1.18beta2", "go1.18beta2", "1.18", false],
		["1.9.2rc2", "go1.9.2rc2", "1.9", false],
	])("%s is %s", (text, name, minor, stable) => {
		expect(parseRelease(text)).toMatchObject({ name, version: name.slice(2), minor, stable });
	});

	it.each([
		"1.21",
		"1.22",
		"go1.22",
		"1.22rc",
		"1.22gamma1",
		"1.22.5rc1",
		"1.022",
		"1.22.",
		"v1.22.5",
		"gogo1.22.5",
		"latest",
		"",
	])("%j is none", (text) => {
		expect(parseRelease(text)).toBeUndefined();
	});

	it("have names that read as themselves", () => {
		const text = fc.stringMatching(/^1\.(\d|1\d|2\d)(\.\d{1,2}|rc\d|beta\d)?$/);
		fc.assert(
			fc.property(text, (each) => {
				const found = parseRelease(each);
				if (found) expect(parseRelease(found.name)).toEqual(found);
			}),
		);
	});

	it("come newest first", () => {
		const names = [
			"go1.24rc10",
			"go1.24rc9",
			"go1.22.10",
			"go1.22.9",
			"go1.22.0",
			"go1.22rc1",
			"go1.20",
			"go1.20rc1",
			"go1.9.2",
			"go1.9.2rc2",
		];
		expect(
			[...names]
				.reverse()
				.map(release)
				.sort(newestFirst)
				.map((each) => each.name),
		).toEqual(names);
	});
});

describe("requests", () => {
	it.each([
		["1.22.5", { kind: "exact" }],
		["go1.20.0", { kind: "exact" }],
		["1.22rc1", { kind: "exact" }],
		["1.20", { kind: "prefix", prefix: "1.20" }],
		["go1.22.x", { kind: "prefix", prefix: "1.22" }],
		["1", { kind: "prefix", prefix: "1" }],
		["1.22@darwin-amd64", { kind: "prefix", prefix: "1.22", platform: "darwin-amd64" }],
		["1.15.15@darwin/amd64", { kind: "exact", platform: "darwin-amd64" }],
		["latest", { kind: "latest" }],
		["stable", { kind: "latest" }],
		["oldstable", { kind: "oldstable" }],
		["rc", { kind: "next" }],
		["next", { kind: "next" }],
		["mod", { kind: "mod" }],
		["system", { kind: "system" }],
		["work", { kind: "alias", name: "work" }],
		[" 1.22.5 ", { kind: "exact" }],
	])("%s", (text, expected) => {
		expect(parseRequest(text)).toMatchObject(expected);
	});

	it.each([
		"",
		" ",
		"1.22d",
		"1.23.",
		"1.22.4--alpine3.20",
		"1.17.6ß",
		"../../x",
		"go1.22x",
		"constructor()",
		"1.22@windows-amd64",
		"x".repeat(129),
		"1000000",
		"1000000.13",
		"go1.1000000",
		"1.1000000@darwin-arm64",
		`1.${"9".repeat(100)}`,
	])("%j is refused", (text) => {
		expect(() => parseRequest(text)).toThrow(GoxError);
	});

	it.each([
		[">=1.21 <1.23", ["1.21.0", "1.22.5"], ["1.20.14", "1.23.0", "1.22rc1"]],
		["^1.21", ["1.21.0", "1.99.1"], ["1.20", "1.22rc1"]],
		["~1.22.3", ["1.22.3", "1.22.10"], ["1.22.2", "1.23.0"]],
		[">=go1.21.3", ["1.21.3", "1.22.0"], ["1.21.2"]],
		["1.20.x || 1.22.x", ["1.20", "1.20.14", "1.22.1"], ["1.21.0"]],
		[">=1.22rc2", ["1.22rc2", "1.22rc10", "1.22.0"], ["1.22rc1", "1.23rc1"]],
	])("%s", (text, inside, outside) => {
		const request = parseRequest(text);
		if (request.kind !== "range") throw new Error(`${text} is read as ${request.kind}`);
		for (const each of inside) expect(inRange(release(each), request.range), each).toBe(true);
		for (const each of outside) expect(inRange(release(each), request.range), each).toBe(false);
	});

	it.each([
		["go@1.20.1", "did you mean `1.20.1`?"],
		["golang@1.22", "did you mean `1.22`?"],
	])("%s: %s", (text, hint) => {
		expect(() => parseRequest(text)).toThrow(expect.objectContaining({ code: "not-a-version", hint }));
	});

	it("are read or refused with not-a-version or, for a platform, usage", () => {
		const text = fc.oneof(
			fc.string({ maxLength: 30 }),
			fc.stringMatching(/^[0-9a-z.<>=^~|* @-]{0,20}$/),
			fc.constantFrom("__proto__", "toString", "constructor"),
		);
		fc.assert(
			fc.property(text, (each) => {
				try {
					expect(parseRequest(each).text).toBe(each);
				} catch (error) {
					expect(error).toBeInstanceOf(GoxError);
					expect((error as GoxError).exit).toBe(2);
				}
			}),
			{ numRuns: 3_000 },
		);
	});
});

describe("words", () => {
	it("that mean something are no aliases, nor is what looks like a version", () => {
		for (const word of [...reservedWords, "go1", "go1x", "1a", "-a", "", "a b", "a/b", "é", "a".repeat(64)])
			expect(isAliasName(word), word).toBe(false);
		for (const word of ["work", "a", "A_b-9", "go", "gopher", "toString", "a".repeat(63)])
			expect(isAliasName(word), word).toBe(true);
	});

	it("are prefixes whole or not at all", () => {
		for (const word of ["1.22.5", "1.22.xx", "1.x.x", "x", "01", "1.01", "1.1234567", "go", "1.22 "])
			expect(parsePrefix(word), word).toBeUndefined();
		expect(["1", "1.x", "go1.22", "1.22.x", "1.123456"].map(parsePrefix)).toEqual(["1", "1", "1.22", "1.22", "1.123456"]);
	});

	it("of semver stand for the same releases", () => {
		expect(["1.18", "1.22rc1", "1.21.0", "1.9.2rc2"].map((each) => toSemver(release(each === "1.18" ? "1.18.0" : each)))).toEqual(
			["1.18.0", "1.22.0-rc.1", "1.21.0", "1.9.2-rc.2"],
		);
	});
});
