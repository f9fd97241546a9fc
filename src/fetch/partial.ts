import { createHash, type Hash } from "node:crypto";
import {
	closeSync,
	constants,
	mkdirSync,
	openSync,
	readdirSync,
	readSync,
	renameSync,
	rmSync,
	statSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent } from "../fs.ts";
import { hostOf, shown } from "./address.ts";
import type { Wanted } from "./mirrors.ts";
import { RangeMismatch } from "./rangerequest.ts";

/** The header of a partial file. */
export interface PartialHeader {
	readonly filename: string;
	/** SHA-256 of the whole file where it is known, 64 lower-case hex digits. */
	readonly sha256?: string | undefined;
	/** The mirror's address of the file, without credentials. */
	readonly url: string;
	/** The strong ETag of the one answer that gave all bytes; undefined for several answers, or without a tag. */
	readonly tag?: string | undefined;
	/** Bytes of the whole file. */
	readonly total?: number | undefined;
	/** How many of the file's first bytes are here … */
	readonly length: number;
	/** … and their SHA-256. */
	readonly digest: string;
}

/** Where partial files are kept, and for how long. */
const keptDays = 7;
const keptBytes = 1024 ** 3;
/** The header's length in the file; the bytes follow. */
const headerBytes = 4096;
const chunkBytes = 1024 * 1024;

/** The directory of interrupted downloads: a cache, so anything in it may be deleted at any time. */
export function partialDirectory(context: Pick<Context, "cacheDir">): string {
	return join(context.cacheDir, "partial");
}

/**
 * The first part of a file, on disk for the next run: a header of 4,096 bytes (JSON, filled up with blanks), then the
 * bytes. Its name ends with the process that writes it. A process continues what another left only if it could rename the
 * file to its own name, so two never write the same file. A header may be older than the bytes after it: it says how many
 * of them count, and their digest.
 */
export class PartialFile {
	readonly path: string;
	#file: number | undefined;

	private constructor(path: string, file: number) {
		this.path = path;
		this.#file = file;
	}

	/** Makes an empty one. @throws file-system errors. */
	static create(context: Context, filename: string, key: string): PartialFile {
		mkdirSync(partialDirectory(context), { recursive: true, mode: 0o700 });
		const path = nameFor(context, filename, key);
		return new PartialFile(path, openSync(path, "wx+", 0o600));
	}

	/** Takes over what a dead process left of a file; undefined if there is nothing. Also removes old files. */
	static claim(context: Context, filename: string, key: string): { file: PartialFile; header: PartialHeader } | undefined {
		for (const path of tidied(context, key)) {
			const own = nameFor(context, filename, key);
			if (!ifPresent(() => renameSync(path, own) ?? true)) continue;
			const file = new PartialFile(own, openSync(own, constants.O_RDWR | constants.O_NOFOLLOW));
			const header = file.#header();
			if (header && header.filename === filename) return { file, header };
			file.discard();
		}
		return undefined;
	}

