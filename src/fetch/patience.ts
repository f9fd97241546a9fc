import { GoxError } from "../errors.ts";
import { failureOf, NetworkError } from "./failure.ts";
import { duration, type Timing } from "./timing.ts";

/** One request's clock: ends it when its time is up or the person interrupts. */
export class Patience {
	/** Rejects with the reason when the request must end. */
	readonly exhausted: Promise<never>;
	readonly #abort = new AbortController();
	readonly #outer: AbortSignal;
	readonly #interrupt = () => this.#abort.abort(new GoxError("interrupted", "interrupted"));
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** When the timer goes off; it is left running over many pieces, as setting it anew for each costs more than they do. */
	#alarm = 0;
	#limit: { readonly at: number; readonly reason: () => NetworkError } | undefined;

	constructor(outer: AbortSignal) {
		this.#outer = outer;
		this.exhausted = new Promise((_, reject) => {
			this.#abort.signal.addEventListener("abort", () => reject(this.#abort.signal.reason), { once: true });
		});
		this.exhausted.catch(() => {});
		if (outer.aborted) this.#interrupt();
		else outer.addEventListener("abort", this.#interrupt, { once: true });
	}

	get signal(): AbortSignal {
		return this.#abort.signal;
	}

	/** From now on there are so many milliseconds, until `stop`. */
	start(ms: number, reason: () => NetworkError): void {
		const now = performance.now();
		this.#limit = { at: now + ms, reason };
		if (this.#timer === undefined || this.#alarm > this.#limit.at) this.#setTimer(ms, now);
	}

	stop(): void {
		this.#limit = undefined;
	}

	/** The request is over: nothing is left behind. */
	end(): void {
		this.stop();
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#outer.removeEventListener("abort", this.#interrupt);
	}

	#setTimer(ms: number, now: number): void {
		clearTimeout(this.#timer);
		this.#alarm = now + ms;
		this.#timer = setTimeout(() => this.#ring(), ms);
	}

	#ring(): void {
		this.#timer = undefined;
		if (!this.#limit) return;
		const now = performance.now();
		const left = this.#limit.at - now;
		if (left >= 1) this.#setTimer(left, now);
		else this.#abort.abort(this.#limit.reason());
	}
}

export interface Watch {
	readonly client: { readonly timing: Timing; within(ms: number): number };
	readonly patience: Patience;
	/** The host, for messages. */
	readonly source: string;
	readonly proxy: string | undefined;
}

/**
 * A body that may neither pause for `idleMs` nor trickle below the minimum rate. Only the time spent
 * waiting for it counts, so a slow disk on the receiving side never ends a download.
 */
export class WatchedBody implements AsyncIterableIterator<Buffer> {
	readonly #pieces: AsyncIterableIterator<Buffer>;
	readonly #watch: Watch;
	readonly #idle: () => NetworkError;
	#waitedMs = 0;
	#bytes = 0;

	constructor(pieces: AsyncIterableIterator<Buffer>, watch: Watch) {
		this.#pieces = pieces;
		this.#watch = watch;
		this.#idle = () => new NetworkError("slow", watch.source, `nothing came for ${duration(watch.client.timing.idleMs)}`);
	}

	async next(): Promise<IteratorResult<Buffer, undefined>> {
		const { client, patience, source, proxy } = this.#watch;
		try {
			patience.start(client.within(client.timing.idleMs), this.#idle);
			const asked = performance.now();
			const next = await this.#pieces.next();
			patience.stop();
			if (next.done) patience.end();
			else this.#count(next.value.length, performance.now() - asked);
			return next;
		} catch (error) {
			await this.return();
			throw failureOf(error, source, proxy);
		}
	}

	/** Hangs up. */
	async return(): Promise<IteratorResult<Buffer, undefined>> {
		this.#watch.patience.end();
		await this.#pieces.return?.();
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	#count(bytes: number, waitedMs: number): void {
		const { source } = this.#watch;
		const { timing } = this.#watch.client;
		this.#waitedMs += waitedMs;
		this.#bytes += bytes;
		if (this.#waitedMs < timing.rateWindowMs) return;
		if (this.#bytes < timing.rateBytes) {
			throw new NetworkError("slow", source, `only ${this.#bytes} bytes came in ${duration(this.#waitedMs)}`);
		}
		this.#waitedMs = 0;
		this.#bytes = 0;
	}
}
