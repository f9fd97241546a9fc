import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { variablesIn } from "../../src/config.ts";
import { downloadArchive } from "../../src/fetch/download.ts";
import type { Wanted } from "../../src/fetch/mirrors.ts";
import { DownloadError } from "../../src/fetch/mirrors.ts";
import { defaultTiming, type Timing, timingIn } from "../../src/fetch/timeouts.ts";
import type { DownloadOptions } from "../../src/fetch/transfer.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { etagOf, type Fault, sha256, startServer, type TestServer } from "../support/server.ts";

const filename = "go1.99.1.linux-amd64.tar.gz";
const path = `/dl/${filename}`;
const content = archiveOfBytes();
const digest = sha256(content);
const last = content.length - 1;

/** Bytes that begin as gzip does: a first byte of `<` would be taken for a web page. */
function archiveOfBytes(): Buffer {
	return Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(700_000)]);
}

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
	readonly mirrors?: readonly string[];
	readonly wanted?: Partial<Wanted>;
	readonly timing?: Partial<Timing>;
	readonly env?: Record<string, string>;
	readonly options?: DownloadOptions;
}

/** Downloads, and says what the consumer saw: the bytes of each pass, and what gox remarked. */
async function download(story: Story = {}) {
	const waits: number[] = [];
	const notes: string[] = [];
	const passes: Buffer[] = [];
	const wanted = {
		filename,
		mirrors: (story.mirrors ?? [first.mirror]).map((mirror) => new URL(mirror)),
		sha256: digest,
		...story.wanted,
	};
	const timing = { backoffMs: [1, 2, 3], wait: async (ms: number) => void waits.push(ms), ...story.timing };
	const consume = async (bytes: AsyncIterable<Buffer>) => {
		const at = passes.push(Buffer.alloc(0)) - 1;
		for await (const piece of bytes) passes[at] = Buffer.concat([passes[at] ?? Buffer.alloc(0), piece]);
		return at;
	};
	const options = { timing, note: (text: string) => void notes.push(text), ...story.options };
	const context = testContext({ env: story.env ?? {} });
	const outcome = await downloadArchive(context, wanted, consume, options).then(
		(delivered) => ({ delivered, error: undefined }),
		(error: unknown) => ({ delivered: undefined, error }),
	);
	return { ...outcome, passes, waits, notes };
}

function ranges(server: TestServer): (string | undefined)[] {
	return server.requestsFor(path).map(({ headers }) => headers.range);
}

function expectWhole(outcome: Awaited<ReturnType<typeof download>>, passes = 1): void {
	expect(outcome.error).toBeUndefined();
	expect(outcome.delivered).toMatchObject({ value: passes - 1, sha256: digest, size: content.length });
	expect(outcome.passes).toHaveLength(passes);
	expect(outcome.passes.at(-1)?.equals(content)).toBe(true);
}

function failuresOf(error: unknown): [string, string][] {
	expect(error).toBeInstanceOf(DownloadError);
	return (error as DownloadError).failures.map(({ failure }) => [failure.kind, failure.reason]);
}

test("all is well: one request, and the address is the mirror's", async () => {
	const outcome = await download({ wanted: { size: content.length } });
	expectWhole(outcome);
	expect(outcome.delivered?.url).toBe(`${first.mirror}/${filename}`);
	expect(first.requests).toHaveLength(1);
	expect(first.requests[0]?.headers["accept-encoding"]).toBe("identity");
});

describe("the connection is cut", { tags: "fault-1" }, () => {
	test.each([0, 1, Math.floor(last / 2), last])("at byte %i: the rest is asked for", async (cutAfter) => {
		first.fail(path, { cutAfter });
		const outcome = await download();
		expectWhole(outcome);
		expect(first.requests).toHaveLength(2);
		const range = ranges(first)[1];
		expect(range).toBe(cutAfter === 0 ? undefined : `bytes=${cutAfter}-`);
		expect(first.requestsFor(path)[1]?.headers["if-range"]).toBe(cutAfter === 0 ? undefined : etagOf(content));
	});

	test("before any answer", async () => {
		first.fail(path, { reset: true });
		expectWhole(await download());
	});

	test("again and again, but each time a good piece further", async () => {
		first.fail(path, { cutAfter: 300_000 }, { cutAfter: 300_000 });
		const outcome = await download({ timing: { backoffMs: [1] } });
		expectWhole(outcome);
	});

	test("without any progress: given up after the last pause", async () => {
		first.failAlways(path, { cutAfter: 0 });
		const { error, waits } = await download();
		expect(waits).toEqual([1, 2, 3]);
		expect(failuresOf(error)).toEqual([["cut", expect.stringContaining("connection")]]);
		expect(error).toMatchObject({ code: "network", exit: 4, noneReached: false });
	});

	test("without a known hash, a strong ETag is enough to resume", async () => {
		first.fail(path, { cutAfter: 500_000 });
		expectWhole(await download({ wanted: { sha256: undefined } }));
		expect(ranges(first)[1]).toMatch(/^bytes=/);
	});

	test.each([undefined, 'W/"weak"'])(
		"without a known hash and with the ETag %s, the whole file comes again and is compared",
		async (etag) => {
			first.failAlways(path, { headers: { etag } });
			first.fail(path, { cutAfter: 500_000, headers: { etag } });
			expectWhole(await download({ wanted: { sha256: undefined } }));
			expect(ranges(first)).toEqual([undefined, undefined]);
		},
	);
});

