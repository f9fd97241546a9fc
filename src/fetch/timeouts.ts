import { setTimeout as delay } from "node:timers/promises";
import { GoxError, quote } from "../errors.ts";
import { failureOf, NetworkError } from "./failure.ts";

/** How long gox waits for the network, and how often it tries again. In milliseconds and bytes; tests use tiny values. */
export interface Timing {
	/** DNS, TCP and TLS together. undici's timer for it runs about once a second. */
	readonly connectMs: number;
	/** From sending a request to the last of its headers. */
	readonly headersMs: number;
	/** Between two pieces of a body, without the receiver's own time. */
	readonly idleMs: number;
	/** In each window of this much waiting for a body … */
	readonly rateWindowMs: number;
	/** … at least this many bytes must come, or the source is left: a trickle never idles. */
	readonly rateBytes: number;
	/** A source that would need longer than this for a whole archive is left, if there is another one. */
	readonly sourceMs: number;
	/** The limit for a whole archive. */
	readonly totalMs: number;
	/** The limit for a whole small document, such as the list of releases. */
	readonly documentMs: number;
	/** The pause before each new try of one source; one entry for each try. */
	readonly backoffMs: readonly number[];
	/** A longer Retry-After is not waited for. */
	readonly longestRetryAfterMs: number;
	/** How often the speed is measured; with 0 every download counts as slow. */
	readonly sampleMs: number;
	/** A download is slow if the network limits it and the rest takes longer than this. */
	readonly slowMs: number;
	/** A slow download goes on in ranges that take about `rangeMs` each, between `leastRange` and `mostRange` bytes … */
	readonly rangeMs: number;
	readonly leastRange: number;
	readonly mostRange: number;
	/** … over this many connections. */
	readonly connections: number;
	wait(ms: number, signal: AbortSignal): Promise<void>;
}

export const defaultTiming: Timing = Object.freeze({
	connectMs: 10_000,
	headersMs: 30_000,
	idleMs: 30_000,
	rateWindowMs: 30_000,
	rateBytes: 30 * 1024,
	sourceMs: 15 * 60_000,
	totalMs: 4 * 3_600_000,
	documentMs: 120_000,
	backoffMs: Object.freeze([200, 1_000, 3_000]),
	longestRetryAfterMs: 30_000,
	sampleMs: 400,
	slowMs: 1_500,
	rangeMs: 750,
	leastRange: 1024 * 1024,
	mostRange: 4 * 1024 * 1024,
	connections: 6,
	wait: async (ms: number, signal: AbortSignal) => {
		await delay(ms, undefined, { signal });
	},
});

/**
 * The limit for a download that GOX_TIMEOUT sets: `90`, `90s`, `20m` or `2h`.
 * @throws GoxError `usage`.
 */
export function timingIn(text: string | undefined): Partial<Timing> {
	if (text === undefined) return {};
	const found = /^(\d{1,6})([smh]?)$/.exec(text);
	const count = Number(found?.[1] ?? 0);
	if (count > 0) return { totalMs: count * 1_000 * { s: 1, m: 60, h: 3_600 }[(found?.[2] || "s") as "s" | "m" | "h"] };
	throw new GoxError("usage", `GOX_TIMEOUT: ${quote(text)} is not a time`, { hint: "export GOX_TIMEOUT=20m" });
}

/** Milliseconds in words, for messages. */
export function duration(ms: number): string {
	return ms < 1_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1_000)} s`;
}

/** The time limit of one request. It also ends with an interruption. */
export class Deadline {
	/** Rejects with the reason if the request must end. */
	readonly exhausted: Promise<never>;
	readonly #abort = new AbortController();
	readonly #outer: AbortSignal;
	readonly #interrupt = () => this.#abort.abort(new GoxError("interrupted", "interrupted"));
	#timer: ReturnType<typeof setTimeout> | undefined;
	/** When the timer fires. It runs on over many pieces: setting it for each would cost more than the pieces. */
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

	/** Starts a limit of so many milliseconds, until `stop`. */
	start(ms: number, reason: () => NetworkError): void {
		const now = performance.now();
		this.#limit = { at: now + ms, reason };
		if (this.#timer === undefined || this.#alarm > this.#limit.at) this.#setTimer(ms, now);
	}

	stop(): void {
		this.#limit = undefined;
	}

	/** Ends it, and removes its timer and listener. */
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
	readonly deadline: Deadline;
	/** The host, for messages. */
	readonly source: string;
	readonly proxy: string | undefined;
}

/**
 * A body that may neither pause for `idleMs` nor fall below the minimum rate. Only time spent waiting for it counts, so a
 * slow disk on the receiving side never ends a download.
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
		const { client, deadline, source, proxy } = this.#watch;
		try {
			deadline.start(client.within(client.timing.idleMs), this.#idle);
			const asked = performance.now();
			const next = await this.#pieces.next();
			deadline.stop();
			if (next.done) deadline.end();
			else this.#count(next.value.length, performance.now() - asked);
			return next;
		} catch (error) {
			await this.return();
			throw failureOf(error, source, proxy);
		}
	}

	/** Closes the connection. */
	async return(): Promise<IteratorResult<Buffer, undefined>> {
		this.#watch.deadline.end();
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
