/** Where bytes of an executable lie in memory, and where in its file. Addresses, offsets and sizes in bytes. */
export interface Segment {
	readonly address: number;
	readonly offset: number;
	/** What of it is in the file; the rest is zeros. */
	readonly fileSize: number;
	readonly memorySize: number;
}

/** An executable for one architecture, as far as its headers tell. */
export interface Image {
	/** In the words of Go: `linux/arm64`; undefined for what Go has no word for. */
	readonly goos: string | undefined;
	readonly goarch: string | undefined;
	readonly segments: readonly Segment[];
	/** The section for build information, where there is one. */
	readonly section: Span | undefined;
	/** The first segment that can be written to: where the linker puts the build information without such a section. */
	readonly data: Span | undefined;
	/** Of Mach-O alone: whether it has an LC_UUID. */
	readonly uuid?: boolean;
}

export interface Span {
	readonly address: number;
	readonly size: number;
}

/** Reads numbers of one byte order; beyond the end, and above 2^53, everything is NaN. */
export class Fields {
	readonly #view: DataView;
	readonly #little: boolean;
	/** Whether a word has 64 bits. */
	readonly wide: boolean;

	constructor(bytes: Uint8Array, little: boolean, wide: boolean) {
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.#little = little;
		this.wide = wide;
	}

	half(offset: number): number {
		return this.#fits(offset, 2) ? this.#view.getUint16(offset, this.#little) : Number.NaN;
	}

	int(offset: number): number {
		return this.#fits(offset, 4) ? this.#view.getUint32(offset, this.#little) : Number.NaN;
	}

	/** Of the architecture's own size. */
	word(offset: number): number {
		if (!this.wide) return this.int(offset);
		if (!this.#fits(offset, 8)) return Number.NaN;
		const value = Number(this.#view.getBigUint64(offset, this.#little));
		return Number.isSafeInteger(value) ? value : Number.NaN;
	}

	#fits(offset: number, size: number): boolean {
		return offset >= 0 && offset + size <= this.#view.byteLength;
	}
}

/** Text up to the first NUL. */
export function cString(bytes: Uint8Array): string {
	const end = bytes.indexOf(0);
	return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1");
}
