/** Pauses and resumes the sender, and closes the connection. */
export interface Valve {
	pause(): void;
	resume(): void;
	abort(): void;
}

/**
 * The pieces of an answer's body, in memory up to a limit. Bytes that came before a cut are given out before the failure.
 *
 * The sender is never paused once everything has come, or if the end can't be foreseen: undici 7 fails an assertion when
 * a connection closes behind a paused parser (nodejs/undici#5360), as with every HTTP/1.0 server. In mid-body the unread
 * rest hides the close.
 */
export class BodyQueue implements AsyncIterableIterator<Buffer> {
	readonly #valve: Valve;
	readonly #limit: number;
	/** Bytes of the whole body; Infinity if the framing marks the end (chunks), 0 if only the close does. */
	readonly #expected: number;
	readonly #pieces = new Pieces();
	#received = 0;
	#paused = false;
	#end: { readonly failure?: unknown } | undefined;
	#wake: (() => void) | undefined;

	constructor(valve: Valve, expected: number, limit: number) {
		this.#valve = valve;
		this.#expected = expected;
		this.#limit = limit;
	}

	take(piece: Buffer): void {
		if (this.#end) return;
		this.#pieces.push(piece);
		this.#received += piece.length;
		if (this.#pieces.bytes >= this.#limit && this.#received < this.#expected && !this.#paused) {
			this.#paused = true;
			this.#valve.pause();
		}
		this.#wake?.();
	}

	/** Ends the body: it is complete, or failed with `failure`. */
	finish(end: { readonly failure?: unknown }): void {
		this.#end ??= end;
		this.#wake?.();
	}

	async next(): Promise<IteratorResult<Buffer, undefined>> {
		for (;;) {
			const piece = this.#pieces.shift();
			if (piece) {
				if (this.#paused && this.#pieces.bytes < this.#limit && !this.#end) {
					this.#paused = false;
					this.#valve.resume();
				}
				return { done: false, value: piece };
			}
			if (this.#end && "failure" in this.#end) throw this.#end.failure;
			if (this.#end) return { done: true, value: undefined };
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	/** Closes the connection. */
	async return(): Promise<IteratorResult<Buffer, undefined>> {
		const open = this.#end === undefined;
		this.#end ??= {};
		this.#pieces.clear();
		if (open) this.#valve.abort();
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}

/** A socket gives 64 KB at most, and zlib and hash cost per call, so waiting bytes are joined into larger pieces. */
const pieceBytes = 256 * 1024;

/** Bytes that wait in memory, in order. */
export class Pieces {
	readonly #pieces: Buffer[] = [];
	#bytes = 0;

	/** Bytes that wait. */
	get bytes(): number {
		return this.#bytes;
	}

	push(piece: Buffer): void {
		this.#pieces.push(piece);
		this.#bytes += piece.length;
	}

	/** The oldest bytes, as one piece of up to 256 KB; undefined if there are none. */
	shift(): Buffer | undefined {
		let count = 0;
		let bytes = 0;
		for (const { length } of this.#pieces) {
			if (count > 0 && bytes + length > pieceBytes) break;
			bytes += length;
			count++;
		}
		this.#bytes -= bytes;
		return count > 1 ? Buffer.concat(this.#pieces.splice(0, count), bytes) : this.#pieces.shift();
	}

	clear(): void {
		this.#pieces.length = 0;
		this.#bytes = 0;
	}
}
