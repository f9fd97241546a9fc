import { createHash } from "node:crypto";

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
