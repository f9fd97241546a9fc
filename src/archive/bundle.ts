import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { Header } from "tar";
import { GoxError, quote, systemCode } from "../errors.ts";
import { naming, replaceFile } from "../fs.ts";
import { isRecord, jsonIn } from "../json.ts";
import { isH1 } from "../sumdb/record.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";
import { paddingOf, tarBlock } from "./tar.ts";

const largestManifest = 1024 * 1024;
/** A tree of 2^40 records has five tiles for each record. */
const mostParts = 100_000;
/** What tar programs put behind the last part. */
const largestEnd = 64 * 1024;
/** An answer of a checksum database. */
const largestAnswer = 1024 * 1024;

/** A part to be written: small content, or a file with so many bytes. */
export interface PartSource {
	readonly name: string;
	readonly content: Uint8Array | { readonly path: string; readonly size: number };
}

/**
 * A bundle: an uncompressed tar of plain files, `bundle.json` first, then archives and module zips, then the answers of
 * a checksum database that prove them. Reading it trusts nothing but the sizes, which are held against the file's own.
 */
export class Bundle {
	/** Absolute. */
	readonly path: string;
	readonly toolchains: readonly BundledToolchain[];
	readonly #parts: ReadonlyMap<string, BundlePart>;

	private constructor(path: string, toolchains: readonly BundledToolchain[], parts: ReadonlyMap<string, BundlePart>) {
		this.path = path;
		this.toolchains = toolchains;
		this.#parts = parts;
	}

