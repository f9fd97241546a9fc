import { copyFileSync, lstatSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../context.ts";
import { ifPresent, makeDirectory, namesIn } from "../../fs.ts";
import type { Layout } from "../../store/layout.ts";
import { type KeptPath, type RepairRecord, readRecords, recordsDirectory, stateOf, writeRecord } from "./record.ts";

/**
 * One repair's changes to the disk. What is about to change is kept first, and the record of it written: also a repair
 * that is killed half-way can be undone.
 */
export class Changes {
	readonly context: Context;
	readonly layout: Layout;
	readonly id: number;
	readonly #paths: KeptPath[] = [];
	readonly #directories: { readonly path: string; readonly names: ReadonlySet<string> }[] = [];
	readonly #head: Pick<RepairRecord, "at" | "check" | "title">;

	/** @param head of the record. Throws the file system's error where GOX_HOME can't be written to. */
	constructor(context: Context, layout: Layout, head: Pick<RepairRecord, "at" | "check" | "title">) {
		this.context = context;
		this.layout = layout;
		this.#head = head;
		this.id = Math.max(0, ...namesIn(recordsDirectory(layout)).map((name) => (/^\d{1,9}$/.test(name) ? Number(name) : 0))) + 1;
		makeDirectory(layout.home);
		makeDirectory(this.#own, 0o700);
	}

	/** Remembers what a path is before it is changed: a file (copied), a symlink, or nothing. */
	keep(...paths: readonly string[]): void {
		for (const path of paths) this.#paths.push({ path, before: this.#stateBefore(path) });
		this.#write();
		this.context.checkpoint("doctor-kept");
	}

	/** Remembers every file and symlink of a directory, and which names it hasn't. */
	keepDirectory(path: string): void {
		const names = namesIn(path);
		this.#directories.push({ path, names: new Set(names) });
		this.keep(...names.map((name) => join(path, name)).filter((each) => stateOf(each) !== "directory"));
	}

	/** Takes a file, a symlink or a whole directory away, into the backup. */
	takeAway(path: string): void {
		const stat = ifPresent(() => lstatSync(path));
		if (!stat) return;
		// What is neither, a FIFO or a socket, can only be moved.
		if (stat.isFile() || stat.isSymbolicLink()) {
			this.keep(path);
			rmSync(path);
			return;
		}
		const copy = String(this.#paths.length);
		this.#paths.push({ path, before: { kind: "tree", copy } });
		this.#write();
		this.context.checkpoint("doctor-kept");
		renameSync(path, join(this.#own, copy));
	}

	/** Ends the repair: the paths that changed after all. */
	finish(): readonly string[] {
		const made = this.#directories.flatMap(({ path, names }) =>
			namesIn(path).flatMap((name): KeptPath[] =>
				names.has(name) ? [] : [{ path: join(path, name), before: { kind: "absent" } }],
			),
		);
		const changed = [...this.#paths, ...made].flatMap((kept) => {
			const after = stateOf(kept.path);
			return after === this.#stateKept(kept) ? [] : [{ ...kept, after }];
		});
		if (changed.length === 0) rmSync(this.#own, { recursive: true, force: true });
		else writeRecord(this.layout, { id: this.id, ...this.#head, paths: changed, undone: false });
		return changed.map(({ path }) => path);
	}

	get #own(): string {
		return join(recordsDirectory(this.layout), String(this.id));
	}

	#stateBefore(path: string): KeptPath["before"] {
		const stat = ifPresent(() => lstatSync(path));
		if (!stat) return { kind: "absent" };
		if (stat.isSymbolicLink()) return { kind: "link", target: readlinkSync(path) };
		const copy = String(this.#paths.length);
		copyFileSync(path, join(this.#own, copy));
		return { kind: "file", copy };
	}

	#stateKept({ before }: KeptPath): string {
		if (before.kind === "absent") return "absent";
		if (before.kind === "link") return `link:${before.target}`;
		return stateOf(join(this.#own, before.copy));
	}

	#write(): void {
		writeRecord(this.layout, { id: this.id, ...this.#head, paths: this.#paths, undone: false });
	}
}

/** The repairs that an undo is about: the one of that number, else those of the newest `--fix` that weren't undone. */
export function repairsToUndo(layout: Layout, id: number | undefined): readonly RepairRecord[] {
	const open = readRecords(layout).filter((record) => !record.undone);
	if (id !== undefined) return open.filter((record) => record.id === id);
	const newest = open.at(-1)?.at;
	return open.filter((record) => record.at === newest).toReversed();
}
