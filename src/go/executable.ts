import { closeSync, openSync, readSync } from "node:fs";
import { naming } from "../fs.ts";

/** More headers than any program has. */
const mostHeaders = 4096;

/** e_machine, and GOARCH of each for 64 and 32 bits (internal/goarch; little-endian first). */
const elfMachines: ReadonlyMap<number, string> = new Map([
	[3, "386"],
	[8, "mips"],
	[21, "ppc64"],
	[22, "s390x"],
	[40, "arm"],
	[62, "amd64"],
	[183, "arm64"],
	[243, "riscv64"],
	[258, "loong64"],
]);
const systems: ReadonlyMap<number, string> = new Map([
	[0, "linux"],
	[2, "netbsd"],
	[3, "linux"],
	[6, "solaris"],
	[9, "freebsd"],
	[12, "openbsd"],
]);

/** An ELF file's headers (System V ABI, "Object Files"); undefined where they make no sense. */
export function elfImage(source: ByteSource): Image | undefined {
	const ident = source.read(0, 64);
	const [wide, little] = [ident[4] === 2, ident[5] === 1];
	if ((!wide && ident[4] !== 1) || (!little && ident[5] !== 2)) return undefined;
	const header = new Fields(ident, little, wide);
	const at = wide ? { segments: 32, sections: 40, sizes: 54 } : { segments: 28, sections: 32, sizes: 42 };
	const [segmentSize, segmentCount, sectionSize, sectionCount, names] = [0, 2, 4, 6, 8].map((each) =>
		header.half(at.sizes + each),
	) as [number, number, number, number, number];
	if (segmentSize !== (wide ? 56 : 32) || !(segmentCount <= mostHeaders)) return undefined;
	const table = new Fields(source.read(header.word(at.segments), segmentSize * segmentCount), little, wide);
	const programs = Array.from({ length: segmentCount }, (_, index) => program(table, index * segmentSize));
	const writable = programs.find(({ type, flags }) => type === 1 && (flags & 3) === 2);
	return {
		goos: systems.get(ident[7] ?? 0),
		goarch: elfMachines.get(header.half(18)),
		segments: programs,
		section:
			sectionSize === (wide ? 64 : 40) && sectionCount <= mostHeaders
				? sectionNamed(source, ".go.buildinfo", header.word(at.sections), sectionSize, sectionCount, names, little, wide)
				: undefined,
		data: writable && { address: writable.address, size: writable.memorySize },
	};
}

function program(table: Fields, at: number): Segment & { readonly type: number; readonly flags: number } {
	const [offset, address, fileSize, memorySize, flags] = table.wide ? [8, 16, 32, 40, 4] : [4, 8, 16, 20, 24];
	return {
		type: table.int(at),
		flags: table.int(at + flags),
		offset: table.word(at + offset),
		address: table.word(at + address),
		fileSize: table.word(at + fileSize),
		memorySize: table.word(at + memorySize),
	};
}

function sectionNamed(
	source: ByteSource,
	wanted: string,
	start: number,
	size: number,
	count: number,
	names: number,
	little: boolean,
	wide: boolean,
): Span | undefined {
	const table = new Fields(source.read(start, size * count), little, wide);
	const [address, offset, length] = wide ? [16, 24, 32] : [12, 16, 20];
	const strings = source.read(table.word(names * size + offset), Math.min(table.word(names * size + length), 1 << 20));
	for (let at = 0; at < size * count; at += size) {
		const name = table.int(at);
		if (name < strings.length && cString(strings.subarray(name, name + wanted.length + 1)) === wanted)
			return { address: table.word(at + address), size: table.word(at + length) };
	}
	return undefined;
}

/** Bytes: more load commands than any program has. */
const mostCommands = 1 << 20;

const machoCpuTypes: ReadonlyMap<number, string> = new Map([
	[7, "386"],
	[12, "arm"],
	[0x01000007, "amd64"],
	[0x0100000c, "arm64"],
]);

