import { NetworkError } from "./failure.ts";
import { duration, type Timing } from "./timeouts.ts";

/** How fast a download is, and whether the network limits it. Only time spent waiting for bytes counts. */
export class Speed {
	/** Whether the rest will take so long that more connections, and keeping the bytes, pay. */
	slow: boolean;
	readonly #timing: Timing;
	readonly #now: () => number;
	#since: number;
	#waitedMs = 0;
	#bytes = 0;
	#waitingSince: number | undefined;

	/** @param now milliseconds of a monotonic clock */
	constructor(timing: Timing, now: () => number = () => performance.now()) {
		this.#timing = timing;
		this.#now = now;
		this.#since = now();
		this.slow = timing.sampleMs === 0;
	}

	/** Starts measuring, at the first answer. */
	begin(): void {
		this.#since = this.#now();
	}

	/** Starts to wait for the network. */
	wait(): void {
		this.#waitingSince = this.#now();
	}

	/** Ends the wait. @param bytes how many came; 0 at the end */
	came(bytes: number): void {
		if (this.#waitingSince !== undefined) this.#waitedMs += this.#now() - this.#waitingSince;
		this.#waitingSince = undefined;
		this.#bytes += bytes;
	}

	/** Milliseconds waited and bytes received since the last sample. */
	get sample(): { readonly waitedMs: number; readonly bytes: number } {
		const pending = this.#waitingSince === undefined ? 0 : this.#now() - this.#waitingSince;
		return { waitedMs: this.#waitedMs + pending, bytes: this.#bytes };
	}

	/** Updates `slow` from the time since the last call. @param left bytes still to come, if known */
	measure(left: number | undefined): void {
		const now = this.#now();
		const { waitedMs, bytes } = this.sample;
		const elapsed = now - this.#since;
		const held = waitedMs * 2 >= elapsed && waitedMs > 0;
		if (held && (bytes === 0 || left === undefined || (left / bytes) * waitedMs > this.#timing.slowMs)) this.slow = true;
		this.#since = now;
		this.#waitedMs = 0;
		this.#bytes = 0;
		if (this.#waitingSince !== undefined) this.#waitingSince = now;
	}
}

/** The assumed size of an archive whose size isn't known. */
const usualBytes = 64 * 1024 * 1024;

/** How fast the present mirror has been since the last check. */
export class MirrorSpeed {
	#waitedMs = 0;
	#bytes = 0;

	took(ms: number, bytes: number): void {
		this.#waitedMs += ms;
		this.#bytes += bytes;
	}

	/** Starts again, for another mirror or another try. */
	reset(): void {
		this.#waitedMs = 0;
		this.#bytes = 0;
	}

	/** Bytes a millisecond. */
	get rate(): number {
		return this.#bytes / Math.max(1, this.#waitedMs);
	}

	/**
	 * After a window of waiting: the error of a mirror at whose speed the whole file would take too long.
	 * @param wholeBytes undefined or 0 if not known
	 */
	measure(from: string, wholeBytes: number | undefined, timing: Timing): NetworkError | undefined {
		if (this.#waitedMs < timing.rateWindowMs) return undefined;
		const wholeMs = ((wholeBytes || usualBytes) / this.#bytes) * this.#waitedMs;
		const text = `only ${this.#bytes} bytes came in ${duration(this.#waitedMs)}`;
		this.reset();
		return wholeMs > timing.sourceMs ? new NetworkError("slow", from, text) : undefined;
	}
}
