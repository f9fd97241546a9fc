import { NetworkError } from "./failure.ts";
import { duration, type Timing } from "./timeouts.ts";

/** How fast a download goes, and whether it is the network that holds it up: only time spent waiting for bytes counts. */
export class Speed {
	/** Whether waiting for the rest is long enough for more connections, and for keeping what came, to pay. */
	slow: boolean;
	readonly #timing: Timing;
	readonly #now: () => number;
	#since: number;
	#waitedMs = 0;
	#bytes = 0;
	#waitingSince: number | undefined;

	/** @param now milliseconds of a clock that only goes forward. */
	constructor(timing: Timing, now: () => number = () => performance.now()) {
		this.#timing = timing;
		this.#now = now;
		this.#since = now();
		this.slow = timing.sampleMs === 0;
	}

	/** The first answer is here: what went before says nothing. */
	begin(): void {
		this.#since = this.#now();
	}

	/** From here on the network is waited for. */
	wait(): void {
		this.#waitingSince = this.#now();
	}

	/** So many bytes came of it; 0 for the end. */
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

	/** Looks at the time since the last look. @param left bytes that are still to come, where that is known. */
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

/** What an archive has where nobody says, for the rate that is expected of a mirror. */
const usualBytes = 64 * 1024 * 1024;

/** How fast the present mirror has been since it was last judged. */
export class MirrorSpeed {
	#waitedMs = 0;
	#bytes = 0;

	took(ms: number, bytes: number): void {
		this.#waitedMs += ms;
		this.#bytes += bytes;
	}

	/** Another mirror, or another try of this one. */
	reset(): void {
		this.#waitedMs = 0;
		this.#bytes = 0;
	}

	/** Bytes a millisecond. */
	get rate(): number {
		return this.#bytes / Math.max(1, this.#waitedMs);
	}

	/**
	 * Once a window of waiting is over: whether the whole file would take longer at this rate than a mirror is given.
	 * @param wholeBytes undefined or 0 where nobody says.
	 */
	measure(from: string, wholeBytes: number | undefined, timing: Timing): NetworkError | undefined {
		if (this.#waitedMs < timing.rateWindowMs) return undefined;
		const wholeMs = ((wholeBytes || usualBytes) / this.#bytes) * this.#waitedMs;
		const text = `only ${this.#bytes} bytes came in ${duration(this.#waitedMs)}`;
		this.reset();
		return wholeMs > timing.sourceMs ? new NetworkError("slow", from, text) : undefined;
	}
}
