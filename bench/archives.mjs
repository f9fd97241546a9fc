// The archives that the benchmark installs: real Gos where they are found, else made ones of the same shape.
import { createHash } from "node:crypto";
import {
	createReadStream,
	createWriteStream,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, crc32, createGzip, deflateRawSync, gunzipSync, gzipSync } from "node:zlib";
import { hostTarget } from "../scripts/build-shims.mjs";

export const seededVersions = ["1.20.14", "1.21.13", "1.22.5", "1.23.4"];
const block = 512;

function header(name, size, mode = 0o644, type = "0") {
	const bytes = Buffer.alloc(block);
	const slash = name.length > 100 ? name.lastIndexOf("/", 154) : -1;
	bytes.write(slash < 0 ? name : name.slice(slash + 1), 0, 100);
	bytes.write(`${mode.toString(8).padStart(7, "0")}\0`, 100);
	bytes.write("0000000\0", 108);
	bytes.write("0000000\0", 116);
	bytes.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
	bytes.write("14641005000\0", 136);
	bytes.fill(0x20, 148, 156);
	bytes.write(type, 156);
	bytes.write("ustar\x0000", 257);
	if (slash > 0) bytes.write(name.slice(0, slash), 345, 155);
	const sum = bytes.reduce((total, byte) => total + byte, 0);
	bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
	return bytes;
}

function* entry(name, content, mode) {
	yield header(name, content.length, mode);
	yield content;
	const over = content.length % block;
	if (over > 0) yield Buffer.alloc(block - over);
}

/** Text that packs about as well as a Go tree does, the same on each call. */
export function madeText(bytes) {
	let state = 1;
	const next = (below) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 4294967296) * below);
	};
	const made = (count, make) => Array.from({ length: count }, make);
	const words = made(300, () =>
		next(2 ** 31)
			.toString(36)
			.slice(0, 2 + next(6)),
	);
	const phrases = made(500, () => made(3 + next(4), () => words[next(words.length)]).join(" "));
	const parts = [];
	for (let length = 0; length < bytes; ) {
		// What is new now and then keeps it from packing better than a Go tree, which is a third when packed.
		const kind = next(40);
		const part = kind < 6 ? next(2 ** 31).toString(36) : kind < 18 ? phrases[next(phrases.length)] : words[next(words.length)];
		parts.push(part);
		length += part.length + 1;
	}
	return Buffer.from(parts.join(" ")).subarray(0, bytes);
}

const versionText = (version) => Buffer.from(`go${version}\ntime 2024-07-02T12:00:00Z\n`);

/** A tree of so many files and unpacked bytes, with a real program for `go`; nine tenths of the files are small, as in Go. */
function* madeTree(version, program, { files, bytes }) {
	const pool = madeText(Math.min(bytes, 8 * 2 ** 20));
	yield* entry("go/VERSION", versionText(version));
	for (const tool of ["go", "gofmt"]) yield* entry(`go/bin/${tool}`, program, 0o755);
	yield* entry("go/src/go.mod", Buffer.from("module std\n\ngo 1.22\n"));
	const large = Math.max(1, Math.floor(files / 200));
	const small = Math.max(0, files - large);
	const sizes = {
		small: Math.min(pool.length, Math.round((bytes * 0.55) / Math.max(1, small))),
		large: Math.min(pool.length, Math.round((bytes * 0.45) / large)),
	};
	for (let at = 0; at < small + large; at++) {
		const size = at % 200 === 199 || (files < 200 && at === files - 1) ? sizes.large : sizes.small;
		const from = (at * 1_299_709) % Math.max(1, pool.length - size);
		yield* entry(`go/src/p${Math.floor(at / 40)}/f${at}.go`, pool.subarray(from, from + size));
	}
	yield Buffer.alloc(2 * block);
}

