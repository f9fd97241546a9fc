import type { NetworkError } from "./failure.ts";
import type { Timing } from "./timing.ts";

/** New bytes that make the tries of a mirror count from zero again. */
export const progressBytes = 256 * 1024;

/**
 * Milliseconds until the same mirror is asked again after a failure; undefined if it isn't. A lost connection and a
 * busy server pass; a mirror that doesn't answer is left for the next one, while there is one.
 * @param tries those made since the mirror last brought something.
 */
export function pauseBefore(
	failure: NetworkError,
	{ tries, isLast }: { readonly tries: number; readonly isLast: boolean },
	timing: Timing,
): number | undefined {
	const backoff = timing.backoffMs[tries];
	const retryAfter = failure.retryAfterMs ?? 0;
	if (backoff === undefined || retryAfter > timing.longestRetryAfterMs) return undefined;
	const { kind } = failure;
	const passing =
		kind === "cut" ||
		kind === "busy" ||
		(kind === "dropped" && (isLast || tries === 0)) ||
		(kind === "slow" && isLast && tries === 0);
	return passing ? Math.max(backoff, retryAfter) : undefined;
}
