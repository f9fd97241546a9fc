import { createGunzip, type Gunzip } from "node:zlib";
import { GoxError } from "../errors.ts";
import { type Stopwatch, untimed } from "../stopwatch.ts";
import type { ArchivePolicy, EntryClaim } from "./policy.ts";
import { TarReader } from "./tar.ts";
import type { FileSink, TreeWriter } from "./tree.ts";

/**
 * What zlib gives back and is handed at a time. Each hand-over wakes the other thread: zlib's own 16 KB cost four times
 * as much. A download's pieces are of this size, so that they go on as they are.
 */
const chunkSize = 512 * 1024;
const inputSize = 256 * 1024;
/**
 * What may wait for zlib, so that it has work while this thread is busy with files. More is handed over as soon as there
 * is less than this: a stream's "drain" comes only when nothing waits any more, and zlib is idle by then.
 */
const inputAhead = 4 * inputSize;
/**
 * What may wait to be parsed: zlib is slow where this thread is fast (a large program) and the other way round (small
 * files), and each goes on at its own pace.
 */
const unpackedAhead = 2 * chunkSize;
/** What is unpacked between two collections of the buffers that it came in. */
const collectedEvery = 100 * 1024 * 1024;
/** What is parsed between two looks at whether zlib has done, and wants the next chunk to fill. */
const parsedAtOnce = 64 * 1024;

/**
 * Unpacks a .tar.gz as its bytes arrive: gunzip (on zlib's own thread) → the tar's entries → the policy → the tree,
 * written synchronously. While this thread parses, hashes and writes some of it, zlib unpacks what comes next.
 */
export class TarGzUnpacker {
	readonly #gunzip: Gunzip;
	readonly #reader: TarReader;
	readonly #policy: ArchivePolicy;
	readonly #tree: TreeWriter;
	readonly #stopwatch: Stopwatch;
	readonly #finished: Promise<void>;
	#input: Uint8Array[] = [];
	#inputBytes = 0;
	/** Handed to zlib, and not taken yet. */
	#ahead = 0;
	#wake: (() => void) | undefined;
	/** Unpacked and not yet parsed: the first of these from `#parsed` on. */
	readonly #unpacked: Buffer[] = [];
	#parsed = 0;
	#unpackedWaiting = 0;
	#uncollected = 0;
	#parsing = false;
	/** Everything is unpacked. */
	#ended = false;
	#abandoned = false;
	/** Of the whole stream, headers and what lies behind the tar's end included. */
	#unpackedBytes = 0;
	#packed = 0;
	#firstBytes: Buffer = Buffer.alloc(0);
	#failure: Error | undefined;