describe("a resume answered with 200", { tags: "fault-2" }, () => {
	test("is never appended: the beginning is compared and passed over", async () => {
		first.fail(path, { cutAfter: 500_000 }, { ignoreRange: true });
		const outcome = await download();
		expectWhole(outcome);
		expect(first.requests).toHaveLength(2);
	});

	test("with another file: the consumer starts over", async () => {
		const other = archiveOfBytes();
		first.fail(path, { cutAfter: 500_000, body: other }, { ignoreRange: true });
		const outcome = await download();
		expectWhole(outcome, 2);
	});
});

describe("another file on the way", { tags: "fault-3" }, () => {
	const changed = '"another"';
	test.each([
		["the ETag changed", { headers: { etag: changed } }, 2],
		["a 206 that ignores If-Range, with another ETag", { ignoreIfRange: true, headers: { etag: changed } }, 3],
		["a 206 with the wrong start", { contentRange: `bytes 7-${last}/${content.length}` }, 3],
		["a 206 with the wrong total", { contentRange: `bytes 500000-${last}/${content.length + 1}` }, 3],
		["a 206 without Content-Range", { headers: { "content-range": undefined } }, 3],
		["a 206 with a malformed Content-Range", { contentRange: "bytes all/of it" }, 3],
	] as [string, Fault, number][])("%s: one clean restart", async (_, fault, requests) => {
		first.fail(path, { cutAfter: 500_000 }, fault);
		const outcome = await download();
		expectWhole(outcome);
		expect(ranges(first)).toEqual([undefined, "bytes=500000-", undefined].slice(0, requests));
	});
});

describe("a resume answered with 416", { tags: "fault-4" }, () => {
	test("by a file that ends where we are, for a Content-Length that lied", async () => {
		first.fail(path, { length: content.length + 10 });
		const outcome = await download();
		expectWhole(outcome);
	});

	test("the same, where no hash is known", async () => {
		first.fail(path, { length: content.length + 10 });
		expectWhole(await download({ wanted: { sha256: undefined } }));
		expect(first.requestsFor(path).map(({ status }) => status)).toEqual([200, 416]);
	});

	test("by a shorter file: start over", async () => {
		first.fail(path, { cutAfter: 500_000 }, { body: content.subarray(0, 1000), headers: { etag: etagOf(content) } });
		const outcome = await download();
		expectWhole(outcome);
		expect(ranges(first).at(-1)).toBeUndefined();
	});
});

describe("wrong bytes", { tags: "fault-5" }, () => {
	test("in a plausible 206: the same run starts over, with the same mirror, without Range", async () => {
		first.fail(path, { cutAfter: 500_000 }, { body: archiveOfBytes(), headers: { etag: etagOf(content) } });
		const outcome = await download();
		expectWhole(outcome, 2);
		expect(ranges(first)[1]).toMatch(/^bytes=/);
		expect(ranges(first)[2]).toBeUndefined();
	});

	test("in the whole file: that mirror is done with, the next is asked from byte 0", async () => {
		const flipped = Buffer.from(content);
		flipped[350_000] = (flipped[350_000] ?? 0) ^ 1;
		first.failAlways(path, { body: flipped });
		const outcome = await download({ mirrors: [first.mirror, second.mirror] });
		expectWhole(outcome, 2);
		expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
		expect(ranges(second)).toEqual([undefined]);
	});

	test("everywhere: integrity, exit 5, and both digests are named", async () => {
		first.failAlways(path, { body: "\u001f other" });
		const { error } = await download();
		expect(error).toMatchObject({ code: "integrity", exit: 5 });
		expect((error as Error).message).toContain(digest);
		expect((error as Error).message).toContain(sha256("\u001f other"));
	});

	test("of the wrong number, where only the size is known", async () => {
		const { error } = await download({ wanted: { sha256: undefined, size: 5 } });
		expect(failuresOf(error)).toEqual([["wrong", `what it sent is not the file: ${content.length} bytes instead of 5`]]);
	});

	test("an empty answer is no file", async () => {
		first.failAlways(path, { body: "" });
		expect(failuresOf((await download({ wanted: { sha256: undefined } })).error)[0]?.[0]).toBe("wrong");
	});
});

