import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { unpackModuleZip } from "../../src/archive/modulezip.ts";
import { TreeWriter } from "../../src/archive/tree.ts";
import { GoxError } from "../../src/errors.ts";
import { freshRoot } from "../support/context.ts";
import { type RawZipEntry, type RawZipOptions, rawZip, zip64 } from "../support/rawzip.ts";
import { tried } from "../support/tally.ts";

const prefix = "golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64/";
let root: string;
let goroot: string;
beforeEach(() => {
	root = freshRoot();
	goroot = join(root, "staging", "go");
	mkdirSync(goroot, { recursive: true });
	writeFileSync(join(root, "precious"), "as it was");
});

async function unpack(bytes: Uint8Array): Promise<void> {
	const path = join(root, "staging", "module.zip");
	writeFileSync(path, bytes);
	await unpackModuleZip({ path, prefix }, new TreeWriter(goroot), new AbortController().signal);
}

function expectNothingOutside(): void {
	expect(readdirSync(root).sort()).toEqual(["precious", "staging"]);
	expect(readdirSync(join(root, "staging")).sort()).toEqual(["go", "module.zip"]);
	expect(readFileSync(join(root, "precious"), "utf8")).toBe("as it was");
}

const file = (name: string, more: Partial<RawZipEntry> = {}): RawZipEntry => ({ name: prefix + name, content: "x", ...more });
/** Exactly this name, below the prefix or not. */
const named = (name: string | Buffer, more: Partial<RawZipEntry> = {}): RawZipEntry => ({ name, content: "x", ...more });
const unixMode = (mode: number) => ({ attributes: mode * 2 ** 16 });