	constructor(policy: ArchivePolicy, tree: TreeWriter, stopwatch: Stopwatch = untimed) {
		this.#stopwatch = stopwatch;
		this.#policy = policy;
		this.#tree = tree;
		this.#gunzip = createGunzip({ chunkSize });
		this.#reader = new TarReader({
			whole: (claim, content) => this.#place(claim, content),
			begun: (claim) => this.#begin(claim),
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
		this.#input.push(chunk);
		this.#inputBytes += chunk.length;
		if (this.#failure) throw this.#failure;
		if (this.#inputBytes < inputSize) return;
		this.#handOver();
		if (this.#ahead >= inputAhead) await this.#stopwatch.waiting("gunzip", () => Promise.race([this.#room(), this.#finished]));
	}

	/** The archive ends here: resolves when every file is written. Throws as `write`. */
	async end(): Promise<void> {
		this.#handOver();
		this.#gunzip.end();
		await this.#stopwatch.waiting("gunzip", () => this.#finished);
		if (this.#failure) throw this.#failure;
		if (!this.#reader.closed) throw new GoxError("integrity", "the archive is not a proper tar: it ends too early");
	}

	/** Stops without an outcome; the tree is the caller's to remove. */
	abandon(): void {
		this.#abandoned = true;
		this.#gunzip.destroy();
		this.#tree.abandon();
	}

	#handOver(): void {
		const [first, ...more] = this.#input;
		if (!first) return;
		const input = more.length === 0 ? first : Buffer.concat(this.#input, this.#inputBytes);
		this.#input = [];
		this.#inputBytes = 0;
		this.#ahead += input.length;
		this.#gunzip.write(input, () => {
			this.#ahead -= input.length;
			this.#wake?.();
		});
	}

	/** Resolves when zlib has taken the next of what waits for it. */
	#room(): Promise<void> {
		return new Promise((resolve) => {
			this.#wake = resolve;
		});
	}

	/** Resolves when everything is unpacked and parsed. */
	#watchGunzip(): Promise<void> {
		return new Promise((resolve, reject) => {
			const goOn = () => {
				if (this.#failure) reject(this.#failure);
				else if (this.#unpacked.length > 0) this.#parseSoon(goOn);
				else if (this.#ended) resolve();
			};
			this.#gunzip.on("data", (chunk: Buffer) => {
				this.#unpacked.push(chunk);
				this.#unpackedWaiting += chunk.length;
				if (this.#unpackedWaiting >= unpackedAhead) this.#gunzip.pause();
				goOn();
			});
			this.#gunzip.on("end", () => {
				this.#ended = true;
				goOn();
			});
			this.#gunzip.on("error", (error) => {
				this.#failure ??= new GoxError("integrity", `the archive is not proper gzip: ${error.message}`, { cause: error });
				reject(this.#failure);
			});
			this.#gunzip.on("close", () => {
				if (!this.#ended) reject(this.#failure ?? new GoxError("internal", "the archive was abandoned"));
			});
		});
	}

	/** Parses a little once the event loop has looked at zlib, which is set to work on its next chunk meanwhile. */
	#parseSoon(goOn: () => void): void {
		if (this.#parsing) return;
		this.#parsing = true;
		setImmediate(() => {
			this.#parsing = false;
			if (this.#abandoned) return;
			if (!this.#failure) this.#stopwatch.busy("parse", () => this.#parseSome());
			if (this.#gunzip.isPaused() && this.#unpackedWaiting < unpackedAhead) this.#gunzip.resume();
			goOn();
		});
	}

	#parseSome(): void {
		const [chunk] = this.#unpacked;
		if (!chunk) return;
		try {
			if (this.#parsed === 0) {
				this.#sniff(chunk);
				this.#unpackedBytes += chunk.length;
				this.#policy.checkExpansion(this.#packed, this.#unpackedBytes);
			}
			this.#parsed = this.#reader.write(chunk, this.#parsed, parsedAtOnce);
			if (this.#parsed < chunk.length) return;
			this.#parsed = 0;
			this.#unpackedWaiting -= chunk.length;
			this.#unpacked.shift();
			this.#collect(chunk.length);
		} catch (error) {
			this.#failure = error as Error;
			this.#gunzip.destroy();
		}
	}

	#collect(bytes: number): void {
		this.#uncollected += bytes;
		if (this.#uncollected < collectedEvery) return;
		this.#uncollected = 0;
		collectGarbage();
	}

	/** A second compression is told as what it is; the first bytes may come one by one. */
	#sniff(chunk: Buffer): void {
		if (this.#firstBytes.length >= 4) return;
		this.#firstBytes = Buffer.concat([this.#firstBytes, chunk.subarray(0, 4)]).subarray(0, 4);
		const gzip = this.#firstBytes.length > 1 && this.#firstBytes.readUInt16BE(0) === 0x1f8b;
		const zstd = this.#firstBytes.length > 3 && this.#firstBytes.readUInt32BE(0) === 0x28b52ffd;
		if (gzip || zstd) throw new GoxError("hostile-archive", "the archive is compressed twice");
	}

	#place(claim: EntryClaim, content: Buffer): void {
		const entry = this.#policy.accept(claim);
		if (entry.kind === "file") this.#tree.addFile(entry, content);
		else this.#tree.add(entry);
	}

	#begin(claim: EntryClaim): FileSink | undefined {
		return this.#tree.add(this.#policy.accept(claim));
	}
}

/** What the runtime of the self-contained gox offers, and Node doesn't. */
interface Runtime {
	readonly Bun?: { gc(now: boolean): void };
}

/**
 * Has what nobody needs any more collected now. The runtime of the self-contained gox lets buffers pile up, since the
 * objects that hold them are small; Node counts their bytes, and is left alone.
 */
export function collectGarbage(): void {
	(globalThis as Runtime).Bun?.gc(true);
}
