import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { downloadArchive } from "../../src/fetch/download.ts";
import type { Wanted } from "../../src/fetch/mirrors.ts";
import { partialDirectory } from "../../src/fetch/partial.ts";
import type { Timing } from "../../src/fetch/timeouts.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { etagOf, sha256, startServer, type TestServer } from "../support/server.ts";

const filename = "go1.99.3.linux-amd64.tar.gz";
const path = `/dl/${filename}`;
const content = Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(2_000_000)]);
const digest = sha256(content);
const cutAt = 1_500_000;
/** The header of a partial file. */
const headerBytes = 4096;

let server: TestServer;
let root: string;

beforeEach(async () => {
	server = await startServer({ files: new Map([[path, content]]) });
	root = freshRoot();
});

afterEach(() => server.close());

interface Run {
	readonly wanted?: Partial<Wanted>;
	readonly timing?: Partial<Timing>;
	readonly now?: () => Date;
	readonly alive?: boolean;
}

/** One run of gox, as far as a download goes: another process each time, with the same cache. */
async function run({ wanted, timing, now, alive = false }: Run = {}) {
	const notes: string[] = [];
	const passes: Buffer[] = [];
	const context = { ...testContext({ root, ...(now && { now }) }), isAlive: () => alive, pid: alive ? 7 : process.pid };
	const consume = async (bytes: AsyncIterable<Buffer>) => {
		const at = passes.push(Buffer.alloc(0)) - 1;
		for await (const piece of bytes) passes[at] = Buffer.concat([passes[at] ?? Buffer.alloc(0), piece]);
	};
	const outcome = await downloadArchive(
		context,
		{ filename, mirrors: [new URL(server.mirror)], sha256: digest, ...wanted },
		consume,
		{ timing: { backoffMs: [], connections: 1, ...timing }, note: (text) => void notes.push(text) },
	).then(
		() => ({ error: undefined }),
		(error: unknown) => ({ error }),
	);
	return { ...outcome, passes, notes };
}

function partials(): string[] {
	const directory = partialDirectory(testContext({ root }));
	return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}

/** A run whose connection is cut for good. */
async function interrupted(wanted: Partial<Wanted> = {}): Promise<string> {
	server.fail(path, { cutAfter: cutAt });
	expect((await run({ wanted })).error).toMatchObject({ code: "network" });
	const [file = "", ...more] = partials();
	expect(more).toEqual([]);
	return file;
}

function ranges(): (string | undefined)[] {
	return server.requestsFor(path).map(({ headers }) => headers.range);
}

function edit(file: string, change: (bytes: Buffer) => Buffer): void {
	writeFileSync(file, change(readFileSync(file)));
}

/** The header's JSON with other values. */
function withHeader(bytes: Buffer, fields: object): Buffer {
	const header = { ...JSON.parse(bytes.subarray(0, headerBytes).toString()), ...fields };
	const text = Buffer.alloc(headerBytes, " ");
	text.write(JSON.stringify(header));
	return Buffer.concat([text, bytes.subarray(headerBytes)]);
}

test("a download that was cut goes on in the next run, and leaves nothing behind", { tags: "fault-1" }, async () => {
	const file = await interrupted();
	expect(readFileSync(file).subarray(headerBytes).equals(content.subarray(0, cutAt))).toBe(true);
	const { error, passes } = await run();
	expect(error).toBeUndefined();
	expect(passes).toHaveLength(1);
	expect(passes[0]?.equals(content)).toBe(true);
	expect(ranges()).toEqual([undefined, `bytes=${cutAt}-`]);
	expect(server.requestsFor(path)[1]?.headers["if-range"]).toBe(etagOf(content));
	expect(partials()).toEqual([]);
});

test("again and again: each run adds to what is there", { tags: "fault-1" }, async () => {
	server.fail(path, { cutAfter: 600_000 }, { cutAfter: 600_000 });
	expect((await run()).error).toBeDefined();
	expect((await run()).error).toBeDefined();
	const { error, passes } = await run();
	expect(error).toBeUndefined();
	expect(passes[0]?.equals(content)).toBe(true);
	expect(ranges()).toEqual([undefined, "bytes=600000-", "bytes=1200000-"]);
});

