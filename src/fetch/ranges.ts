import { GoxError } from "../errors.ts";
import { hostOf } from "./address.ts";
import { Pieces } from "./body.ts";
import type { Client } from "./client.ts";
import { NetworkError } from "./failure.ts";
import { type MirrorTurn, pauseBefore } from "./mirrors.ts";
import { RangeMismatch, requestRange } from "./rangerequest.ts";
import { duration } from "./timeouts.ts";

export interface RangesOptions {
	readonly client: Client;
	readonly mirrors: MirrorTurn;
	/** Bytes of the whole file. */
	readonly total: number;
	/** Whether the file's digest is known, so that bytes of several mirrors may be combined. */
	readonly proven: boolean;
	/** The slow answer: the offset of its next byte, its rest, and its source. */
	readonly first: { readonly from: number; readonly at: URL; readonly body: AsyncIterator<Buffer> };
	/** Bytes of one range. */
	readonly rangeBytes: number;
	readonly note: (text: string) => void;
	/** Called when more bytes have arrived. */
	readonly arrived: () => void;
}

/** A part of the file that one connection fetches. */
interface Range {
	readonly from: number;
	/** The offset after its last byte. */
	readonly to: number;
	/** The offset of the next byte. */
	at: number;
	readonly pieces: Pieces;
	tries: number;
}

/** After this many new bytes, the tries of a range count from zero again. */
const progressBytes = 64 * 1024;
/** How many ranges each connection may start ahead of the consumer. */
const aheadPerConnection = 1.5;

/**
 * The rest of a file over several connections, given out in order. The present answer continues as the first of them. One
 * range is requested, and the others follow only if it is answered correctly. A range that fails is requested again from
 * its missing byte; the others go on. Bytes wait in memory, limited by how far ahead ranges may start.
 *
 * A mirror without ranges costs one request: the first answer then goes on alone.
 */
export class Ranges implements AsyncIterableIterator<Buffer> {
	readonly #options: RangesOptions;
	readonly #stopped = new AbortController();
	readonly #signal: AbortSignal;
	/** In order; the first is given out. */
	readonly #ranges: Range[] = [];
	/** Started by a connection that ended; another one takes over. */
	readonly #returned: Range[] = [];
	readonly #bodies = new Set<AsyncIterator<Buffer>>();
	#given: number;
	#next: number;
	#ahead = 0;
	#lanes = 0;
	#arrivedAt = performance.now();
	/** The address after redirects, as long as it answers. */
	#landing: URL | undefined;
	#ready = false;
	/** Whether the slow answer is still arriving. */
	#firstOpen = true;
	/** Whether this mirror gives no ranges, so that the consumer goes on with the first answer. */
	#alone: "asked" | AsyncIterator<Buffer> | undefined;
	#failure: { readonly error: unknown } | undefined;
	#wakers: (() => void)[] = [];

	constructor(options: RangesOptions) {
		this.#options = options;
		const { first, client, mirrors } = options;
		this.#signal = AbortSignal.any([client.signal, this.#stopped.signal]);
		this.#given = first.from;
		this.#next = first.from;
		// The mirror's address carries its credentials.
		this.#landing = first.at.origin === mirrors.url.origin ? undefined : first.at;
		this.#bodies.add(first.body);
		this.#start(first.body);
		this.#start();
	}

	/** Bytes that have arrived and were not given out. */
	get ahead(): number {
		return this.#ahead;
	}

