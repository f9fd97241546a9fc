import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadArchive } from "../../src/fetch/download.ts";
import type { Wanted } from "../../src/fetch/mirrors.ts";
import type { Timing } from "../../src/fetch/timeouts.ts";
import { testContext } from "../support/context.ts";
import { etagOf, type Fault, sha256, startServer, type TestServer } from "../support/server.ts";

const filename = "go1.99.2.linux-amd64.tar.gz";
const path = `/dl/${filename}`;
const content = Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(2_000_000)]);
const digest = sha256(content);
const rangeBytes = 100_000;

let first: TestServer;
let second: TestServer;

beforeEach(async () => {
	first = await startServer({ files: new Map([[path, content]]) });
	second = await startServer({ files: new Map([[path, content]]) });
});

afterEach(async () => {
	await Promise.all([first.close(), second.close()]);
});

interface Story {
	readonly mirrors?: readonly TestServer[];
	readonly wanted?: Partial<Wanted>;
	readonly timing?: Partial<Timing>;
}

/** Downloads from servers whose first piece already counts as slow: from there on in ranges. */
async function download(story: Story = {}) {
	const waits: number[] = [];
	const notes: string[] = [];
	const passes: Buffer[] = [];
	const wanted = {
		filename,
		mirrors: (story.mirrors ?? [first]).map(({ mirror }) => new URL(mirror)),
		sha256: digest,
		...story.wanted,
	};
	const timing = {
		backoffMs: [1, 2, 3],
		wait: async (ms: number) => void waits.push(ms),
		sampleMs: 0,
		leastRange: rangeBytes,
		mostRange: rangeBytes,
		...story.timing,
	};
	const consume = async (bytes: AsyncIterable<Buffer>) => {
		const pieces: Buffer[] = [];
		const at = passes.push(Buffer.alloc(0)) - 1;
		try {
			for await (const piece of bytes) pieces.push(piece);
		} finally {
			passes[at] = Buffer.concat(pieces);
		}
	};
	const outcome = await downloadArchive(testContext(), wanted, consume, { timing, note: (text) => void notes.push(text) }).then(
		(delivered) => ({ delivered, error: undefined }),
		(error: unknown) => ({ delivered: undefined, error }),
	);
	return { ...outcome, passes, waits, notes };
}

function expectWhole(outcome: Awaited<ReturnType<typeof download>>): void {
	expect(outcome.error).toBeUndefined();
	expect(outcome.passes).toHaveLength(1);
	expect(outcome.passes[0]?.equals(content)).toBe(true);
	expect(outcome.delivered).toMatchObject({ sha256: digest, size: content.length });
}

/** First bytes of the ranges that a server was asked for, in the order of the file. */
function starts(server: TestServer): number[] {
	return server
		.requestsFor(path)
		.flatMap(({ headers }) => (headers.range ? [Number(/\d+/.exec(headers.range)?.[0])] : []))
		.sort((a, b) => a - b);
}

/** Faults for the n-th range that is asked for; the answer that was slow stays as it is. */
function failRange(server: TestServer, nth: number, ...faults: Fault[]): void {
	server.fail(path, ...Array.from({ length: nth }, () => ({})), ...faults);
}

test("a slow download goes on in ranges: each once, all in order, under one ETag", async () => {
	const outcome = await download();
	expectWhole(outcome);
	const asked = starts(first);
	expect(asked.length).toBeGreaterThan(10);
	expect(new Set(asked).size).toBe(asked.length);
	expect(asked.slice(1).every((start, at) => start - (asked[at] ?? 0) === rangeBytes)).toBe(true);
	expect(
		new Set(
			first
				.requestsFor(path)
				.slice(1)
				.map(({ headers }) => headers["if-range"]),
		),
	).toHaveLength(1);
});

describe("one of several ranges", { tags: "fault-6" }, () => {
	const changed = '"another"';

	test.each([
		["stalls", { stall: 30_000 }, 30_000],
		["stalls before its headers", { stall: "headers" }, 0],
		["is cut off", { cutAfter: 30_000 }, 30_000],
		["is reset before an answer", { reset: true }, 0],
		["gets 503", { status: 503 }, 0],
		["comes short", { shortRange: 30_000 }, 30_000],
		["is announced longer than it is", { length: rangeBytes + 5 }, undefined],
		["gets the whole file", { ignoreRange: true }, 0],
	] as [string, Fault, number | undefined][])(
		"%s: what it lacks is asked for again, and nothing else",
		async (_, fault, came) => {
			first.fail(path, { stall: 500_000 });
			failRange(first, 4, fault);
			const outcome = await download({ timing: "stall" in fault ? { idleMs: 1_500, headersMs: 1_500 } : {} });
			expectWhole(outcome);
			const asked = starts(first);
			const again = asked.filter((start, at) => (start - (asked[0] ?? 0)) % rangeBytes !== 0 || asked[at - 1] === start);
			expect(again).toHaveLength(came === undefined ? 0 : 1);
			if (came !== undefined) expect(((again[0] ?? 0) - (asked[0] ?? 0)) % rangeBytes).toBe(came);
		},
	);

	test.each([
		["another ETag", { headers: { etag: changed } }],
		["another ETag, If-Range ignored", { ignoreIfRange: true, headers: { etag: changed } }],
		["the wrong start", { contentRange: `bytes 7-100006/${content.length}` }],
		["the wrong total", { ignoreIfRange: true, contentRange: `bytes 500000-599999/${content.length + 1}` }],
		["no Content-Range", { headers: { "content-range": undefined } }],
	] as [string, Fault][])("comes with %s: one clean restart, without ranges", async (_, fault) => {
		first.fail(path, { stall: 500_000 });
		failRange(first, 4, fault);
		const outcome = await download();
		expectWhole(outcome);
		expect(first.requestsFor(path).filter(({ headers }) => headers.range === undefined)).toHaveLength(2);
	});

	test("brings wrong bytes: the same run starts over, without ranges", async () => {
		first.fail(path, { stall: 500_000 });
		failRange(first, 4, { body: Buffer.alloc(content.length, 7), headers: { etag: etagOf(content) } });
		const outcome = await download();
		expect(outcome.error).toBeUndefined();
		expect(outcome.passes).toHaveLength(2);
		expect(outcome.passes[1]?.equals(content)).toBe(true);
	});
});

