import { closeSync, openSync, readSync, statSync } from "node:fs";
import { crc32, inflateRawSync } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { GoxError, quote } from "../errors.ts";
import { ArchivePolicy } from "./policy.ts";
import type { TreeWriter } from "./tree.ts";

/** How a module zip's name maps to the GOROOT and back. */
export interface ModuleZip {
	/** Path of the zip on disk. */
	readonly path: string;
	/** `golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64/` */
	readonly prefix: string;
}

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
): Promise<{ name: string; sha256: string }[]> {
	const policy = new ArchivePolicy(zip.prefix);
	const packed = statSync(zip.path).size;
	const descriptor = openSync(zip.path, "r");
	const names: string[] = [];
	try {
		const archive = await openZip(zip.path);
		try {
			for await (const entry of entriesOf(archive)) {
				signal.throwIfAborted();
				const accepted = policy.accept({ path: entry.fileName, type: typeOf(entry), size: entry.uncompressedSize, mode: 0o644 });
				policy.checkExpansion(packed);
				if (accepted.kind !== "file") continue;
				const path = accepted.path.replace(/(^|\/)_go\.mod$/, "$1go.mod");
				const content = await contentOf(archive, entry, descriptor);
				tree.addFile({ ...accepted, path, executable: needsExecuteBit(path) }, content);
				names.push(entry.fileName);
			}
		} finally {
			archive.close();
		}
	} catch (error) {
		if (error instanceof GoxError || !(error instanceof Error) || "errno" in error || signal.aborted) throw error;
		throw new GoxError("integrity", `the module zip cannot be read: ${error.message}`, { cause: error });
	} finally {
		closeSync(descriptor);
	}
	return tree.files.map((file, index) => ({ name: names[index] ?? "", sha256: file.sha256 }));
}

function needsExecuteBit(path: string): boolean {
	return /^bin\/[^/]+$/.test(path) || /^pkg\/tool\/[^/]+\/[^/]+$/.test(path) || /\.(bash|sh|pl|rc)$/.test(path);
}

async function openZip(path: string): Promise<ZipFile> {
	const { open } = await import("./yauzl.ts");
	return new Promise((resolve, reject) => {
		open(path, { lazyEntries: true, autoClose: false, strictFileNames: true, validateEntrySizes: true }, (error, file) =>
			error ? reject(error) : resolve(file),
		);
	});
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

async function contentOf(archive: ZipFile, entry: Entry, descriptor: number): Promise<Uint8Array> {
	const start = await new Promise<number>((resolve, reject) => {
		archive.readLocalFileHeader(entry, { minimal: true }, (error, header) =>
			error ? reject(error) : resolve(header.fileDataStart),
		);
	});
	const packed = Buffer.allocUnsafe(entry.compressedSize);
	let offset = 0;
	while (offset < packed.length) {
		const count = readSync(descriptor, packed, offset, packed.length - offset, start + offset);
		if (count === 0) throw new GoxError("integrity", `the module zip ends inside ${quote(entry.fileName)}`);
		offset += count;
	}
	const content = inflate(entry, packed);
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
