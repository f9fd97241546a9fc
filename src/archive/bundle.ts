import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { GoxError, quote, systemCode } from "../errors.ts";
import { naming, replaceFile } from "../fs.ts";
import { type BundlePart, blockSize, paddedSize, partHeader, readHeader } from "./bundleheader.ts";
import { type BundledToolchain, formatManifest, parseManifest } from "./bundlemanifest.ts";

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
		writeAll(file, Buffer.alloc(2 * blockSize));
	};
	replaceFile(path, fill, undefined, written);
}

function write(file: number, { name, content }: PartSource, signal: AbortSignal): void {
	const size = content instanceof Uint8Array ? content.length : content.size;
	writeAll(file, partHeader(name, size));
	if (content instanceof Uint8Array) writeAll(file, content);
	else copy(file, content, signal);
	writeAll(file, Buffer.alloc(paddedSize(size) - size));
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
		const block = Buffer.alloc(blockSize);
		if (readAt(descriptor, block, at) < blockSize) throw cut();
		const header = readHeader(block, path);
		if (!header) {
			if (end - at < 2 * blockSize) throw cut();
			if (end - at > largestEnd || !isZero(descriptor, at, end)) throw damaged();
			return parts;
		}
		const part = { ...header, offset: at + blockSize };
		if (part.offset + part.size > end) throw cut();
		if (parts.has(part.name)) throw new GoxError("hostile-archive", `${path}: ${quote(part.name)} is there twice`);
		if (parts.size >= mostParts) throw new GoxError("hostile-archive", `${path} has more than ${mostParts} parts`);
		parts.set(part.name, part);
		at = part.offset + paddedSize(part.size);
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
