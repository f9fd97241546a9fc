import { GoxError } from "../errors.ts";
import { type Hash, hashSize, rootOf, type Subtree, sameHash, subtreesOf } from "./merkle.ts";
import { ancestor, hashIn, hashOver, type Tile, tileOf, tilePath } from "./tile.ts";
import type { TreeHead } from "./treehead.ts";

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