	/** The first `length` bytes of the file that is being downloaded. */
	*read(length: number): Generator<Buffer> {
		for (let at = 0; at < length; ) {
			const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, length - at));
			const got = this.#file === undefined ? 0 : readSync(this.#file, chunk, 0, chunk.length, headerBytes + at);
			if (got === 0) return;
			at += got;
			yield chunk.subarray(0, got);
		}
	}

	/** Writes bytes at an offset of the file that is being downloaded. */
	write(piece: Uint8Array, offset: number): void {
		if (this.#file === undefined) return;
		for (let at = 0; at < piece.length; ) {
			at += writeSync(this.#file, piece, at, piece.length - at, headerBytes + offset + at);
		}
	}

	writeHeader(header: PartialHeader): void {
		const text = Buffer.alloc(headerBytes, " ");
		const json = Buffer.from(`${JSON.stringify(header)}\n`);
		if (json.length > headerBytes || this.#file === undefined) return;
		json.copy(text);
		writeSync(this.#file, text, 0, headerBytes, 0);
	}

	/** Keeps it for the next run. */
	close(): void {
		if (this.#file !== undefined) closeSync(this.#file);
		this.#file = undefined;
	}

	discard(): void {
		this.close();
		rmSync(this.path, { force: true });
	}

	#header(): PartialHeader | undefined {
		const text = Buffer.alloc(headerBytes);
		if (this.#file === undefined || readSync(this.#file, text, 0, headerBytes, 0) < headerBytes) return undefined;
		try {
			return headerIn(JSON.parse(text.toString("utf8")));
		} catch {
			return undefined;
		}
	}
}

/** A file's key in names: from its digest, or from its address if the digest isn't known. */
export function partialKey(sha256: string | undefined, url: string): string {
	return (sha256 ?? createHash("sha256").update(url).digest("hex")).slice(0, 16);
}

function headerIn(json: unknown): PartialHeader | undefined {
	if (typeof json !== "object" || json === null) return undefined;
	const { filename, sha256, url, tag, total, length, digest } = json as Record<string, unknown>;
	const text = (value: unknown) => value === undefined || typeof value === "string";
	const size = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
	if (typeof filename !== "string" || typeof url !== "string" || typeof digest !== "string" || !size(length)) return undefined;
	return text(sha256) && text(tag) && (total === undefined || size(total)) ? (json as PartialHeader) : undefined;
}

function nameFor(context: Context, filename: string, key: string): string {
	const safe = filename.replace(/[^A-Za-z0-9._-]/g, "_").slice(0, 100);
	const mark = createHash("sha256")
		.update(`${context.now().getTime()} ${performance.now()} ${Math.random()}`)
		.digest("hex")
		.slice(0, 8);
	return join(partialDirectory(context), `${safe}.${key}.${context.pid}-${mark}.part`);
}

/** The partial files of a key that no process writes, the longest first. Removes old ones, and those that exceed the cache's size. */
function tidied(context: Context, key: string): string[] {
	const directory = partialDirectory(context);
	const names = ifPresent(() => readdirSync(directory)) ?? [];
	const oldest = context.now().getTime() - keptDays * 24 * 3_600_000;
	const files = names
		.filter((name) => name.endsWith(".part"))
		.flatMap((name) => {
			const path = join(directory, name);
			const stat = ifPresent(() => statSync(path));
			const pid = Number(/\.(\d+)-[0-9a-f]+\.part$/.exec(name)?.[1] ?? Number.NaN);
			const free = !(pid > 0) || pid === context.pid || !context.isAlive(pid);
			return stat ? [{ name, path, size: stat.size, at: stat.mtimeMs, free }] : [];
		})
		.sort((a, b) => b.at - a.at);
	let bytes = 0;
	const kept = files.filter((file) => {
		bytes += file.size;
		if (file.at >= oldest && bytes <= keptBytes) return true;
		if (file.free || file.at < oldest) rmSync(file.path, { force: true });
		return false;
	});
	return kept
		.filter(({ name, free }) => free && name.includes(`.${key}.`))
		.sort((a, b) => b.size - a.size)
		.map(({ path }) => path);
}

/** How much is kept in memory until a download proves slow: more than this came fast, and can come fast again. */
const heldBytes = 8 * 1024 * 1024;
/** Less than this isn't worth a file. */
const leastBytes = 512 * 1024;
/** New bytes after which the header is written anew. */
const headerEvery = 256 * 1024;

/** The bytes received so far. */
export interface Received {
	readonly length: number;
	readonly hash: Hash;
	/** The mirror's address that they came from, and its strong ETag if all of them came under it. */
	readonly url: URL;
	readonly tag: string | undefined;
	readonly total: number | undefined;
}

/**
 * Keeps the bytes of a download for the next run if that pays: once it proves slow, or when it fails. A fast download
 * never touches the disk, and a full or read-only disk never fails a download.
 */
export class PartialKeeper {
	readonly #context: Context;
	readonly #wanted: Wanted;
	readonly #note: (text: string) => void;
	#held: Buffer[] | undefined = [];
	#heldBytes = 0;
	#file: PartialFile | undefined;
	#headerAt = 0;
	#off = false;

	constructor(context: Context, wanted: Wanted, note: (text: string) => void) {
		this.#context = context;
		this.#wanted = wanted;
		this.#note = note;
	}

	/**
	 * The bytes that an earlier run left; throws RangeMismatch at the end if they aren't the ones that were received.
	 * Without a known digest, only bytes of the same address and strong ETag count.
	 */
	resume(
		url: URL,
	): { readonly header: PartialHeader; readonly bytes: (hash: Hash) => AsyncGenerator<Buffer, undefined> } | undefined {
		const found = this.#try(() => PartialFile.claim(this.#context, this.#wanted.filename, this.#key(url)));
		if (!found) return undefined;
		const { file, header } = found;
		const { sha256, size } = this.#wanted;
		const fits = sha256 === undefined ? header.tag !== undefined && header.url === shown(url) : header.sha256 === sha256;
		if (
			!fits ||
			header.length === 0 ||
			header.length > (size || header.length) ||
			header.length > (header.total ?? header.length)
		) {
			this.#try(() => file.discard());
			return undefined;
		}
		this.#file = file;
		this.#held = undefined;
		this.#headerAt = header.length;
		this.#note(`${header.length} bytes of ${this.#wanted.filename} are here from an earlier run`);
		return { header, bytes: (hash) => this.#bytes(file, header, hash) };
	}

	/** Takes another piece of the file. @param received the bytes so far, with this piece */
	take(piece: Buffer, received: Received): void {
		if (this.#file) {
			this.#write(this.#file, piece, received.length - piece.length);
			if (received.length - this.#headerAt >= headerEvery) this.#writeHeader(received);
		} else if (this.#held) {
			this.#held.push(piece);
			this.#heldBytes += piece.length;
			if (this.#heldBytes > heldBytes) this.#held = undefined;
		}
	}

	/** From now on all bytes are on disk. */
	keep(received: Received): void {
		const held = this.#held;
		if (
			this.#file ||
			this.#off ||
			!held ||
			this.#heldBytes < leastBytes ||
			(this.#wanted.sha256 === undefined && received.tag === undefined)
		)
			return;
		this.#held = undefined;
		const file = this.#try(() => PartialFile.create(this.#context, this.#wanted.filename, this.#key(received.url)));
		if (!file) return;
		this.#file = file;
		let at = 0;
		for (const piece of held) {
			this.#write(file, piece, at);
			at += piece.length;
		}
		this.#writeHeader(received);
		if (this.#file) this.#note(`${this.#wanted.filename}: what comes is kept for the next run`);
	}

	/** Updates the header: the bytes up to here count. */
	flush(received: Received): void {
		if (this.#file && received.length > this.#headerAt) this.#writeHeader(received);
	}

	/** The download failed: keeps the bytes, slow or not. */
	leave(received: Received): void {
		this.keep(received);
		this.close(received);
	}

	/** As `leave`, without the bytes that are only in memory. */
	close(received: Received): void {
		this.flush(received);
		const file = this.#file;
		this.#forget();
		if (file) this.#try(() => file.close());
	}

	/** Removes it: the file is complete, or the bytes are wrong. */
	discard(): void {
		const file = this.#file;
		this.#forget();
		if (file) this.#try(() => file.discard());
	}

	#forget(): void {
		this.#file = undefined;
		this.#held = undefined;
	}

	#key(url: URL): string {
		return partialKey(this.#wanted.sha256, shown(url));
	}

	async *#bytes(file: PartialFile, header: PartialHeader, hash: Hash): AsyncGenerator<Buffer, undefined> {
		try {
			yield* file.read(header.length);
		} catch (error) {
			this.#note(`${hostOf(new URL(header.url))}: ${(error as Error).message}`);
		}
		if (hash.copy().digest("hex") === header.digest) return;
		this.discard();
		throw new RangeMismatch("what an earlier run left is damaged", true, true);
	}

	#write(file: PartialFile, piece: Buffer, at: number): void {
		this.#try(() => file.write(piece, at));
	}

	#writeHeader({ length, hash, url, tag, total }: Received): void {
		const { filename, sha256 } = this.#wanted;
		this.#headerAt = length;
		const digest = hash.copy().digest("hex");
		this.#try(() => this.#file?.writeHeader({ filename, sha256, url: shown(url), tag, total, length, digest }));
	}

	/** The cache must not fail a download: after its first failure it is off. */
	#try<T>(work: () => T): T | undefined {
		if (this.#off) return undefined;
		try {
			return work();
		} catch (error) {
			this.#off = true;
			this.#note(`what came isn't kept for the next run: ${(error as Error).message}`);
			const file = this.#file;
			this.#forget();
			try {
				file?.discard();
			} catch {
				// It is removed when it is too old.
			}
			return undefined;
		}
	}
}