describe("slowness", { tags: "fault-7" }, () => {
	test.each([
		["headers that never come", { stall: "headers" as const }, { headersMs: 300 }, "no answer within 300 ms"],
		["a body that stops", { stall: 1000 }, { idleMs: 300 }, "nothing came for 300 ms"],
		[
			"a trickle",
			{ trickle: { bytes: 1, everyMs: 2 } },
			{ rateWindowMs: 40, rateBytes: 10_000, idleMs: 10_000 },
			"bytes came in",
		],
	])("%s: the next mirror takes over, without a pause", async (_, fault, timing, reason) => {
		first.failAlways(path, fault);
		const outcome = await download({ mirrors: [first.mirror, second.mirror], timing });
		expectWhole(outcome);
		expect(outcome.waits).toEqual([]);
		expect(outcome.notes[0]).toContain(reason);
		expect(first.requests).toHaveLength(1);
	});

	test("the next mirror continues by Range, as the hash is known", async () => {
		first.failAlways(path, { stall: 500_000 });
		const outcome = await download({ mirrors: [first.mirror, second.mirror], timing: { idleMs: 300 } });
		expectWhole(outcome);
		expect(ranges(second)[0]).toMatch(/^bytes=\d+-$/);
		expect(second.requests[0]?.headers["if-range"]).toBeUndefined();
	});

	test("without a known hash the next mirror must send the same beginning", async () => {
		first.failAlways(path, { stall: 500_000 });
		const outcome = await download({
			mirrors: [first.mirror, second.mirror],
			timing: { idleMs: 300 },
			wanted: { sha256: undefined },
		});
		expectWhole(outcome);
		expect(ranges(second)).toEqual([undefined]);
	});

	test("a mirror at whose rate the file would take too long is left, while there is another", async () => {
		const slow = { trickle: { bytes: 10_000, everyMs: 5 } };
		first.failAlways(path, slow);
		const timing = { rateWindowMs: 40, rateBytes: 1, sourceMs: 50 };
		const outcome = await download({ mirrors: [first.mirror, second.mirror], timing });
		expectWhole(outcome);
		expect(outcome.notes[0]).toMatch(/only \d+ bytes came in .*; going on at/);
		expect(ranges(second)[0]).toMatch(/^bytes=\d+-$/);
		second.failAlways(path, slow);
		expectWhole(await download({ mirrors: [first.mirror, second.mirror], timing }));
	});

	test("a download as a whole has a deadline, whatever mirrors are left", async () => {
		first.failAlways(path, { trickle: { bytes: 1_000, everyMs: 5 } });
		const { error } = await download({ mirrors: [first.mirror, second.mirror], timing: { totalMs: 100 } });
		expect(failuresOf(error)).toEqual([["slow", "the download was not done within 100 ms"]]);
		expect(error).toMatchObject({ code: "network", exit: 4 });
		expect(second.requests).toHaveLength(0);
	});

	test.each<[string, Fault]>([
		["headers", { stall: "headers" }],
		["a body", { stall: 1000 }],
		["a Retry-After", { status: 503, headers: { "retry-after": "100000" } }],
		["its own pauses", { cutAfter: 0 }],
	])("that deadline ends the wait for %s, which would last for ever", async (_, fault) => {
		first.failAlways(path, fault);
		const never = 10 ** 8;
		const deadline = { headersMs: never, idleMs: never, rateWindowMs: never, longestRetryAfterMs: never * 10 };
		const timing = { totalMs: 500, ...deadline, backoffMs: [never], wait: defaultTiming.wait };
		const { error } = await download({ mirrors: [first.mirror, second.mirror], timing });
		expect(failuresOf(error)).toEqual([["slow", "the download was not done within 500 ms"]]);
		expect([first.requests.length, second.requests.length]).toEqual([1, 0]);
	});

	test.each([
		["90", 90_000],
		["90s", 90_000],
		["20m", 1_200_000],
		["2h", 7_200_000],
		["", undefined],
	])("GOX_TIMEOUT=%s", (GOX_TIMEOUT, totalMs) => {
		expect(timingIn(variablesIn({ GOX_TIMEOUT }).timeout).totalMs).toBe(totalMs);
	});

	test.each(["0", "-1", "1.5h", "soon", "99999999", "1d"])(
		"GOX_TIMEOUT=%s is refused before anything is asked",
		async (GOX_TIMEOUT) => {
			expect((await download({ env: { GOX_TIMEOUT } })).error).toMatchObject({ code: "usage", hint: expect.any(String) });
			expect(first.requests).toHaveLength(0);
		},
	);

	test("the only mirror gets a second chance", async () => {
		first.fail(path, { stall: "headers" });
		expectWhole(await download({ timing: { headersMs: 300 } }));
	});

	test("a consumer that takes its time is not a slow network", async () => {
		const slow = new Promise<void>((resolve) => setTimeout(resolve, 500));
		const consume = async (bytes: AsyncIterable<Buffer>) => {
			for await (const _ of bytes) await slow;
		};
		const wanted = { filename, mirrors: [new URL(first.mirror)], sha256: digest };
		const timing = { idleMs: 400, rateWindowMs: 400, rateBytes: 10 ** 9 };
		await expect(downloadArchive(testContext(), wanted, consume, { timing })).resolves.toMatchObject({ sha256: digest });
		expect(first.requests).toHaveLength(1);
	});
});

