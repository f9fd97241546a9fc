import { GoxError } from "../errors.ts";
import type { EntryClaim } from "./policy.ts";
import type { FileSink } from "./tree.ts";

/** Who gets a tar's entries, in their order. */
export interface EntryReceiver {
	/** An entry whose content, if it has any, is all there; it is valid during the call only. */
	whole(claim: EntryClaim, content: Buffer): void;
	/** A file whose content comes piece by piece; without a sink it is passed over. */
	begun(claim: EntryClaim): FileSink | undefined;
}

const types: Readonly<Record<string, EntryClaim["type"]>> = {
	"0": "file",
	"7": "file",
	"1": "hardlink",
	"2": "symlink",
	"3": "CharacterDevice",
	"4": "BlockDevice",
	"5": "directory",
	"6": "FIFO",
};

const nothing = Buffer.alloc(0);

/**
 * Reads a tar from chunks as they come, without a copy of what is in them. Strict: a wrong checksum, a field that
 * isn't in the format or an end in the wrong place is an error; an entry of a strange type is handed on as what it
 * is, for the policy to refuse. node-tar's parser does the same through several events for each entry, which took
 * more time than gunzip, hashing or the file system.
 */
export class TarReader {
	readonly #receiver: EntryReceiver;
	/** A header that began in one chunk and ends in another. */
	readonly #split = Buffer.alloc(tarBlock);
	#splitBytes = 0;
	/** Bytes of the present entry's content, and of the padding behind it, that are still to come. */
	#content = 0;
	#padding = 0;
	#sink: FileSink | undefined;
	/** The extended header whose content is being gathered. */
	#extending: { readonly header: TarHeader; readonly pieces: Buffer[] } | undefined;
	#extension: Extension | undefined;
	#zeroBlocks = 0;

	constructor(receiver: EntryReceiver) {
		this.#receiver = receiver;
	}

