import fc from "fast-check";
import { Header, Parser, Pax, type ReadEntry } from "tar";
import { describe, expect, it } from "vitest";
import { TarReader } from "../../src/archive/tar.ts";
import { GoxError } from "../../src/errors.ts";
import { tar } from "../support/archives.ts";

interface Read {
	readonly path: string;
	readonly type: string;
	readonly mode: number;
	readonly target: string | undefined;
	readonly content: string;
}

/** What gox reads, fed so many bytes at a time, of which it takes `some` in one go. */
function read(bytes: Buffer, step = bytes.length, some = step): Read[] {
	const found: Read[] = [];
	const reader = new TarReader({
		whole: ({ path, type, mode, target }, content) =>
			void found.push({ path, type, mode, target, content: content.toString("latin1") }),
		begun: ({ path, type, mode, target }) => {
			const pieces: Buffer[] = [];
			return {
				write: (piece) => void pieces.push(Buffer.from(piece)),
				end: () => void found.push({ path, type, mode, target, content: Buffer.concat(pieces).toString("latin1") }),
			};
		},
	});
	for (let at = 0; at < bytes.length; at += step) {
		const chunk = Buffer.from(bytes.subarray(at, at + step));
		for (let done = 0; done < chunk.length; ) done = reader.write(chunk, done, some);
	}
	if (!reader.closed) throw new Error("not closed");
	return found;
}

/** What node-tar reads of the same bytes. */
function oracle(bytes: Buffer): Read[] {
	const found: Read[] = [];
	const parser = new Parser({ strict: true });
	parser.on("entry", (entry: ReadEntry) => {
		const pieces: Buffer[] = [];
		entry.on("data", (piece: Buffer) => pieces.push(piece));
		entry.on("end", () => {
			const type = { File: "file", Directory: "directory", SymbolicLink: "symlink", Link: "hardlink" }[entry.type as string];
			const content = Buffer.concat(pieces).toString("latin1");
			found.push({ path: entry.path, type: type ?? entry.type, mode: entry.mode ?? 0, target: entry.linkpath, content });
		});
	});
	parser.on("error", (error) => {
		throw error;
	});
	parser.end(bytes);
	return found;
}

const end = Buffer.alloc(1024);

