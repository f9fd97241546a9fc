import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { headsInMemory } from "../../src/sumdb/heads.ts";
import { parseGosumdb } from "../../src/sumdb/note.ts";
import type { SumdbReader } from "../../src/sumdb/reader.ts";
import { lookupSumdb } from "../../src/sumdb/sumdb.ts";
import { h1Of, LogSigner, readerOf, recordText, TestLog } from "../support/sumdb/log.ts";
import { recordedAnswers, recordedToolchains } from "../support/sumdb/recorded.ts";
import { tried } from "../support/tally.ts";

const toolchain = "golang.org/toolchain";
const published = parseGosumdb("sum.golang.org") ?? expect.unreachable();
const recorded = recordedAnswers();

/** What becomes of a look-up when the recorded answers are replaced as `changes` says. */
async function verdict(changes: ReadonlyMap<string, Uint8Array>, version: string): Promise<string> {
	const answer = (path: string) => changes.get(path) ?? recorded.get(path);
	const reader: SumdbReader = { ...readerOf(answer), recordedHead: () => answer("latest") };
	return outcome(lookupSumdb({ database: published, reader, heads: headsInMemory() }, toolchain, version));
}

async function outcome(run: Promise<unknown>): Promise<string> {
	try {
		await run;
		return "accepted";
	} catch (error) {
		if (error instanceof GoxError) return `${error.code}: ${error.message}`;
		throw error;
	}
}

function flipped(bytes: Uint8Array, position: number, by: number): Uint8Array {
	const changed = Uint8Array.from(bytes);
	changed[position] = (changed[position] ?? 0) ^ by;
	return changed;
}

/** The recorded answers that the proof of a version reads. */
async function answersBehind(version: string): Promise<string[]> {
	const reader = readerOf((path) => recorded.get(path));
	const head = () => recorded.get("latest");
	await lookupSumdb(
		{ database: published, reader: { ...reader, recordedHead: head }, heads: headsInMemory() },
		toolchain,
		version,
	);
	return ["latest", ...reader.asked];
}

