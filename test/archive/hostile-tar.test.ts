import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ArchivePolicy, archiveLimits } from "../../src/archive/policy.ts";
import { TarGzUnpacker } from "../../src/archive/targz.ts";
import { TreeWriter } from "../../src/archive/tree.ts";
import { GoxError } from "../../src/errors.ts";
import { freshRoot } from "../support/context.ts";
import { directory, file, hard, hostileTars, link } from "../support/hostiletars.ts";
import { gnuLong, pax, rawEntry, rawTar } from "../support/rawtar.ts";
import { tried } from "../support/tally.ts";

let root: string;
let goroot: string;
beforeEach(() => {
	root = freshRoot();
	goroot = join(root, "staging", "go");
	mkdirSync(goroot, { recursive: true });
	writeFileSync(join(root, "precious"), "as it was");
});

async function unpack(archive: Uint8Array, limits = archiveLimits): Promise<void> {
	const unpacker = new TarGzUnpacker(new ArchivePolicy("go/", limits), new TreeWriter(goroot));
	try {
		await unpacker.write(archive);
		await unpacker.end();
	} finally {
		unpacker.abandon();
	}
}

/** path → content, or `-> target`; directories end in a slash. */
function treeOf(at = goroot, prefix = ""): Record<string, string> {
	const tree: Record<string, string> = {};
	for (const entry of readdirSync(at, { withFileTypes: true })) {
		const path = join(at, entry.name);
		if (entry.isDirectory()) Object.assign(tree, { [`${prefix}${entry.name}/`]: "" }, treeOf(path, `${prefix}${entry.name}/`));
		else tree[prefix + entry.name] = entry.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, "utf8");
	}
	return tree;
}

function expectNothingOutside(): void {
	expect(readdirSync(root).sort()).toEqual(["precious", "staging"]);
	expect(readdirSync(join(root, "staging"))).toEqual(["go"]);
	expect(readFileSync(join(root, "precious"), "utf8")).toBe("as it was");
}

async function expectRefusal(archive: Uint8Array, message: RegExp, limits = archiveLimits): Promise<void> {
	const outcome = await unpack(archive, limits).then(
		() => undefined,
		(error: unknown) => error,
	);
	expect(outcome).toBeInstanceOf(GoxError);
	expect((outcome as GoxError).exit).toBe(5);
	expect((outcome as GoxError).message).toMatch(message);
	expect((outcome as GoxError).message).not.toMatch(/undefined|\[object|[\u0000-\u0009\u000b-\u001f]/);
	expectNothingOutside();
}

describe("a hostile tar is refused, and nothing outside is touched", { tags: "fault-16" }, () => {
	for (const [kind, cases] of Object.entries(hostileTars))
		describe(kind, () => {
			it.each(cases)("%s", async (_, entries, message) => {
				await expectRefusal(gzipSync(rawTar([directory("go/"), ...entries, file("go/zz")])), message);
			});
		});

	it("too many entries, too many bytes, a file that is too large", async (test) => {
		const same = gzipSync(Buffer.concat(Array(archiveLimits.entries + 1).fill(rawEntry(directory("go/d/")))));
		await expectRefusal(same, /more than 100000 entries/);
		const limits = { entries: 10, total: 3000, file: 2000, expansion: 200 };
		await expectRefusal(gzipSync(rawTar([file("go/a", { content: "a".repeat(2001) })])), /claims a size of 2001/, limits);
		const two = ["a", "b"].map((name) => file(`go/${name}`, { content: name.repeat(1800) }));
		await expectRefusal(gzipSync(rawTar(two)), /over 3000 bytes/, limits);
		tried(test, 3);
	});

	it("a bomb: in a file, in many, behind the end, in front of nothing", async (test) => {
		const limits = { ...archiveLimits, expansion: 3 };
		const zeros = Buffer.alloc(4_000_000);
		await expectRefusal(gzipSync(rawTar([file("go/a", { content: zeros })])), /3 times/, limits);
		const many = Array.from({ length: 40 }, (_, at) => file(`go/${at}`, { content: zeros.subarray(0, 100_000) }));
		await expectRefusal(gzipSync(rawTar(many)), /3 times/, limits);
		await expectRefusal(gzipSync(rawTar([file("go/b")], zeros.length)), /3 times/, limits);
		await expectRefusal(gzipSync(zeros), /3 times/, limits);
		tried(test, 4);
	});

	it("cut at every block, with a proper gzip around it", async (test) => {
		const whole = rawTar([
			directory("go/"),
			file("go/a", { content: "a".repeat(1300) }),
			pax({ path: "go/b" }),
			file("go/x"),
			link("go/l", "a"),
		]);
		const last = whole.length - 1024;
		for (let at = 0; at <= last; at += 512) {
			for (const end of [at, at + 100]) {
				freshGoroot();
				await expect(unpack(gzipSync(whole.subarray(0, end))), `cut at ${end}`).rejects.toMatchObject({ exit: 5 });
				tried(test);
			}
		}
	});

	it("any bytes changed, under a right checksum: a tree or a GoxError, and nothing outside", async (test) => {
		const entries = [
			directory("go/"),
			file("go/a", { content: "a".repeat(600) }),
			pax({ path: "go/b", size: "3" }),
			file("go/x", { content: "abc" }),
			gnuLong(`go/${"c/".repeat(60)}d`),
			file("go/c"),
			link("go/l", "a"),
			hard("go/h", "go/a"),
		];
		const seed = rawTar(entries);
		const headers = entries.map((_, at) => rawTar(entries.slice(0, at), 0).length);
		// Mostly the fields of the headers: names, sizes, kinds, links.
		const place = fc.oneof(
			fc.nat(seed.length - 1),
			fc
				.tuple(
					fc.constantFrom(...headers),
					fc.oneof(fc.nat(12), fc.integer({ min: 100, max: 270 }), fc.integer({ min: 345, max: 350 })),
				)
				.map(([header, at]) => header + at),
		);
		const byte = fc.oneof(
			fc.integer({ min: 0, max: 255 }),
			fc.constantFrom(...[..."\0/.0123567xgLKS"].map((each) => each.charCodeAt(0))),
		);
		const change = fc.tuple(place, byte);
		await fc.assert(
			fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
				tried(test);
				const bytes = Buffer.from(seed);
				for (const [at, to] of changes) bytes[at] = to;
				for (const header of headers) withChecksum(bytes, header);
				freshGoroot();
				const outcome = await unpack(gzipSync(bytes)).catch((error: unknown) => error);
				if (outcome !== undefined) expect(outcome).toBeInstanceOf(GoxError);
				expectNothingOutside();
				for (const target of Object.values(treeOf())) expect(target).not.toMatch(/^-> (?:\/|.*\.\.)/);
			}),
			{ numRuns: 800 },
		);
	});

	it("cut at every byte of the gzip", async (test) => {
		const whole = gzipSync(rawTar([directory("go/"), file("go/a", { content: "a".repeat(1300) })]));
		for (let at = 0; at < whole.length; at++) {
			freshGoroot();
			await expect(unpack(whole.subarray(0, at)), `cut at ${at}`).rejects.toMatchObject({ exit: 5 });
			tried(test);
		}
	});
});

