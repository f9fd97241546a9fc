import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareGoVersions, minorOf, parseGoVersion } from "../../src/version/release.ts";
import { goOracle } from "../support/gooracle.ts";

const oracle = goOracle("versions");

const number = fc.oneof(
	fc.integer({ min: 0, max: 30 }).map(String),
	fc.constantFrom("20", "21", "22", "9", "10", "00", "01", "020", "021", "", "18446744073709551616", "99999999999999999999"),
);
const kind = fc.oneof(
	{ weight: 6, arbitrary: fc.constantFrom("", "", "rc", "beta", "alpha") },
	fc.constantFrom("RC", "r", "pre", "rc.", "."),
);
const version = fc
	.tuple(fc.constantFrom("1", "1", "1", "1", "2", "0", "01", ""), number, fc.option(number), kind, number)
	.map(
		([major, minor, patch, word, pre]) => [major, minor, ...(patch === null ? [] : [patch])].join(".") + word + (word ? pre : ""),
	);
const mangled = fc
	.tuple(version, fc.nat(12), fc.constantFrom("", ".", "x", "0", " ", "\n", "é", "1"))
	.map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at + 1));
const strings = fc.oneof(
	{ weight: 8, arbitrary: version },
	mangled,
	fc.constantFrom("1", "1.", "1.21", "1.21.0", "1.21rc1", "1.20", "1.20.0", "1.20rc1"),
);

describe.skipIf(!oracle)("versions, as go/version sees them (needs go)", () => {
	// go/version has nothing to say about suffixes and the one published name that it calls malformed.
	const texts = fc
		.sample(strings, { numRuns: 10_100, seed: 20_240_813 })
		.filter((text) => !text.includes("-") && text !== "1.9.2rc2")
		.slice(0, 10_000);
	type Answer = { rank: number; lang: string; valid: boolean };
	const answers = oracle?.<Answer>(texts.map((text) => `go${text}`)) ?? [];

	it("has enough of each sort", () => {
		expect(texts.length).toBe(10_000);
		expect(answers.filter((each) => each.valid).length).toBeGreaterThan(2_500);
		expect(answers.filter((each) => !each.valid).length).toBeGreaterThan(1_000);
	});

	it("the same are valid", () => {
		const ours = texts.map((text) => parseGoVersion(text) !== undefined);
		expect(texts.filter((_, index) => ours[index] !== answers[index]?.valid)).toEqual([]);
	});

	it("the same order, and the same are equal", () => {
		const order = texts.map((_, index) => index).sort((a, b) => compareGoVersions(texts[a] ?? "", texts[b] ?? ""));
		const wrong: string[] = [];
		for (const [place, index] of order.entries()) {
			const before = order[place - 1];
			if (before === undefined) continue;
			const [left = "", right = ""] = [texts[before], texts[index]];
			const step = (answers[index]?.rank ?? 0) - (answers[before]?.rank ?? 0);
			if (step !== Math.sign(compareGoVersions(right, left))) wrong.push(`${left} ${right}`);
		}
		expect(wrong).toEqual([]);
	});

	it("the same minor, but for 1.0, which Go calls 1", () => {
		const wrong = texts.filter((text, index) => {
			const parsed = parseGoVersion(text);
			return parsed && text.includes(".") && !text.startsWith("1.0") && `go${minorOf(parsed)}` !== answers[index]?.lang;
		});
		expect(wrong).toEqual([]);
	});
});

describe("versions in order", () => {
	const published = [
		"1",
		"1.2",
		"1.9.1",
		"1.9.2rc2",
		"1.9.2",
		"1.18beta1",
		"1.18beta2",
		"1.18rc1",
		"1.18",
		"1.18.1",
		"1.20",
		"1.20.14",
		"1.21",
		"1.21rc2",
		"1.21rc10",
		"1.21.0",
		"1.21.9",
		"1.21.10",
		"1.22rc1",
	];

	it("is the order of publication", () => {
		expect([...published].reverse().sort(compareGoVersions)).toEqual(published);
	});

	it("is an order: antisymmetric and transitive", () => {
		fc.assert(
			fc.property(strings, strings, strings, (a, b, c) => {
				expect(Math.sign(compareGoVersions(a, b)) + Math.sign(compareGoVersions(b, a))).toBe(0);
				if (compareGoVersions(a, b) <= 0 && compareGoVersions(b, c) <= 0) expect(compareGoVersions(a, c)).toBeLessThanOrEqual(0);
			}),
		);
	});
});
