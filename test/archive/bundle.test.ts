import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Header } from "tar";
import { beforeEach, describe, expect, it } from "vitest";
import { Bundle, type BundledToolchain, formatManifest, isPartName, writeBundle } from "../../src/archive/bundle.ts";
import { GoxError } from "../../src/errors.ts";
import { parseRelease, type Release } from "../../src/version/release.ts";
import { sha256, type TarEntry, tar } from "../support/archives.ts";
import { freshRoot } from "../support/context.ts";

const archive = Buffer.from("not really an archive, but as many bytes as it says");
const toolchain: BundledToolchain = {
	release: parseRelease("go1.22.5") as Release,
	platform: "linux-amd64",
	kind: "archive",
	file: "archives/go1.22.5.linux-amd64.tar.gz",
	sha256: sha256(archive),
	size: archive.length,
};
const manifest = formatManifest([toolchain]);
const signal = new AbortController().signal;
let root: string;
beforeEach(() => {
	root = freshRoot();
});

function written(name = "go.bundle"): string {
	const source = join(root, "archive");
	writeFileSync(source, archive);
	const path = join(root, name);
	writeBundle(
		path,
		[toolchain],
		[
			{ name: toolchain.file, content: { path: source, size: archive.length } },
			{ name: "sumdb/sum.golang.org/latest", content: Buffer.from("a head\n") },
			{
				name: "sumdb/sum.golang.org/lookup/golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64",
				content: Buffer.from("a record\n"),
			},
			{ name: "sumdb/localhost:80/tile/8/0/x001/234.p/5", content: Buffer.alloc(160) },
		],
		signal,
	);
	return path;
}

function opened(entries: readonly TarEntry[]): Bundle {
	const path = join(root, "made.bundle");
	writeFileSync(path, tar(entries));
	return Bundle.open(path);
}

async function all(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of bytes) chunks.push(chunk);
	return Buffer.concat(chunks);
}

