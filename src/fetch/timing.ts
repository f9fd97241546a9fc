import { setTimeout as delay } from "node:timers/promises";
import type { Env } from "../context.ts";
import { GoxError, quote } from "../errors.ts";

/** How long gox waits for a network, and how often it tries again. Milliseconds and bytes; a test makes them tiny. */
export interface Timing {
	/** DNS, TCP and TLS together. undici's timer for it ticks about once a second. */
	readonly connectMs: number;
	/** From sending a request to the last of its headers. */
	readonly headersMs: number;
	/** Between two pieces of a body; time that the receiver takes doesn't count. */
	readonly idleMs: number;
	/** Of every so much time spent waiting for a body … */
	readonly rateWindowMs: number;
	/** … at least so many bytes must come of it, or the source is given up: a trickle never idles. */
	readonly rateBytes: number;
	/** A source that would need longer than this for the whole of an archive is left for the next one, if there is one. */
	readonly sourceMs: number;
	/** An archive that isn't there after this much is given up. */
	readonly totalMs: number;
	/** For the whole of a small document, such as the list of releases. */
	readonly documentMs: number;
	/** The pauses before each new try at one source; their number is the number of new tries. */
	readonly backoffMs: readonly number[];
	/** A Retry-After that asks for more is not waited for. */
	readonly longestRetryAfterMs: number;
	/** Every so often a download's pace is looked at; 0 takes it for slow from its first piece. */
	readonly sampleMs: number;
	/** A download is slow when the network, not the disk, sets its pace and more than this is still to be waited for. */
	readonly slowMs: number;
	/** A slow download goes on in ranges that take about `rangeMs` each, between `leastRange` and `mostRange` bytes … */
	readonly rangeMs: number;
	readonly leastRange: number;
	readonly mostRange: number;
	/** … over so many connections. */
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
 * What GOX_TIMEOUT says of a download's deadline: `90`, `90s`, `20m` or `2h`; nothing when it isn't set.
 * @throws GoxError `usage`.
 */
export function timingIn(env: Env): Partial<Timing> {
	const text = env.GOX_TIMEOUT?.trim();
	if (!text) return {};
	const found = /^(\d{1,6})([smh]?)$/.exec(text);
	const count = Number(found?.[1] ?? 0);
	if (count > 0) return { totalMs: count * 1_000 * { s: 1, m: 60, h: 3_600 }[(found?.[2] || "s") as "s" | "m" | "h"] };
	throw new GoxError("usage", `GOX_TIMEOUT: ${quote(text)} is not a time`, { hint: "export GOX_TIMEOUT=20m" });
}

/** Milliseconds in words, for messages. */
export function duration(ms: number): string {
	return ms < 1_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1_000)} s`;
}
