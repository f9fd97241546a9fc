import { createHash } from "node:crypto";
import { GoxError } from "../errors.ts";
import { hostOf, shown } from "./address.ts";
import type { Client } from "./client.ts";
import type { DownloadOptions, Wanted } from "./download.ts";
import { type FailureKind, NetworkError } from "./failure.ts";
import type { Mirrors } from "./mirrorqueue.ts";
import { begins, type Opening, openAt } from "./opening.ts";
import { duration } from "./timing.ts";

/** How a pass ended: the file was delivered whole, must be delivered anew, or can't be had. */
export type PassEnd =
	| { readonly kind: "whole"; readonly sha256: string; readonly size: number; readonly url: string }
	| { readonly kind: "again" }
	| { readonly kind: "failed"; readonly error: unknown };

/** New bytes that make a mirror's tries count from zero again. */
const progressBytes = 256 * 1024;
/** Passes that a mirror gets when bytes of its several answers don't fit together. */
const mostMisfits = 2;

/**
 * One delivery of a file from byte 0 to a consumer. A cut is answered by asking for the rest: by Range where a strong
 * ETag or the file's known SHA-256 makes that safe, else for the whole file, whose beginning must then have the
 * digest of what was already given out.
 */
export class Pass {
	readonly #client: Client;
	readonly #mirrors: Mirrors;
	readonly #wanted: Wanted;
	readonly #options: DownloadOptions;
	readonly #stream: AsyncGenerator<Buffer>;
	#hash = createHash("sha256");
	#received = 0;
	#total: number | undefined;
	/** Whether all bytes so far came in one answer of one mirror. */
	#pure = true;
	#sinceTry = 0;
	#end: PassEnd | undefined;

	constructor(client: Client, mirrors: Mirrors, wanted: Wanted, options: DownloadOptions) {
		this.#client = client;
		this.#mirrors = mirrors;
		this.#wanted = wanted;
		this.#options = options;
		this.#stream = this.#deliver();
	}

	/** The file's bytes for the consumer. Leaving the loop early doesn't end the pass: `settle` reads the rest. */
	bytes(): AsyncIterable<Buffer> {
		return { [Symbol.asyncIterator]: () => ({ next: () => this.#stream.next() }) };
	}

	/** Whether the pass has an outcome already. */
	get ended(): boolean {
		return this.#end !== undefined;
	}

	/** Hangs up. The pass has no outcome then. */
	async abandon(): Promise<void> {
		await this.#stream.return(undefined);
	}

	/** Reads what the consumer left, so that the digest is known. To be called once the consumer is done. */
	async settle(): Promise<PassEnd> {
		try {
			while (!this.#end && !(await this.#stream.next()).done);
		} catch {
			// #deliver has set #end
		}
		return (
			this.#end ?? {
				kind: "failed",
				error: new GoxError("internal", `${this.#wanted.filename}: the download ended without an end`),
			}
		);
	}

	async *#deliver(): AsyncGenerator<Buffer> {
		try {
			while (!this.#end) yield* this.#attempt();
		} catch (error) {
			this.#end ??= { kind: "failed", error };
			throw error;
		}
		if (this.#end.kind === "again") throw new GoxError("network", `${this.#wanted.filename}: the download starts over`);
	}

	/** One answer, to its end or to its failure; a failure decides what comes next. */
	async *#attempt(): AsyncGenerator<Buffer> {
		const url = this.#mirrors.url;
		try {
			const opening = await openAt(this.#client, url, {
				offset: this.#received,
				byRange: this.#mayResume(),
				tag: this.#mirrors.tag,
				total: this.#total,
			});
			if (opening.kind === "misfit") this.#misfit(hostOf(url), opening.why);
			else if (opening.kind === "ended") this.#finish(url);
			else yield* this.#read(url, opening);
		} catch (error) {
			if (!(error instanceof NetworkError)) throw error;
			await this.#recover(error);
		}
	}

	async *#read(url: URL, opening: Opening & { kind: "open" }): AsyncGenerator<Buffer> {
		this.#mirrors.tag = opening.tag;
		this.#total = opening.total;
		const from = hostOf(url);
		if (this.#received > 0) {
			this.#pure = opening.offset === 0;
			this.#note(`${from}: ${opening.offset > 0 ? `resumed at byte ${opening.offset}` : "sends the file from its beginning"}`);
		}
		const body =
			opening.offset < this.#received ? begins(opening.body, this.#received, this.#hash.copy().digest("hex")) : opening.body;
		for await (const piece of body) {
			if (piece === "differs") return this.#startOver(from, "it sends other bytes than came before");
			if (this.#received === 0 && isWebPage(piece)) {
				throw new NetworkError("blocked", from, "a web page came instead of the file (a login page of the network?)");
			}
			this.#hash.update(piece);
			this.#received += piece.length;
			this.#sinceTry += piece.length;
			this.#options.progress?.({ received: this.#received, total: this.#total ?? (this.#wanted.size || undefined), from });
			yield piece;
		}
		if (this.#total !== undefined && this.#received < this.#total && !this.#isWhole()) {
			throw new NetworkError("cut", from, `the connection was cut at byte ${this.#received} of ${this.#total}`);
		}
		this.#finish(url);
	}

	/** The mirror says that this is the end of the file. */
	#finish(url: URL): void {
		const { sha256, size } = this.#wanted;
		const digest = this.#hash.copy().digest("hex");
		const expected = sha256 === undefined ? this.#received > 0 && (size || this.#received) === this.#received : digest === sha256;
		if (expected) {
			this.#end = { kind: "whole", sha256: digest, size: this.#received, url: shown(url) };
		} else if (this.#pure) {
			const found =
				sha256 === undefined ? `${this.#received} bytes instead of ${size}` : `SHA-256 ${digest} instead of ${sha256}`;
			this.#mirrors.next(new NetworkError("wrong", hostOf(url), `what it sent is not the file: ${found}`));
			this.#note(`${hostOf(url)}: wrong bytes; starting over at ${hostOf(this.#mirrors.url)}`);
			this.#end = { kind: "again" };
		} else {
			this.#startOver(hostOf(url), "the parts that came don't make the file");
		}
	}