describe("statuses", { tags: "fault-8" }, () => {
	test("503: Retry-After is waited for", async () => {
		first.fail(path, { status: 503, headers: { "retry-after": "7" } });
		const outcome = await download();
		expectWhole(outcome);
		expect(outcome.waits).toEqual([7000]);
	});

	test("a Retry-After as a date counts from the context's clock; one beyond patience means the next mirror", async () => {
		first.failAlways(path, { status: 429, headers: { "retry-after": new Date(Date.now() + 3_600_000).toUTCString() } });
		const outcome = await download({ mirrors: [first.mirror, second.mirror] });
		expectWhole(outcome);
		expect(outcome.waits).toEqual([]);
	});

	test.each([
		[404, "missing", false],
		[410, "missing", false],
		[403, "blocked", true],
		[407, "blocked", true],
		[451, "blocked", true],
	])("%i is not retried, and the next mirror takes over", async (status, kind, noneReached) => {
		first.failAlways(path, { status });
		expectWhole(await download({ mirrors: [first.mirror, second.mirror] }));
		expect(first.requests).toHaveLength(1);
		const alone = await download();
		expect(failuresOf(alone.error)).toEqual([[kind, expect.stringContaining(`(${status})`)]]);
		expect(alone.error).toMatchObject({ noneReached, missing: !noneReached });
	});

	test("a mirror that isn't there, one that fails, one that has it", async () => {
		second.failAlways(path, { status: 500 });
		const third = await startServer({ files: new Map([[path, content]]) });
		const gone = await startServer();
		await gone.close();
		const outcome = await download({ mirrors: [gone.mirror, second.mirror, third.mirror] });
		await third.close();
		expectWhole(outcome);
		expect(outcome.waits).toEqual([1, 2, 3]);
		expect(outcome.notes[0]).toContain("refused the connection (ECONNREFUSED)");
	});

	test("all fail: each is named with its reason", async () => {
		const gone = await startServer();
		await gone.close();
		first.failAlways(path, { status: 404 });
		const { error } = await download({ mirrors: [gone.mirror, first.mirror] });
		expect((error as Error).message.split("\n")).toEqual([
			`${filename} could not be downloaded`,
			`  ${new URL(gone.origin).host}: ${new URL(gone.origin).host} refused the connection (ECONNREFUSED)`,
			`  ${new URL(first.origin).host}: there is no such file (404)`,
		]);
		expect(error).toMatchObject({ noneReached: false, missing: true, exit: 4 });
	});

	test("a login page instead of the file: blocked, and nothing of it reaches the consumer", async () => {
		first.failAlways(path, { html: true });
		const { error, passes } = await download();
		expect(error).toMatchObject({ noneReached: true });
		expect(passes.map((pass) => pass.length)).toEqual([0]);
	});
});

