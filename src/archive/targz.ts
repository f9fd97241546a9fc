import { once } from "node:events";
import { createGunzip, type Gunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";
import { GoxError } from "../errors.ts";
import type { ArchivePolicy, EntryClaim } from "./policy.ts";
import type { FileSink, TreeWriter } from "./tree.ts";

/** zlib's default of 16 KB costs four times as much in turns of the event loop. */
const chunkSize = 256 * 1024;

/**
 * Unpacks a .tar.gz as its bytes arrive: gunzip (on zlib's own thread) → node-tar's strict Parser
 * → the policy → the tree, written synchronously.
 */
export class TarGzUnpacker {
	readonly #gunzip: Gunzip = createGunzip({ chunkSize });
	readonly #parser: Parser;
	readonly #policy: ArchivePolicy;
	readonly #tree: TreeWriter;
	readonly #finished: Promise<void>;
	#packed = 0;
	#beginning: Buffer = Buffer.alloc(0);
	/** Whether the two zero blocks that close a tar have been seen. */
	#closed = false;
	#failure: Error | undefined;

	constructor(policy: ArchivePolicy, tree: TreeWriter) {
		this.#policy = policy;
		this.#tree = tree;
		this.#parser = new Parser({ strict: true });
		this.#parser.on("entry", (entry: ReadEntry) => this.#receive(entry));
		// What node-tar would skip in silence (unknown types, oversized extended headers) is refused.
		this.#parser.on("ignoredEntry", (entry: ReadEntry) => void this.#policy.accept({ ...claimOf(entry), type: entry.type }));
		this.#parser.on("eof", () => {
			this.#closed = true;
		});
		this.#parser.on("error", (error: Error) => {
			this.#failure ??= new GoxError("hostile-archive", `the archive is not a proper tar: ${error.message}`, { cause: error });
		});
		this.#finished = this.#watchGunzip();
		this.#finished.catch(() => {});
	}

	/**
	 * Takes the next bytes of the archive; resolves when there is room for more.
	 * @throws GoxError `hostile-archive` or `integrity` (not gzip); file-system errors as they come.
	 */
	async write(chunk: Uint8Array): Promise<void> {
		this.#packed += chunk.length;
		if (this.#failure) throw this.#failure;
		if (!this.#gunzip.write(chunk)) await Promise.race([once(this.#gunzip, "drain"), this.#finished]);
	}

	/** The archive ends here: resolves when every file is written. Throws as `write`. */
	async end(): Promise<void> {
		this.#gunzip.end();
		await this.#finished;
		this.#parser.end();
		if (this.#failure) throw this.#failure;
		if (!this.#closed) throw new GoxError("integrity", "the archive is not a proper tar: it ends too early");
	}

	/** Stops without an outcome; the tree is the caller's to remove. */
	abandon(): void {
		this.#gunzip.destroy();
		this.#tree.abandon();
	}

	#watchGunzip(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#gunzip.on("data", (chunk: Buffer) => {
				try {
					this.#parse(chunk);
				} catch (error) {
					this.#failure ??= error as Error;
				}
				if (this.#failure) this.#gunzip.destroy(this.#failure);
			});
			this.#gunzip.on("end", resolve);
			this.#gunzip.on("error", (error) => {
				this.#failure ??= new GoxError("integrity", `the archive is not proper gzip: ${error.message}`, { cause: error });
				reject(this.#failure);
			});
			this.#gunzip.on("close", () => reject(this.#failure ?? new GoxError("internal", "the archive was abandoned")));
		});
	}

	#parse(chunk: Buffer): void {
		this.#sniff(chunk);
		this.#parser.write(chunk);
		this.#policy.checkExpansion(this.#packed);
	}

	/** node-tar would quietly unpack a second compression, away from our limits; the first bytes may come one by one. */
	#sniff(chunk: Buffer): void {
		if (this.#beginning.length >= 4) return;
		this.#beginning = Buffer.concat([this.#beginning, chunk.subarray(0, 4)]).subarray(0, 4);
		const gzip = this.#beginning.length > 1 && this.#beginning.readUInt16BE(0) === 0x1f8b;
		const zstd = this.#beginning.length > 3 && this.#beginning.readUInt32BE(0) === 0x28b52ffd;
		if (gzip || zstd) throw new GoxError("hostile-archive", "the archive is compressed twice");
	}

	#receive(entry: ReadEntry): void {
		const sink = this.#tree.add(this.#policy.accept(claimOf(entry)));
		if (sink) pour(entry, sink);
		else entry.resume();
	}
}

function pour(entry: ReadEntry, sink: FileSink): void {
	entry.on("data", (chunk: Buffer) => sink.write(chunk));
	entry.on("end", () => sink.end());
}

function claimOf(entry: ReadEntry): EntryClaim {
	const type = {
		File: "file",
		OldFile: "file",
		ContiguousFile: "file",
		Directory: "directory",
		SymbolicLink: "symlink",
		Link: "hardlink",
	}[entry.type as string];
	const claim = { path: entry.path, type: type ?? entry.type, size: entry.size, mode: entry.mode ?? 0 };
	return entry.linkpath === undefined ? claim : { ...claim, target: entry.linkpath };
}