	/** Bytes of several answers don't fit together: no telling which were right, so all of them go. */
	#startOver(from: string, why: string): void {
		this.#misfit(from, why);
		this.#mirrors.tag = undefined;
		this.#end = { kind: "again" };
	}

	/** The mirror can't be trusted with a resume: the whole file from now on, and at last another mirror. */
	#misfit(from: string, why: string): void {
		this.#note(`${from}: ${why}; starting over`);
		if (this.#mirrors.misfits++ >= mostMisfits) this.#mirrors.next(new NetworkError("wrong", from, why));
		else this.#mirrors.wholeOnly = true;
	}

	/** After a failure: a pause and a new try, or the next mirror. */
	async #recover(failure: NetworkError): Promise<void> {
		if (this.#isWhole()) {
			this.#finish(this.#mirrors.url);
			return;
		}
		if (this.#sinceTry >= progressBytes) this.#mirrors.tries = 0;
		this.#sinceTry = 0;
		const { timing } = this.#client;
		const pause = this.#pauseBefore(failure);
		if (pause === undefined) {
			this.#mirrors.next(failure);
			this.#note(`${failure.message}; going on at ${hostOf(this.#mirrors.url)}`);
			return;
		}
		this.#mirrors.tries++;
		this.#note(`${failure.message}; trying again in ${duration(pause)}`);
		try {
			await timing.wait(pause, this.#client.signal);
		} catch (cause) {
			throw new GoxError("interrupted", "interrupted", { cause });
		}
	}

	/** Milliseconds until the same mirror is asked again; undefined if it isn't. */
	#pauseBefore(failure: NetworkError): number | undefined {
		const { timing } = this.#client;
		const backoff = timing.backoffMs[this.#mirrors.tries];
		const retryAfter = failure.retryAfterMs ?? 0;
		if (backoff === undefined || retryAfter > timing.longestRetryAfterMs) return undefined;
		return this.#isWorthATry(failure.kind) ? Math.max(backoff, retryAfter) : undefined;
	}

	/** A lost connection and a busy server pass; one that doesn't answer is left for the next mirror, while there is one. */
	#isWorthATry(kind: FailureKind): boolean {
		const { tries, isLast } = this.#mirrors;
		if (kind === "cut" || kind === "busy") return true;
		return (kind === "dropped" && (isLast || tries === 0)) || (kind === "slow" && isLast && tries === 0);
	}

	#mayResume(): boolean {
		return !this.#mirrors.wholeOnly && (this.#wanted.sha256 !== undefined || this.#mirrors.tag !== undefined);
	}

	/** Whether the digest says that nothing is missing, whatever a Content-Length said. */
	#isWhole(): boolean {
		return this.#wanted.sha256 !== undefined && this.#received > 0 && this.#hash.copy().digest("hex") === this.#wanted.sha256;
	}

	#note(text: string): void {
		this.#options.note?.(text);
	}
}

/** No archive begins with `<`; every login page does. */
function isWebPage(piece: Buffer): boolean {
	return /^(?:\ufeff)?\s*</.test(piece.subarray(0, 64).toString("utf8"));
}