type Case = [string, readonly RawZipEntry[], RegExp, RawZipOptions?];
const hostile: Readonly<Record<string, readonly Case[]>> = {
	"names that lead out": [
		["..", [file("../../../evil")], /zip|climbs out/],
		[".. in the middle", [file("a/../../x")], /zip|climbs out/],
		["an absolute path", [named("/tmp/evil")], /zip|absolute/],
		["a drive", [named("C:/evil")], /zip|outside/],
		["backslashes", [file("a\\..\\b")], /zip|backslash/],
		["beside the prefix", [named("evil")], /outside/],
		["another module", [named(`${prefix.replace("1.22.5", "1.22.6")}x`)], /outside/],
		["the prefix in another case", [named(`${prefix.toUpperCase()}x`)], /outside/],
		["the prefix as a file", [named(prefix.slice(0, -1))], /top directory/],
		[
			"an Info-ZIP Unicode path",
			[named(`${prefix}a`, { flags: 0, extra: unicodePath(`${prefix}a`, `${prefix}../../../evil`) })],
			/zip|climbs out/,
		],
	],
	"odd names": [
		["an empty part", [file("a//b")], /empty/],
		["a dot", [file("a/./b")], /empty, \./],
		["a newline", [file("a\nb")], /control character/],
		["a NUL", [file("a\u0000b")], /control character|zip/],
		["an escape sequence", [file("\u001b[2J")], /control character/],
		["broken UTF-8", [named(Buffer.concat([Buffer.from(prefix), Buffer.from([0xff, 0xfe])]))], /broken UTF-8/],
		["300 characters", [file("a".repeat(300))], /overlong/],
		["5,000 characters", [file("a/".repeat(2500))], /1,024/],
		["none", [named("")], /zip|outside/],
	],
	"kinds that no module zip has": [
		["a symlink", [file("l", { content: "/etc", ...unixMode(0o120777) })], /symbolic link/],
		["a device", [file("d", unixMode(0o020644))], /special file/],
		["a FIFO", [file("d", unixMode(0o010644))], /special file/],
		["a socket", [file("d", unixMode(0o140644))], /special file/],
		["a directory by its mode alone", [file("d", unixMode(0o040755))], /special file/],
		["an encrypted entry", [file("a", { flags: 0x801 })], /encrypted/],
		["strong encryption", [file("a", { flags: 0x841 })], /encrypt/],
		["an unknown method", [file("a", { method: 12 })], /method 12/],
	],
	collisions: [
		["the same name twice", [file("a"), file("a")], /twice/],
		["in another case", [file("Makefile"), file("makefile")], /case-insensitive/],
		["composed and not", [file("\u00e9"), file("e\u0301")], /case-insensitive/],
		["a file and a directory", [file("a"), file("a/b")], /written through/],
		["a directory and a file", [file("a/b"), file("a")], /twice/],
		["a file and an entry for a directory", [file("a"), named(`${prefix}a/`, { content: "", method: 0 })], /twice/],
		["go.mod and what becomes it", [file("src/go.mod"), file("src/_go.mod")], /twice|go\.mod/],
	],
	"lies about content": [
		["a wrong checksum", [file("a", { crc: 1 })], /checksum/],
		["more bytes than there are", [file("a", { size: 100 })], /checksum|zip/],
		["fewer bytes than there are", [file("a", { content: "a".repeat(100), size: 10 })], /zip|checksum/],
		["stored, with two sizes", [file("a", { method: 0, size: 5 })], /zip/],
		["packed bytes beyond the end", [file("a", { packedSize: 100_000 })], /ends inside|zip/],
		["4 GB packed", [file("a", { packedSize: 0xfffffffe })], /ends inside|zip/],
		["2 GB unpacked", [file("a", { size: 2 ** 31 })], /claims a size/],
		["2^60 bytes by zip64", [file("a", { size: 0xffffffff, extra: zip64(2n ** 60n) })], /claims a size|zip/],
		["2^60 packed bytes by zip64", [file("a", { packedSize: 0xffffffff, extra: zip64(2n ** 60n) })], /ends inside|zip/],
		["zip64 without its field", [file("a", { size: 0xffffffff })], /zip|claims/],
		["a cut zip64 field", [file("a", { size: 0xffffffff, extra: zip64(1n).subarray(0, 8) })], /zip/],
		["no deflate at all", [file("a", { method: 8, offset: 5 })], /zip/],
	],
	"lies about places": [
		["a local header beyond the end", [file("a", { offset: 1_000_000 })], /zip/],
		["a local header that is none", [file("a"), file("b", { offset: 3 })], /zip/],
		["a central directory that is none", [file("a")], /zip/, { directory: 5 }],
		["a central directory beyond the end", [file("a")], /zip/, { directory: 100_000 }],
		["more entries than there are", [file("a")], /zip/, { count: 3 }],
		["no end record", [file("a")], /zip/, { after: Buffer.alloc(70_000) }],
		["something behind the end", [file("a")], /zip/, { after: Buffer.from("more") }],
		["something behind the comment", [file("a")], /zip/, { comment: "note", after: Buffer.from("more") }],
		["an entry behind the end", [file("a")], /zip/, { after: rawZip([file("b")]).subarray(0, -22) }],
		[
			"a local header inside another's content, and not its own",
			[file("a", { content: "PK", method: 0 }), file("b", { offset: 9 })],
			/zip/,
		],
	],
};

/** Info-ZIP's field 0x7075: the name in UTF-8, with the CRC of the plain one. */
function unicodePath(plain: string, text: string): Buffer {
	const name = Buffer.from(text);
	const field = Buffer.alloc(9 + name.length);
	field.writeUInt16LE(0x7075, 0);
	field.writeUInt16LE(5 + name.length, 2);
	field.writeUInt8(1, 4);
	field.writeUInt32LE(crc32(Buffer.from(plain)), 5);
	name.copy(field, 9);
	return field;
}

