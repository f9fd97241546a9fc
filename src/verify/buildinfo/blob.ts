import type { ByteSource } from "./bytesource.ts";
import { Fields, type Image } from "./image.ts";

const magic = Buffer.from("\xff Go buildinf:", "latin1");
const alignment = 16;
const headerSize = 32;
/** Bytes of a data segment that are searched: the linker puts the build information near its beginning. */
const searched = 16 << 20;
/** Bytes of a text: several times what the largest programs have. */
const longest = 4 << 20;

/** The two texts that Go's linker leaves in a program. */
export interface Blob {
	readonly goVersion: string;
	/** Lines as `go version -m` prints them, unparsed; empty for a program built without modules. */
	readonly modules: string;
}

/**
 * Finds and decodes the build information (debug/buildinfo of Go's standard library): since Go 1.18 the texts follow the
 * header with their lengths, before that the header has pointers to them. Undefined where there is none.
 */
export function readBlob(source: ByteSource, image: Image): Blob | undefined {
	const span = image.section ?? image.data;
	if (span === undefined || !(span.size > 0)) return undefined;
	const memory = (address: number, size: number) => readMemory(source, image, address, size);
	const at = findMagic(memory, span.address, Math.min(span.size, searched));
	const header = at === undefined ? undefined : memory(at, headerSize);
	if (at === undefined || header?.length !== headerSize) return undefined;
	const texts = (header[15] ?? 0) & 2 ? inlineTexts(memory, at + headerSize) : pointedTexts(memory, header);
	if (texts === undefined || texts[0].length === 0) return undefined;
	return { goVersion: texts[0].toString("utf8"), modules: unframed(texts[1]).toString("utf8") };
}

type Memory = (address: number, size: number) => Uint8Array;

function readMemory(source: ByteSource, { segments }: Image, address: number, size: number): Uint8Array {
	const segment = segments.find((each) => each.address <= address && address < each.address + each.fileSize);
	if (segment === undefined) return new Uint8Array();
	const within = address - segment.address;
	return source.read(segment.offset + within, Math.min(size, segment.fileSize - within));
}

/** By and by: it begins on a multiple of 16, so it never lies across the end of a chunk. */
function findMagic(memory: Memory, address: number, size: number): number | undefined {
	const end = address + size;
	let chunkSize = 1 << 16;
	for (let start = aligned(address); start < end; start += chunkSize, chunkSize = 1 << 20) {
		const chunk = Buffer.from(memory(start, Math.min(chunkSize, end - start)));
		if (chunk.length === 0) return undefined;
		for (let at = chunk.indexOf(magic); at >= 0; at = chunk.indexOf(magic, aligned(at + 1))) {
			if (at % alignment === 0) return start + at;
		}
	}
	return undefined;
}

function aligned(address: number): number {
	return Math.ceil(address / alignment) * alignment;
}

function inlineTexts(memory: Memory, address: number): readonly [Buffer, Buffer] | undefined {
	const version = inlineText(memory, address);
	const modules = version && inlineText(memory, version.end);
	return version && modules && [version.text, modules.text];
}

/** A length as encoding/binary.Uvarint has it, and so many bytes. */
function inlineText(memory: Memory, address: number): { readonly text: Buffer; readonly end: number } | undefined {
	let length = 0;
	for (const [index, byte] of memory(address, 10).entries()) {
		length += (byte & 0x7f) * 2 ** (7 * index);
		if (byte >= 0x80) continue;
		const start = address + index + 1;
		const text = textAt(memory, start, length);
		return text && { text, end: start + length };
	}
	return undefined;
}

function pointedTexts(memory: Memory, header: Uint8Array): readonly [Buffer, Buffer] | undefined {
	const size = header[14];
	if (size !== 4 && size !== 8) return undefined;
	const little = ((header[15] ?? 0) & 1) === 0;
	const goString = (at: number) => {
		const words = new Fields(memory(new Fields(header, little, size === 8).word(at), 2 * size), little, size === 8);
		return textAt(memory, words.word(0), words.word(size)) ?? Buffer.alloc(0);
	};
	return [goString(16), goString(16 + size)];
}

function textAt(memory: Memory, address: number, length: number): Buffer | undefined {
	if (!(length <= longest)) return undefined;
	const text = memory(address, length);
	return text.length === length ? Buffer.from(text) : undefined;
}

/** Without the 16 bytes before and behind that cmd/go marks the lines with (its modload.infoStart and infoEnd). */
function unframed(text: Buffer): Buffer {
	return text.length >= 33 && text.at(-17) === 10 ? text.subarray(16, -16) : Buffer.alloc(0);
}
