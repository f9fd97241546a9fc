import { createHash } from "node:crypto";
import { GoxError } from "../errors.ts";
import { decodeBase64, encodeBase64, openNote, type VerifierKey } from "./note.ts";

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

/** A SHA-256 in the log, 32 bytes. */
export type Hash = Uint8Array;

export const hashSize = 32;

/**
 * A complete subtree: the `n`-th of those with 2^level records. Level 0 are the records themselves.
 * Numbers stay below 2^53 and are never handled by 32-bit operators.
 */
export interface Subtree {
	readonly level: number;
	readonly n: number;
}

/** RFC 6962 §2.1: a leaf is hashed behind a zero byte. */
export function recordHash(record: Uint8Array): Hash {
	return createHash("sha256").update(Uint8Array.of(0)).update(record).digest();
}

/** RFC 6962 §2.1: an inner node is hashed behind a one. */
export function nodeHash(left: Hash, right: Hash): Hash {
	return createHash("sha256").update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** RFC 6962 §2.1: the hash of the tree without records. */
export function emptyTreeHash(): Hash {
	return createHash("sha256").digest();
}

/** The complete subtrees that a tree of `size` records consists of, from left to right, largest first. */
export function subtreesOf(size: number): Subtree[] {
	const subtrees: Subtree[] = [];
	let done = 0;
	while (done < size) {
		const level = floorLog2(size - done);
		const records = 2 ** level;
		subtrees.push({ level, n: done / records });
		done += records;
	}
	return subtrees;
}

/** The root over the hashes of `subtreesOf(size)`. */
export function rootOf(subtreeHashes: readonly Hash[]): Hash {
	const last = subtreeHashes.at(-1);
	if (!last) return emptyTreeHash();
	return subtreeHashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

export function sameHash(left: Hash, right: Hash): boolean {
	return Buffer.compare(left, right) === 0;
}

function floorLog2(n: number): number {
	let level = 0;
	for (let power = 2; power <= n; power *= 2) level++;
	return level;
}

/** The log at one moment: how many records, and the hash over them all. */
export interface TreeHead {
	readonly size: number;
	readonly root: Hash;
	/** The signed note that says so; empty for the tree without records that every timeline begins with. */
	readonly note: Uint8Array;
}

const firstLine = "go.sum database tree";

export function emptyTree(): TreeHead {
	return { size: 0, root: emptyTreeHash(), note: new Uint8Array() };
}

/**
 * Reads and verifies a signed tree head: `go.sum database tree`, size, root. Further lines are
 * for later versions of the format and ignored, as golang.org/x/mod/sumdb/tlog.ParseTree does.
 * @throws GoxError `integrity`.
 */
export function openTreeHead(note: Uint8Array, key: VerifierKey): TreeHead {
	const [first, count = "", hash = "", ...rest] = openNote(note, key).split("\n");
	const size = parseCount(count);
	const root = decodeBase64(hash);
	if (first !== firstLine || rest.length === 0 || size === undefined || root?.length !== hashSize) {
		throw new GoxError("integrity", `a tree head of ${key.name} is refused: what is signed is not a tree head`);
	}
	return { size, root, note };
}

/** A tree head as a person compares it: `tree of 66398721 records, root 5oXT…`. */
export function showTreeHead(head: TreeHead): string {
	return `tree of ${head.size} records, root ${encodeBase64(head.root)}`;
}

export function sameTree(left: TreeHead, right: TreeHead): boolean {
	return left.size === right.size && sameHash(left.root, right.root);
}

/** A decimal number below 2^53 without sign or leading zeros; undefined for any other spelling. */
export function parseCount(text: string): number | undefined {
	const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
	return Number.isSafeInteger(value) ? value : undefined;
}

/** Where tiles come from; nothing it returns is trusted, and `save` is called only with what has been proven. */
export interface TileSource {
	read(tile: Tile): Promise<Uint8Array>;
	save(tile: Tile, content: Uint8Array): void;
}

/**
 * The hashes of subtrees of `tree`, each proven to belong to it: the tiles on the tree's right edge
 * must give its root, and every other tile must give the hash that its parent tile holds for it
 * (https://research.swtch.com/tlog#authenticating_tiles).
 * @throws GoxError `integrity` for tiles that don't fit the tree or a subtree outside it.
 */
export async function provenHashes(tree: TreeHead, wanted: readonly Subtree[], source: TileSource): Promise<Hash[]> {
	const plan = new Plan(tree.size);
	const edge = subtreesOf(tree.size);
	for (const subtree of edge) plan.addEdge(subtree);
	const edgeTiles = plan.tiles.length;
	for (const subtree of wanted) plan.addWithAncestors(subtree);

	const contents = await Promise.all(plan.tiles.map((tile) => source.read(tile)));
	for (const [index, tile] of plan.tiles.entries()) checkLength(tile, contents[index]);
	const hashOf = (subtree: Subtree) => {
		const index = plan.indexOf(subtree);
		return hashIn(at(plan.tiles, index), at(contents, index), subtree);
	};

	if (!sameHash(rootOf(edge.map(hashOf)), tree.root))
		throw inconsistent(`the tiles don't give the root of its tree of ${tree.size} records`);
	for (const [index, tile] of plan.tiles.entries()) {
		if (index < edgeTiles) continue;
		const inParent = hashOf({ level: (tile.level + 1) * 8, n: tile.n });
		if (!sameHash(inParent, hashOver(at(contents, index)))) throw inconsistent(`${tilePath(tile)} doesn't belong to the tree`);
	}
	for (const [index, tile] of plan.tiles.entries()) source.save(tile, at(contents, index));
	return wanted.map(hashOf);
}

/** Which tiles to read, parents before children, each once. */
class Plan {
	readonly tiles: Tile[] = [];
	readonly #size: number;
	readonly #order = new Map<string, number>();

	constructor(size: number) {
		this.#size = size;
	}

	addEdge(subtree: Subtree): void {
		this.#add(this.#home(subtree));
	}

	addWithAncestors(subtree: Subtree): void {
		if ((subtree.n + 1) * 2 ** subtree.level > this.#size) {
			throw new GoxError("integrity", `a subtree of 2^${subtree.level} records is not in a tree of ${this.#size}`);
		}
		const home = this.#home(subtree);
		const missing: Tile[] = [];
		for (let above = 0; ; above++) {
			const tile = ancestor(home, above, this.#size);
			if (!tile) throw new GoxError("internal", `${tilePath(home)} has no proven tile above it`);
			if (this.#order.has(tilePath(tile))) break;
			missing.unshift(tile);
		}
		for (const tile of missing) this.#add(tile);
	}

	indexOf(subtree: Subtree): number {
		const index = this.#order.get(tilePath(this.#home(subtree)));
		if (index === undefined) throw new GoxError("internal", `subtree ${subtree.level}:${subtree.n} was not planned for`);
		return index;
	}

	#home(subtree: Subtree): Tile {
		const { tile } = tileOf(subtree);
		return ancestor(tile, 0, this.#size) ?? tile;
	}

	#add(tile: Tile): void {
		const path = tilePath(tile);
		if (this.#order.has(path)) return;
		this.#order.set(path, this.tiles.length);
		this.tiles.push(tile);
	}
}

function checkLength(tile: Tile, content: Uint8Array | undefined): void {
	const wanted = tile.width * hashSize;
	if (content?.length !== wanted) throw inconsistent(`${tilePath(tile)} has ${content?.length ?? 0} bytes, not ${wanted}`);
}

function inconsistent(why: string): GoxError {
	return new GoxError("integrity", `the checksum database's tiles are refused: ${why}`);
}

function at<T>(list: readonly T[], index: number): T {
	const item = list[index];
	if (item === undefined) throw new GoxError("internal", `no item ${index} of ${list.length}`);
	return item;
}
