import type { Timing } from "./timing.ts";

/** How fast a download goes, and whether it is the network that holds it up: only time spent waiting for bytes counts. */
export class Pace {
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
	judge(left: number | undefined): void {
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