/** One block of header, and its content padded. */
function entry(fields: { path: string; flag?: string; content?: string | Buffer; size?: string; magic?: string }): Buffer {
	const { path, flag = "0", content = "", size, magic } = fields;
	const body = Buffer.from(content as string);
	const block = Buffer.alloc(512);
	new Header({ path, type: "File", mode: 0o644, size: body.length, mtime: new Date(0) }).encode(block, 0);
	block.write(flag, 156, "latin1");
	if (size !== undefined) block.write(size, 124, 12, "latin1");
	if (magic !== undefined) block.write(magic, 257, 8, "latin1");
	block.write("        ", 148, "latin1");
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
	return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

const long = `go/${"deep/".repeat(60)}file.go`;

describe("reading a tar", () => {
	it.each<[string, Buffer, Partial<Read>[]]>([
		[
			"PAX's long path",
			Buffer.concat([entry({ path: "x", flag: "x", content: record("path", long) }), entry({ path: "cut", content: "1" }), end]),
			[{ path: long, content: "1" }],
		],
		[
			"PAX's size",
			Buffer.concat([
				entry({ path: "x", flag: "x", content: record("size", "3") }),
				entry({ path: "go/a", content: "123", size: "00000000000\0" }),
				end,
			]),
			[{ path: "go/a", content: "123" }],
		],
		[
			"PAX's link",
			Buffer.concat([
				entry({ path: "x", flag: "x", content: record("linkpath", long) }),
				entry({ path: "go/a", flag: "2" }),
				end,
			]),
			[{ path: "go/a", type: "symlink", target: long }],
		],
		[
			"a PAX record in UTF-8",
			Buffer.concat([entry({ path: "x", flag: "x", content: record("path", "go/ä") }), entry({ path: "go/a" }), end]),
			[{ path: "go/ä" }],
		],
		[
			"GNU's long path",
			Buffer.concat([entry({ path: "././@LongLink", flag: "L", content: `${long}\0` }), entry({ path: "cut" }), end]),
			[{ path: long }],
		],
		[
			"GNU's long link",
			Buffer.concat([entry({ path: "././@LongLink", flag: "K", content: `${long}\0` }), entry({ path: "go/a", flag: "2" }), end]),
			[{ path: "go/a", target: long }],
		],
		[
			"an extension of one entry only",
			Buffer.concat([
				entry({ path: "x", flag: "x", content: record("path", long) }),
				entry({ path: "cut" }),
				entry({ path: "go/b" }),
				end,
			]),
			[{ path: long }, { path: "go/b" }],
		],
		[
			"a comment for all",
			Buffer.concat([entry({ path: "g", flag: "g", content: record("comment", "9f2c") }), entry({ path: "go/a" }), end]),
			[{ path: "go/a" }],
		],
		["a directory of the old format", Buffer.concat([entry({ path: "go/src/" }), end]), [{ path: "go/src/", type: "directory" }]],
		[
			"a prefix where the magic is ustar's",
			Buffer.concat([entry({ path: `go/${"a/".repeat(60)}b` }), end]),
			[{ path: `go/${"a/".repeat(60)}b` }],
		],
		[
			"no more than what comes before its end",
			Buffer.concat([entry({ path: "go/a" }), end, Buffer.from("anything")]),
			[{ path: "go/a" }],
		],
	])("knows %s, however it is cut", (_, bytes, expected) => {
		for (const step of [bytes.length, 512, 511, 7]) expect(read(bytes, step)).toMatchObject(expected);
	});

	it.each<[string, Buffer, RegExp]>([
		["a size that isn't octal", entry({ path: "go/a", size: "0000000009x\0" }), /not octal/],
		["a size in base 256", entry({ path: "go/a", size: `\x80${"\0".repeat(10)}\x01` }), /not octal/],
		[
			"one zero block among entries",
			Buffer.concat([entry({ path: "go/a" }), Buffer.alloc(512), entry({ path: "go/b" })]),
			/goes on behind its end/,
		],
		["a global path", entry({ path: "g", flag: "g", content: record("path", "go/a") }), /global header/],
		["a sparse file", entry({ path: "x", flag: "x", content: record("GNU.sparse.major", "1") }), /sparse/],
		["a record with a wrong length", entry({ path: "x", flag: "x", content: "99 path=go/a\n" }), /damaged/],
		["a record of no length", entry({ path: "x", flag: "x", content: "0 path=go/a\n" }), /damaged/],
		["a record without a key", entry({ path: "x", flag: "x", content: "6 =ab\n" }), /damaged/],
		["a record that isn't one", entry({ path: "x", flag: "x", content: "path=go/a\n" }), /none|damaged/],
		["a negative size", entry({ path: "x", flag: "x", content: record("size", "-1") }), /none/],
		["an extended header of 2 MB", entry({ path: "x", flag: "x", content: Buffer.alloc(2_000_000, 32) }), /2000000 bytes/],
		["a link with content", entry({ path: "go/a", flag: "2", content: "1" }), /link has content/],
		["a file with a link's target", tar([{ path: "go/a", linkpath: "b" }]), /no link has/],
	])("refuses %s", (_, bytes, message) => {
		expect(() => read(Buffer.concat([bytes, end]))).toThrow(message);
		expect(() => read(Buffer.concat([bytes, end]))).toThrow(GoxError);
	});

	it("reads what node-tar reads, whatever the entries and the pieces", () => {
		const name = fc.stringMatching(/^[a-zA-Zäé_.-]{1,40}$/);
		const file = fc.record({
			path: fc.array(name, { minLength: 1, maxLength: 9 }).map((parts) => `go/${parts.join("/")}`),
			kind: fc.constantFrom("File", "Directory", "SymbolicLink", "Link" as const),
			mode: fc.constantFrom(0o644, 0o755, 0o600),
			content: fc.uint8Array({ maxLength: 1500 }),
		});
		fc.assert(
			fc.property(
				fc.array(file, { minLength: 1, maxLength: 12 }),
				fc.integer({ min: 1, max: 3000 }),
				fc.integer({ min: 1, max: 3000 }),
				(files, step, some) => {
					const bytes = Buffer.concat([...files.map(packed), end]);
					expect(read(bytes, step, some)).toEqual(oracle(bytes));
				},
			),
			{ numRuns: 200 },
		);
	});
});

/** As node-tar packs it: with an extended header where a plain one doesn't hold it. */
function packed({ path, kind, mode, content }: { path: string; kind: string; mode: number; content: Uint8Array }): Buffer {
	const isLink = kind === "SymbolicLink" || kind === "Link";
	const body = kind === "File" ? Buffer.from(content) : Buffer.alloc(0);
	const header = new Header({
		path: kind === "Directory" ? `${path}/` : path,
		type: kind as "File",
		mode,
		size: body.length,
		mtime: new Date(0),
		...(isLink && { linkpath: `${path}-target` }),
	});
	const block = Buffer.alloc(512);
	const extended = header.encode(block, 0)
		? new Pax({ path: header.path ?? "", ...(header.linkpath !== undefined && { linkpath: header.linkpath }) }).encode()
		: Buffer.alloc(0);
	return Buffer.concat([extended, block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

function record(key: string, value: string): string {
	const rest = Buffer.byteLength(` ${key}=${value}\n`);
	let length = rest;
	while (length !== rest + String(length).length) length = rest + String(length).length;
	return `${length} ${key}=${value}\n`;
}
