import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { duration } from "../fetch/timing.ts";
import { sumdbEvidence } from "../releases/proxy/toolchainsumdb.ts";
import type { Evidence } from "../verify/evidence.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";

export interface DatabaseQuestion {
	readonly insecure: boolean;
	readonly signal: AbortSignal;
	/** How long an answer may take: milliseconds from the question on, and from where it is waited for. Unbounded if undefined. */
	readonly patience: { readonly inAllMs: number; readonly afterwardsMs: number } | undefined;
}

/** What the checksum database says about a release, on its way while something else is done. */
export interface DatabaseAnswer {
	/**
	 * The evidence, for `vouch`; `unavailable` where there is none in time.
	 * @throws GoxError `integrity` for an answer that must not be believed, `interrupted`.
	 */
	evidence(): Promise<Evidence>;
	/** Stops asking. */
	cancel(): void;
}

/** Asks the checksum database at once; whoever wants the answer waits for it later. */
export function askDatabase(
	context: Context,
	release: Release,
	platform: Platform,
	{ insecure, signal, patience }: DatabaseQuestion,
): DatabaseAnswer {
	const ours = new AbortController();
	const asked = performance.now();
	const answer = sumdbEvidence({ ...context, signal: AbortSignal.any([signal, ours.signal]) }, release, platform, {
		insecure,
	}).catch((error: unknown) => {
		// A setting or a file that can't be read says nothing about the release.
		if (error instanceof GoxError && (error.code === "integrity" || error.code === "interrupted")) throw error;
		return unavailable(error instanceof Error ? error.message : String(error));
	});
	answer.catch(() => {});
	return {
		evidence: async () => {
			if (patience === undefined) return await answer;
			let timer: ReturnType<typeof setTimeout> | undefined;
			const tooLate = new Promise<Evidence>((late) => {
				const left = Math.max(asked + patience.inAllMs - performance.now(), patience.afterwardsMs);
				const tell = () => late(unavailable(`it gave no answer within ${duration(performance.now() - asked)}`));
				timer = setTimeout(tell, left);
			});
			try {
				return await Promise.race([answer, tooLate]);
			} finally {
				clearTimeout(timer);
				ours.abort();
			}
		},
		cancel: () => ours.abort(),
	};
}

function unavailable(reason: string): Evidence {
	return { kind: "unavailable", witness: "checksum database", reason };
}
