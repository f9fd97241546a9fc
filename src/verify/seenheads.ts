import { readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { ifPresent, makeDirectory, namesIn, writeFileAtomic } from "../fs.ts";
import { sameTree, type TreeHead } from "./treehead.ts";

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
