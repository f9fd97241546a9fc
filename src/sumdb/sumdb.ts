import { GoxError } from "../errors.ts";
import { newerOf, type SeenHeads, SumdbFork, wentBack } from "./heads.ts";
import { encodeBase64, type SumdbDatabase } from "./note.ts";
import { isAbsence, isUnavailable, noCache, type SumdbCache, type SumdbReader } from "./reader.ts";
import { escapeModule, type LookupAnswer, parseLookup, readRecord } from "./record.ts";
import {
	emptyTree,
	fullWidth,
	openTreeHead,
	provenHashes,
	recordHash,
	sameHash,
	sameTree,
	type Tile,
	type TileSource,
	type TreeHead,
	tilePath,
} from "./tree.ts";

/** What was proven about one module version. */
export interface SumdbProof {
	/** The database's name, e.g. `sum.golang.org`. */
	readonly database: string;
	/** Records in the signed tree that the record was proven to be in. */
	readonly treeSize: number;
	/** That tree's root, base64. */
	readonly rootHash: string;
	readonly recordNumber: number;
	/** `h1:…` of the module's files. */
	readonly h1: string;
	/** `h1:…` of its go.mod. */
	readonly goModH1: string;
	/** Sizes of trees seen before that this one couldn't be compared with; they are as soon as that is possible. */
	readonly uncompared?: readonly number[];
}

export interface SumdbClientOptions {
	readonly database: SumdbDatabase;
	readonly reader: SumdbReader;
	readonly heads: SeenHeads;
	readonly cache?: SumdbCache;
	/**
	 * Where the answers lack what would compare their tree with those seen before: `later` takes the record's proof in
	 * their own signed tree and keeps both heads, so that whoever can compare them does. For answers that were recorded,
	 * where nobody can be asked; `now`, the default, has no answer then.
	 */
	readonly compare?: "now" | "later" | undefined;
}

/**
 * Asks the checksum database about a module version and proves the answer: the tree head's signature, its
 * consistency with every head seen before, and that the record is in the tree (golang.org/x/mod/sumdb.Client).
 * Accepted heads and proven answers are kept. No setting exempts anything from it.
 *
 * @throws GoxError `integrity` for an answer that must not be believed, with the reason; `network`, `offline` or
 * `no-such-release` when there is no answer.
 */
export async function lookupSumdb(options: SumdbClientOptions, path: string, version: string): Promise<SumdbProof> {
	const cache = options.cache ?? noCache;
	const first = new Lookup(options, cache);
	try {
		return await first.prove(path, version);
	} catch (error) {
		if (!(error instanceof GoxError) || error.code !== "integrity" || error instanceof SumdbFork || !first.usedCache) throw error;
		// What the cache holds may have been damaged since; the database itself has the last word.
		return await new Lookup(options, { read: () => undefined, write: cache.write }).prove(path, version);
	}
}

/** The tree that a record was proven in, and those that it couldn't be compared with. */
interface ProvenIn {
	readonly tree: TreeHead;
	readonly uncompared: readonly TreeHead[];
}

/** One look-up: the tiles it reads are read once. */
class Lookup implements TileSource {
	readonly #options: SumdbClientOptions;
	readonly #cache: SumdbCache;
	readonly #tiles = new Map<string, Promise<Uint8Array>>();
	readonly #unsaved = new Set<string>();
	usedCache = false;

	constructor(options: SumdbClientOptions, cache: SumdbCache) {
		this.#options = options;
		this.#cache = cache;
	}

