import type { ByteSource } from "./bytesource.ts";
import { cString, Fields, type Image, type Segment, type Span } from "./image.ts";

/** More headers than any program has. */
const mostHeaders = 4096;

/** e_machine, and GOARCH of each for 64 and 32 bits (internal/goarch; little-endian first). */
const architectures: ReadonlyMap<number, string> = new Map([
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
		goarch: architectures.get(header.half(18)),
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
