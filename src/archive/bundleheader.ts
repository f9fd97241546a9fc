import { Header } from "tar";
import { GoxError, quote } from "../errors.ts";

/** A tar's unit of headers and padding. */
export const blockSize = 512;

/** A part of a bundle: a plain file of a tar. */
export interface BundlePart {
	readonly name: string;
	/** Of its content in the bundle file, in bytes. */
	readonly offset: number;
	readonly size: number;
}

const segment = /^[A-Za-z0-9_~!@+][A-Za-z0-9._~!@+:-]*$/;

/**
 * Whether a name may be in a bundle: `bundle.json`, or below `archives/`, `modules/` or `sumdb/`, without a part that
 * begins with a dot.
 */
export function isPartName(name: string): boolean {
	if (name === "bundle.json") return true;
	const [first = "", ...rest] = name.split("/");
	return ["archives", "modules", "sumdb"].includes(first) && rest.length > 0 && rest.every((part) => segment.test(part));
}

/**
 * A part's header: the same name and size give the same bytes.
 * @throws GoxError `internal` for a name that a plain tar header can't hold.
 */
export function partHeader(name: string, size: number): Buffer {
	const block = Buffer.alloc(blockSize);
	const header = new Header({ path: name, type: "File", mode: 0o644, uid: 0, gid: 0, size, mtime: new Date(0) });
	if (!isPartName(name) || header.encode(block, 0)) throw new GoxError("internal", `${quote(name)} can't be put into a bundle`);
	return block;
}

/** Bytes from a part's header to the next one. */
export function paddedSize(size: number): number {
	return Math.ceil(size / blockSize) * blockSize;
}

/**
 * Reads one header; undefined for the zero block that ends a tar.
 * @param where of the bundle, for messages
 * @throws GoxError `hostile-archive` for anything that isn't a part of a bundle, `integrity` for a damaged header.
 */
export function readHeader(block: Buffer, where: string): { name: string; size: number } | undefined {
	const header = decode(block, where);
	if (header.nullBlock) return undefined;
	if (!header.cksumValid || header.path === undefined)
		throw new GoxError("integrity", `${where} is damaged: one of its headers is`);
	const { path: name, type, size } = header;
	if (type !== "File") throw new GoxError("hostile-archive", `${where}: ${quote(name)} is a ${type}, which no bundle has`);
	if (!isPartName(name)) throw new GoxError("hostile-archive", `${where}: ${quote(name)} is no name for a part of a bundle`);
	if (size === undefined || !Number.isSafeInteger(size) || size < 0)
		throw new GoxError("hostile-archive", `${where}: ${quote(name)} claims a size of ${size} bytes`);
	return { name, size };
}

/** node-tar throws plain errors for numbers out of all bounds. */
function decode(block: Buffer, where: string): Header {
	try {
		return new Header(block, 0);
	} catch (cause) {
		throw new GoxError("hostile-archive", `${where}: one of its headers can't be read`, { cause });
	}
}
