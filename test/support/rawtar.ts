/** A tar entry field by field, so that each can lie. */
export interface RawEntry {
	readonly name: string | Buffer;
	/** The type flag: `0` file, `1` hard link, `2` symlink, `3` character device … `x` extended header. */
	readonly type?: string;
	readonly mode?: number | string | Buffer;
	/** Bytes claimed; those of the content by default. A string or buffer stands in the field as it is. */
	readonly size?: number | string | Buffer;
	readonly link?: string;
	readonly prefix?: string;
	readonly magic?: string;
	/** Added to the right checksum. */
	readonly checksumOff?: number;
	readonly content?: string | Buffer;
	/** Without the zeros that fill the last block. */
	readonly unpadded?: boolean;
}

const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;

/** GNU's form of numbers that octal digits can't hold: big-endian, the first bit set; negative in two's complement. */
export function base256(value: bigint, length = 12): Buffer {
	const field = Buffer.alloc(length);
	let rest = BigInt.asUintN(length * 8, value);
	for (let at = length - 1; at >= 0; at--) {
		field[at] = Number(rest & 0xffn);
		rest >>= 8n;
	}
	field[0] = (field[0] ?? 0) | 0x80;
	return field;
}

export function rawEntry(entry: RawEntry): Buffer {
	const { name, type = "0", mode = 0o644, link = "", prefix = "", magic = "ustar\u000000", checksumOff = 0 } = entry;
	const content = Buffer.from((entry.content ?? "") as Buffer);
	const size = entry.size ?? content.length;
	const block = Buffer.alloc(512);
	const put = (field: string | Buffer, at: number, length: number) => {
		const bytes = Buffer.isBuffer(field) ? field : Buffer.from(field);
		bytes.copy(block, at, 0, length);
	};
	put(name, 0, 100);
	put(typeof mode === "number" ? octal(mode, 7) : mode, 100, 8);
	put(octal(0, 7), 108, 8);
	put(octal(0, 7), 116, 8);
	put(typeof size === "number" ? octal(size, 11) : size, 124, 12);
	put(octal(1_720_000_000, 11), 136, 12);
	put("        ", 148, 8);
	put(type, 156, 1);
	put(link, 157, 100);
	put(magic, 257, 8);
	put(prefix, 345, 155);
	const sum = block.reduce((total, byte) => total + byte, 0) + checksumOff;
	put(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8);
	const padding = entry.unpadded ? 0 : (512 - (content.length % 512)) % 512;
	return Buffer.concat([block, content, Buffer.alloc(padding)]);
}

/** Entries one behind the other, and the two zero blocks that end a tar. */
export function rawTar(entries: readonly RawEntry[], end = 1024): Buffer {
	return Buffer.concat([...entries.map(rawEntry), Buffer.alloc(end)]);
}

/** An extended header (POSIX pax) for the entry behind it; `x` for one entry, `g` for all that follow. */
export function pax(records: Readonly<Record<string, string>>, type: "x" | "g" = "x"): RawEntry {
	const lines = Object.entries(records).map(([key, value]) => {
		const rest = ` ${key}=${value}\n`;
		const bare = Buffer.byteLength(rest);
		let length = bare + String(bare).length;
		if (String(length).length !== String(bare).length) length = bare + String(length).length;
		return `${length}${rest}`;
	});
	return { name: "PaxHeader/x", type, content: lines.join("") };
}

/** GNU's way for a name of more than 100 bytes: an entry that holds the name of the next, or (`K`) its link. */
export function gnuLong(text: string, type: "L" | "K" = "L"): RawEntry {
	return { name: "././@LongLink", type, content: `${text}\0` };
}