	/**
	 * Takes the next bytes, from `start` on: all of them, or whole entries until there were at least `some`.
	 * @returns where it stopped: that much of the chunk is done
	 * @throws GoxError `hostile-archive`; whatever the receiver throws.
	 */
	write(chunk: Buffer, start = 0, some = chunk.length): number {
		const end = Math.min(chunk.length, start + some);
		let at = start;
		while (at < end && this.#zeroBlocks < 2) {
			if (this.#content > 0) at = this.#passContent(chunk, at);
			else if (this.#padding > 0) at = this.#passPadding(chunk, at);
			else if (this.#splitBytes > 0 || chunk.length - at < tarBlock) at = this.#passSplit(chunk, at);
			else at = this.#passBlock(chunk, at, chunk, at + tarBlock);
		}
		return this.closed ? chunk.length : at;
	}

	/** Whether the two zero blocks that close a tar have been seen; what lies behind them is no part of it. */
	get closed(): boolean {
		return this.#zeroBlocks === 2;
	}

	#passContent(chunk: Buffer, at: number): number {
		const end = Math.min(chunk.length, at + this.#content);
		const piece = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
		this.#content -= end - at;
		if (this.#extending) this.#extending.pieces.push(piece);
		else this.#sink?.write(piece);
		if (this.#content === 0) this.#endContent();
		return end;
	}

	#endContent(): void {
		if (this.#extending) {
			const { header, pieces } = this.#extending;
			this.#extension = extend(this.#extension ?? {}, header, Buffer.concat(pieces));
			this.#extending = undefined;
		}
		this.#sink?.end();
		this.#sink = undefined;
	}

	#passPadding(chunk: Buffer, at: number): number {
		const end = Math.min(chunk.length, at + this.#padding);
		this.#padding -= end - at;
		return end;
	}

	#passSplit(chunk: Buffer, at: number): number {
		const end = Math.min(chunk.length, at + tarBlock - this.#splitBytes);
		chunk.copy(this.#split, this.#splitBytes, at, end);
		this.#splitBytes += end - at;
		if (this.#splitBytes < tarBlock) return end;
		this.#splitBytes = 0;
		return this.#passBlock(this.#split, 0, chunk, end);
	}

	/** @param rest where in `chunk` the block's content begins. */
	#passBlock(block: Buffer, blockAt: number, chunk: Buffer, rest: number): number {
		if (isZeroBlock(block, blockAt)) {
			this.#zeroBlocks++;
			return rest;
		}
		if (this.#zeroBlocks > 0) throw improper("it goes on behind its end");
		const header = readTarHeader(block, blockAt);
		return isExtension(header.flag) ? this.#beginExtension(header, rest) : this.#beginEntry(header, chunk, rest);
	}

	#beginExtension(header: TarHeader, rest: number): number {
		if (header.size > longestExtension) throw improper(`an extended header has ${header.size} bytes`);
		this.#extending = { header, pieces: [] };
		this.#expect(header.size);
		if (header.size === 0) this.#endContent();
		return rest;
	}

	#beginEntry(header: TarHeader, chunk: Buffer, rest: number): number {
		const claim = claimOf(header, this.#extension);
		this.#extension = undefined;
		const content = rest + claim.size;
		if (claim.size > chunk.length - rest) {
			this.#expect(claim.size);
			this.#sink = this.#receiver.begun(claim);
			return rest;
		}
		this.#receiver.whole(claim, claim.size === 0 ? nothing : chunk.subarray(rest, content));
		this.#padding = paddingOf(claim.size);
		return content;
	}

	#expect(size: number): void {
		this.#content = size;
		this.#padding = paddingOf(size);
	}
}

/** The zero bytes that follow a content of this size. */
export function paddingOf(size: number): number {
	return (tarBlock - (size % tarBlock)) % tarBlock;
}

/** A directory has no content, whatever size some tars give it; before ustar a final slash was its only sign. */
function claimOf(header: TarHeader, extension: Extension | undefined): EntryClaim {
	const path = extension?.path ?? header.path;
	const target = extension?.target ?? header.target;
	const flag = header.flag === "0" && path.endsWith("/") ? "5" : header.flag;
	const type = types[flag] ?? `entry of type ${JSON.stringify(flag)}`;
	const isLink = type === "hardlink" || type === "symlink";
	const size = type === "directory" ? 0 : (extension?.size ?? header.size);
	if (isLink && size > 0) throw improper("a link has content");
	if (target !== "" && !isLink) throw improper("something that is no link has a link's target");
	return isLink ? { path, type, size, mode: header.mode, target } : { path, type, size, mode: header.mode };
}

/** A tar's unit of headers and padding. */
export const tarBlock = 512;

/** What one header block says, before anything of it is believed. */
export interface TarHeader {
	readonly path: string;
	/** The type flag: `0` a file, `5` a directory, `1` and `2` links, `x` an extended header … */
	readonly flag: string;
	/** Bytes of content that follow. */
	readonly size: number;
	readonly mode: number;
	/** Of a link; empty where there is none. */
	readonly target: string;
}

/**
 * Reads the header block at `at` (POSIX.1-1988 ustar; GNU's and the older format have no prefix). Every installation
 * reads ten thousand of them: only the fields that count are looked at, and numbers are plain octal, as Go writes them.
 * @throws GoxError `hostile-archive` for a wrong checksum and for numbers that aren't.
 */
export function readTarHeader(bytes: Buffer, at: number): TarHeader {
	if (octal(bytes, at + 148, 8) !== checksum(bytes, at)) throw improper("checksum failure in a header");
	const name = text(bytes, at, 100);
	const flag = bytes[at + 156] ?? 0;
	return {
		path: isUstar(bytes, at) && bytes[at + 345] !== 0 ? `${text(bytes, at + 345, 155)}/${name}` : name,
		flag: flag === 0 ? "0" : String.fromCharCode(flag),
		size: octal(bytes, at + 124, 12),
		mode: octal(bytes, at + 100, 8),
		target: bytes[at + 157] === 0 ? "" : text(bytes, at + 157, 100),
	};
}

/** Whether the block at `at` is one of the two that close a tar. */
export function isZeroBlock(bytes: Buffer, at: number): boolean {
	if (bytes[at] !== 0) return false;
	for (let index = at; index < at + tarBlock; index++) if (bytes[index] !== 0) return false;
	return true;
}

export function improper(why: string): GoxError {
	return new GoxError("hostile-archive", `the archive is not a proper tar: ${why}`);
}

/** The sum of all bytes, those of the checksum itself counted as blanks. */
function checksum(bytes: Buffer, at: number): number {
	let sum = 8 * 0x20;
	for (let index = at; index < at + 148; index++) sum += bytes[index] as number;
	for (let index = at + 156; index < at + tarBlock; index++) sum += bytes[index] as number;
	return sum;
}

function isUstar(bytes: Buffer, at: number): boolean {
	// "ustar" and a NUL; GNU has a blank there and keeps times where the prefix would be.
	return bytes.readUInt32BE(at + 257) === 0x75737461 && bytes.readUInt16BE(at + 261) === 0x7200;
}

/** Octal digits with blanks before and blanks or NULs behind; an empty field is 0. */
function octal(bytes: Buffer, at: number, length: number): number {
	const end = at + length;
	let index = at;
	while (index < end && bytes[index] === 0x20) index++;
	let value = 0;
	for (; index < end; index++) {
		const digit = (bytes[index] as number) - 0x30;
		if (digit < 0 || digit > 7) break;
		value = value * 8 + digit;
	}
	for (; index < end; index++) {
		if (bytes[index] !== 0 && bytes[index] !== 0x20) throw improper("a number in a header is not octal");
	}
	return value;
}

function text(bytes: Buffer, at: number, length: number): string {
	let end = at;
	while (end < at + length && bytes[end] !== 0) end++;
	return bytes.toString("utf8", at, end);
}

/** What extended headers say of the entry behind them; it goes before the entry's own header. */
export interface Extension {
	readonly path?: string;
	readonly target?: string;
	readonly size?: number;
}

/** Bytes that an extended header may have; those of real archives have some hundred. */
export const longestExtension = 1024 * 1024;

/** The type flags of headers that describe the next entry: PAX's `x` and `g`, GNU's `L` and `K` for long names. */
export function isExtension(flag: string): boolean {
	return flag === "x" || flag === "g" || flag === "L" || flag === "K";
}

/**
 * Adds an extended header to what is known of the entry behind it.
 * @throws GoxError `hostile-archive` for what isn't in the format, and for what would be said of every entry.
 */
export function extend(extension: Extension, { flag }: TarHeader, content: Buffer): Extension {
	if (flag === "L") return { ...extension, path: untilNul(content) };
	if (flag === "K") return { ...extension, target: untilNul(content) };
	const records = paxRecords(content);
	const said = {
		...(records.has("path") && { path: records.get("path") }),
		...(records.has("linkpath") && { target: records.get("linkpath") }),
		...(records.has("size") && { size: decimal(records.get("size") ?? "") }),
	} as Extension;
	if ([...records.keys()].some((key) => key.startsWith("GNU.sparse."))) throw improper("it has a sparse file");
	if (flag === "x") return { ...extension, ...said };
	if (Object.keys(said).length > 0) throw improper("a global header gives every entry the same path or size");
	return extension;
}

/** `LENGTH KEY=VALUE\n`, the length in bytes and of the whole record (POSIX.1-2001, pax interchange format). */
function paxRecords(content: Buffer): ReadonlyMap<string, string> {
	const records = new Map<string, string>();
	for (let at = 0; at < content.length; ) {
		const blank = content.indexOf(0x20, at);
		const length = blank < 0 ? Number.NaN : decimal(content.toString("latin1", at, blank));
		const end = at + length;
		if (!(end <= content.length) || end <= blank + 1 || content[end - 1] !== 0x0a)
			throw improper("an extended header is damaged");
		const record = content.toString("utf8", blank + 1, end - 1);
		const equals = record.indexOf("=");
		if (equals < 1) throw improper("an extended header is damaged");
		records.set(record.slice(0, equals), record.slice(equals + 1));
		at = end;
	}
	return records;
}

function decimal(text: string): number {
	if (!/^\d{1,15}$/.test(text)) throw improper("a number in an extended header is none");
	return Number(text);
}

function untilNul(content: Buffer): string {
	const end = content.indexOf(0);
	return content.toString("utf8", 0, end < 0 ? content.length : end);
}
