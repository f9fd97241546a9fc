import { GoxError } from "../errors.ts";
import { fileUnder, hostOf, shown } from "./address.ts";
import { type NetworkError, neverReached } from "./failure.ts";
import type { Timing } from "./timeouts.ts";

/** What to download: `BASE/filename` of the first mirror that delivers it. */
export interface Wanted {
	readonly filename: string;
	/** In the order to try them; see releases/mirrors.ts. */
	readonly mirrors: readonly URL[];
	/** SHA-256 of the file, 64 small hex digits, where it is known: then every byte delivered is proven. */
	readonly sha256?: string | undefined;
	/** Bytes, where they are known (not 0). */
	readonly size?: number | undefined;
}

/** The mirrors of one download, tried in turn, and what is known of the one whose turn it is. */
export class MirrorTurn {
	/** New tries of the present mirror since it last brought something. */
	tries = 0;
	/** The present mirror answered a resume wrongly: it is asked for the whole file from now on. */
	wholeOnly = false;
	/** The strong ETag under which the present mirror delivered. */
	tag: string | undefined;
	/** Passes begun anew because bytes of several answers didn't fit together. */
	misfits = 0;
	/** The present mirror's answer was once split into ranges: not again. */
	single = false;
	/** When the download began, on the clock of `performance.now()`. */
	readonly began = performance.now();
	readonly #bases: readonly URL[];
	readonly #filename: string;
	readonly #failures: MirrorFailure[] = [];

	constructor(bases: readonly URL[], filename: string) {
		this.#bases = bases;
		this.#filename = filename;
		if (bases.length === 0) throw new DownloadError(filename, []);
	}

	/** The file's URL at the present mirror, credentials included. */
	get url(): URL {
		const base = this.#bases[this.#failures.length];
		if (!base) throw new DownloadError(this.#filename, this.#failures);
		return fileUnder(base, this.#filename);
	}

	/** As `url`; the last mirror's when all were given up. */
	get asked(): URL {
		return fileUnder(this.#bases[Math.min(this.turn, this.#bases.length - 1)] as URL, this.#filename);
	}

	/** Counts the mirrors that were given up: whether an answer that failed was the present mirror's. */
	get turn(): number {
		return this.#failures.length;
	}

	get isLast(): boolean {
		return this.#failures.length === this.#bases.length - 1;
	}

	/** Gives the present mirror up. @throws DownloadError when it was the last. */
	next(failure: NetworkError): void {
		const base = this.#bases[this.#failures.length];
		if (base) this.#failures.push({ mirror: nameOf(base), failure });
		this.tries = 0;
		this.wholeOnly = false;
		this.tag = undefined;
		this.misfits = 0;
		this.single = false;
		if (this.#failures.length === this.#bases.length) throw new DownloadError(this.#filename, this.#failures);
	}

	/** The error of a download that is given up with mirrors left. */
	giveUp(failure: NetworkError): DownloadError {
		return new DownloadError(this.#filename, [...this.#failures, { mirror: nameOf(this.asked), failure }]);
	}
}

function nameOf(base: URL): string {
	return base.protocol === "file:" ? shown(base) : hostOf(base);
}

export interface MirrorFailure {
	/** Host and port, or a file's directory. */
	readonly mirror: string;
	readonly failure: NetworkError;
}

/** No mirror delivered a file: each with its reason. */
export class DownloadError extends GoxError {
	readonly failures: readonly MirrorFailure[];

	constructor(filename: string, failures: readonly MirrorFailure[]) {
		const wrong = failures.filter(({ failure }) => failure.kind === "wrong");
		const hint = failures.map(({ failure }) => failure.hint).find((text) => text !== undefined);
		super(wrong.length > 0 ? "integrity" : "network", messageOf(filename, failures), {
			...(hint && { hint }),
			cause: failures.at(-1)?.failure,
		});
		this.name = "DownloadError";
		this.failures = failures;
	}

	/** No mirror was ever asked for the file: something stands in between (DNS, a firewall, a login page). Another way may do. */
	get noneReached(): boolean {
		return this.failures.every(({ failure }) => neverReached(failure));
	}

	/** Every mirror that was reached says that it doesn't have the file. */
	get missing(): boolean {
		return !this.noneReached && this.failures.every(({ failure }) => failure.kind === "missing" || neverReached(failure));
	}
}

function messageOf(filename: string, failures: readonly MirrorFailure[]): string {
	const [only] = failures;
	if (failures.length === 1 && only) return `${filename} could not be downloaded from ${only.mirror}: ${only.failure.reason}`;
	return [`${filename} could not be downloaded`, ...failures.map(({ mirror, failure }) => `  ${mirror}: ${failure.reason}`)].join(
		"\n",
	);
}

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
