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
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#abort.abort(reason()), ms);
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	/** The request is over: nothing is left behind. */
	end(): void {
		this.stop();
		this.#outer.removeEventListener("abort", this.#interrupt);
	}
}

export interface Watch {
	readonly timing: Timing;
	readonly patience: Patience;
	/** The host, for messages. */
	readonly source: string;
	readonly proxy: string | undefined;
}

/**
 * A body that may neither pause for `idleMs` nor trickle below the minimum rate. Only the time spent
 * waiting for it counts, so a slow disk on the receiving side never ends a download.
 */
export async function* watched(
	pieces: AsyncIterableIterator<Buffer>,
	{ timing, patience, source, proxy }: Watch,
): AsyncGenerator<Buffer> {
	const idle = () => new NetworkError("slow", source, `nothing came for ${duration(timing.idleMs)}`);
	let waitedMs = 0;
	let bytes = 0;
	try {
		for (;;) {
			patience.start(timing.idleMs, idle);
			const asked = performance.now();
			const next = await pieces.next();
			patience.stop();
			if (next.done) return;
			waitedMs += performance.now() - asked;
			bytes += next.value.length;
			if (waitedMs >= timing.rateWindowMs) {
				if (bytes < timing.rateBytes) throw new NetworkError("slow", source, `only ${bytes} bytes came in ${duration(waitedMs)}`);
				waitedMs = 0;
				bytes = 0;
			}
			yield next.value;
		}
	} catch (error) {
		throw failureOf(error, source, proxy);
	} finally {
		patience.end();
		await pieces.return?.();
	}
}
