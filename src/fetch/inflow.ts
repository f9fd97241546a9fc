import type { Readable } from "node:stream";

/**
 * The pieces of a stream, in memory up to a limit. Node's own iteration forgets what it has buffered as soon as the
 * stream fails; here what came before a cut is given out before the failure is.
 */
export class Inflow implements AsyncIterableIterator<Buffer> {
	readonly #stream: Readable;
	readonly #limit: number;
	readonly #pieces: Buffer[] = [];
	#bytes = 0;
	#end: { readonly failure?: unknown } | undefined;
	#wake: (() => void) | undefined;

	constructor(stream: Readable, limit: number) {
		this.#stream = stream;
		this.#limit = limit;
		stream.on("data", (piece: Buffer) => this.#take(piece));
		stream.once("end", () => this.#finish({}));
		stream.on("error", (failure) => this.#finish({ failure }));
		stream.once("close", () => this.#finish({ failure: new Error("the connection was closed") }));
	}

	async next(): Promise<IteratorResult<Buffer, undefined>> {
		for (;;) {
			const piece = this.#pieces.shift();
			if (piece) {
				this.#bytes -= piece.length;
				if (this.#bytes < this.#limit && !this.#end) this.#stream.resume();
				return { done: false, value: piece };
			}
			if (this.#end && "failure" in this.#end) throw this.#end.failure;
			if (this.#end) return { done: true, value: undefined };
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	/** Hangs up. */
	async return(): Promise<IteratorResult<Buffer, undefined>> {
		this.#end ??= {};
		this.#pieces.length = 0;
		this.#stream.destroy();
		return { done: true, value: undefined };
	}

	[Symbol.asyncIterator](): this {
		return this;
	}

	#take(piece: Buffer): void {
		this.#pieces.push(piece);
		this.#bytes += piece.length;
		if (this.#bytes >= this.#limit) this.#stream.pause();
		this.#wake?.();
	}

	#finish(end: { readonly failure?: unknown }): void {
		this.#end ??= end;
		this.#wake?.();
	}
}