describe.each(recordedToolchains)("the recorded proof of $version", { tags: "fault-15" }, ({ version }) => {
	const reasons = /^integrity: .*(tiles are refused|tree head|answer of sum\.golang\.org is refused|signed note|two histories)/s;

	/** Another number leads to another tile, which wasn't recorded. */
	const anotherRecord = /^(integrity: an answer of sum\.golang\.org is refused|network: the test log has no tile)/;

	it("is refused with any byte of the tree head or the look-up changed", async (test) => {
		for (const path of ["latest", `lookup/${toolchain}@${version}`]) {
			const original = recorded.get(path) ?? expect.unreachable(path);
			for (let position = 0; position < original.length; position++) {
				for (const by of [1, 0x80]) {
					const found = await verdict(new Map([[path, flipped(original, position, by)]]), version);
					tried(test);
					const inNumber = path !== "latest" && position < original.indexOf(10);
					expect(found, `${path}, byte ${position}`).toMatch(inNumber ? anotherRecord : reasons);
				}
			}
		}
	});

	it("is refused with any byte of any of its tiles changed", async (test) => {
		const tiles = (await answersBehind(version)).filter((path) => path.startsWith("tile/"));
		expect(tiles.length).toBeGreaterThanOrEqual(7);
		const places = fc.record({ path: fc.constantFrom(...tiles), at: fc.nat(1_000_000), by: fc.integer({ min: 1, max: 255 }) });
		await fc.assert(
			fc.asyncProperty(places, async ({ path, at, by }) => {
				const original = recorded.get(path) ?? expect.unreachable(path);
				const found = await verdict(new Map([[path, flipped(original, at % original.length, by)]]), version);
				expect(found).toMatch(/^integrity: the checksum database's tiles are refused: /);
				tried(test);
			}),
			{ numRuns: 150, examples: tiles.flatMap((path) => [[{ path, at: 0, by: 1 }], [{ path, at: 31, by: 128 }]]) as never },
		);
	});

	it("is refused with any two of its answers swapped", async (test) => {
		const paths = await answersBehind(version);
		for (const [index, left] of paths.entries()) {
			for (const right of paths.slice(index + 1)) {
				const changes = new Map([
					[left, recorded.get(right) ?? expect.unreachable(right)],
					[right, recorded.get(left) ?? expect.unreachable(left)],
				]);
				expect(await verdict(changes, version), `${left} and ${right}`).toMatch(reasons);
				tried(test);
			}
		}
	});

	it("is refused with any of its answers empty, cut short or followed by more", async (test) => {
		for (const path of (await answersBehind(version)).filter((each) => each !== "latest")) {
			const original = recorded.get(path) ?? expect.unreachable(path);
			for (const bytes of [new Uint8Array(), original.subarray(0, -1), Buffer.concat([original, Buffer.from("x")])]) {
				expect(await verdict(new Map([[path, bytes]]), version), `${path} of ${bytes.length} bytes`).toMatch(reasons);
				tried(test);
			}
		}
	});

	it("is refused when the answer is about another recorded module", async () => {
		for (const other of recordedToolchains.filter((each) => each.version !== version)) {
			const answer = recorded.get(`lookup/${toolchain}@${other.version}`) ?? expect.unreachable();
			const found = await verdict(new Map([[`lookup/${toolchain}@${version}`, answer]]), version);
			expect(found).toContain(`asked about ${toolchain} ${version}, it is about "${toolchain} ${other.version} h1:`);
		}
	});
});

const signer = new LogSigner("log.example.org");
const database = parseGosumdb(signer.verifierKey) ?? expect.unreachable();
const path = "example.org/m";
const version = "v1.0.0";
const logWith = (text?: string) => new TestLog(signer).fill(300).add(path, version, h1Of("m"), text).fill(700);
const lookup = (reader: SumdbReader, seen: readonly string[] = []) =>
	outcome(lookupSumdb({ database, reader, heads: headsInMemory(seen.map((note) => Buffer.from(note))) }, path, version));

describe("a record that the log itself holds", { tags: "fault-15" }, () => {
	const good = recordText(path, version, h1Of("m"));
	it.each([
		["is right", good, /^accepted$/],
		["is about another module", recordText("example.org/n", version, h1Of("m")), /is about "example\.org\/n v1\.0\.0 h1:/],
		["is about another version", recordText(path, "v1.0.1", h1Of("m")), /is about "example\.org\/m v1\.0\.1 h1:/],
		["is about a longer version", recordText(path, `${version}0`, h1Of("m")), /is about/],
		["has only the go.mod's line", `${good.split("\n")[1]}\n`, /is about "example\.org\/m v1\.0\.0\/go\.mod/],
		["has only the module's line", `${good.split("\n")[0]}\n`, /is about ""/],
		["has its lines the other way round", `${good.split("\n")[1]}\n${good.split("\n")[0]}\n`, /is about/],
		["has an extra line", `${good}${path} ${version} ${h1Of("evil")}\n`, /extra lines about "example\.org\/m v1\.0\.0 h1:/],
		["has another hash function", good.replace("h1:", "h2:"), /is about/],
		["has a hash of the wrong length", good.replace(/h1:..../, "h1:"), /is about/],
		["has words behind the hash", good.replace("\n", " x\n"), /is about/],
		["is one word", "x\n", /is about "x"/],
	])("and %s", async (_what, text, wanted) => {
		expect(await lookup(logWith(text).reader())).toMatch(wanted);
	});

	it.each([
		["no answer", "", "it is empty"],
		["a page", "<html>\n<body>Please log in</body>\n</html>\n", "it has no record"],
		["a number only", "300\n", "it has no record"],
		["an empty record", `300\n\n${"x"}\n\n`, "its record is empty"],
		["a negative number", "-1\nx\n\n", "not canonical"],
		["a number with a plus", "+300\nx\n\n", "not canonical"],
		["a number beyond 2^53", "9007199254740993\nx\n\n", "not canonical"],
		["a NUL", "300\nx\0\n\n", "not text"],
	])("%s is refused", async (_what, text, why) => {
		const log = logWith();
		const found = await lookup(readerOf((at) => (at.startsWith("lookup/") ? Buffer.from(text) : log.answer(at))));
		expect(found).toMatch(/^integrity: /);
		expect(found).toContain(why);
	});

	it("is refused under another record's number, and under one beyond the tree", async () => {
		const log = logWith();
		const renumbered = (number: string) =>
			lookup(readerOf((at) => (at.startsWith("lookup/") ? replaced(log.answer(at), /^300/, number) : log.answer(at))));
		expect(await renumbered("301")).toContain("is not record 301 of the signed tree");
		expect(await renumbered("1001")).toContain("record 1001 is not in a tree of 1001 records");
		expect(await renumbered("4294967596")).toContain("is not in a tree");
	});
});

describe("a tree head", { tags: "fault-15" }, () => {
	const log = logWith();
	const withHead = (head: string) =>
		readerOf((at) =>
			at.startsWith("lookup/") ? replaced(log.answer(at), /go\.sum database tree[\s\S]*$/, head) : log.answer(at),
		);

	it.each([
		["signed by another key of that name", new TestLog(new LogSigner("log.example.org")).fill(5).head(), "not signed by"],
		["that isn't one", signer.note("hello\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), "not a tree head"],
		["with a size that isn't canonical", signer.note(`go.sum database tree\n01001\n${"A".repeat(43)}=\n`), "not a tree head"],
		["with a short root", signer.note("go.sum database tree\n1001\nAAAA\n"), "not a tree head"],
		[
			"with a root that its tiles don't give",
			signer.note(`go.sum database tree\n1001\n${"A".repeat(43)}=\n`),
			"don't give the root",
		],
		[
			"of no records",
			signer.note("go.sum database tree\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"),
			"not in a tree of 0 records",
		],
		["unsigned", "go.sum database tree\n1001\nAAAA\n", "it has no signatures"],
	])("%s is refused", async (_what, head, why) => {
		const found = await lookup(withHead(head));
		expect(found).toMatch(/^integrity: /);
		expect(found).toContain(why);
	});

	it("with lines of a later format is read", async () => {
		const [first, size, root] = log.head().split("\n");
		expect(await lookup(withHead(signer.note(`${first}\n${size}\n${root}\nmore\n`)))).toBe("accepted");
	});
});

describe("a forked log", { tags: "fault-15" }, () => {
	const honest = logWith();
	const forked = honest.fork(600).fill(900, "fork");

	it.each([
		["a longer fork than the tree seen", honest.head(), forked.reader()],
		["a fork of the same size", honest.head(), forked.reader(honest.size)],
		["a shorter fork, with its own tiles", honest.head(), forked.reader(700)],
		["the same, with the honest tree's tiles", honest.head(), mixed(forked, 700, honest)],
	])("%s is refused", async (_what, seen, reader) => {
		expect(await lookup(reader, [seen])).toMatch(/^(integrity|network): /);
	});

	it.each([
		["longer", forked.reader(), honest.head(), forked.head()],
		["of the same size", forked.reader(honest.size), honest.head(), forked.head(honest.size)],
		["shorter", mixed(forked, 700, honest), honest.head(), forked.head(700)],
	])("%s raises the alarm and shows both signed heads", async (_what, reader, seen, shown) => {
		const found = await lookup(reader, [seen]);
		expect(found).toContain("SECURITY ERROR: the checksum database log.example.org shows two histories");
		for (const head of [seen, shown])
			for (const line of head.trimEnd().split("\n")) expect(found).toContain(`\t${line}\n`.trimEnd());
	});

	it("from before the fork, both are one history", async () => {
		expect(await lookup(forked.reader(), [honest.head(600)])).toBe("accepted");
	});
});

describe("two heads seen before that contradict each other", { tags: "fault-15" }, () => {
	const honest = logWith();
	const forked = honest.fork(600).fill(900, "fork");
	it("stop everything", async () => {
		const both = readerOf((at) => honest.answer(at) ?? forked.answer(at));
		expect(await lookup(both, [honest.head(), forked.head(honest.size)])).toContain("SECURITY ERROR");
	});
});

/** The look-ups of one log at a size, with another log's tiles. */
function mixed(lookups: TestLog, size: number, tiles: TestLog): SumdbReader {
	return readerOf((at) => (at.startsWith("lookup/") ? lookups.answer(at, size) : tiles.answer(at)));
}

function replaced(answer: Uint8Array | undefined, pattern: RegExp, text: string): Uint8Array {
	return Buffer.from(
		Buffer.from(answer ?? [])
			.toString()
			.replace(pattern, text),
	);
}
