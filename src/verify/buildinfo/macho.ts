import type { ByteSource } from "./bytesource.ts";
import { cString, Fields, type Image, type Segment, type Span } from "./image.ts";

/** Bytes: more load commands than any program has. */
const mostCommands = 1 << 20;

const architectures: ReadonlyMap<number, string> = new Map([
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
	return { goos: "darwin", goarch: architectures.get(header.int(4)), segments, section, data, uuid };
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
