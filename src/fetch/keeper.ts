import type { Hash } from "node:crypto";
import type { Context } from "../context.ts";
import { hostOf, shown } from "./address.ts";
import type { Wanted } from "./download.ts";
import { Misfit } from "./opening.ts";
import { PartialFile, type PartialHeader, partialKey } from "./partial.ts";

/** What is in memory until a download proves slow; more than this came quickly, and can come quickly again. */
const heldBytes = 8 * 1024 * 1024;
/** Less than this isn't worth a file. */
const leastBytes = 512 * 1024;
/** New bytes after which the header is written anew. */
const headerEvery = 256 * 1024;

/** What is known of the bytes received so far. */
export interface Received {
	readonly length: number;
	readonly hash: Hash;
	/** The mirror's address that they came from, and its strong ETag if all of them came under it. */
	readonly url: URL;
	readonly tag: string | undefined;
	readonly total: number | undefined;
}

/**
 * Keeps what came of a download for the next run, where that pays: once it proves slow, or when it fails. A fast one
 * never touches the disk, and a disk that is full or read-only never touches the download.
 */
export class Keeper {
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
	 * What an earlier run left of the file: its bytes, ended by a Misfit if they aren't what was once received.
	 * Without a known digest only what came from the same address under a strong ETag counts.
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

	/** Another piece of the file; `received` is what there is with it. */
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

	/** From now on what came, and what comes, is on disk. */
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

	/** What is on disk counts up to here. */
	flush(received: Received): void {
		if (this.#file && received.length > this.#headerAt) this.#writeHeader(received);
	}

	/** The download ended without the file: what came stays, slow or not. */
	leave(received: Received): void {
		this.keep(received);
		this.close(received);
	}

	/** As `leave`, without writing what is only in memory. */
	close(received: Received): void {
		this.flush(received);
		const file = this.#file;
		this.#forget();
		if (file) this.#try(() => file.close());
	}

	/** The file is whole, or what came of it isn't right. */
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
		throw new Misfit("what an earlier run left is damaged", true, true);
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

	/** A cache is no reason to fail: from the first failure on there is none. */
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
				// It stays until it is too old.
			}
			return undefined;
		}
	}
}
