/** Sockets give 64 KB at most; zlib, hash and loop cost per call, so what has piled up goes on in larger pieces. */
const pieceBytes = 256 * 1024;

/** Bytes that wait in memory, in the order in which they came. */
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

	/** What has waited longest, as one piece of up to 256 KB; undefined when nothing waits. */
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
