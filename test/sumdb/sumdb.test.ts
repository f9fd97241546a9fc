import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { headsInHome, headsInMemory, type SeenHeads } from "../../src/sumdb/heads.ts";
import { parseGosumdb, type SumdbDatabase } from "../../src/sumdb/note.ts";
import { cacheIn, firstOf, patiently, recordedAnswers, type SumdbReader } from "../../src/sumdb/reader.ts";
import { lookupSumdb, type SumdbClientOptions } from "../../src/sumdb/sumdb.ts";
import { h1Of, LogSigner, readerOf, TestLog } from "../support/sumdb/log.ts";
import { recordedDirectory, recordedToolchains } from "../support/sumdb/recorded.ts";

const database = (gosumdb: string): SumdbDatabase => parseGosumdb(gosumdb) ?? expect.unreachable();
const goDatabase = database("sum.golang.org");
const toolchain = "golang.org/toolchain";

let home: string;
beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "gox-sumdb-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("recorded answers of Go's own database", () => {
	it.each(recordedToolchains)("prove $version without a network", async ({ version, record }) => {
		const reader = recordedAnswers(recordedDirectory);
		const proof = await lookupSumdb({ database: goDatabase, reader, heads: headsInMemory() }, toolchain, version);
		const lines = readFileSync(join(recordedDirectory, "lookup", `${toolchain}@${version}`), "utf8").split("\n");
		expect(proof).toEqual({
			database: "sum.golang.org",
			treeSize: 66_398_721,
			rootHash: "5oXTdOltbW8oy+WAHSPYkUE7FskIY/5ZJCYGy+buJ3g=",
			recordNumber: record,
			h1: lines[1]?.split(" ")[2],
			goModH1: lines[2]?.split(" ")[2],
		});
	});

	it("can prove what was asked once again from the cache, with nobody to ask", async () => {
		const cache = cacheIn(join(home, "cache"));
		const { version } = recordedToolchains[2];
		const options = { database: goDatabase, heads: headsInHome(home, "sum.golang.org"), cache };
		const first = await lookupSumdb({ ...options, reader: recordedAnswers(recordedDirectory) }, toolchain, version);
		const again = await lookupSumdb({ ...options, reader: readerOf(() => undefined) }, toolchain, version);
		expect(again).toEqual(first);
	});

	it("prove it without the head they end in: a tree's narrower tiles are the beginning of the wider ones that are there", async () => {
		for (const { version, record } of recordedToolchains) {
			const reader = recordedAnswers(recordedDirectory, join(home, "no-head"));
			const options = { database: goDatabase, reader, heads: headsInMemory() };
			expect(await lookupSumdb(options, toolchain, version)).toMatchObject({ recordNumber: record });
		}
	});

	it("don't say anything about a release that wasn't recorded", async () => {
		const options = { database: goDatabase, reader: recordedAnswers(recordedDirectory), heads: headsInMemory() };
		await expect(lookupSumdb(options, toolchain, "v0.0.1-go1.24.0.linux-amd64")).rejects.toMatchObject({ code: "offline" });
	});
});

const signer = new LogSigner("log.example.org/sums");
const logDatabase = database(signer.verifierKey);
const wanted = { path: "example.org/Wanted", version: "v1.2.3-Pre" };

function options(reader: SumdbReader, heads: SeenHeads = headsInMemory(), more: Partial<SumdbClientOptions> = {}) {
	return { database: logDatabase, reader, heads, ...more };
}
const ask = (with_: SumdbClientOptions) => lookupSumdb(with_, wanted.path, wanted.version);
const logOf = (size: number, position: number) =>
	new TestLog(signer)
		.fill(position)
		.add(wanted.path, wanted.version, h1Of("wanted"))
		.fill(size - position - 1);

/** The answers that prove the wanted record to somebody who has seen nothing, and no others. */
async function recordingOf(log: TestLog, size: number): Promise<SumdbReader> {
	const live = readerOf((path) => log.answer(path, size));
	await ask(options(live));
	return readerOf((path) => (live.asked.includes(path) ? log.answer(path, size) : undefined));
}

describe("a record at any place of a tree of any size", () => {
	const places = [0, 1, 254, 255, 256, 65_535, 65_536, 69_999];
	const log = new TestLog(signer);
	for (const place of places) log.fill(place - log.size).add(`example.org/${place}`, "v1.0.0", h1Of(`${place}`));

	it.each(
		[1, 2, 255, 256, 257, 300, 65_536, 65_537, 70_000].flatMap((size) =>
			places.filter((place) => place < size).map((place): [number, number] => [size, place]),
		),
	)("%d records, number %d", async (size, place) => {
		const proof = await lookupSumdb(options(log.reader(size)), `example.org/${place}`, "v1.0.0");
		expect(proof).toMatchObject({ treeSize: size, recordNumber: place, h1: h1Of(`${place}`), goModH1: h1Of("go.mod") });
	});
});

