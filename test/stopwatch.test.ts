import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { timetable, timingsAsJson } from "../src/cli/installing.ts";
import { Thread, Timings, untimed } from "../src/stopwatch.ts";

let now = 0;
const pass = (milliseconds: number) => {
	now += milliseconds;
};
beforeEach(() => {
	now = 0;
	vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => vi.restoreAllMocks());

const ofOne = () => new Timings(new Thread());

it("books nested work once", () => {
	const timings = ofOne();
	timings.busy("parse", () => {
		pass(3);
		timings.busy("write", () => pass(20));
		timings.busy("hash", () => pass(100));
		pass(4);
	});
	expect(timings.spent).toEqual([
		["parse", 7],
		["write", 20],
		["hash", 100],
	]);
	expect(timings.total).toBe(127);
});

it("books work that throws", () => {
	const timings = ofOne();
	const broken = () => {
		pass(5);
		throw new Error("full");
	};
	expect(() => timings.busy("write", broken)).toThrow("full");
	expect(timings.spent).toEqual([["write", 5]]);
});

it("counts of a wait only what no work took meanwhile", async () => {
	const timings = ofOne();
	await timings.waiting("gunzip", async () => {
		pass(10);
		timings.busy("parse", () => pass(50));
		pass(2);
	});
	expect(timings.spent).toEqual([
		["gunzip", 12],
		["parse", 50],
	]);
});

it("tells the work for another version from a wait", async () => {
	const thread = new Thread();
	const [one, other] = [new Timings(thread), new Timings(thread)];
	await one.waiting("download", async () => {
		pass(5);
		other.busy("write", () => pass(70));
	});
	expect(one.spent).toEqual([
		["download", 5],
		["others", 70],
	]);
	expect(other.spent).toEqual([["write", 70]]);
});

it("times every piece that arrives, and passes an early end on", async () => {
	const timings = ofOne();
	let ended = false;
	const pieces = async function* () {
		try {
			for (const piece of [1, 2, 3]) {
				pass(10);
				yield piece;
			}
		} finally {
			ended = true;
		}
	};
	for await (const piece of timings.arriving("download", pieces())) {
		timings.busy("hash", () => pass(1));
		if (piece === 2) break;
	}
	expect(ended).toBe(true);
	expect(timings.spent).toEqual([
		["download", 20],
		["hash", 2],
	]);
});

it("is told as a table with shares, and as JSON in tenths of a millisecond", () => {
	const timings = ofOne();
	timings.add("write", 300.04);
	timings.add("download", 100);
	expect(timetable(timings)).toEqual([
		"  download   100 ms   25%  waiting for bytes, and their digest",
		"  write      300 ms   75%  files and directories",
		"  total      400 ms  100%",
	]);
	expect(timingsAsJson(timings)).toEqual({ download: 100, write: 300, total: 400 });
});

it("costs nothing where nobody asked", async () => {
	const pieces = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true as const, value: undefined }) }) };
	expect(untimed.busy("parse", () => 1)).toBe(1);
	expect(await untimed.waiting("download", async () => 2)).toBe(2);
	expect(untimed.arriving("download", pieces)).toBe(pieces);
	expect(performance.now).not.toHaveBeenCalled();
});
