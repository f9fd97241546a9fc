import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bisect, boundary, inQuestion, majority, next, stepsLeft, told, type Verdict } from "../../src/run/bisection.ts";

/** A line of releases, where it changes, and which of those between the ends can't be judged. */
const histories = fc.integer({ min: 2, max: 300 }).chain((length) =>
	fc.record({
		length: fc.constant(length),
		first: fc.integer({ min: 1, max: length - 1 }),
		older: fc.constantFrom<"good" | "bad">("good", "bad"),
		unjudged: fc.oneof(
			fc.constant(new Set<number>()),
			fc.uniqueArray(fc.integer({ min: 1, max: length })).map((all) => new Set(all.filter((at) => at < length - 1))),
		),
	}),
);

function search({
	length,
	first,
	older,
	unjudged,
}: {
	length: number;
	first: number;
	older: "good" | "bad";
	unjudged: Set<number>;
}) {
	const newer = older === "good" ? "bad" : "good";
	const line = Array.from({ length }, (_, at) => at);
	let bisection = bisect(line, older);
	const asked: { release: number; verdict: Verdict; promised: number }[] = [];
	for (let release = next(bisection); release !== undefined; release = next(bisection)) {
		const verdict = unjudged.has(release) ? "skip" : release < first ? older : newer;
		asked.push({ release, verdict, promised: stepsLeft(bisection) });
		bisection = told(bisection, verdict);
	}
	return { asked, ...boundary(bisection), left: inQuestion(bisection) };
}

describe("bisection", () => {
	it("finds the boundary, or all that may be it, and no more", () => {
		fc.assert(
			fc.property(histories, (history) => {
				const found = search(history);
				const judged = (at: number) => !history.unjudged.has(at);
				// What anyone could know who had asked every release.
				let last = history.first - 1;
				while (!judged(last)) last--;
				let oldest = history.first;
				while (!judged(oldest)) oldest++;
				expect(found.last).toBe(last);
				expect(found.candidates).toEqual(Array.from({ length: oldest - last }, (_, at) => last + 1 + at));
				expect(found.first).toBe(oldest - last === 1 ? history.first : null);
				expect(found.left).toEqual([]);
			}),
			{ numRuns: 2000 },
		);
	});

	it("asks at most log2 and the skipped, each release once, and never an end", () => {
		fc.assert(
			fc.property(histories, (history) => {
				const { asked } = search(history);
				const skips = asked.filter(({ verdict }) => verdict === "skip").length;
				expect(asked.length).toBeLessThanOrEqual(Math.ceil(Math.log2(history.length - 1)) + skips);
				expect(new Set(asked.map(({ release }) => release)).size).toBe(asked.length);
				for (const { release } of asked) {
					expect(release).toBeGreaterThan(0);
					expect(release).toBeLessThan(history.length - 1);
				}
			}),
			{ numRuns: 2000 },
		);
	});

	it("promises no fewer steps than it takes where nothing is skipped", () => {
		fc.assert(
			fc.property(histories, (history) => {
				const { asked } = search({ ...history, unjudged: new Set() });
				asked.forEach(({ promised }, at) => {
					expect(asked.length - at).toBeLessThanOrEqual(promised);
				});
			}),
		);
	});

	it.each<[string, string[], Record<string, Verdict>, string[], unknown]>([
		["neighbours need no question", ["a", "b"], {}, [], { first: "b", candidates: ["b"], last: "a" }],
		["one between", ["a", "b", "c"], { b: "bad" }, ["b"], { first: "b", candidates: ["b"], last: "a" }],
		[
			"a skipped one is followed by its neighbour",
			["a", "b", "c", "d", "e"],
			{ c: "skip", d: "bad", b: "bad" },
			["c", "d", "b"],
			{ first: "b", candidates: ["b"], last: "a" },
		],
		[
			"only skipped ones are left",
			["a", "b", "c", "d"],
			{ b: "skip", c: "skip" },
			["c", "b"],
			{ first: null, candidates: ["b", "c", "d"], last: "a" },
		],
	])("%s", (_, line, verdicts, order, expected) => {
		let bisection = bisect(line, "good");
		const asked: string[] = [];
		for (let release = next(bisection); release !== undefined; release = next(bisection)) {
			asked.push(release);
			bisection = told(bisection, verdicts[release] ?? "skip");
		}
		expect(asked).toEqual(order);
		expect(boundary(bisection)).toEqual(expected);
	});

	it.each<[Verdict[], Verdict]>([
		[["good", "bad", "good"], "good"],
		[["good", "bad", "bad"], "bad"],
		[["skip", "bad", "skip"], "skip"],
		[["good", "bad", "skip"], "skip"],
		[["bad", "bad"], "bad"],
		[[], "skip"],
	])("of %j the majority is %s", (verdicts, expected) => {
		expect(majority(verdicts)).toBe(expected);
	});

	it("refuses a line without two ends, and an answer after the end", () => {
		expect(() => bisect(["a"], "good")).toThrow(RangeError);
		expect(() => told(bisect(["a", "b"], "good"), "bad")).toThrow(RangeError);
	});
});