describe("the timeline", { tags: "fault-15" }, () => {
	const log = logOf(3000, 10);
	const home_ = () => headsInHome(home, logDatabase.name);
	const kept = () => readdirSync(join(home, "sumdb", "log.example.org", "sums", "seen"));

	it("moves forward with every newer tree that continues the last one", async () => {
		for (const size of [11, 11, 256, 257, 1000, 3000]) {
			const proof = await ask(options(log.reader(size), home_()));
			expect(proof.treeSize).toBe(size);
			expect(kept()).toEqual([expect.stringMatching(new RegExp(`^${size}-[0-9a-f]{16}$`))]);
		}
	});

	it("never goes back: an older answer is proven in the newest tree", async () => {
		await ask(options(log.reader(3000), home_()));
		const stale = readerOf((path) => log.answer(path, path.startsWith("lookup/") ? 500 : 3000));
		expect(await ask(options(stale, home_()))).toMatchObject({ treeSize: 3000, recordNumber: 10 });
		expect(kept()).toEqual([expect.stringMatching(/^3000-/)]);
	});

	it("can't be checked where the tiles of the newer tree are missing: unavailable, not accepted", async () => {
		await ask(options(log.reader(3000), home_()));
		await expect(ask(options(log.reader(500), home_()))).rejects.toMatchObject({ code: "network" });
	});

	it("takes the beginning of a full tile where a partial one is gone", async () => {
		const full = readerOf((path) =>
			/tile\/8\/0\/\d+\.p\//.test(path) ? undefined : log.answer(path, path.startsWith("lookup/") ? 700 : 3000),
		);
		expect(await ask(options(full))).toMatchObject({ treeSize: 700 });
		expect(full.asked).toContain("tile/8/0/002.p/188");
		expect(full.asked).toContain("tile/8/0/002");
	});

	it("can be compared later where answers were recorded and nobody can be asked: proven in their own tree, both heads kept", async () => {
		await ask(options(log.reader(3000), home_()));
		const recorded = await recordingOf(log, 500);
		await expect(ask(options(recorded, home_()))).rejects.toMatchObject({ code: "network" });
		const proof = await ask(options(recorded, home_(), { compare: "later" }));
		expect(proof).toMatchObject({ treeSize: 500, recordNumber: 10, uncompared: [3000] });
		expect(kept().map((name) => name.split("-")[0])).toEqual(["3000", "500"]);
		expect(await ask(options(recorded, home_(), { compare: "later" }))).toEqual(proof);
		expect(await ask(options(log.reader(3000), home_()))).toMatchObject({ treeSize: 3000 });
		expect(kept()).toEqual([expect.stringMatching(/^3000-/)]);
	});

	it("of recorded answers that are newer than the head seen is proven, and moves on with the next answer", async () => {
		await ask(options(log.reader(500), home_()));
		const proof = await ask(options(await recordingOf(log, 2800), home_(), { compare: "later" }));
		expect(proof).toMatchObject({ treeSize: 2800, uncompared: [500] });
		expect(kept().map((name) => name.split("-")[0])).toEqual(["2800", "500"]);
		await ask(options(log.reader(3000), home_()));
		expect(kept()).toEqual([expect.stringMatching(/^3000-/)]);
	});

	describe("of recorded answers of another history", () => {
		const fork = new TestLog(signer).fill(10, "fork").add(wanted.path, wanted.version, h1Of("evil")).fill(5000, "fork");

		it("raises the alarm at once where there is what it takes to compare", async () => {
			await ask(options(log.reader(3000), home_()));
			await expect(ask(options(fork.reader(), home_(), { compare: "later" }))).rejects.toMatchObject({
				message: expect.stringContaining("two histories"),
			});
		});

		it("raises it with the next answer where there isn't, and ever after", async () => {
			await ask(options(log.reader(3000), home_()));
			expect(await ask(options(await recordingOf(fork, 500), home_(), { compare: "later" }))).toMatchObject({
				uncompared: [3000],
			});
			for (const compare of ["now", "later", "now"] as const)
				await expect(ask(options(log.reader(3000), home_(), { compare }))).rejects.toMatchObject({
					message: expect.stringContaining("SECURITY ERROR"),
				});
		});
	});

	it("of a database that went back to a smaller tree raises the alarm and shows both heads", async () => {
		await ask(options(log.reader(3000), home_()));
		const smaller = log.reader(500);
		const absent: SumdbReader = {
			...smaller,
			read: (path) =>
				smaller.read(path).catch((cause) => {
					throw new GoxError("network", cause.message, { cause: new GoxError("no-such-release", "404") });
				}),
			newestHead: () => smaller.read("latest"),
		};
		const heads = [log.head(3000), log.head(500)].flatMap((head) => head.trimEnd().split("\n"));
		const failure = await ask(options(absent, home_())).catch((error: GoxError) => error);
		expect(failure).toMatchObject({ code: "integrity", message: expect.stringContaining("went back to a smaller tree") });
		for (const line of heads) expect((failure as GoxError).message).toContain(line);
		// The same without a word on the newest, or with a newer one: only unavailable.
		for (const newest of [undefined, log.head(3000)]) {
			const reader = { ...absent, newestHead: async () => (newest === undefined ? newest : Buffer.from(newest)) };
			await expect(ask(options(reader, home_()))).rejects.toMatchObject({ code: "network" });
		}
	});

	it("compares heads that two processes accepted at the same moment", async () => {
		const fork = log.fork(1000).fill(2500, "other");
		const heads = headsInHome(home, logDatabase.name);
		const racing: SeenHeads = {
			...heads,
			add: (head, continues) => {
				heads.add(head, continues);
				writeFileSync(join(home, "sumdb", "log.example.org", "sums", "seen", "3500-0"), fork.head(3500));
			},
		};
		const reader = readerOf((path) => log.answer(path) ?? fork.answer(path));
		await expect(ask(options(reader, racing))).rejects.toMatchObject({ code: "integrity" });
	});

	it("is refused when the head that was seen can't be read, with what to type", async () => {
		await ask(options(log.reader(), home_()));
		const [name = ""] = kept();
		writeFileSync(join(home, "sumdb", "log.example.org", "sums", "seen", name), "");
		await expect(ask(options(log.reader(), home_()))).rejects.toMatchObject({
			code: "integrity",
			hint: expect.stringContaining(`rm -r ${home}`),
		});
	});
});

