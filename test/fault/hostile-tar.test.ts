import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { ArchivePolicy, archiveLimits } from "../../src/archive/policy.ts";
import { TarGzUnpacker } from "../../src/archive/targz.ts";
import { TreeWriter } from "../../src/archive/tree.ts";
import { GoxError } from "../../src/errors.ts";
import { freshRoot } from "../support/context.ts";
import { base256, gnuLong, pax, type RawEntry, rawEntry, rawTar } from "../support/rawtar.ts";
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

const file = (name: string, more: Partial<RawEntry> = {}): RawEntry => ({ name, content: "x", ...more });
const link = (name: string, target: string): RawEntry => ({ name, type: "2", link: target, mode: 0o777 });
const hard = (name: string, target: string): RawEntry => ({ name, type: "1", link: target });
const directory = (name: string): RawEntry => ({ name, type: "5", mode: 0o755 });

const hostile: Readonly<Record<string, readonly (readonly [string, readonly RawEntry[], RegExp])[]>> = {
	"..": [
		["in front", [file("../evil")], /climbs out|outside/],
		["behind go/", [file("go/../../evil")], /climbs out/],
		["behind a directory", [directory("go/a/"), file("go/a/../../../evil")], /climbs out/],
		["across prefix and name", [file("../evil", { prefix: "go/a/.." })], /climbs out/],
		["in a pax path", [pax({ path: "go/../../evil" }), file("go/harmless")], /climbs out/],
		["in a global pax path", [pax({ path: "go/../../evil" }, "g"), file("go/harmless")], /archive/],
		["in a GNU long name", [gnuLong(`go/${"a/".repeat(80)}${"../".repeat(90)}evil`), file("go/a")], /climbs out/],
		["of a directory", [directory("go/../evil/")], /climbs out/],
		["of a symlink's own name", [link("go/../evil", "x")], /climbs out/],
	],
	"absolute paths": [
		["plain", [file("/tmp/evil")], /absolute/],
		["with two slashes", [file("//go/x")], /absolute/],
		["in a pax path", [pax({ path: "/etc/passwd" }), file("go/a")], /absolute/],
		["in a GNU long name", [gnuLong(`/${"a/".repeat(80)}x`), file("go/a")], /absolute/],
		["through the prefix", [file("evil", { prefix: "/tmp" })], /absolute/],
		["of Windows", [file("C:\\evil")], /backslash/],
	],
	"a write through a symlink": [
		["of a file", [link("go/l", "src"), directory("go/src/"), file("go/l/x")], /written through/],
		["deeper", [link("go/l", "."), file("go/l/a/b/x")], /written through/],
		["spelled in another case", [link("go/lib", "."), file("go/LIB/x")], /written through/],
		["decomposed", [link("go/\u00e9", "."), file("go/e\u0301/x")], /written through/],
		["of a directory", [link("go/l", "."), directory("go/l/a/")], /written through/],
		["of a link", [link("go/l", "."), link("go/l/m", "x")], /written through/],
		["of a hard link", [file("go/a"), link("go/l", "."), hard("go/l/b", "go/a")], /written through/],
		["onto the link itself", [link("go/a", "b"), file("go/a")], /twice/],
		["of a hard link's source", [directory("go/d/"), file("go/d/a"), link("go/l", "d"), hard("go/b", "go/l/a")], /isn't a file/],
	],
	"links out": [
		["absolute", [link("go/l", "/etc")], /absolute/],
		["by ..", [link("go/l", "../x")], /out of the tree/],
		["by more .. than there is depth", [link("go/a/b/l", "../../../x")], /out of the tree/],
		["by a way through another link", [link("go/a/b/up", "../.."), link("go/l", "a/b/up/../../../etc")], /\.\. behind a name/],
		["by a way through a later link", [link("go/l", "up/../../etc/x"), link("go/up", ".")], /out of the tree|\.\. behind a name/],
		["in a pax linkpath", [pax({ linkpath: "/etc/passwd" }), link("go/l", "a")], /absolute/],
		["in a GNU long link", [gnuLong(`${"../".repeat(60)}etc`, "K"), link("go/l", "a")], /out of the tree/],
		["to nothing", [link("go/l", "")], /archive/],
		["with a newline", [link("go/l", "a\nb")], /absolute or unreadable/],
		["in place of the top directory", [link("go", "src")], /top directory/],
	],
	"hard links out": [
		["absolute", [hard("go/h", "/etc/passwd")], /absolute/],
		["by ..", [hard("go/h", "go/../../precious")], /climbs out/],
		["beside go/", [hard("go/h", "precious")], /outside go\//],
		["to a symlink", [link("go/l", "a"), hard("go/h", "go/l")], /isn't a file/],
		["to what comes later", [hard("go/h", "go/a"), file("go/a")], /isn't a file/],
		["to a directory", [directory("go/d/"), hard("go/h", "go/d")], /isn't a file/],
		["to itself", [hard("go/h", "go/h")], /isn't a file/],
		["to the top directory", [hard("go/h", "go")], /isn't a file/],
		["to nothing", [hard("go/h", "")], /archive/],
	],
	"devices and other kinds": [
		["a character device", [file("go/d", { type: "3", content: "" })], /CharacterDevice/],
		["a block device", [file("go/d", { type: "4", content: "" })], /BlockDevice/],
		["a FIFO", [file("go/d", { type: "6", content: "" })], /FIFO/],
		["a sparse file", [file("go/d", { type: "S" })], /archive/],
		["a multi-volume part", [file("go/d", { type: "M" })], /archive/],
		["a dump directory", [file("go/d", { type: "D" })], /archive/],
		["an inode of Solaris", [file("go/d", { type: "I" })], /archive/],
		["a type of nobody's", [file("go/d", { type: "Q" })], /archive/],
	],
	"set-uid and the like": [
		["set-uid", [file("go/x", { mode: 0o4755 })], /set-uid/],
		["set-gid", [file("go/x", { mode: 0o2755 })], /set-uid/],
		["sticky", [directory("go/x/"), file("go/y", { mode: 0o1755 })], /set-uid/],
		["of a directory", [{ ...directory("go/x/"), mode: 0o2755 }], /set-uid/],
		["in base 256", [file("go/x", { mode: base256(0o4755n, 8) })], /set-uid|archive/],
	],
	"names that collide on a case-insensitive disk": [
		["ASCII", [file("go/Makefile"), file("go/makefile")], /case-insensitive/],
		["directories", [file("go/Src/a"), file("go/src/b")], /case-insensitive/],
		["a file and a directory", [file("go/A"), file("go/a/b")], /written through/],
		["composed and not", [file("go/\u00e9"), file("go/e\u0301")], /case-insensitive/],
		["composed, in another case", [file("go/\u00c9"), file("go/e\u0301")], /case-insensitive/],
		["the Kelvin sign", [file("go/\u212aelvin"), file("go/kelvin")], /case-insensitive/],
		["a long s", [file("go/\u017frc"), file("go/src")], /case-insensitive/],
		["a sharp s", [file("go/stra\u00dfe"), file("go/STRASSE")], /case-insensitive/],
		["a final sigma", [file("go/\u03c2"), file("go/\u03c3")], /case-insensitive/],
		["characters that HFS+ ignores", [file("go/g\u200cit"), file("go/git")], /case-insensitive/],
		["told twice", [file("go/a"), file("go/a")], /twice/],
		["a file, then a directory", [file("go/a"), directory("go/a/")], /twice/],
		["a directory, then a file", [directory("go/a/"), file("go/a")], /twice/],
		["a directory, then a symlink", [directory("go/a/"), link("go/a", "b")], /twice/],
		["a file, then one below it", [file("go/a"), file("go/a/b")], /written through/],
	],
	"entries outside go/": [
		["beside it", [file("evil")], /outside go\//],
		["of another top", [file("gone/x")], /outside go\//],
		["of another case", [file("GO/x")], /outside go\//],
		["a file in its place", [file("go")], /top directory/],
		["with ./ in front", [file("./go/x")], /outside go\//],
		["a pax path", [pax({ path: "evil" }), file("go/a")], /outside go\//],
		["an empty name", [file("")], /archive/],
	],
	"odd names": [
		["an empty part", [file("go//x")], /empty/],
		["a dot", [file("go/./x")], /empty, \./],
		["a newline", [file("go/a\nb")], /control character/],
		["an escape sequence", [file("go/\u001b[2J")], /control character/],
		["a delete", [file("go/\u007f")], /control character/],
		["a NUL in a pax path", [pax({ path: "go/a\u0000b" }), file("go/a")], /control character/],
		["a backslash", [file("go/a\\b")], /backslash/],
		["broken UTF-8", [file("go/a", { name: Buffer.from([0x67, 0x6f, 0x2f, 0xff, 0xfe]) })], /broken UTF-8/],
		["300 characters", [gnuLong(`go/${"a".repeat(300)}`), file("go/a")], /overlong/],
		["5,000 characters", [gnuLong(`go/${"a/".repeat(2500)}b`), file("go/a")], /1,024/],
	],
	"lying sizes": [
		["of more than there is", [file("go/a", { size: 5000 })], /archive/],
		["negative, in base 256", [file("go/a", { size: base256(-1n) })], /archive/],
		["of 2^80 bytes", [file("go/a", { size: base256(2n ** 80n) })], /archive/],
		["of 2^53 bytes", [file("go/a", { size: base256(2n ** 53n) })], /archive/],
		["of 2 GiB", [file("go/a", { size: 2 ** 31 })], /claims a size/],
		["by pax: 2 GiB", [pax({ size: String(2 ** 31) }), file("go/a")], /claims a size/],
		["no digits", [file("go/a", { size: "zzzzzzzzzzz\0" })], /archive/],
		["by pax: negative", [pax({ size: "-5" }), file("go/a")], /archive/],
		["by pax: no number", [pax({ size: "many" }), file("go/a")], /archive/],
		["true, in base 256, which no archive of Go has", [file("go/a", { size: base256(1n) })], /archive/],
		["an extended header of 2 MB", [{ name: "h", type: "x", content: Buffer.alloc(2_000_000, "x") }, file("go/a")], /archive/],
		["a GNU long name of 2 MB", [gnuLong("a".repeat(2_000_000)), file("go/a")], /archive/],
	],
	"bad header checksums": [
		["of the first entry", [file("go/a", { checksumOff: 1 })], /checksum/],
		["of one in the middle", [file("go/a"), file("go/b", { checksumOff: -1 }), file("go/c")], /checksum/],
		["of the last", [file("go/a"), file("go/b", { checksumOff: 64 })], /checksum/],
		["of an extended header", [{ ...pax({ path: "go/b" }), checksumOff: 1 }, file("go/a")], /checksum/],
		["of a directory", [{ ...directory("go/d/"), checksumOff: 2 }], /checksum/],
	],
};

describe("16. a hostile tar is refused, and nothing outside is touched", () => {
	for (const [kind, cases] of Object.entries(hostile))
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

	it("cut at every byte of the gzip", async (test) => {
		const whole = gzipSync(rawTar([directory("go/"), file("go/a", { content: "a".repeat(1300) })]));
		for (let at = 0; at < whole.length; at++) {
			freshGoroot();
			await expect(unpack(whole.subarray(0, at)), `cut at ${at}`).rejects.toMatchObject({ exit: 5 });
			tried(test);
		}
	});
});

function freshGoroot(): void {
	rmSync(goroot, { recursive: true });
	mkdirSync(goroot);
}

describe("16. odd tars that mean no harm give the tree that every tar gives", () => {
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
