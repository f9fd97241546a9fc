import type { MirrorTrial } from "./mirrortrial.ts";

/** An archive of Go, in bytes: what speed and latency are weighed by. */
const usualArchive = 70e6;

/**
 * The order to try mirrors in: those in step by the time that an archive takes, then those behind, the least first. Who
 * can't be reached now, or has nothing, is left out, unless it is the person's own: it may be reached tomorrow, so it comes last. Who sends
 * other bytes than were published is left out always.
 * @param own whether a mirror is in the person's own settings
 */
export function proposedOrder(trials: readonly MirrorTrial[], own: (trial: MirrorTrial) => boolean): readonly MirrorTrial[] {
	const rank = { good: 0, behind: 1, empty: 2, unreachable: 3, wrong: 4 } as const;
	return trials
		.filter(({ standing }) => standing !== "wrong")
		.filter((trial) => trial.standing === "good" || trial.standing === "behind" || own(trial))
		.sort(
			(left, right) =>
				rank[left.standing] - rank[right.standing] || left.behind - right.behind || secondsFor(left) - secondsFor(right),
		);
}

/** Seconds for an archive; an hour where nothing is known. */
function secondsFor({ latencyMs, bytesPerSecond }: MirrorTrial): number {
	if (latencyMs === null || !bytesPerSecond) return 3_600;
	return latencyMs / 1_000 + usualArchive / bytesPerSecond;
}