describe("the cache", () => {
	const log = logOf(600, 300);

	it("is filled with proven answers only, and asked first", async () => {
		const cache = cacheIn(join(home, "cache"));
		await ask(options(log.reader(), headsInMemory(), { cache }));
		const files = readdirSync(join(home, "cache"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
		expect(files.map((file) => join(file.parentPath, file.name).slice(join(home, "cache").length + 1)).sort()).toEqual([
			"lookup/example.org/!wanted@v1.2.3-!pre",
			"tile/8/0/001",
			"tile/8/0/002.p/88",
			"tile/8/1/000.p/2",
		]);
		const second = readerOf(() => undefined);
		await ask(options(second, headsInMemory(), { cache }));
		expect(second.asked).toEqual([]);
	});

	it.each(["lookup/example.org/!wanted@v1.2.3-!pre", "tile/8/0/001", "tile/8/0/002.p/88"])(
		"heals when %s was damaged",
		async (name) => {
			const cache = cacheIn(join(home, "cache"));
			const file = join(home, "cache", name);
			await ask(options(log.reader(), headsInMemory(), { cache }));
			const good = readFileSync(file);
			writeFileSync(file, Buffer.from(good).fill(0x20, 40, 60));
			expect(await ask(options(log.reader(), headsInMemory(), { cache }))).toMatchObject({ recordNumber: 300 });
			expect(readFileSync(file)).toEqual(good);
			writeFileSync(file, Buffer.from(good).fill(0x20, 40, 60));
			await expect(
				ask(
					options(
						readerOf(() => undefined),
						headsInMemory(),
						{ cache },
					),
				),
			).rejects.toMatchObject({
				code: expect.stringMatching(/^(network|no-such-release)$/),
			});
		},
	);

	it("that can't be written is no failure", async () => {
		writeFileSync(join(home, "cache"), "a file where the directory should be");
		expect(await ask(options(log.reader(), headsInMemory(), { cache: cacheIn(join(home, "cache")) }))).toMatchObject({
			recordNumber: 300,
		});
	});
});

describe("a reader that is asked patiently", () => {
	it("isn't asked again once it couldn't be reached, but for what it only hasn't", async () => {
		const failing = readerOf(() => undefined);
		const reader = patiently(failing);
		for (const path of ["lookup/x", "lookup/y"])
			await expect(reader.read(path)).rejects.toMatchObject({ code: "no-such-release" });
		for (const path of ["tile/a", "tile/b", "lookup/z"]) await expect(reader.read(path)).rejects.toThrow("has no tile/a");
		expect(failing.asked).toEqual(["lookup/x", "lookup/y", "tile/a"]);
	});

	it("isn't waited for longer than it may take", async () => {
		const hole: SumdbReader = { address: "a black hole", read: () => new Promise(() => {}) };
		const reader = patiently(hole, 1);
		const answers = await Promise.allSettled([reader.read("tile/a"), reader.read("tile/b")]);
		for (const answer of answers)
			expect(answer).toMatchObject({ reason: { code: "network", message: "a black hole gave no answer within 0.001 s" } });
	});
});

describe("readers in turn", () => {
	const log = logOf(600, 300);
	it("the second fills in what the first hasn't", async () => {
		const first = readerOf((path) => (path.startsWith("lookup/") ? log.answer(path) : undefined));
		expect(await ask(options(firstOf([first, log.reader()])))).toMatchObject({ recordNumber: 300 });
	});
	it("the failure to reach one is worth more than the absence in a recording", async () => {
		const nobody = firstOf([recordedAnswers(join(home, "none")), readerOf(() => undefined)]);
		await expect(ask(options(nobody))).rejects.toMatchObject({ code: "no-such-release" });
	});
});
