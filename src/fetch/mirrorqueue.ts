import { fileUnder, hostOf, shown } from "./address.ts";
import { DownloadError, type MirrorFailure } from "./downloaderror.ts";
import type { NetworkError } from "./failure.ts";

/** The mirrors of one download, tried in turn, and what is known of the one whose turn it is. */
export class Mirrors {
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
