import { createHash } from "node:crypto";
import type { Received } from "./keeper.ts";

/** The bytes of a file that came so far, from its first one: how many, their digest, and where they are from. */
export class Beginning {
	readonly hash = createHash("sha256");
	/** Bytes of the whole file, as soon as anybody said. */
	total: number | undefined;
	/** Whether all bytes so far came in one answer of one mirror. */
	pure = true;
	#length = 0;
	#fromDisk = 0;
	/** Under which address, and which strong ETag, the bytes came. */
	#origin: { readonly url: URL; readonly tag: string | undefined };

	constructor(url: URL) {
		this.#origin = { url, tag: undefined };
	}

	get length(): number {
		return this.#length;
	}

	/** Whether there is something, and an earlier run left all of it. */
	get allFromDisk(): boolean {
		return this.#length > 0 && this.#length === this.#fromDisk;
	}

	take(piece: Buffer, fromDisk: boolean): void {
		this.hash.update(piece);
		this.#length += piece.length;
		if (fromDisk) this.#fromDisk += piece.length;
	}

	cameFrom(url: URL, tag: string | undefined): void {
		this.#origin = { url, tag };
	}

	/** SHA-256 of what came so far, 64 small hex digits. */
	digest(): string {
		return this.hash.copy().digest("hex");
	}

	/** Whether that digest is the one of the whole file: then nothing is missing, whatever a Content-Length said. */
	is(sha256: string | undefined): boolean {
		return sha256 !== undefined && this.#length > 0 && this.digest() === sha256;
	}

	/** The same, for what is kept for the next run. */
	get received(): Received {
		return { length: this.#length, hash: this.hash, ...this.#origin, total: this.total };
	}
}
