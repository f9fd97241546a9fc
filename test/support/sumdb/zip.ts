import { crc32 } from "node:zlib";

/** A zip of uncompressed files, without directories, as module zips are (PKWARE APPNOTE 4.3). */
export function zipOf(files: Iterable<readonly [name: string, content: string | Uint8Array]>): Buffer {
	const local: Buffer[] = [];
	const central: Buffer[] = [];
	let offset = 0;
	for (const [name, content] of files) {
		const body = Buffer.from(content as Uint8Array);
		const path = Buffer.from(name);
		const common = Buffer.alloc(26);
		common.writeUInt16LE(20, 0);
		common.writeUInt32LE(crc32(body), 10);
		common.writeUInt32LE(body.length, 14);
		common.writeUInt32LE(body.length, 18);
		common.writeUInt16LE(path.length, 22);
		const tail = Buffer.alloc(14);
		tail.writeUInt32LE(offset, 10);
		const entry = [Buffer.from("PK\u0003\u0004"), common, path, body];
		local.push(...entry);
		central.push(Buffer.from("PK\u0001\u0002\u0014\u0000", "latin1"), common, tail, path);
		offset += entry.reduce((size, piece) => size + piece.length, 0);
	}
	const directory = Buffer.concat(central);
	const end = Buffer.alloc(22);
	end.write("PK\u0005\u0006", "latin1");
	end.writeUInt16LE(central.length / 4, 8);
	end.writeUInt16LE(central.length / 4, 10);
	end.writeUInt32LE(directory.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...local, directory, end]);
}