describe("lies about length and encoding", { tags: "fault-10" }, () => {
	test("a Content-Length that is too small: wrong bytes", async () => {
		first.failAlways(path, { length: 1000 });
		const outcome = await download({ mirrors: [first.mirror, second.mirror] });
		expectWhole(outcome, 2);
	});

	test("one that is too large, and nothing to resume with: cut, then given up", async () => {
		first.failAlways(path, { length: content.length + 5, headers: { etag: undefined } });
		const { error } = await download({ wanted: { sha256: undefined } });
		expect(failuresOf(error)[0]?.[0]).toBe("cut");
	});

	test("no Content-Length at all is fine", async () => {
		first.failAlways(path, { chunked: true });
		expectWhole(await download());
	});

	test("an encoding nobody asked for", async () => {
		first.failAlways(path, { headers: { "content-encoding": "br" } });
		const { error } = await download();
		expect(failuresOf(error)).toEqual([["improper", "the answer is encoded as br, which gox didn't ask for"]]);
	});
});

describe("the consumer", () => {
	const wanted = () => ({ filename, mirrors: [new URL(first.mirror), new URL(second.mirror)], sha256: digest });
	const zlibError = Object.assign(new Error("incorrect data check"), { code: "Z_DATA_ERROR" });

	test("chokes on bad bytes: they are read to the end, found wrong, and it is called again", async () => {
		first.failAlways(path, { body: archiveOfBytes() });
		let calls = 0;
		const outcome = await downloadArchive(testContext(), wanted(), async (bytes) => {
			for await (const _ of bytes) if (++calls === 1) throw zlibError;
			return "done";
		});
		expect(outcome).toMatchObject({ value: "done", url: `${second.mirror}/${filename}` });
	});

	test("chokes on good bytes: its own error comes out", async () => {
		const choke = async (bytes: AsyncIterable<Buffer>) => {
			for await (const _ of bytes) throw zlibError;
		};
		await expect(downloadArchive(testContext(), wanted(), choke)).rejects.toBe(zlibError);
		expect(second.requests).toHaveLength(0);
	});

	test("has a full disk: nothing more is read", async () => {
		const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
		first.failAlways(path, { stall: 300_000 });
		const choke = async (bytes: AsyncIterable<Buffer>) => {
			for await (const _ of bytes) throw full;
		};
		await expect(downloadArchive(testContext(), wanted(), choke)).rejects.toBe(full);
	});

	test("stops early: the rest is still proven", async () => {
		first.failAlways(path, { body: Buffer.concat([content, Buffer.from("tail")]) });
		const seen: string[] = [];
		const outcome = await downloadArchive(testContext(), wanted(), async (bytes) => {
			for await (const _ of bytes) break;
			seen.push("called");
		});
		expect(seen).toHaveLength(2);
		expect(outcome.url).toBe(`${second.mirror}/${filename}`);
	});

	test("is told of progress", async () => {
		const progress: number[] = [];
		await download({
			options: { progress: ({ received, total }) => void (total === content.length && progress.push(received)) },
		});
		expect(progress.at(-1)).toBe(content.length);
		expect(progress).toEqual(progress.toSorted((a, b) => a - b));
	});
});

describe("interruption, offline, files", () => {
	test("Ctrl-C while nothing comes", async () => {
		first.failAlways(path, { stall: 1000 });
		const context = testContext();
		const wanted = { filename, mirrors: [new URL(first.mirror)], sha256: digest };
		const consume = async (bytes: AsyncIterable<Buffer>) => {
			for await (const _ of bytes) context.interrupt();
		};
		await expect(downloadArchive(context, wanted, consume)).rejects.toMatchObject({ code: "interrupted", exit: 130 });
	});

	test("GOX_OFFLINE never connects", async () => {
		const { error } = await download({ env: { GOX_OFFLINE: "1" } });
		expect(error).toMatchObject({ code: "offline", exit: 4 });
		expect(first.requests).toHaveLength(0);
	});

	test("GOX_OFFLINE leaves files, and a directory is a mirror", async () => {
		const directory = join(freshRoot(), "my mirror");
		mkdirSync(directory);
		writeFileSync(join(directory, filename), content);
		const outcome = await download({
			env: { GOX_OFFLINE: "1" },
			mirrors: [first.mirror, pathToFileURL(directory).href],
		});
		expectWhole(outcome);
		expect(first.requests).toHaveLength(0);
	});

	test("a directory without the file, then a mirror that has it", async () => {
		const outcome = await download({ mirrors: [pathToFileURL(freshRoot()).href, first.mirror] });
		expectWhole(outcome);
	});
});
