import { crc32, deflateRawSync } from "node:zlib";

/** A zip entry field by field, so that each can lie. */
export interface RawZipEntry {
	readonly name: string | Buffer;
	readonly content?: string | Buffer;
	/** 8 (deflate) by default; 0 stores. */
	readonly method?: number;
	readonly flags?: number;
	readonly crc?: number;
	/** As the central directory claims them. */
	readonly size?: number;
	readonly packedSize?: number;
	/** Upper 16 bits: Unix mode. */
	readonly attributes?: number;
	/** Upper byte 3: made by Unix. */
	readonly madeBy?: number;
	readonly extra?: Buffer;
	/** The local header's own name, where it differs. */
	readonly localName?: string;
	/** Offset of the local header, as claimed. */
	readonly offset?: number;
	/** Shares the local header and data of the entry with this index. */
	readonly sameAs?: number;
}

export interface RawZipOptions {
	readonly comment?: string | Buffer;
	/** Entries claimed by the end record. */
	readonly count?: number;
	/** Offset of the central directory, as claimed. */
	readonly directory?: number;
	readonly before?: Buffer;
	readonly after?: Buffer;
}

export function rawZip(entries: readonly RawZipEntry[], options: RawZipOptions = {}): Buffer {
	const { comment = "", before = Buffer.alloc(0), after = Buffer.alloc(0) } = options;
	const local: Buffer[] = [before];
	const central: Buffer[] = [];
	const offsets: number[] = [];
	let at = before.length;
	for (const entry of entries) {
		const { method = 8, flags = 0x800, attributes = 0, madeBy = 0x0314, extra = Buffer.alloc(0) } = entry;
		const content = Buffer.from((entry.content ?? "") as Buffer);
		const data = method === 8 ? deflateRawSync(content) : content;
		const name = Buffer.from(entry.name as Buffer);
		const crc = entry.crc ?? crc32(content);
		const size = entry.size ?? content.length;
		const packedSize = entry.packedSize ?? data.length;
		const shared = entry.sameAs === undefined ? undefined : offsets[entry.sameAs];
		const offset = entry.offset ?? shared ?? at;
		offsets.push(offset);
		if (shared === undefined) {
			const localName = Buffer.from(entry.localName ?? name);
			const header = Buffer.alloc(30);
			header.writeUInt32LE(0x04034b50, 0);
			header.writeUInt16LE(20, 4);
			header.writeUInt16LE(flags, 6);
			header.writeUInt16LE(method, 8);
			header.writeUInt32LE(crc >>> 0, 14);
			header.writeUInt32LE(data.length, 18);
			header.writeUInt32LE(content.length, 22);
			header.writeUInt16LE(localName.length, 26);
			local.push(header, localName, data);
			at += 30 + localName.length + data.length;
		}
		const record = Buffer.alloc(46);
		record.writeUInt32LE(0x02014b50, 0);
		record.writeUInt16LE(madeBy, 4);
		record.writeUInt16LE(20, 6);
		record.writeUInt16LE(flags, 8);
		record.writeUInt16LE(method, 10);
		record.writeUInt32LE(crc >>> 0, 16);
		record.writeUInt32LE(packedSize >>> 0, 20);
		record.writeUInt32LE(size >>> 0, 24);
		record.writeUInt16LE(name.length, 28);
		record.writeUInt16LE(extra.length, 30);
		record.writeUInt32LE(attributes >>> 0, 38);
		record.writeUInt32LE(offset >>> 0, 42);
		central.push(record, name, extra);
	}
	const directory = Buffer.concat(central);
	const note = Buffer.from(comment as Buffer);
	const end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50, 0);
	end.writeUInt16LE(options.count ?? entries.length, 8);
	end.writeUInt16LE(options.count ?? entries.length, 10);
	end.writeUInt32LE(directory.length, 12);
	end.writeUInt32LE(options.directory ?? at, 16);
	end.writeUInt16LE(note.length, 20);
	return Buffer.concat([...local, directory, end, note, after]);
}

/** The extra field of zip64: sizes and offset as 64-bit numbers. */
export function zip64(...values: readonly bigint[]): Buffer {
	const field = Buffer.alloc(4 + 8 * values.length);
	field.writeUInt16LE(1, 0);
	field.writeUInt16LE(8 * values.length, 2);
	for (const [at, value] of values.entries()) field.writeBigUInt64LE(BigInt.asUintN(64, value), 4 + 8 * at);
	return field;
}