	async prove(path: string, version: string): Promise<SumdbProof> {
		const { database } = this.#options;
		const at = `lookup/${escapeModule(path)}@${escapeModule(version)}`;
		const cached = this.#cached(at);
		const bytes = cached ?? (await this.#options.reader.read(at));
		const answer = parseLookup(bytes, database.name);
		const head = openTreeHead(answer.treeNote, database.key);
		const recorded = this.#options.reader.recordedHead?.();
		const came = recorded ? [openTreeHead(recorded, database.key), head] : [head];
		const hashes = readRecord(answer.record, path, version, database.name);
		const { tree, uncompared } = await (this.#options.compare === "later"
			? this.#proveInSome(came, answer)
			: this.#proveInNewest(came, answer));
		if (!cached) this.#cache.write(at, bytes);
		return {
			database: database.name,
			treeSize: tree.size,
			rootHash: encodeBase64(tree.root),
			recordNumber: answer.recordNumber,
			...hashes,
			...(uncompared.length > 0 && { uncompared: uncompared.map(({ size }) => size) }),
		};
	}

	read(tile: Tile): Promise<Uint8Array> {
		const path = tilePath(tile);
		const known = this.#tiles.get(path);
		if (known) return known;
		const content = this.#readTile(tile);
		this.#tiles.set(path, content);
		return content;
	}

	save(tile: Tile, content: Uint8Array): void {
		if (this.#unsaved.delete(tilePath(tile))) this.#cache.write(tilePath(tile), content);
	}

	/** A partial tile may be gone once it was completed: then its beginning is cut from the full one. */
	async #readTile(tile: Tile): Promise<Uint8Array> {
		const path = tilePath(tile);
		const full = tilePath({ ...tile, width: fullWidth });
		const cut = (content: Uint8Array) => (content.length === fullWidth * 32 ? content.subarray(0, tile.width * 32) : content);
		const cached = this.#cached(path);
		if (cached) return cached;
		const cachedFull = this.#cached(full);
		if (cachedFull) return cut(cachedFull);
		this.#unsaved.add(path);
		try {
			return await this.#options.reader.read(path);
		} catch (error) {
			if (path === full || !(error instanceof GoxError) || !isUnavailable(error)) throw asUnavailable(error);
			const whole = await this.#options.reader.read(full).catch(() => undefined);
			if (!whole) throw asUnavailable(error);
			return cut(whole);
		}
	}

	/** Proves the record in the newest tree of all seen and those that came, each proven to continue the smaller ones. */
	async #proveInNewest(came: readonly TreeHead[], { recordNumber, record }: LookupAnswer): Promise<ProvenIn> {
		let tree = emptyTree();
		try {
			for (const head of [...this.#seen(), ...came]) tree = await newerOf(tree, head, this, this.#options.database.name);
		} catch (error) {
			if (error instanceof GoxError && isUnavailable(error) && isAbsence(error)) await this.#alarmIfSmaller();
			throw error;
		}
		await this.#proveRecord(tree, recordNumber, record);
		await this.#keep(tree);
		return { tree, uncompared: [] };
	}

	/**
	 * Proves the record in the newest of the trees for which there is what it takes, and compares that with the others as
	 * far as there is what that takes.
	 */
	async #proveInSome(came: readonly TreeHead[], { recordNumber, record }: LookupAnswer): Promise<ProvenIn> {
		const { database, heads } = this.#options;
		const seen = this.#seen();
		const all = [...seen, ...came.filter((head) => !seen.some((other) => sameTree(head, other)))];
		let failure: unknown = new GoxError("integrity", `an answer of ${database.name} is refused: its record is in no signed tree`);
		for (const tree of all.sort((left, right) => right.size - left.size)) {
			if (recordNumber >= tree.size) continue;
			if (!(await this.#isThere(this.#proveRecord(tree, recordNumber, record), (error) => (failure = error)))) continue;
			const uncompared: TreeHead[] = [];
			for (const other of all) if (!(await this.#isThere(newerOf(tree, other, this, database.name)))) uncompared.push(other);
			const isCompared = (head: TreeHead) => !uncompared.includes(head);
			if (!all.some((head) => head.size > tree.size && isCompared(head)))
				heads.add(
					tree,
					seen.filter((head) => head.size <= tree.size && isCompared(head)),
				);
			for (const head of uncompared) heads.add(head, []);
			return { tree, uncompared };
		}
		throw failure;
	}

	/** Whether a proof had all that it takes. Throws its refusal. */
	async #isThere(proof: Promise<unknown>, missing: (error: GoxError) => void = () => {}): Promise<boolean> {
		try {
			await proof;
			return true;
		} catch (error) {
			if (!(error instanceof GoxError) || !isUnavailable(error)) throw error;
			missing(error);
			return false;
		}
	}

	/**
	 * Called where the database hasn't the tiles of a tree that it signed before: an old answer is no harm, as proxies keep
	 * them, but as its newest it may show none that is smaller.
	 */
	async #alarmIfSmaller(): Promise<void> {
		const { reader, database } = this.#options;
		const note = await reader.newestHead?.().catch(() => undefined);
		const shown = note && openTreeHead(note, database.key);
		const seen = this.#seen().find(({ size }) => shown && size > shown.size);
		if (shown && seen) throw wentBack(seen, shown, database.name);
	}

	#seen(): TreeHead[] {
		const { heads, database } = this.#options;
		return heads.notes().map((note) => {
			try {
				return openTreeHead(note, database.key);
			} catch (error) {
				throw new GoxError("integrity", `a tree head seen before, in ${heads.place}, can't be read`, {
					hint: `if a disk was damaged, forget it: rm -r ${heads.place}`,
					cause: error,
				});
			}
		});
	}

	async #proveRecord(tree: TreeHead, number: number, record: Uint8Array): Promise<void> {
		const { name } = this.#options.database;
		if (number >= tree.size) {
			throw new GoxError(
				"integrity",
				`an answer of ${name} is refused: record ${number} is not in a tree of ${tree.size} records`,
			);
		}
		const [inTree] = await provenHashes(tree, [{ level: 0, n: number }], this);
		if (inTree && sameHash(inTree, recordHash(record))) return;
		throw new GoxError("integrity", `an answer of ${name} is refused: its record is not record ${number} of the signed tree`);
	}

	/** Keeps the head, then looks whether another process has meanwhile kept one that contradicts it. */
	async #keep(tree: TreeHead): Promise<void> {
		const { heads, database } = this.#options;
		const before = this.#seen();
		if (before.length === 1 && before[0] && sameTree(before[0], tree)) return;
		heads.add(
			tree,
			before.filter((seen) => seen.size <= tree.size),
		);
		for (const seen of this.#seen()) await newerOf(tree, seen, this, database.name);
	}

	#cached(path: string): Uint8Array | undefined {
		const content = this.#cache.read(path);
		if (content) this.usedCache = true;
		return content;
	}
}

/** A tile that isn't there says nothing about whether the release exists. */
function asUnavailable(error: unknown): unknown {
	if (!(error instanceof GoxError) || error.code !== "no-such-release") return error;
	return new GoxError("network", error.message, { cause: error });
}
