import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ArchivePolicy } from "../../src/archive/policy.ts";
import { TarGzUnpacker } from "../../src/archive/targz.ts";
import { TreeWriter } from "../../src/archive/tree.ts";
import { GoxError } from "../../src/errors.ts";
import { goArchive, sha256, tar, tarGz } from "../support/archives.ts";
import { freshRoot } from "../support/context.ts";

let root: string;
let goroot: string;
beforeEach(() => {
	root = freshRoot();
	goroot = join(root, "go");
	mkdirSync(goroot);
});

async function unpack(archive: Uint8Array, chunk = 7_000): Promise<TreeWriter> {
	const tree = new TreeWriter(goroot);
	const unpacker = new TarGzUnpacker(new ArchivePolicy("go/"), tree);
	try {
		for (let offset = 0; offset < archive.length; offset += chunk) await unpacker.write(archive.subarray(offset, offset + chunk));
		await unpacker.end();
	} finally {
		unpacker.abandon();
	}
	return tree;
}

describe("unpacking a .tar.gz", { tags: "fault-16" }, () => {
	const archive = goArchive({
		version: "go1.22.5",
		platform: "linux-amd64",
		more: [{ path: "go/large", content: Buffer.alloc(1_000_000, "large") }, { path: "go/none" }],
	});

	it.each([1_000_000, 65_536, 513, 1])("writes the tree and its digests, fed %i bytes at a time", async (chunk) => {
		const small = chunk === 1 ? goArchive({ version: "go1.22.5", platform: "linux-amd64" }) : archive;
		const tree = await unpack(small, chunk);
		expect(readFileSync(join(goroot, "VERSION"), "utf8")).toMatch(/^go1\.22\.5\n/);
		expect(statSync(join(goroot, "bin/go")).mode & 0o777).toBe(0o755);
		expect(statSync(join(goroot, "src/go.mod")).mode & 0o777).toBe(0o644);
		for (const file of tree.files) expect(sha256(readFileSync(join(goroot, file.path)))).toBe(file.sha256);
		expect(tree.files.length).toBe(chunk === 1 ? 10 : 12);
	});

	it("writes links that stay inside", async () => {
		await unpack(
			tarGz([
				{ path: "go/a", content: "1" },
				{ path: "go/b", type: "SymbolicLink", linkpath: "a" },
				{ path: "go/c", type: "Link", linkpath: "go/a" },
			]),
		);
		expect(readFileSync(join(goroot, "b"), "utf8")).toBe("1");
		expect(readFileSync(join(goroot, "c"), "utf8")).toBe("1");
	});

	const flipped = (bytes: Buffer, at: number) => {
		const copy = Buffer.from(bytes);
		copy[at] = (copy[at] ?? 0) ^ 1;
		return copy;
	};
	const plain = tar([
		{ path: "go/a", content: "1" },
		{ path: "go/b", content: "2" },
	]);

	it.each<[string, () => Uint8Array, RegExp]>([
		["no gzip at all", () => Buffer.from("<html>please log in</html>"), /not proper gzip/],
		["nothing", () => Buffer.alloc(0), /gzip|tar/],
		["an end in the middle of the gzip", () => archive.subarray(0, archive.length / 2), /not proper gzip|not a proper tar/],
		["a gzip that lost its last byte", () => archive.subarray(0, -1), /not proper gzip/],
		["a bad gzip checksum", () => flipped(archive, archive.length - 6), /not proper gzip/],
		["a tar that ends inside a file", () => gzipSync(gunzipSync(archive).subarray(0, 700)), /proper tar|announced/],
		["a bad header checksum", () => gzipSync(flipped(plain, 1024 + 3)), /checksum failure/],
		["gzip in gzip", () => gzipSync(archive), /compressed twice/],
		["a device", () => tarGz([{ path: "go/null", type: "CharacterDevice" }]), /CharacterDevice/],
		[
			"a type that node-tar would skip",
			() => {
				const odd = tar([{ path: "go/a" }]);
				odd[156] = "Q".charCodeAt(0);
				odd.write("        ", 148, "latin1");
				const sum = odd.subarray(0, 512).reduce((total, byte) => total + byte, 0);
				odd.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
				return gzipSync(odd);
			},
			/archive/,
		],
		[
			"a way out, met when all is unpacked already",
			() => tarGz([...Array.from({ length: 300 }, (_, at) => ({ path: `go/${at}`, content: "x" })), { path: "go/../evil" }]),
			/climbs out/,
		],
		["a way out", () => tarGz([{ path: "go/../../evil", content: "x" }]), /climbs out/],
		["a bomb", () => tarGz([{ path: "go/zeros", content: Buffer.alloc(300_000_000) }]), /200 times/],
	])("refuses %s", async (_, make, message) => {
		const attempt = unpack(make());
		await expect(attempt).rejects.toThrow(message);
		await expect(attempt).rejects.toBeInstanceOf(GoxError);
		expect(existsSync(join(root, "evil"))).toBe(false);
	});

	it("whatever the bytes, ends in a tree or a GoxError, and writes nothing outside", async () => {
		const seed = gunzipSync(goArchive({ version: "go1.22.5", platform: "linux-amd64" })).subarray(0, 6000);
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.tuple(fc.nat(seed.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
				async (changes) => {
					const changed = Buffer.from(seed);
					for (const [at, byte] of changes) changed[at] = byte;
					const place = join(freshRoot(), "go");
					mkdirSync(place);
					const unpacker = new TarGzUnpacker(new ArchivePolicy("go/"), new TreeWriter(place));
					try {
						await unpacker.write(gzipSync(changed, { level: 1 }));
						await unpacker.end();
					} catch (error) {
						if (!(error instanceof GoxError)) throw error;
					} finally {
						unpacker.abandon();
					}
				},
			),
			{ numRuns: 150 },
		);
	});
});
