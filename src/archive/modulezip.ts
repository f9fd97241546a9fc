import { closeSync, openSync, readSync, statSync } from "node:fs";
import { crc32, inflateRawSync } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { GoxError, quote } from "../errors.ts";
import { type Stopwatch, untimed } from "../stopwatch.ts";
import { type AcceptedEntry, ArchivePolicy } from "./policy.ts";
import type { TreeWriter } from "./tree.ts";

/** How a module zip's name maps to the GOROOT and back. */
export interface ModuleZip {
	/** Path of the zip on disk. */
	readonly path: string;
	/** `golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64/` */
	readonly prefix: string;
}

type FileEntry = Extract<AcceptedEntry, { kind: "file" }>;

/**
 * Unpacks a toolchain module's zip into a GOROOT: `_go.mod` becomes `go.mod` again and, since module zips
 * carry no execute bits, the commands in `bin` and `pkg/tool/GOOS_GOARCH` get them (as cmd/go does before it switches).
 * Returns every entry by its name in the zip with its SHA-256, which is what the module's h1 is made of.
 * @throws GoxError `hostile-archive` or `integrity`.
 */
export async function unpackModuleZip(
	zip: ModuleZip,
	tree: TreeWriter,
	signal: AbortSignal,
	stopwatch: Stopwatch = untimed,
): Promise<{ name: string; sha256: string }[]> {
	const names: string[] = [];
	const receive = (entry: FileEntry, content: Uint8Array, name: string) => {
		tree.addFile(entry, content);
		names.push(name);
	};
	await readModuleZip(zip, signal, receive, stopwatch);
	return tree.files.map((file, index) => ({ name: names[index] ?? "", sha256: file.sha256 }));
}

/**
 * Hands over every file of a toolchain module's zip: where it belongs in a GOROOT, its content, its name in the zip.
 * @throws GoxError `hostile-archive` or `integrity`.
 */
export async function readModuleZip(
	zip: ModuleZip,
	signal: AbortSignal,
	receive: (entry: FileEntry, content: Uint8Array, name: string) => void,
	stopwatch: Stopwatch = untimed,
): Promise<void> {
	const policy = new ArchivePolicy(zip.prefix);
	const packed = statSync(zip.path).size;
	const descriptor = openSync(zip.path, "r");
	try {
		const archive = await openZip(descriptor, packed);
		try {
			for await (const entry of entriesOf(archive)) {
				signal.throwIfAborted();
				const name = entry.fileName.replace(/(^|\/)_go\.mod$/, "$1go.mod");
				const accepted = policy.accept({ path: name, type: typeOf(entry), size: entry.uncompressedSize, mode: 0o644 });
				policy.checkExpansion(packed);
				if (accepted.kind !== "file") continue;
				const content = await contentOf(archive, entry, { descriptor, size: packed, stopwatch });
				receive({ ...accepted, executable: needsExecuteBit(accepted.path) }, content, entry.fileName);
			}
		} finally {
			archive.close();
		}
	} catch (error) {
		if (error instanceof GoxError || !(error instanceof Error) || "syscall" in error || signal.aborted) throw error;
		throw new GoxError("integrity", `the module zip cannot be read: ${error.message}`, { cause: error });
	} finally {
		closeSync(descriptor);
	}
}

function needsExecuteBit(path: string): boolean {
	return /^bin\/[^/]+$/.test(path) || /^pkg\/tool\/[^/]+\/[^/]+$/.test(path) || /\.(bash|sh|pl|rc)$/.test(path);
}

/** Reads synchronously: a turn of the event loop for each of 10,000 entries would take longer than the unpacking. */
async function openZip(descriptor: number, size: number): Promise<ZipFile> {
	// A bundled CommonJS package has no names of its own, only a default export.
	const { fromRandomAccessReader, RandomAccessReader } = (await import("yauzl")).default;
	class SyncReader extends RandomAccessReader {
		override read(
			buffer: Buffer,
			offset: number,
			length: number,
			position: number,
			callback: (error: Error | null) => void,
		): void {
			const read = readFully(descriptor, buffer.subarray(offset, offset + length), position);
			callback(read ? null : new Error("it ends too early"));
		}
		override _readStreamForRange(): never {
			throw new Error("entries are read by position, not as streams");
		}
	}
	return new Promise((resolve, reject) => {
		const options = { lazyEntries: true, autoClose: false, strictFileNames: true, validateEntrySizes: true };
		fromRandomAccessReader(new SyncReader(), size, options, (error, file) => (error ? reject(error) : resolve(file)));
	});
}

function readFully(descriptor: number, buffer: Buffer, position: number): boolean {
	let offset = 0;
	while (offset < buffer.length) {
		const count = readSync(descriptor, buffer, offset, buffer.length - offset, position + offset);
		if (count === 0) return false;
		offset += count;
	}
	return true;
}

async function* entriesOf(archive: ZipFile): AsyncGenerator<Entry> {
	let wake = () => {};
	const queue: (Entry | "end" | Error)[] = [];
	const push = (item: Entry | "end" | Error) => {
		queue.push(item);
		wake();
	};
	archive.on("entry", push);
	archive.on("end", () => push("end"));
	archive.on("error", push);
	for (;;) {
		archive.readEntry();
		while (queue.length === 0) {
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		}
		const item = queue.shift();
		if (item instanceof Error) throw item;
		if (item === "end" || item === undefined) return;
		yield item;
	}
}

/** Unix type bits in the external attributes; a zip made elsewhere has none. */
function typeOf(entry: Entry): string {
	if (entry.isEncrypted()) return "encrypted entry";
	const madeByUnix = entry.versionMadeBy >>> 8 === 3;
	const type = madeByUnix ? (entry.externalFileAttributes >>> 16) & 0o170000 : 0;
	if (entry.fileName.endsWith("/")) return "directory";
	return type === 0 || type === 0o100000 ? "file" : type === 0o120000 ? "symbolic link in a module zip" : "special file";
}

/** @param end of the zip: nothing is made room for that can't be in it */
interface OpenZip {
	readonly descriptor: number;
	/** Bytes of the zip. */
	readonly size: number;
	readonly stopwatch: Stopwatch;
}

async function contentOf(archive: ZipFile, entry: Entry, { descriptor, size, stopwatch }: OpenZip): Promise<Uint8Array> {
	const start = await new Promise<number>((resolve, reject) => {
		archive.readLocalFileHeader(entry, { minimal: true }, (error, header) =>
			error ? reject(error) : resolve(header.fileDataStart),
		);
	});
	if (start + entry.compressedSize > size) throw new GoxError("integrity", `the module zip ends inside ${quote(entry.fileName)}`);
	const packed = Buffer.allocUnsafe(entry.compressedSize);
	if (!readFully(descriptor, packed, start))
		throw new GoxError("integrity", `the module zip ends inside ${quote(entry.fileName)}`);
	const content = stopwatch.busy("gunzip", () => inflate(entry, packed));
	if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32) {
		throw new GoxError("integrity", `the module zip's entry ${quote(entry.fileName)} doesn't match its own checksum`);
	}
	return content;
}

function inflate(entry: Entry, packed: Buffer): Uint8Array {
	if (entry.compressionMethod === 0) return packed;
	if (entry.compressionMethod === 8) return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
	throw new GoxError(
		"hostile-archive",
		`the module zip's entry ${quote(entry.fileName)} is packed by method ${entry.compressionMethod}`,
	);
}
