import { GoxError } from "../errors.ts";
import { type Hash, hashSize, nodeHash, type Subtree } from "./merkle.ts";

/** Tiles are eight levels high: 256 hashes when full. */
export const tileHeight = 8;
export const fullWidth = 2 ** tileHeight;

/**
 * `width` consecutive hashes of the tree's level 8·level, from hash n·256 on
 * (https://golang.org/design/25530-sumdb#checksum-database).
 */
export interface Tile {
	readonly level: number;
	readonly n: number;
	/** 1 to 256; fewer than 256 is a partial tile, at the tree's right edge. */
	readonly width: number;
}

/** `tile/8/0/x001/x234/067`, and `.p/W` behind a partial one: three digits an element, `x` before all but the last. */
export function tilePath(tile: Tile): string {
	const groups = String(tile.n).padStart(3, "0");
	const head = groups.length % 3;
	const elements = [groups.slice(0, head), ...(groups.slice(head).match(/.../g) ?? [])]
		.filter((group) => group !== "")
		.map((group) => group.padStart(3, "0"));
	const number = elements.map((element, index) => (index < elements.length - 1 ? `x${element}` : element)).join("/");
	return `tile/${tileHeight}/${tile.level}/${number}${tile.width === fullWidth ? "" : `.p/${tile.width}`}`;
}

/** The inverse of `tilePath`; undefined for anything it wouldn't write. */
export function parseTilePath(path: string): Tile | undefined {
	const found = /^tile\/8\/(\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
	if (!found?.[1] || !found[2]) return undefined;
	const tile = {
		level: Number(found[1]),
		n: Number(found[2].replace(/[x/]/g, "")),
		width: found[3] === undefined ? fullWidth : Number(found[3]),
	};
	return tile.width > 0 && Number.isSafeInteger(tile.n) && tilePath(tile) === path ? tile : undefined;
}

/** Where a subtree's hash lies: which tile (of the least width that holds it), and which of its hashes are below it. */
export function tileOf(subtree: Subtree): { tile: Tile; start: number; end: number } {
	const level = Math.floor(subtree.level / tileHeight);
	const span = 2 ** (subtree.level % tileHeight);
	const n = Math.floor((subtree.n * span) / fullWidth);
	const start = subtree.n * span - n * fullWidth;
	return { tile: { level, n, width: start + span }, start, end: start + span };
}

/**
 * The tile `above` levels of tiles over `tile`, as wide as a tree of `treeSize` records makes it;
 * undefined where such a tree has none.
 */
export function ancestor(tile: Tile, above: number, treeSize: number): Tile | undefined {
	const level = tile.level + above;
	const n = Math.floor(tile.n / fullWidth ** above);
	const hashes = Math.floor(treeSize / fullWidth ** level) - n * fullWidth;
	return hashes > 0 ? { level, n, width: Math.min(hashes, fullWidth) } : undefined;
}

/**
 * The hash of a subtree, out of the tile that holds it.
 * @throws GoxError `internal` when the subtree isn't in the tile.
 */
export function hashIn(tile: Tile, content: Uint8Array, subtree: Subtree): Hash {
	const { tile: home, start, end } = tileOf(subtree);
	if (home.level !== tile.level || home.n !== tile.n || end > tile.width) {
		throw new GoxError("internal", `subtree ${subtree.level}:${subtree.n} is not in ${tilePath(tile)}`);
	}
	return hashOver(content.subarray(start * hashSize, end * hashSize));
}

/** The hash of the complete subtree over a power of two of hashes. */
export function hashOver(hashes: Uint8Array): Hash {
	if (hashes.length === hashSize) return hashes;
	const half = hashes.length / 2;
	return nodeHash(hashOver(hashes.subarray(0, half)), hashOver(hashes.subarray(half)));
}