/** An archive in `directory`, with its digest beside it. @returns what the index says of it */
async function write(directory, version, chunks, level = 6) {
	const [os, arch] = hostTarget().split("-");
	const filename = `go${version}.${os}-${arch}.tar.gz`;
	const path = join(directory, filename);
	await pipeline(Readable.from(chunks, { objectMode: true }), createGzip({ level, chunkSize: 2 ** 18 }), createWriteStream(path));
	return describe(directory, version, filename);
}

async function describe(directory, version, filename) {
	const hash = createHash("sha256");
	for await (const piece of createReadStream(join(directory, filename), { highWaterMark: 2 ** 20 })) hash.update(piece);
	const sha256 = hash.digest("hex");
	writeFileSync(join(directory, `${filename}.sha256`), sha256);
	const [os, arch] = hostTarget().split("-");
	const { size } = statSync(join(directory, filename));
	return {
		version: `go${version}`,
		stable: true,
		files: [{ filename, os, arch, version: `go${version}`, sha256, size, kind: "archive" }],
	};
}

/** Writes the index, newest first. `more`: releases that are listed and not there. */
function writeIndex(directory, releases, more = []) {
	const own = new Set(releases.map(({ version }) => version));
	const all = [...releases, ...more.filter(({ version }) => !own.has(version))];
	const key = ({ version }) =>
		version
			.match(/\d+/g)
			.map((digits) => digits.padStart(4, "0"))
			.join(".");
	all.sort((left, right) => (key(left) < key(right) ? 1 : -1));
	writeFileSync(join(directory, "index.json"), JSON.stringify(all));
}

/**
 * Tiny Gos, whose `go` does nothing: for what isn't about installing. The index lists go.dev's releases beside them.
 * @param {string} program path of a static program
 */
export async function tinyArchives(directory, program, versions = seededVersions) {
	mkdirSync(directory, { recursive: true });
	const bytes = readFileSync(program);
	const releases = [];
	for (const version of versions)
		releases.push(await write(directory, version, madeTree(version, bytes, { files: 20, bytes: 2e5 }), 1));
	const known = JSON.parse(gunzipSync(readFileSync(new URL("../data/releases.json.gz", import.meta.url))).toString());
	writeIndex(directory, releases, known);
	return directory;
}

/** Made archives of so many packed megabytes, as go1.60.0, go1.60.1, …: megabytes → version. */
export async function sizedArchives(directory, program, sizes) {
	mkdirSync(directory, { recursive: true });
	const bytes = readFileSync(program);
	const releases = [];
	const versions = {};
	for (const [at, megabytes] of sizes.entries()) {
		// As in go1.22.5: 9,546 files and 220 MB in an archive of 66 MB.
		const shape = { files: Math.round(megabytes * 145), bytes: megabytes * madeRatio * 1e6 };
		const release = await write(directory, `1.60.${at}`, madeTree(`1.60.${at}`, bytes, shape), 4);
		versions[release.files[0].size / 1e6] = `1.60.${at}`;
		releases.push(release);
	}
	writeIndex(directory, releases);
	return versions;
}

/** Unpacked bytes of `madeText` for each packed one. */
const madeRatio = 1 / (gzipSync(madeText(2 ** 20), { level: 4 }).length / 2 ** 20);

/**
 * go1.22.5, and four more of its size: go1.61.0 to go1.61.3, which are the same tree but for VERSION.
 * @returns {Promise<{ version: string, four: string[], origin: string, size: number, files: number }>}
 */
export async function installArchives(directory, program, { four }) {
	mkdirSync(directory, { recursive: true });
	const version = "1.22.5";
	const { tar, origin } = findTree(version, readFileSync(program));
	const releases = [await write(directory, version, tar())];
	const names = four ? ["1.61.0", "1.61.1", "1.61.2", "1.61.3"] : [];
	const [first] = releases;
	if (four) {
		// Equal but for the first small entry: only that is packed anew.
		const joined = gzipWithHead(Buffer.concat([...withoutVersion(tar())]));
		for (const name of names) {
			const [os, arch] = hostTarget().split("-");
			const filename = `go${name}.${os}-${arch}.tar.gz`;
			writeFileSync(join(directory, filename), joined(Buffer.concat([...entry("go/VERSION", versionText(name))])));
			releases.push(await describe(directory, name, filename));
		}
	}
	writeIndex(directory, releases);
	let files = 0;
	for (const { name } of entries(Buffer.concat([...tar()]))) if (!name.endsWith("/")) files++;
	return { version, four: names, origin, size: first.files[0].size, files };
}

