import { chmodSync, copyFileSync, lstatSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { besideName, ifPresent, makeDirectory, replaceSymlink } from "../../fs.ts";
import type { Layout } from "../../store/layout.ts";
import { type KeptPath, type RepairRecord, recordsDirectory, stateOf, writeRecord } from "./record.ts";

export interface Undoing {
	/** What is again as it was. */
	readonly restored: readonly string[];
	/** What somebody changed since the repair, and was left as it is. */
	readonly kept: readonly string[];
}

/** Puts back what a repair changed, last change first. Throws the file system's errors. */
export function undoRepair(layout: Layout, record: RepairRecord): Undoing {
	const backup = join(recordsDirectory(layout), String(record.id));
	const restored: string[] = [];
	const kept: string[] = [];
	for (const each of record.paths.toReversed()) {
		// A killed repair's last directory may not have been taken away yet.
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