	/**
	 * Reads a bundle's headers and manifest.
	 * @throws GoxError `file-system` when it can't be read; `integrity` or `hostile-archive` when it is no proper bundle.
	 */
	static open(path: string): Bundle {
		return naming(path, () => Bundle.#read(path));
	}

	static #read(path: string): Bundle {
		const descriptor = openFile(path);
		try {
			const parts = partsIn(descriptor, path);
			const [first] = parts.values();
			if (first?.name !== "bundle.json")
				throw new GoxError("integrity", `${path} is not a bundle: bundle.json is not its first part`);
			const toolchains = parseManifest(read(descriptor, first, largestManifest, path).toString("utf8"), path);
			for (const { file, size } of toolchains)
				if (parts.get(file)?.size !== size)
					throw new GoxError("integrity", `${path} is damaged: ${file} has not the size that its manifest says`);
			const known = new Set(toolchains.map(({ file }) => file));
			const stray = [...parts.keys()].find((name) => /^(archives|modules)\//.test(name) && !known.has(name));
			if (stray !== undefined) throw new GoxError("hostile-archive", `${path}: ${quote(stray)} is not in its manifest`);
			return new Bundle(path, toolchains, parts);
		} finally {
			closeSync(descriptor);
		}
	}

	/** The answers of checksum databases: `NAME/latest`, `NAME/lookup/…`, `NAME/tile/…`, sorted by name. */
	*answers(): Generator<{ name: string; content: Buffer }> {
		const descriptor = openFile(this.path);
		try {
			for (const part of this.#parts.values()) {
				if (!part.name.startsWith("sumdb/")) continue;
				yield {
					name: part.name.slice("sumdb/".length),
					content: naming(this.path, () => read(descriptor, part, largestAnswer, this.path)),
				};
			}
		} finally {
			naming(this.path, () => closeSync(descriptor));
		}
	}

	/**
	 * The bytes of a toolchain's archive or module zip.
	 * @throws GoxError `integrity` when the file was cut meanwhile; file-system errors as they come.
	 */
	async *bytes(toolchain: BundledToolchain): AsyncGenerator<Buffer> {
		const part = this.#parts.get(toolchain.file);
		if (!part) throw new GoxError("internal", `${this.path} has no ${toolchain.file}`);
		let size = 0;
		if (part.size > 0) {
			const range = { start: part.offset, end: part.offset + part.size - 1, highWaterMark: 1 << 20 };
			for await (const chunk of createReadStream(this.path, range)) {
				size += (chunk as Buffer).length;
				yield chunk as Buffer;
			}
		}
		if (size !== part.size) throw new GoxError("integrity", `${this.path} is damaged: ${toolchain.file} is cut off`);
	}
}

/**
 * Writes a bundle beside its place and renames it. The same toolchains and answers give the same bytes.
 * @param written called between the two
 * @throws file-system errors as they come; what the signal was aborted with.
 */
export function writeBundle(
	path: string,
	toolchains: readonly BundledToolchain[],
	sources: readonly PartSource[],
	signal: AbortSignal,
	written = () => {},
): void {
	const fill = (file: number) => {
		write(file, { name: "bundle.json", content: Buffer.from(formatManifest(toolchains)) }, signal);
		for (const source of sources) write(file, source, signal);
		writeAll(file, Buffer.alloc(2 * tarBlock));
	};
	replaceFile(path, fill, undefined, written);
}

function write(file: number, { name, content }: PartSource, signal: AbortSignal): void {
	const size = content instanceof Uint8Array ? content.length : content.size;
	writeAll(file, partHeader(name, size));
	if (content instanceof Uint8Array) writeAll(file, content);
	else copy(file, content, signal);
	writeAll(file, Buffer.alloc(paddingOf(size)));
}

function copy(file: number, { path, size }: { path: string; size: number }, signal: AbortSignal): void {
	const source = openSync(path, "r");
	try {
		const buffer = Buffer.alloc(1 << 20);
		for (let copied = 0; copied < size; ) {
			signal.throwIfAborted();
			const count = readSync(source, buffer, 0, Math.min(buffer.length, size - copied), null);
			if (count === 0) throw new GoxError("internal", `${path} became shorter while it was copied`);
			writeAll(file, buffer.subarray(0, count));
			copied += count;
		}
	} finally {
		closeSync(source);
	}
}

function writeAll(file: number, content: Uint8Array): void {
	for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
}

function openFile(path: string): number {
	try {
		const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		if (fstatSync(file).isFile()) return file;
		closeSync(file);
	} catch (cause) {
		throw new GoxError("file-system", `the bundle ${path} can't be read (${systemCode(cause)})`, {
			hint: `ls -l ${path}`,
			cause,
		});
	}
	throw new GoxError("file-system", `the bundle ${path} is not a file`, { hint: `ls -l ${path}` });
}

/** Every part in order, from the headers alone; the tar must be whole, and nothing stand between the parts or behind them. */
function partsIn(descriptor: number, path: string): ReadonlyMap<string, BundlePart> {
	const end = fstatSync(descriptor).size;
	const parts = new Map<string, BundlePart>();
	const cut = () => new GoxError("integrity", `${path} is not a whole bundle: it ends too early`);
	const damaged = () => new GoxError("integrity", `${path} is damaged: something stands where a bundle has nothing`);
	for (let at = 0; ; ) {
		const block = Buffer.alloc(tarBlock);
		if (readAt(descriptor, block, at) < tarBlock) throw cut();
		const header = readHeader(block, path);
		if (!header) {
			if (end - at < 2 * tarBlock) throw cut();
			if (end - at > largestEnd || !isZero(descriptor, at, end)) throw damaged();
			return parts;
		}
		const part = { ...header, offset: at + tarBlock };
		if (part.offset + part.size > end) throw cut();
		if (parts.has(part.name)) throw new GoxError("hostile-archive", `${path}: ${quote(part.name)} is there twice`);
		if (parts.size >= mostParts) throw new GoxError("hostile-archive", `${path} has more than ${mostParts} parts`);
		parts.set(part.name, part);
		at = part.offset + part.size + paddingOf(part.size);
		if (!isZero(descriptor, part.offset + part.size, Math.min(at, end))) throw damaged();
	}
}

function isZero(descriptor: number, from: number, to: number): boolean {
	const bytes = Buffer.alloc(to - from);
	return readAt(descriptor, bytes, from) === bytes.length && bytes.every((byte) => byte === 0);
}

function read(descriptor: number, part: BundlePart, limit: number, path: string): Buffer {
	if (part.size > limit) throw new GoxError("hostile-archive", `${path}: ${quote(part.name)} is larger than ${limit} bytes`);
	const content = Buffer.alloc(part.size);
	if (readAt(descriptor, content, part.offset) < part.size) throw new GoxError("integrity", `${path} is cut off`);
	return content;
}

function readAt(descriptor: number, buffer: Buffer, position: number): number {
	let total = 0;
	while (total < buffer.length) {
		const count = readSync(descriptor, buffer, total, buffer.length - total, position + total);
		if (count === 0) break;
		total += count;
	}
	return total;
}

/** A part of a bundle: a plain file of a tar. */
export interface BundlePart {
	readonly name: string;
	/** Of its content in the bundle file, in bytes. */
	readonly offset: number;
	readonly size: number;
}

const segment = /^[A-Za-z0-9_~!@+][A-Za-z0-9._~!@+:-]*$/;

/**
 * Whether a name may be in a bundle: `bundle.json`, or below `archives/`, `modules/` or `sumdb/`, without a part that
 * begins with a dot.
 */
export function isPartName(name: string): boolean {
	if (name === "bundle.json") return true;
	const [first = "", ...rest] = name.split("/");
	return ["archives", "modules", "sumdb"].includes(first) && rest.length > 0 && rest.every((part) => segment.test(part));
}

/**
 * A part's header: the same name and size give the same bytes.
 * @throws GoxError `internal` for a name that a plain tar header can't hold.
 */
export function partHeader(name: string, size: number): Buffer {
	const block = Buffer.alloc(tarBlock);
	const header = new Header({ path: name, type: "File", mode: 0o644, uid: 0, gid: 0, size, mtime: new Date(0) });
	if (!isPartName(name) || header.encode(block, 0)) throw new GoxError("internal", `${quote(name)} can't be put into a bundle`);
	return block;
}

/**
 * Reads one header; undefined for the zero block that ends a tar.
 * @param where of the bundle, for messages
 * @throws GoxError `hostile-archive` for anything that isn't a part of a bundle, `integrity` for a damaged header.
 */
export function readHeader(block: Buffer, where: string): { name: string; size: number } | undefined {
	const header = decode(block, where);
	if (header.nullBlock) return undefined;
	if (!header.cksumValid || header.path === undefined)
		throw new GoxError("integrity", `${where} is damaged: one of its headers is`);
	const { path: name, type, size } = header;
	if (type !== "File") throw new GoxError("hostile-archive", `${where}: ${quote(name)} is a ${type}, which no bundle has`);
	if (!isPartName(name)) throw new GoxError("hostile-archive", `${where}: ${quote(name)} is no name for a part of a bundle`);
	if (size === undefined || !Number.isSafeInteger(size) || size < 0)
		throw new GoxError("hostile-archive", `${where}: ${quote(name)} claims a size of ${size} bytes`);
	return { name, size };
}

/** node-tar throws plain errors for numbers out of all bounds. */
function decode(block: Buffer, where: string): Header {
	try {
		return new Header(block, 0);
	} catch (cause) {
		throw new GoxError("hostile-archive", `${where}: one of its headers can't be read`, { cause });
	}
}

/** One toolchain in a bundle, as the bundle describes it: nothing of it is believed without a witness. */
export interface BundledToolchain {
	readonly release: Release;
	readonly platform: Platform;
	/** An official archive, or a toolchain module's zip. */
	readonly kind: "archive" | "module";
	/** Its part in the bundle. */
	readonly file: string;
	/** Of that part: 64 small hex digits, and bytes. */
	readonly sha256: string;
	readonly size: number;
	/** As the checksum database vouched for it when the bundle was made. */
	readonly h1?: string | undefined;
}

/** Of the manifest's form; one with another number was written by another gox. */
const form = 1;

/** The part that a toolchain is kept in. */
export function partOf(release: Release, platform: Platform, kind: BundledToolchain["kind"]): string {
	return kind === "archive" ? `archives/${release.name}.${platform}.tar.gz` : `modules/v0.0.1-${release.name}.${platform}.zip`;
}

/** `bundle.json`: the same toolchains in the same order give the same bytes. */
export function formatManifest(toolchains: readonly BundledToolchain[]): string {
	const contents = toolchains.map(({ release, platform, kind, file, sha256, size, h1 }) => ({
		version: release.name,
		platform,
		kind,
		file,
		sha256,
		size,
		h1,
	}));
	return `${JSON.stringify({ bundle: form, contents }, null, 2)}\n`;
}

/**
 * Reads `bundle.json`.
 * @throws GoxError `integrity` for what `formatManifest` wouldn't have written.
 */
export function parseManifest(text: string, where: string): readonly BundledToolchain[] {
	const bad = (why: string) => new GoxError("integrity", `${where} is not a bundle: its manifest ${why}`);
	const manifest = jsonIn(text);
	if (!isRecord(manifest)) throw bad("is no JSON object");
	if (typeof manifest.bundle === "number" && manifest.bundle > form)
		throw new GoxError("integrity", `${where} was made by a newer gox (form ${manifest.bundle})`);
	if (manifest.bundle !== form || !Array.isArray(manifest.contents)) throw bad("is of no form that is known");
	const toolchains = manifest.contents.map((entry: unknown, at) => toolchainIn(entry, (why) => bad(`${why} (entry ${at + 1})`)));
	const files = new Set(toolchains.map(({ release, platform }) => `${release.name} ${platform}`));
	if (files.size !== toolchains.length) throw bad("lists a toolchain twice");
	if (formatManifest(toolchains) !== text) throw bad("is not written as gox writes it");
	return toolchains;
}

function toolchainIn(entry: unknown, bad: (why: string) => GoxError): BundledToolchain {
	if (!isRecord(entry)) throw bad("has an entry that is no object");
	const release = typeof entry.version === "string" ? parseRelease(entry.version) : undefined;
	const platform = platforms.find((known) => known === entry.platform);
	const { kind, file, sha256, size, h1 } = entry;
	if (!release || release.name !== entry.version || !platform)
		throw bad(`names ${shown(entry.version)} for ${shown(entry.platform)}`);
	if (kind !== "archive" && kind !== "module") throw bad(`has something of the kind ${shown(kind)}`);
	if (file !== partOf(release, platform, kind)) throw bad(`keeps ${release.name} in ${shown(file)}`);
	if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) throw bad("has a bad SHA-256");
	if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw bad("has a bad size");
	if (h1 !== undefined && !(typeof h1 === "string" && isH1(h1))) throw bad("has a bad h1");
	return { release, platform, kind, file, sha256, size, h1 };
}

function shown(value: unknown): string {
	return value === undefined ? "nothing" : quote(typeof value === "string" ? value : JSON.stringify(value));
}