test("without a known digest, a strong ETag of the same address is enough", { tags: "fault-1" }, async () => {
	await interrupted({ sha256: undefined });
	const { error, passes } = await run({ wanted: { sha256: undefined } });
	expect(error).toBeUndefined();
	expect(passes[0]?.equals(content)).toBe(true);
	expect(ranges()).toEqual([undefined, `bytes=${cutAt}-`]);
});

test("another mirror goes on with what the first one sent, as the digest is known", { tags: "fault-1" }, async () => {
	await interrupted();
	const other = await startServer({ files: new Map([[path, content]]) });
	const { error } = await run({ wanted: { mirrors: [new URL(other.mirror)] } });
	const [request] = other.requestsFor(path);
	await other.close();
	expect(error).toBeUndefined();
	expect(request?.headers).toMatchObject({ range: `bytes=${cutAt}-` });
	expect(request?.headers["if-range"]).toBeUndefined();
});

test("what another process is still writing is left alone", { tags: "fault-1" }, async () => {
	const file = await interrupted();
	expect((await run({ alive: true })).error).toBeUndefined();
	expect(ranges()).toEqual([undefined, undefined]);
	expect(partials()).toEqual([file]);
});

test("the file changed between two runs: one clean restart", { tags: "fault-3" }, async () => {
	await interrupted();
	const other = Buffer.concat([content, Buffer.from("more")]);
	server.put(path, other);
	const { error, passes } = await run({ wanted: { sha256: sha256(other) } });
	expect(error).toBeUndefined();
	expect(passes).toHaveLength(1);
	expect(passes[0]?.equals(other)).toBe(true);
});

test("the same, where only the ETag tells", { tags: "fault-3" }, async () => {
	await interrupted({ sha256: undefined });
	const other = Buffer.concat([content.subarray(0, 2), randomBytes(2_000_000)]);
	server.put(path, other);
	const { error, passes } = await run({ wanted: { sha256: undefined } });
	expect(error).toBeUndefined();
	expect(passes.at(-1)?.equals(other)).toBe(true);
	expect(partials()).toEqual([]);
});

describe("a partial file", { tags: "fault-4" }, () => {
	test("that is complete is all that is needed: nothing is asked", async () => {
		const file = await interrupted();
		edit(file, (bytes) =>
			withHeader(Buffer.concat([bytes.subarray(0, headerBytes), content]), { length: content.length, digest }),
		);
		const { error, passes } = await run();
		expect(error).toBeUndefined();
		expect(passes[0]?.equals(content)).toBe(true);
		expect(ranges()).toEqual([undefined]);
	});

	test("that is complete, where no digest is known: the mirror says so (416)", async () => {
		const file = await interrupted({ sha256: undefined });
		edit(file, (bytes) =>
			withHeader(Buffer.concat([bytes.subarray(0, headerBytes), content]), { length: content.length, digest }),
		);
		const { error, passes } = await run({ wanted: { sha256: undefined } });
		expect(error).toBeUndefined();
		expect(passes[0]?.equals(content)).toBe(true);
		expect(server.requestsFor(path).map(({ status }) => status)).toEqual([200, 416]);
	});

	test("that is larger than the file is deleted: the same run starts over", async () => {
		const file = await interrupted();
		const long = Buffer.concat([content, Buffer.from("more")]);
		edit(file, (bytes) =>
			withHeader(Buffer.concat([bytes.subarray(0, headerBytes), long]), {
				length: long.length,
				digest: sha256(long),
				total: undefined,
			}),
		);
		const { error, passes } = await run();
		expect(error).toBeUndefined();
		expect(passes.at(-1)?.equals(content)).toBe(true);
		expect(server.requestsFor(path).map(({ status }) => status)).toEqual([200, 416, 200]);
		expect(partials()).toEqual([]);
	});
});