describe("a mirror that gives no ranges", { tags: "fault-6" }, () => {
	test.each([
		["answers with the whole file", { ignoreRange: true }],
		["has too many connections", { status: 503 }],
		["never answers", { stall: "headers" }],
		["knows nothing of ranges", { status: 400 }],
	] as [string, Fault][])("%s: the first answer goes on alone, after one more request", async (_, fault) => {
		first.failAlways(path, fault);
		first.fail(path, {});
		const outcome = await download({ timing: "stall" in fault ? { headersMs: 500 } : {} });
		expectWhole(outcome);
		expect(first.requestsFor(path)).toHaveLength(2);
		expect(outcome.notes.join("\n")).toContain("going on with one connection");
	});

	test("and whose answer is cut later: the rest comes from another one, without ranges again", async () => {
		first.failAlways(path, { ignoreRange: true });
		first.fail(path, { cutAfter: 1_000_000 });
		expectWhole(await download());
		expect(first.requestsFor(path)).toHaveLength(3);
	});
});

describe("several mirrors", { tags: "fault-6" }, () => {
	test("where one dies amid its ranges, the next brings what is missing, and no more", async () => {
		first.fail(path, { stall: 500_000 });
		failRange(first, 6);
		first.failAlways(path, { reset: true });
		expectWhole(await download({ mirrors: [first, second] }));
		const asked = starts(second);
		expect(asked.length).toBeGreaterThan(3);
		expect(new Set(asked).size).toBe(asked.length);
	});

	test("where one stalls as a whole, it is left after its time-out", async () => {
		first.failAlways(path, { stall: 20_000 });
		const outcome = await download({ mirrors: [first, second], timing: { idleMs: 300 } });
		expectWhole(outcome);
		expect(outcome.waits.filter((ms) => ms > 0)).toEqual([]);
		expect(outcome.notes.join("\n")).toContain("nothing came for 300 ms; going on at");
	});

	test("ranges of two mirrors are never put together where no digest is known", async () => {
		first.fail(path, { stall: 500_000 });
		failRange(first, 4);
		first.failAlways(path, { status: 404 });
		expectWhole(await download({ mirrors: [first, second], wanted: { sha256: undefined } }));
		expect(second.requestsFor(path).map(({ headers }) => headers.range)).toContain(undefined);
	});

	test("where all are gone amid the ranges: the reasons of each, and nothing hangs", async () => {
		first.fail(path, { stall: 500_000 });
		failRange(first, 4);
		first.failAlways(path, { status: 404 });
		second.failAlways(path, { status: 410 });
		const { error } = await download({ mirrors: [first, second] });
		expect(error).toMatchObject({ code: "network", exit: 4 });
		expect((error as Error).message).toMatch(/\(404\)[\s\S]*\(410\)/);
	});
});

test("the address that a redirect led to is asked for the ranges, and the mirror itself once that is closed", async () => {
	first.failAlways(path, { redirect: `${second.origin}${path}` });
	second.fail(path, { stall: 500_000 }, {}, {}, {}, { status: 403 });
	expectWhole(await download());
	expect(first.requestsFor(path).length).toBeGreaterThan(1);
	expect(second.requestsFor(path).length).toBeGreaterThan(first.requestsFor(path).length);
});

test("a slow consumer holds the ranges up: what waits in memory is bounded", async () => {
	const timing = { sampleMs: 0, leastRange: rangeBytes, mostRange: rangeBytes, connections: 3 };
	const wanted = { filename, mirrors: [new URL(first.mirror)], sha256: digest };
	let consumed = 0;
	let most = 0;
	const consume = async (bytes: AsyncIterable<Buffer>) => {
		for await (const piece of bytes) {
			for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
			consumed += piece.length;
		}
	};
	const progress = ({ received }: { received: number }) => {
		most = Math.max(most, received - consumed);
	};
	await downloadArchive(testContext(), wanted, consume, { timing, progress });
	expect(consumed).toBe(content.length);
	expect(most).toBeGreaterThan(2 * rangeBytes);
	// Five ranges may be begun ahead of the piece that the consumer has in hand.
	expect(most).toBeLessThanOrEqual(5 * rangeBytes + 256 * 1024);
});
