import { GoxError } from "../errors.ts";
import { fileUnder, hostOf, shown } from "./address.ts";
import { type NetworkError, neverReached } from "./failure.ts";
import type { Timing } from "./timeouts.ts";

/** What to download: `BASE/filename` of the first mirror that delivers it. */
export interface Wanted {
	readonly filename: string;
	/** In the order to try them; see releases/mirrors.ts. */
	readonly mirrors: readonly URL[];
	/** SHA-256 of the file, 64 lower-case hex digits, if known: it proves every delivered byte. */
	readonly sha256?: string | undefined;
	/** Bytes, where they are known (not 0). */
	readonly size?: number | undefined;
}

/** The mirrors of one download, tried in turn, and the state of the present one. */
export class MirrorTurn {
	/** Tries of the present mirror since it last sent bytes. */
	tries = 0;
	/** Whether to ask the present mirror for the whole file only, because it answered a resume wrongly. */
	wholeOnly = false;
	/** The strong ETag under which the present mirror delivered. */
	tag: string | undefined;
	/** Passes that started over because the bytes of several answers didn't fit together. */
	misfits = 0;
	/** Whether the present mirror's answer was already split into ranges once. */
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

	/** As `url`; the last mirror's if all have failed. */
	get asked(): URL {
		return fileUnder(this.#bases[Math.min(this.turn, this.#bases.length - 1)] as URL, this.#filename);
	}

	/** The number of mirrors that have failed. It tells whether a failed answer was the present mirror's. */
	get turn(): number {
		return this.#failures.length;
	}

	get isLast(): boolean {
		return this.#failures.length === this.#bases.length - 1;
	}

	/** Goes to the next mirror. @throws DownloadError if there is none. */
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

	/** The error of a download that ends before every mirror was tried. */
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

	/** Whether no mirror could be asked, because of DNS, a firewall or a login page. Another source may work. */
	get noneReached(): boolean {
		return this.failures.every(({ failure }) => neverReached(failure));
	}

	/** Whether every mirror that answered lacks the file. */
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

/** After this many new bytes, the tries of a mirror count from zero again. */
export const progressBytes = 256 * 1024;

/**
 * Milliseconds until the same mirror is asked again after a failure; undefined if it isn't. Lost connections and busy
 * servers recover; a mirror that doesn't answer is left for the next one, if there is one.
 * @param tries how many were made since the mirror last sent bytes
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