/**
 * Packs the rest once, and each head before it, into one gzip member: go.dev's archives have one, and mise, for one,
 * reads no more than the first.
 * @param {Buffer} rest
 * @returns {(head: Buffer) => Buffer}
 */
export function gzipWithHead(rest, level = 6) {
	const packed = deflateRawSync(rest, { level });
	return (head) => {
		const trailer = Buffer.alloc(8);
		trailer.writeUInt32LE(crc32(rest, crc32(head)), 0);
		trailer.writeUInt32LE((head.length + rest.length) % 2 ** 32, 4);
		const start = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
		// Flushed to a whole byte and not ended, so that the rest's blocks follow.
		return Buffer.concat([start, deflateRawSync(head, { level, finishFlush: constants.Z_SYNC_FLUSH }), packed, trailer]);
	};
}

function* withoutVersion(chunks) {
	const whole = Buffer.concat([...chunks]);
	for (const { name, start, end } of entries(whole)) if (name !== "go/VERSION") yield whole.subarray(start, end);
	yield Buffer.alloc(2 * block);
}

function* entries(tar) {
	for (let at = 0; at + block <= tar.length; ) {
		const text = (from, length) => tar.toString("utf8", at + from, at + from + length).replace(/\0.*$/s, "");
		const name = [text(345, 155), text(0, 100)].filter((part) => part !== "").join("/");
		if (name === "") return;
		const size = Number.parseInt(text(124, 12), 8);
		const end = at + block + Math.ceil(size / block) * block;
		yield { name, start: at, end };
		at = end;
	}
}

/** A Go's tar, from `GOX_BENCH_TARBALLS`, the module cache, or made up. */
function findTree(version, program) {
	const target = hostTarget();
	const named = process.env.GOX_BENCH_TARBALLS ?? (process.env.GOX_BENCH_PEERS && join(process.env.GOX_BENCH_PEERS, "tarballs"));
	const archive = named && join(named, `go${version}.${target}.tar.gz`);
	if (archive && existsSync(archive)) {
		return { tar: () => [gunzipSync(readFileSync(archive))], origin: `the archive ${basename(archive)} that was given` };
	}
	const cache = process.env.GOMODCACHE ?? join(process.env.GOPATH ?? join(homedir(), "go"), "pkg/mod");
	const module = join(cache, `golang.org/toolchain@v0.0.1-go${version}.${target}`);
	if (existsSync(join(module, "VERSION"))) {
		return { tar: () => [...treeOf(module)], origin: `the real go${version} of the module cache, packed again` };
	}
	const shape = { files: 9546, bytes: 66.5e6 * madeRatio };
	return {
		tar: () => [...madeTree(version, program, shape)],
		origin: "a made-up archive of go1.22.5's size and number of files",
	};
}

function* treeOf(directory) {
	const files = readdirSync(directory, { recursive: true, withFileTypes: true })
		.filter((found) => found.isFile())
		.map((found) => join(found.parentPath, found.name).slice(directory.length + 1))
		.sort();
	for (const path of files) {
		const runs = path.startsWith("bin/") || path.startsWith("pkg/tool/") || /\.(bash|sh|pl|rc)$/.test(path);
		yield* entry(`go/${path.replace(/(^|\/)_go\.mod$/, "$1go.mod")}`, readFileSync(join(directory, path)), runs ? 0o755 : 0o644);
	}
	yield Buffer.alloc(2 * block);
}
