import { readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { GoxError } from "../errors.ts";
import { ifPresent, makeDirectory, namesIn, writeFileAtomic } from "../fs.ts";
import { encodeBase64 } from "./note.ts";
import {
	emptyTreeHash,
	type Hash,
	provenHashes,
	rootOf,
	sameHash,
	sameTree,
	showTreeHead,
	subtreesOf,
	type TileSource,
	type TreeHead,
} from "./tree.ts";

/** Two signed heads that can't both be the newest of one log: never a damaged file, always the doing of who serves them. */
export class SumdbFork extends GoxError {
	constructor(message: string, database: string, meaning: string) {
		super("integrity", message, { hint: `${meaning}; compare from another network: curl https://${database}/latest` });
	}
}

/**
 * The newer of two heads of one log, once the newer tree was proven to begin with the older one
 * (golang.org/x/mod/sumdb.Client.mergeLatest: the timeline never goes back and never forks).
 * @throws SumdbFork with both signed heads when they contradict each other.
 */
export async function newerOf(left: TreeHead, right: TreeHead, source: TileSource, database: string): Promise<TreeHead> {
	const [older, newer] = left.size <= right.size ? [left, right] : [right, left];
	if (sameTree(older, newer)) return newer;
	const claimed = await rootAt(older.size, newer, source);
	if (sameHash(claimed, older.root)) return newer;
	throw new SumdbFork(
		[
			`SECURITY ERROR: the checksum database ${database} shows two histories; nothing that it vouches for is installed`,
			`${showTreeHead(older)}; but in the ${showTreeHead(newer)}, the first ${older.size} have the root ${encodeBase64(claimed)}`,
			"one signed head:",
			indented(older),
			"the other:",
			indented(newer),
		].join("\n"),
		database,
		"keep this message: it proves the misbehaviour",
	);
}

/**
 * The alarm for a database that shows a smaller tree as its newest than the one that it has signed before, and hasn't
 * the records of that one any more.
 */
export function wentBack(seen: TreeHead, shown: TreeHead, database: string): SumdbFork {
	return new SumdbFork(
		[
			`SECURITY ERROR: the checksum database ${database} went back to a smaller tree; nothing that it vouches for is installed`,
			`it shows a ${showTreeHead(shown)}; seen before was a ${showTreeHead(seen)}`,
			"the head seen before:",
			indented(seen),
			"the one shown now:",
			indented(shown),
		].join("\n"),
		database,
		"keep this message: the database never does that, but a proxy that serves an old copy may (go env GOPROXY)",
	);
}

/** The root that the newer tree gives to its own first `size` records; tiles are read only where they decide. */
async function rootAt(size: number, newer: TreeHead, source: TileSource): Promise<Hash> {
	if (size === 0) return emptyTreeHash();
	return size === newer.size ? newer.root : rootOf(await provenHashes(newer, subtreesOf(size), source));
}

function indented(head: TreeHead): string {
	return Buffer.from(head.note)
		.toString()
		.trimEnd()
		.split("\n")
		.map((line) => `\t${line}`)
		.join("\n");
}

/** The signed tree heads that were accepted before; the newest is the timeline that every later head must be on. */
export interface SeenHeads {
	/** Signed notes, not yet verified again. */
	notes(): readonly Uint8Array[];
	/** Keeps an accepted head, and forgets those that it is the continuation of. */
	add(head: TreeHead, continues: readonly TreeHead[]): void;
	/** For messages. */
	readonly place: string;
}

/** As kept in a test, or where nothing shall be written. */
export function headsInMemory(initial: readonly Uint8Array[] = []): SeenHeads {
	let notes = [...initial];
	return {
		place: "memory",
		notes: () => notes,
		add: (head, continues) => {
			notes = notes.filter((note) => !continues.some((older) => sameBytes(older.note, note)));
			notes.push(head.note);
		},
	};
}

/**
 * Heads in GOX_HOME/sumdb/NAME, one file each, named by size and root. Each is written whole before
 * the older ones go, so without any lock the newest is never lost, and of two processes that
 * accepted different heads at the same moment at least one sees both and compares them.
 */
export function headsInHome(home: string, database: string): SeenHeads {
	const directory = join(home, "sumdb", ...database.split("/"), "seen");
	const read = () =>
		namesIn(directory)
			.filter((name) => !name.startsWith("."))
			.flatMap((name) => ifPresent(() => readFileSync(join(directory, name))) ?? []);
	return {
		place: directory,
		notes: read,
		add: (head, continues) => {
			makeDirectory(directory);
			const kept = fileName(head);
			if (!namesIn(directory).includes(kept)) writeFileAtomic(join(directory, kept), head.note);
			for (const older of continues) {
				if (!sameTree(older, head)) ifPresent(() => unlinkSync(join(directory, fileName(older))));
			}
		},
	};
}

function fileName(head: TreeHead): string {
	return `${head.size}-${Buffer.from(head.root).toString("hex").slice(0, 16)}`;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
	return Buffer.compare(left, right) === 0;
}