/** A Mach-O file's headers (<mach-o/loader.h>); undefined where they make no sense. */
export function machImage(source: ByteSource): Image | undefined {
	const start = source.read(0, 32);
	const magic = Buffer.from(start.subarray(0, 4)).toString("hex");
	const little = magic.endsWith("edfe");
	const wide = magic === "cffaedfe" || magic === "feedfacf";
	const header = new Fields(start, little, wide);
	const [count, size] = [header.int(16), header.int(20)];
	if (!(size <= mostCommands)) return undefined;
	const bytes = source.read(wide ? 32 : 28, size);
	const commands = new Fields(bytes, little, wide);
	const segments: Segment[] = [];
	let section: Span | undefined;
	let data: Span | undefined;
	let uuid = false;
	for (let at = 0, index = 0; index < count && at + 8 <= bytes.length; index++) {
		const length = commands.int(at + 4);
		if (length < 8 || at + length > bytes.length) return undefined;
		if (commands.int(at) === 0x1b) uuid = true;
		if (commands.int(at) === (wide ? 0x19 : 1)) {
			const segment = segmentAt(commands, at);
			// Address 0 is mapped by __PAGEZERO, which has no bytes.
			if (cString(bytes.subarray(at + 8, at + 24)) !== "__PAGEZERO") segments.push(segment);
			section ??= sectionIn(commands, bytes.subarray(0, at + length), at);
			const isData = segment.readWrite && segment.address !== 0 && segment.fileSize !== 0;
			if (isData) data ??= { address: segment.address, size: segment.memorySize };
		}
		at += length;
	}
	return { goos: "darwin", goarch: machoCpuTypes.get(header.int(4)), segments, section, data, uuid };
}

function segmentAt(commands: Fields, at: number): Segment & { readonly readWrite: boolean } {
	const word = commands.wide ? 8 : 4;
	const [address, memorySize, offset, fileSize] = [0, 1, 2, 3].map((each) => commands.word(at + 24 + each * word)) as [
		number,
		number,
		number,
		number,
	];
	const protection = at + 24 + 4 * word;
	return {
		address,
		memorySize,
		offset,
		fileSize,
		readWrite: commands.int(protection) === 3 && commands.int(protection + 4) === 3,
	};
}

function sectionIn(commands: Fields, bytes: Uint8Array, at: number): Span | undefined {
	const [first, size] = commands.wide ? [72, 80] : [56, 68];
	const count = commands.int(at + first - 8);
	for (let index = 0, here = at + first; index < count && here + size <= bytes.length; index++, here += size) {
		if (cString(bytes.subarray(here, here + 16)) === "__go_buildinfo")
			return { address: commands.word(here + 32), size: commands.word(here + 32 + (commands.wide ? 8 : 4)) };
	}
	return undefined;
}

/** The parts of a universal file (<mach-o/fat.h>: always big-endian); undefined where it isn't one. */
export function machSlices(source: ByteSource): readonly ByteSource[] | undefined {
	const start = source.read(0, 8 + 16 * 32);
	const header = new Fields(start, false, true);
	const wide = header.int(0) === 0xcafebabf;
	const count = header.int(4);
	// 0xcafebabe also begins a Java class, where these bytes are its version (45 and up).
	if (!(count > 0 && count <= 16)) return undefined;
	return Array.from({ length: count }, (_, index) =>
		source.from(wide ? header.word(8 + index * 32 + 8) : header.int(8 + index * 20 + 8)),
	);
}

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

/** Bytes that are read where they are needed: a part of a file, from `start` on. */
export interface ByteSource {
	/** At most `length` bytes from `offset`, fewer at the end; none for what can't be an offset. */
	read(offset: number, length: number): Uint8Array;
	/** The part from `offset` on, as a source of its own: one architecture of a universal file. */
	from(offset: number): ByteSource;
}

/**
 * Runs `work` on a file that is closed afterwards.
 * Throws the file system's error, with the path, when it can't be opened or read.
 */
export function withFile<T>(path: string, work: (source: ByteSource) => T): T {
	return naming(path, () => {
		const file = openSync(path, "r");
		try {
			return work(sourceOf((bytes, offset) => readSync(file, bytes, 0, bytes.length, offset)));
		} finally {
			closeSync(file);
		}
	});
}

/** Bytes in memory. */
export function bytesAsSource(content: Uint8Array): ByteSource {
	return sourceOf((bytes, offset) => {
		const part = content.subarray(offset, offset + bytes.length);
		bytes.set(part);
		return part.length;
	});
}

function sourceOf(fill: (bytes: Uint8Array, offset: number) => number, start = 0): ByteSource {
	return {
		read(offset, length) {
			if (!Number.isSafeInteger(start + offset) || offset < 0 || !(length > 0)) return new Uint8Array();
			const bytes = new Uint8Array(length);
			return bytes.subarray(0, fill(bytes, start + offset));
		},
		from: (offset) => sourceOf(fill, start + offset),
	};
}
