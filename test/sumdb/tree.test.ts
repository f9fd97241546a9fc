import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordedAnswers } from "../../src/sumdb/reader.ts";
import { ancestor, parseTilePath, subtreesOf, tileOf, tilePath } from "../../src/sumdb/tree.ts";

const big = 2 ** 50;

describe("a tile's path", () => {
	it.each([
		[{ level: 0, n: 0, width: 256 }, "tile/8/0/000"],
		[{ level: 0, n: 5, width: 1 }, "tile/8/0/005.p/1"],
		[{ level: 1, n: 999, width: 256 }, "tile/8/1/999"],
		[{ level: 1, n: 1013, width: 42 }, "tile/8/1/x001/013.p/42"],
		[{ level: 4, n: 1_234_067, width: 1 }, "tile/8/4/x001/x234/067.p/1"],
		[{ level: 0, n: 2 ** 31 + 7, width: 256 }, "tile/8/0/x002/x147/x483/655"],
	])("%j is %s", (tile, path) => {
		expect(tilePath(tile)).toBe(path);
		expect(parseTilePath(path)).toEqual(tile);
	});

	it.each([
		"tile/8/0/1",
		"tile/8/0/000.p/0",
		"tile/8/0/000.p/256",
		"tile/8/0/000.p/01",
		"tile/7/0/000",
		"tile/8/0/x000/001",
		"tile/8/00/001",
		"tile/8/0/../x",
	])("%s is none", (path) => expect(parseTilePath(path)).toBeUndefined());

	it("is read back for every tile", () => {
		const tiles = fc.record({ level: fc.nat(6), n: fc.nat(big), width: fc.integer({ min: 1, max: 256 }) });
		fc.assert(fc.property(tiles, (tile) => void expect(parseTilePath(tilePath(tile))).toEqual(tile)));
	});
});

describe("the tree's shape", () => {
	it.each([
		[0, []],
		[1, ["0:0"]],
		[7, ["2:0", "1:2", "0:6"]],
		[256, ["8:0"]],
		[2 ** 40 + 1, ["40:0", `0:${2 ** 40}`]],
	])("%d records are the subtrees %j", (size, wanted) => {
		expect(subtreesOf(size).map(({ level, n }) => `${level}:${n}`)).toEqual(wanted);
	});

	it("covers every record once, in order", () => {
		fc.assert(
			fc.property(fc.nat(big), (size) => {
				let next = 0;
				for (const { level, n } of subtreesOf(size)) {
					expect(n * 2 ** level).toBe(next);
					next += 2 ** level;
				}
				expect(next).toBe(size);
			}),
		);
	});

	it("puts a subtree where its hashes are, also beyond 2^31 records", () => {
		fc.assert(
			fc.property(fc.nat(40), fc.nat(2 ** 20), (level, n) => {
				const { tile, start, end } = tileOf({ level, n });
				expect(end - start).toBe(2 ** (level % 8));
				expect((tile.n * 256 + start) * 2 ** (tile.level * 8)).toBe(n * 2 ** level);
				expect(tile.width).toBe(end);
			}),
		);
		expect(tileOf({ level: 0, n: 2 ** 33 + 3 })).toEqual({ tile: { level: 0, n: 2 ** 25, width: 4 }, start: 3, end: 4 });
	});

	it.each([
		[{ level: 0, n: 3, width: 1 }, 0, 1000, { level: 0, n: 3, width: 232 }],
		[{ level: 0, n: 2, width: 1 }, 0, 1000, { level: 0, n: 2, width: 256 }],
		[{ level: 0, n: 2, width: 256 }, 1, 1000, { level: 1, n: 0, width: 3 }],
		[{ level: 0, n: 4, width: 1 }, 0, 1000, undefined],
		[{ level: 0, n: 0, width: 1 }, 2, 65_535, undefined],
		[{ level: 0, n: 0, width: 1 }, 2, 65_536, { level: 2, n: 0, width: 1 }],
	])("%j, %d above, in a tree of %d is %j", (tile, above, size, wanted) => {
		expect(ancestor(tile, above, size)).toEqual(wanted);
	});
});

describe("a tile out of a wider one in a directory", () => {
	const bytes = (width: number) => Buffer.alloc(32 * width, 7);
	let directory: string;
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), "gox-tiles-"));
		mkdirSync(join(directory, "tile/8/2/003.p"), { recursive: true });
		for (const [name, content] of [
			["9", bytes(9)],
			["12", "cut short"],
			["20", bytes(20)],
			["x", bytes(40)],
		] as const)
			writeFileSync(join(directory, "tile/8/2/003.p", name), content);
	});
	afterEach(() => rmSync(directory, { recursive: true, force: true }));

	it.each([
		["tile/8/2/003.p/5", 5],
		["tile/8/2/003.p/9", 9],
		["tile/8/2/003.p/10", 10],
		["tile/8/2/003.p/20", 20],
		["tile/8/2/003.p/21", undefined],
		["tile/8/2/003", undefined],
		["tile/8/2/004.p/5", undefined],
		["lookup/example.org/x@v1.0.0", undefined],
		["tile/8/2/../2/003.p/5", undefined],
	])("%s: %s hashes", async (path, width) => {
		const read = recordedAnswers(directory).read(path);
		if (width === undefined) await expect(read).rejects.toMatchObject({ code: "offline" });
		else expect(Buffer.from(await read)).toEqual(bytes(width));
	});
});
