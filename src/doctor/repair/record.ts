import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { ifPresent, namesIn, readIfPresent, writeFileAtomic } from "../../fs.ts";
import type { Layout } from "../../store/layout.ts";

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

/** The records that are there, oldest first. */
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
