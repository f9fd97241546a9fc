import { GoxError } from "../errors.ts";

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
