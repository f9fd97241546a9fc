import { NetworkError } from "./failure.ts";
import { duration, type Timing } from "./timing.ts";

/** What an archive has where nobody says, for the rate that is expected of a mirror. */
const usualBytes = 64 * 1024 * 1024;

/** How fast the present mirror has been since it was last judged. */
export class SourceRate {
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
	judge(from: string, wholeBytes: number | undefined, timing: Timing): NetworkError | undefined {
		if (this.#waitedMs < timing.rateWindowMs) return undefined;
		const wholeMs = ((wholeBytes || usualBytes) / this.#bytes) * this.#waitedMs;
		const text = `only ${this.#bytes} bytes came in ${duration(this.#waitedMs)}`;
		this.reset();
		return wholeMs > timing.sourceMs ? new NetworkError("slow", from, text) : undefined;
	}
}