describe("a partial file with wrong bytes is deleted, and the same run starts over", { tags: "fault-5" }, () => {
	const flip = (bytes: Buffer, at: number) => {
		const copy = Buffer.from(bytes);
		copy[at] = (copy[at] ?? 0) ^ 1;
		return copy;
	};

	test.each([
		["a flipped bit", (bytes: Buffer) => flip(bytes, headerBytes + 700_000), 2],
		["its end missing", (bytes: Buffer) => bytes.subarray(0, 900_000), 2],
		["no header", (bytes: Buffer) => bytes.subarray(headerBytes), 1],
		["a header that is no JSON", (bytes: Buffer) => flip(bytes, 0), 1],
		["a header of another shape", (bytes: Buffer) => withHeader(bytes, { length: "many" }), 1],
		["a negative length", (bytes: Buffer) => withHeader(bytes, { length: -1 }), 1],
		["a length beyond the whole file's", (bytes: Buffer) => withHeader(bytes, { length: 10 ** 12 }), 1],
		["the digest of another file", (bytes: Buffer) => withHeader(bytes, { sha256: digest.replace(/^./, "z") }), 1],
		["nothing at all", () => Buffer.alloc(0), 1],
	] as [string, (bytes: Buffer) => Buffer, number][])("%s", async (_, change, passes) => {
		const file = await interrupted();
		edit(file, change);
		const outcome = await run();
		expect(outcome.error).toBeUndefined();
		expect(outcome.passes).toHaveLength(passes);
		expect(outcome.passes.at(-1)?.equals(content)).toBe(true);
		expect(ranges()).toEqual([undefined, undefined]);
		expect(partials()).toEqual([]);
	});

	test("that have their digest, of another file with the same name", async () => {
		const file = await interrupted();
		const wrong = randomBytes(cutAt);
		edit(file, (bytes) => withHeader(Buffer.concat([bytes.subarray(0, headerBytes), wrong]), { digest: sha256(wrong) }));
		const outcome = await run();
		expect(outcome.error).toBeUndefined();
		expect(outcome.passes).toHaveLength(2);
		expect(outcome.passes[1]?.equals(content)).toBe(true);
		expect(ranges()).toEqual([undefined, `bytes=${cutAt}-`, undefined]);
		expect(partials()).toEqual([]);
	});
});

describe("what is kept", { tags: "fault-5" }, () => {
	test("a slow download is on disk while it runs, with nothing but its true beginning", async () => {
		const held = new Promise<never>(() => {});
		server.fail(path, { stall: 1_000_000 });
		let seen: string[] = [];
		const context = testContext({ root });
		const ended = downloadArchive(
			context,
			{ filename, mirrors: [new URL(server.mirror)], sha256: digest },
			async (bytes) => {
				let received = 0;
				for await (const piece of bytes) {
					received += piece.length;
					if (received < 1_000_000) continue;
					seen = partials();
					context.interrupt();
				}
				await held;
			},
			{ timing: { sampleMs: 0, connections: 1 } },
		);
		await expect(ended).rejects.toMatchObject({ code: "interrupted" });
		expect(seen).toHaveLength(1);
		const bytes = readFileSync(seen[0] ?? "");
		const { length } = JSON.parse(bytes.subarray(0, headerBytes).toString());
		expect(length).toBe(1_000_000);
		expect(bytes.subarray(headerBytes).equals(content.subarray(0, 1_000_000))).toBe(true);
	});

	test("a fast one never touches the disk", async () => {
		expect((await run()).error).toBeUndefined();
		expect(existsSync(partialDirectory(testContext({ root })))).toBe(false);
	});

	test("nothing of a mirror's password", async () => {
		const mirror = new URL(server.mirror);
		mirror.username = "me";
		mirror.password = "hunter2";
		const file = await interrupted({ mirrors: [mirror] });
		expect(readFileSync(file).includes("hunter2")).toBe(false);
	});

	test("what is too old is removed by the next download, of whatever file", async () => {
		const file = await interrupted();
		utimesSync(file, new Date(0), new Date(0));
		expect((await run()).error).toBeUndefined();
		expect(ranges()).toEqual([undefined, undefined]);
		expect(partials()).toEqual([]);
	});

	test.each(["a file in the directory's place", "a directory that can't be written"])(
		"%s is no reason to fail",
		async (obstacle) => {
			const directory = partialDirectory(testContext({ root }));
			mkdirSync(join(directory, ".."), { recursive: true });
			if (obstacle.startsWith("a file")) writeFileSync(directory, "");
			else {
				mkdirSync(directory);
				chmodSync(directory, 0o500);
			}
			expect((await run({ timing: { sampleMs: 0 } })).error).toBeUndefined();
		},
	);
});
