import { GoxError } from "../errors.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { emptyTreeHash, type Hash, hashSize, sameHash } from "./merkle.ts";
import { openNote, type VerifierKey } from "./note.ts";

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
