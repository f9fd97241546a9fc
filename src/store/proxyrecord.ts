import { join } from "node:path";
import { makeDirectory, namesIn, readIfPresent, removeTree, writeFileAtomic } from "../fs.ts";
import { editedGoEnv, parseGoEnv } from "../releases/proxy/goenvfile.ts";

/**
 * What `gox proxy use` remembers of one change: `GOX_HOME/backup/proxy/ID.json`, for the owner's eyes only, as addresses
 * may carry passwords.
 */
export interface ProxyRecord {
	readonly id: number;
	/** ISO 8601, UTC. */
	readonly at: string;
	readonly profile: string;
	/** The go env file. */
	readonly file: string;
	/** Its bytes before, base64; null where there was none. */
	readonly before: string | null;
	/** Its bytes afterwards; absent while the change is being made. */
	readonly after?: string | null;
	/** Each changed setting, before and afterwards; null for unset. */
	readonly changes: readonly { readonly name: string; readonly old: string | null; readonly new: string | null }[];
}

/** What undoing does to the file: its new content, null for none; or who stands in the way. */
export type Undoing =
	| { readonly kind: "restore"; readonly content: string | null }
	| { readonly kind: "changed"; readonly names: readonly string[] };

function directoryIn(home: string): string {
	return join(home, "backup", "proxy");
}

/** The records that are there, oldest first. */
export function proxyRecords(home: string): readonly ProxyRecord[] {
	return namesIn(directoryIn(home))
		.filter((name) => /^\d{1,9}\.json$/.test(name))
		.sort((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10))
		.flatMap((name) => decode(readIfPresent(join(directoryIn(home), name))) ?? []);
}

/** The number of a new record. */
export function nextRecord(home: string): number {
	return Math.max(0, ...namesIn(directoryIn(home)).map((name) => Number.parseInt(name, 10) || 0)) + 1;
}

export function writeProxyRecord(home: string, record: ProxyRecord): void {
	makeDirectory(directoryIn(home), 0o700);
	writeFileAtomic(pathOf(home, record), `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

export function forgetProxyRecord(home: string, record: ProxyRecord): void {
	removeTree(pathOf(home, record));
}

/**
 * The file as it was before, to the byte where nobody has touched it since; else with the changed settings as they were
 * and everything else as it is now.
 * @param now the file's bytes, one character each; undefined where there is none
 * @param force also settings that were changed since
 */
export function undoing(record: ProxyRecord, now: string | undefined, force: boolean): Undoing {
	const before = record.before === null ? null : Buffer.from(record.before, "base64").toString("latin1");
	const after = record.after === undefined || record.after === null ? record.after : fromBase64(record.after);
	if ((now ?? null) === before || (after !== undefined && (now ?? null) === after)) return { kind: "restore", content: before };
	const values = parseGoEnv(now ?? "");
	const present = (name: string) => values.get(name) ?? null;
	const others = record.changes.filter((each) => present(each.name) !== each.new && present(each.name) !== each.old);
	if (others.length > 0 && !force) return { kind: "changed", names: others.map(({ name }) => name) };
	const old = new Map(record.changes.map((each) => [each.name, each.old ?? undefined]));
	const content = editedGoEnv(now ?? "", old);
	return { kind: "restore", content: content === "" && before === null ? null : content };
}

function fromBase64(text: string): string {
	return Buffer.from(text, "base64").toString("latin1");
}

function pathOf(home: string, { id }: Pick<ProxyRecord, "id">): string {
	return join(directoryIn(home), `${id}.json`);
}

function decode(text: string | undefined): ProxyRecord | undefined {
	try {
		const value = JSON.parse(text ?? "") as Partial<ProxyRecord> | null;
		const isText = (each: unknown) => each === null || typeof each === "string";
		const whole =
			typeof value?.id === "number" &&
			typeof value.file === "string" &&
			isText(value.before) &&
			(value.after === undefined || isText(value.after)) &&
			Array.isArray(value.changes) &&
			value.changes.every((each) => typeof each?.name === "string" && isText(each.old) && isText(each.new));
		return whole ? (value as ProxyRecord) : undefined;
	} catch {
		return undefined;
	}
}