describe("a bundle", () => {
	it("is read as it was written, and written the same each time", async () => {
		const path = written();
		const bundle = Bundle.open(path);
		expect(bundle.toolchains).toEqual([{ ...toolchain, h1: undefined }]);
		expect(await all(bundle.bytes(toolchain))).toEqual(archive);
		expect([...bundle.answers()].map(({ name, content }) => [name, content.length])).toEqual([
			["sum.golang.org/latest", 7],
			["sum.golang.org/lookup/golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64", 9],
			["localhost:80/tile/8/0/x001/234.p/5", 160],
		]);
		expect(readFileSync(written("again.bundle"))).toEqual(readFileSync(path));
	});

	it("that fails to be written leaves what was there", () => {
		const path = join(root, "go.bundle");
		writeFileSync(path, "the old one");
		const missing = { name: toolchain.file, content: { path: join(root, "nowhere"), size: 5 } };
		expect(() => writeBundle(path, [toolchain], [missing], signal)).toThrow("ENOENT");
		const short = { name: toolchain.file, content: { path, size: 500 } };
		expect(() => writeBundle(path, [toolchain], [short], signal)).toThrow("became shorter");
		expect(() => writeBundle(path, [toolchain], [{ name: "sumdb/../x", content: archive }], signal)).toThrow("can't be put");
		const aborted = AbortSignal.abort(new GoxError("interrupted", "interrupted"));
		expect(() => writeBundle(path, [toolchain], [short], aborted)).toThrow("interrupted");
		expect(readFileSync(path, "utf8")).toBe("the old one");
	});

	it("cut off anywhere is refused", () => {
		const bytes = readFileSync(written());
		const path = join(root, "cut.bundle");
		for (let end = 0; end < bytes.length; end += end % 512 === 511 || end % 512 === 0 ? 1 : 255) {
			writeFileSync(path, bytes.subarray(0, end));
			expect(() => Bundle.open(path), `${end} bytes`).toThrow(expect.objectContaining({ code: "integrity" }));
		}
	});

	it("has zeros between its parts and behind them, as many as another tar program writes, and nothing else", () => {
		const bytes = readFileSync(written());
		const path = join(root, "other.bundle");
		writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(10_240)]));
		expect(Bundle.open(path).toolchains).toHaveLength(1);
		const manifestEnd = 512 + Number.parseInt(bytes.toString("latin1", 124, 135), 8);
		for (const changed of [
			Buffer.concat([bytes, Buffer.alloc(511), Buffer.from("x")]),
			Buffer.concat([bytes, Buffer.alloc(1 << 20)]),
			...[manifestEnd, bytes.length - 1, bytes.length - 513].map((at) => {
				const copy = Buffer.from(bytes);
				copy[at] = 1;
				return copy;
			}),
		]) {
			writeFileSync(path, changed);
			expect(() => Bundle.open(path)).toThrow("is damaged: ");
		}
	});

	it("cut off while it is read is noticed", async () => {
		const path = written();
		const bundle = Bundle.open(path);
		const file = openSync(path, "r+");
		ftruncateSync(file, 512 * 3 + 10);
		closeSync(file);
		await expect(all(bundle.bytes(toolchain))).rejects.toMatchObject({ code: "integrity" });
	});

	const part: TarEntry = { path: toolchain.file, content: archive };
	it.each<[string, readonly TarEntry[], RegExp, string?]>([
		["an empty tar", [], /bundle\.json is not its first part/],
		["another first part", [part, { path: "bundle.json", content: manifest }], /not its first part/],
		["a name that climbs out", [{ path: "sumdb/../../x", content: "x" }], /"sumdb\/\.\.\/\.\.\/x" is no name/, "hostile-archive"],
		["an absolute name", [{ path: "/etc/passwd", content: "x" }], /no name/, "hostile-archive"],
		["a hidden name", [{ path: "sumdb/.git/x", content: "x" }], /no name/, "hostile-archive"],
		["a name of elsewhere", [{ path: "bin/go", content: "x" }], /no name/, "hostile-archive"],
		["a link", [{ path: "sumdb/x", type: "SymbolicLink", linkpath: "/etc" }], /is a SymbolicLink/, "hostile-archive"],
		["a directory", [{ path: "sumdb/", type: "Directory" }], /is a Directory/, "hostile-archive"],
		["a part twice", [{ path: "bundle.json", content: manifest }, part, part], /there twice/, "hostile-archive"],
		[
			"a part that is not in the manifest",
			[{ path: "bundle.json", content: manifest }, part, { path: "archives/x", content: "x" }],
			/not in its manifest/,
			"hostile-archive",
		],
		["no archive", [{ path: "bundle.json", content: manifest }], /has not the size/],
		[
			"another size than it says",
			[
				{ path: "bundle.json", content: manifest },
				{ path: toolchain.file, content: "short" },
			],
			/has not the size/,
		],
		["no JSON", [{ path: "bundle.json", content: "{" }], /manifest is no JSON object/],
		["a later form", [{ path: "bundle.json", content: '{"bundle":2,"contents":[]}' }], /newer gox/],
		[
			"another file name",
			[{ path: "bundle.json", content: manifest.replace("archives/go1.22.5.linux", "archives/go1.22.6.linux") }],
			/keeps go1\.22\.5 in/,
		],
		[
			"a file name that climbs out",
			[{ path: "bundle.json", content: manifest.replace("archives/", "../../") }],
			/keeps go1\.22\.5 in/,
		],
		["a version that is none", [{ path: "bundle.json", content: manifest.replace('"go1.22.5"', '"go1.22"') }], /names "go1\.22"/],
		[
			"a platform that is none",
			[{ path: "bundle.json", content: manifest.replace('"linux-amd64"', '"plan9-386"') }],
			/"plan9-386"/,
		],
		[
			"a toolchain twice",
			[{ path: "bundle.json", content: formatManifest([toolchain, toolchain]) }, part],
			/lists a toolchain twice/,
		],
		["a manifest of 2 MB", [{ path: "bundle.json", content: " ".repeat(2_000_000) }], /larger than/, "hostile-archive"],
	])("with %s is refused", (_, entries, why, code = "integrity") => {
		expect(() => opened(entries)).toThrow(why);
		expect(() => opened(entries)).toThrow(expect.objectContaining({ code }));
	});

	it.each([
		["more than the file has", 10_000, "integrity"],
		["eight exabytes", 2 ** 62, "hostile-archive"],
		["less than nothing", -512, "hostile-archive"],
	])("whose part claims %s is refused", (_, size, code) => {
		const block = Buffer.alloc(512);
		new Header({ path: toolchain.file, type: "File", mode: 0o644, size: 0, mtime: new Date(0) }).encode(block, 0);
		// Base 256, as GNU tar writes what octal digits can't say.
		block.fill(size < 0 ? 0xff : 0, 124, 136).writeBigInt64BE(BigInt(size), 128);
		if (size >= 0) block[124] = 0x80;
		block.fill(" ", 148, 156);
		block.write(
			`${block
				.reduce((sum, byte) => sum + byte, 0)
				.toString(8)
				.padStart(6, "0")}\0 `,
			148,
		);
		const path = join(root, "lying.bundle");
		writeFileSync(
			path,
			Buffer.concat([tar([{ path: "bundle.json", content: manifest }]).subarray(0, -1024), block, Buffer.alloc(2048)]),
		);
		expect(() => Bundle.open(path)).toThrow(expect.objectContaining({ code }));
	});

	it("with any byte of a header or the manifest changed is the same, or refused as damaged or hostile", () => {
		const bytes = readFileSync(written());
		const path = join(root, "changed.bundle");
		const headers = 512 + Math.ceil(manifest.length / 512) * 512 + 512;
		fc.assert(
			fc.property(fc.nat(headers - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
				const changed = Buffer.from(bytes);
				changed[at] = (changed[at] ?? 0) ^ change;
				writeFileSync(path, changed);
				try {
					const [only] = Bundle.open(path).toolchains;
					expect(only?.file).toBe(`archives/${only?.release.name}.${only?.platform}.tar.gz`);
				} catch (error) {
					expect((error as GoxError).code, String(error)).toMatch(/^(integrity|hostile-archive)$/);
				}
			}),
			{ numRuns: 500 },
		);
	});

	it("that isn't there, or is a directory, says so", () => {
		for (const path of [join(root, "nowhere"), root])
			expect(() => Bundle.open(path)).toThrow(expect.objectContaining({ code: "file-system" }));
	});

	it.each([
		["archives/go1.22.5.linux-amd64.tar.gz", true],
		["sumdb/sum.golang.org/tile/8/0/x001/234.p/5", true],
		["sumdb/sum.golang.org/lookup/example.org/!azure@v1.0.0+incompatible", true],
		["bundle.json", true],
		["bundle.json/x", false],
		["archives", false],
		["archives/", false],
		["archives//x", false],
		["archives/../x", false],
		["archives/.x", false],
		["archives/x\n", false],
		["archives/x y", false],
		["./archives/x", false],
		["Archives/x", false],
		["archives/\u0000", false],
		["archives\\x", false],
	])("%j may be a part: %s", (name, may) => expect(isPartName(name)).toBe(may));
});