/** Puts the right sum into a header that was changed. */
function withChecksum(bytes: Buffer, at: number): void {
	bytes.fill(" ", at + 148, at + 156);
	const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
	bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148);
}

function freshGoroot(): void {
	rmSync(goroot, { recursive: true });
	mkdirSync(goroot);
}

describe("odd tars that mean no harm give the tree that every tar gives", { tags: "fault-16" }, () => {
	const plain = { a: "x" };
	it.each<[string, () => Buffer, Record<string, string>]>([
		["an old header without magic", () => gzipSync(rawTar([file("go/a", { magic: "" })])), plain],
		["GNU's magic", () => gzipSync(rawTar([file("go/a", { magic: "ustar  \0" })])), plain],
		["the type of old", () => gzipSync(rawTar([file("go/a", { type: "\0" })])), plain],
		["a contiguous file", () => gzipSync(rawTar([file("go/a", { type: "7" })])), plain],
		["a pax path", () => gzipSync(rawTar([pax({ path: "go/a" }), file("go/zzz")])), plain],
		["a pax size", () => gzipSync(rawTar([pax({ size: "1" }), file("go/a", { size: 0 })])), plain],
		["a global pax header", () => gzipSync(rawTar([pax({ comment: "made by nobody" }, "g"), file("go/a")])), plain],
		["a name across prefix and name", () => gzipSync(rawTar([file("a", { prefix: "go/b" })])), { "b/": "", "b/a": "x" }],
		["a GNU long name", () => gzipSync(rawTar([gnuLong(`go/${"b".repeat(120)}`), file("go/bbb")])), { ["b".repeat(120)]: "x" }],
		["no entry for its directories", () => gzipSync(rawTar([file("go/b/c/a")])), { "b/": "", "b/c/": "", "b/c/a": "x" }],
		["a directory told twice", () => gzipSync(rawTar([directory("go/b/"), directory("go/b/")])), { "b/": "" }],
		["a link to a directory above", () => gzipSync(rawTar([link("go/b/l", "../c")])), { "b/": "", "b/l": "-> ../c" }],
		["a link to itself", () => gzipSync(rawTar([link("go/l", "l")])), { l: "-> l" }],
		["zeros behind the end", () => gzipSync(rawTar([file("go/a")], 10_240)), plain],
		["garbage behind the end", () => gzipSync(Buffer.concat([rawTar([file("go/a")]), Buffer.alloc(2048, "garbage")])), plain],
		[
			"two gzip members",
			() => {
				const whole = rawTar([file("go/a")]);
				return Buffer.concat([gzipSync(whole.subarray(0, 700)), gzipSync(whole.subarray(700))]);
			},
			plain,
		],
	])("%s", async (_, make, tree) => {
		await unpack(make());
		expect(treeOf()).toEqual(tree);
		expectNothingOutside();
	});
});