describe("a hostile zip is refused, and nothing outside is touched", { tags: "fault-16" }, () => {
	for (const [kind, cases] of Object.entries(hostile))
		describe(kind, () => {
			it.each<Case>(cases)("%s", async (_, entries, message, options) => {
				const outcome = await unpack(rawZip([...entries, file("zz")], options)).then(
					() => undefined,
					(error: unknown) => error,
				);
				expect(outcome).toBeInstanceOf(GoxError);
				expect((outcome as GoxError).exit).toBe(5);
				expect((outcome as GoxError).message).toMatch(message);
				expect((outcome as GoxError).message).not.toMatch(/undefined|\[object|[\u0000-\u0009\u000b-\u001f]/);
				expectNothingOutside();
			});
		});

	it("a bomb: one file, many files, many entries that share one", async (test) => {
		const zeros = Buffer.alloc(250_000_000);
		await expect(unpack(rawZip([file("a", { content: zeros })]))).rejects.toThrow(/200 times/);
		const part = { content: zeros.subarray(0, 1_000_000) };
		const shared = Array.from({ length: 250 }, (_, at) => file(`a${at}`, at === 0 ? part : { ...part, sameAs: 0 }));
		await expect(unpack(rawZip(shared))).rejects.toThrow(/200 times|zip/);
		tried(test, 2);
	});

	it("cut at every byte", async (test) => {
		const whole = rawZip([file("bin/go", { content: "a".repeat(50) }), file("src/_go.mod")]);
		for (let at = 0; at < whole.length; at++) {
			rmSync(goroot, { recursive: true });
			mkdirSync(goroot);
			await expect(unpack(whole.subarray(0, at)), `cut at ${at}`).rejects.toMatchObject({ exit: 5 });
			tried(test);
		}
		expectNothingOutside();
	});

	it("any bytes changed: a tree or a GoxError", async (test) => {
		const seed = rawZip([
			file("bin/go", { content: "a".repeat(50) }),
			file("src/_go.mod"),
			file("src/a.go", { method: 0, content: "package a" }),
		]);
		const change = fc.tuple(
			fc.nat(seed.length - 1),
			fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0x7f, 0x80, 0xff)),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
				tried(test);
				const bytes = Buffer.from(seed);
				for (const [at, byte] of changes) bytes[at] = byte;
				rmSync(goroot, { recursive: true });
				mkdirSync(goroot);
				const outcome = await unpack(bytes).catch((error: unknown) => error);
				if (outcome !== undefined) expect(outcome).toBeInstanceOf(GoxError);
				expectNothingOutside();
			}),
			{ numRuns: 600 },
		);
	});
});

describe("odd zips that mean no harm give the tree that Go's own reader gives", { tags: "fault-16" }, () => {
	it.each<[string, readonly RawZipEntry[], RawZipOptions]>([
		["a comment", [file("a")], { comment: "made by nobody" }],
		["a comment that holds an end record's mark", [file("a")], { comment: Buffer.from("504b0506", "hex") }],
		["stored", [file("a", { method: 0 })], {}],
		["made by DOS", [file("a", { madeBy: 20 })], {}],
		["a regular file by its mode", [file("a", unixMode(0o100644))], {}],
		["set-uid, which a module zip can't give", [file("a", unixMode(0o104755))], {}],
		["another name in the local header", [file("a", { localName: "../../../evil" })], {}],
		["zip64, where it isn't needed", [file("a", { method: 0, extra: zip64(99n, 99n) })], {}],
		["zip64", [file("a", { method: 0, size: 0xffffffff, packedSize: 0xffffffff, extra: zip64(1n, 1n) })], {}],
		["a program in front", [file("a")], { before: Buffer.from("#!/bin/sh\nexit\n") }],
		["another zip behind it", [file("a")], { after: rawZip([file("a", { content: "y" })]) }],
		[
			"a zip in it, whose entry is its own too",
			[file("z", { method: 0, content: rawZip([file("a")]) }), file("a", { offset: 30 + prefix.length + 1 })],
			{},
		],
		["an entry for its directory", [named(prefix, { content: "", method: 0 }), file("a")], {}],
	])("%s", async (_, entries, options) => {
		await unpack(rawZip(entries, options));
		expect(readFileSync(join(goroot, "a"), "utf8")).toBe("x");
		expect(existsSync(join(root, "evil"))).toBe(false);
		expectNothingOutside();
	});
});
