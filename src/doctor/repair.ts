import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, lstatSync, readFileSync, readlinkSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { besideName, ifPresent, makeDirectory, namesIn, readIfPresent, replaceSymlink, writeFileAtomic } from "../fs.ts";
import type { Layout } from "../store/layout.ts";

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

	/** Moves a file, a symlink or a whole directory into the backup. */
	takeAway(path: string): void {
		const stat = ifPresent(() => lstatSync(path));
		if (!stat) return;
		// A FIFO or a socket can only be moved.
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

	/** Ends the repair and returns the paths that changed. */
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

/**
 * What `gox doctor --fix` remembers of one repair: `GOX_HOME/backup/doctor/ID/record.json`, and beside it, by numbers,
 * the files and directories as they were. Nothing that a repair takes away is deleted.
 */
export interface RepairRecord {
	readonly id: number;
	/** ISO 8601, UTC; the same for all repairs of one `--fix`. */
	readonly at: string;
	readonly check: string;
	readonly title: string;
	readonly paths: readonly KeptPath[];
	readonly undone: boolean;
}

/** One path that a repair changed. */
export interface KeptPath {
	readonly path: string;
	readonly before:
		| { readonly kind: "absent" }
		| { readonly kind: "link"; readonly target: string }
		| { readonly kind: "file" | "tree"; readonly copy: string };
	/** Its state afterwards: what was changed since then is not undone. Undefined while the repair is at work. */
	readonly after?: string;
}

export function recordsDirectory(layout: Layout): string {
	return join(layout.home, "backup", "doctor");
}

/** All records, oldest first. */
export function readRecords(layout: Layout): readonly RepairRecord[] {
	return namesIn(recordsDirectory(layout))
		.filter((name) => /^\d{1,9}$/.test(name))
		.sort((left, right) => Number(left) - Number(right))
		.flatMap((name) => {
			const record = decode(readIfPresent(join(recordsDirectory(layout), name, "record.json")));
			return record?.id === Number(name) ? [record] : [];
		});
}

export function writeRecord(layout: Layout, record: RepairRecord): void {
	writeFileAtomic(
		join(recordsDirectory(layout), String(record.id), "record.json"),
		`${JSON.stringify(record, null, 2)}\n`,
		0o600,
	);
}

/** What is at a path, in one word: `absent`, `link:TARGET`, `file:MODE:SHA-256`, `directory`. */
export function stateOf(path: string): string {
	const stat = ifPresent(() => lstatSync(path));
	if (!stat) return "absent";
	if (stat.isSymbolicLink()) return `link:${readlinkSync(path)}`;
	if (!stat.isFile()) return "directory";
	return `file:${(stat.mode & 0o7777).toString(8)}:${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
}

function decode(text: string | undefined): RepairRecord | undefined {
	try {
		const value = JSON.parse(text ?? "") as RepairRecord;
		return typeof value.id === "number" && Array.isArray(value.paths) ? value : undefined;
	} catch {
		return undefined;
	}
}

export interface Undoing {
	/** Paths that were restored. */
	readonly restored: readonly string[];
	/** Paths that were changed since the repair, and left alone. */
	readonly kept: readonly string[];
}

/** Restores what a repair changed, last change first. Throws the file system's errors. */
export function undoRepair(layout: Layout, record: RepairRecord): Undoing {
	const backup = join(recordsDirectory(layout), String(record.id));
	const restored: string[] = [];
	const kept: string[] = [];
	for (const each of record.paths.toReversed()) {
		// A killed repair's last directory may not have been removed yet.
		if (each.before.kind === "tree" && stateOf(join(backup, each.before.copy)) === "absent") continue;
		const after = each.after ?? (each.before.kind === "tree" ? "absent" : undefined);
		if (after !== undefined && stateOf(each.path) !== after) {
			kept.push(each.path);
			continue;
		}
		restore(each, backup);
		restored.push(each.path);
	}
	writeRecord(layout, { ...record, undone: true });
	return { restored, kept };
}

function restore({ path, before }: KeptPath, backup: string): void {
	makeDirectory(dirname(path));
	switch (before.kind) {
		case "absent":
			rmSync(path, { force: true });
			return;
		case "link":
			replaceSymlink(before.target, path);
			return;
		case "tree":
			renameSync(join(backup, before.copy), path);
			return;
		case "file": {
			// Beside and renamed: overwriting a running signed program in place gets it killed on Apple Silicon.
			const beside = besideName(path);
			copyFileSync(join(backup, before.copy), beside);
			chmodSync(beside, (ifPresent(() => lstatSync(join(backup, before.copy)))?.mode ?? 0o644) & 0o7777);
			renameSync(beside, path);
		}
	}
}
