import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadArchive, type Wanted } from "../../src/fetch/download.ts";
import type { Timing } from "../../src/fetch/timing.ts";
import { testContext } from "../support/context.ts";
import { type Fault, sha256, startServer, type TestServer } from "../support/server.ts";
import { tried } from "../support/tally.ts";

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
	expect(new Set(first.requestsFor(path).slice(1).map(({ headers }) => headers["if-range"]))).toHaveLength(1);
});