	async next(): Promise<IteratorResult<Buffer, undefined>> {
		for (;;) {
			const [front] = this.#ranges;
			const piece = front?.pieces.shift();
			if (piece) {
				this.#given += piece.length;
				this.#ahead -= piece.length;
				return { done: false, value: piece };
			}
			if (this.#given === this.#options.total) return this.return();
			if (front && front.at === front.to) {
				this.#ranges.shift();
				this.#wake();
			} else if (typeof this.#alone === "object") return this.#alone.next();
			else if (this.#failure) throw this.#failure.error;
			else await this.#change();
		}
	}

	/** Closes the connections. */
	async return(): Promise<IteratorResult<Buffer, undefined>> {
		this.#stop();
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	#start(body?: AsyncIterator<Buffer>): void {
		this.#lanes++;
		this.#lane(body).catch((error: unknown) => this.#fail(error));
	}

	/** One connection: range after range. */
	async #lane(body?: AsyncIterator<Buffer>): Promise<void> {
		let open = body;
		for (;;) {
			const range = await this.#claim();
			if (!range) break;
			const filled = await this.#fill(range, open);
			open = undefined;
			if (filled) continue;
			if (range.at < range.to && !this.#over) this.#returned.push(range);
			break;
		}
		this.#lanes--;
		this.#wake();
	}

	get #over(): boolean {
		return this.#stopped.signal.aborted || this.#failure !== undefined || this.#alone !== undefined;
	}

	/** The next range to fetch, once it may start; undefined if none is left. */
	async #claim(): Promise<Range | undefined> {
		const { total, rangeBytes, client } = this.#options;
		const window = Math.ceil(client.timing.connections * aheadPerConnection) * rangeBytes;
		for (;;) {
			if (this.#over) return undefined;
			const returned = this.#returned.shift();
			if (returned) return returned;
			if (this.#next >= total && this.#ranges.every(({ at, to }) => at === to)) return undefined;
			if (this.#next < total && this.#next < this.#given + window) return this.#cut();
			await this.#change();
		}
	}

	/** A new range. The last ones are smaller, so that all connections stay busy. */
	#cut(): Range {
		const { total, rangeBytes, client } = this.#options;
		const { connections, leastRange } = client.timing;
		const bytes = Math.min(rangeBytes, Math.max(leastRange, Math.ceil((total - this.#next) / connections)));
		const to = Math.min(this.#next + bytes, total);
		const range = { from: this.#next, to, at: this.#next, pieces: new Pieces(), tries: 0 };
		this.#next = to;
		this.#ranges.push(range);
		return range;
	}

	/** Fetches the missing bytes of a range; false if this connection is to end. */
	async #fill(range: Range, open?: AsyncIterator<Buffer>): Promise<boolean> {
		let body = open;
		while (range.at < range.to) {
			if (this.#over) return false;
			const { turn } = this.#options.mirrors;
			const from = range.at;
			try {
				body ??= await this.#open(range);
				const whole = body === open;
				await this.#pour(body, range, whole);
				if (this.#alone === "asked" && whole) {
					this.#alone = body;
					this.#bodies.delete(body);
					return false;
				}
				this.#bodies.delete(body);
				if (range.at < range.to)
					throw new NetworkError("cut", hostOf(this.#options.mirrors.url), `a range came short, at byte ${range.at}`);
			} catch (error) {
				if (body) this.#bodies.delete(body);
				if (body && body === open) this.#loseFirst(error);
				if (range.at - from >= progressBytes) range.tries = 0;
				if (this.#over || !(await this.#recover(range, error, turn))) return false;
			}
			body = undefined;
		}
		return true;
	}

	async #open(range: Range): Promise<AsyncIterator<Buffer>> {
		const { client, mirrors, total } = this.#options;
		const { tag, url } = mirrors;
		const landing = this.#landing;
		try {
			const reply = await requestRange(client, landing ?? url, {
				offset: range.at,
				end: range.to,
				byRange: true,
				tag,
				total,
				signal: this.#signal,
			});
			if (reply.kind === "ended") throw new RangeMismatch(`it has no byte ${range.at} (416)`, false);
			if (reply.kind === "misfit") throw new RangeMismatch(reply.why, false);
			if (reply.offset !== range.at) {
				void reply.body.return?.();
				if (tag !== undefined && reply.tag === tag)
					throw new NetworkError("busy", hostOf(url), "it sent the whole file for a range of it");
				throw new RangeMismatch(
					tag === undefined ? "it sent the whole file for a range of it" : "the file changed on the way",
					false,
				);
			}
			if (this.#over) {
				void reply.body.return?.();
				throw new RangeMismatch("no longer wanted", false);
			}
			mirrors.tag ??= reply.tag;
			this.#bodies.add(reply.body);
			this.#answered();
			return reply.body;
		} catch (error) {
			// The target of a redirect may expire: ask the mirror again.
			if (!landing || !(error instanceof NetworkError) || error.kind === "cut" || error.kind === "busy") throw error;
			this.#landing = undefined;
			return this.#open(range);
		}
	}

	/** The first range was answered correctly: starts the other connections. */
	#answered(): void {
		if (this.#ready) return;
		this.#ready = true;
		const { client, total, rangeBytes } = this.#options;
		const useful = Math.min(client.timing.connections - 2, Math.ceil((total - this.#next) / rangeBytes));
		for (let lane = 0; lane < useful; lane++) this.#start();
		this.#wake();
	}

	async #pour(body: AsyncIterator<Buffer>, range: Range, whole: boolean): Promise<void> {
		for (;;) {
			if (whole && this.#alone) return;
			const next = await body.next();
			if (next.done) return;
			const piece = next.value.subarray(0, range.to - range.at);
			range.pieces.push(piece);
			range.at += piece.length;
			this.#ahead += piece.length;
			this.#arrivedAt = performance.now();
			this.#options.arrived();
			this.#wake();
			if (!whole || range.at < range.to) continue;
			// The other connections take the rest of this answer, once it is certain that there are any.
			while (!this.#ready && !this.#over) await this.#change();
			if (!this.#alone) {
				this.#firstOpen = false;
				await body.return?.();
			}
			if (this.#alone && piece.length < next.value.length) this.#alone = followed(next.value.subarray(piece.length), body);
			return;
		}
	}

	#loseFirst(error: unknown): void {
		this.#firstOpen = false;
		if (this.#alone !== "asked") return;
		this.#failure = { error };
		this.#wake();
	}

	/** After a failure: whether this connection continues the range. @throws what ends all ranges. */
	async #recover(range: Range, error: unknown, turn: number): Promise<boolean> {
		const { mirrors, client, proven, note } = this.#options;
		const pause = error instanceof NetworkError ? this.#pauseBefore(error, range) : undefined;
		const passing = error instanceof NetworkError && (error.kind === "cut" || error.kind === "dropped") && pause !== undefined;
		if (!this.#ready && this.#firstOpen && !passing && (error instanceof NetworkError || error instanceof RangeMismatch)) {
			note(`${hostOf(mirrors.url)} gives no ranges (${error.message}); going on with one connection`);
			this.#alone = "asked";
			this.#wake();
			return false;
		}
		if (!(error instanceof NetworkError)) throw error;
		if (mirrors.turn !== turn) return true;
		if (pause === undefined) {
			if (this.#lanes > 1 && (error.kind === "busy" || error.kind === "dropped")) {
				note(`${error.message}; going on with ${this.#lanes - 1} connections`);
				range.tries = 0;
				return false;
			}
			if (!proven) throw error;
			mirrors.next(error);
			this.#landing = undefined;
			range.tries = 0;
			note(`${error.message}; going on at ${hostOf(mirrors.url)}`);
			return true;
		}
		range.tries++;
		note(`${error.message}; trying bytes ${range.at}-${range.to - 1} again in ${duration(pause)}`);
		try {
			await client.timing.wait(Math.ceil(client.within(pause)), this.#signal);
		} catch (cause) {
			if (this.#stopped.signal.aborted) return false;
			throw new GoxError("interrupted", "interrupted", { cause });
		}
		return true;
	}

	/** If one range stalls while others arrive, the connection is at fault, not the mirror. */
	#pauseBefore(error: NetworkError, range: Range): number | undefined {
		const { client, mirrors } = this.#options;
		const { timing } = client;
		const others = performance.now() - this.#arrivedAt < timing.idleMs / 2;
		if (error.kind === "slow" && others) return timing.backoffMs[range.tries] === undefined ? undefined : 0;
		return pauseBefore(error, { tries: range.tries, isLast: mirrors.isLast }, timing);
	}

	#fail(error: unknown): void {
		this.#lanes--;
		if (this.#over) return;
		this.#failure = { error };
		this.#stop();
	}

	#stop(): void {
		this.#stopped.abort();
		for (const body of this.#bodies) void body.return?.();
		this.#bodies.clear();
		if (typeof this.#alone === "object") void this.#alone.return?.();
		this.#wake();
	}

	#change(): Promise<void> {
		return new Promise((resolve) => this.#wakers.push(resolve));
	}

	#wake(): void {
		const wakers = this.#wakers;
		this.#wakers = [];
		for (const wake of wakers) wake();
	}
}

/** A piece, and then the pieces of a body. */
async function* followed(piece: Buffer, body: AsyncIterator<Buffer>): AsyncGenerator<Buffer, undefined> {
	try {
		yield piece;
		for (;;) {
			const next = await body.next();
			if (next.done) return;
			yield next.value;
		}
	} finally {
		await body.return?.();
	}
}
