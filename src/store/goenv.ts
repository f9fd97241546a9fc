import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { makeDirectory, namesIn, readIfPresent, removeTree, writeFileAtomic } from "../fs.ts";
import { type GoCommand, withoutCredentials } from "../go/command.ts";
import { editedGoEnv, type GoEnvChanges, parseGoEnv, readGoEnvText } from "../go/envfile.ts";
import { hasCredentials } from "../proxy/goproxy.ts";
import { compareParsed, parseGoVersion } from "../version/release.ts";
import { writeUserFile } from "./userfile.ts";

/** The first Go whose `go env` has -w and -u. */
const firstThatWrites = "1.13";

/**
 * Changes Go's own settings: with `go env -w` and `go env -u` if there is a go that has them, else in the file.
 * An address with a password goes straight into the file, as everyone on the machine can read a program's arguments.
 * @param file as `writableGoEnvFile` has it
 * @throws GoxError `file-system` when the settings aren't in the file afterwards, with go's own words.
 */
export async function writeGoEnv(
	context: Context,
	file: string,
	changes: GoEnvChanges,
	go: GoCommand | undefined,
): Promise<"go" | "file"> {
	const secret = [...changes.values()].some((value) => value !== undefined && hasCredentials(value));
	const by = go && !secret && canWrite(go) ? go : undefined;
	const said = by ? await writeByGo(context, by, file, changes) : "";
	if (!by) writeContent(context, file, editedGoEnv(readGoEnvText(file) ?? "", changes), secret ? 0o600 : undefined);
	const written = parseGoEnv(readGoEnvText(file) ?? "");
	const missing = [...changes].filter(([name, value]) => written.get(name) !== value).map(([name]) => name);
	if (missing.length === 0) return by ? "go" : "file";
	const words = said === "" ? "" : `: ${quote(withoutCredentials(said), 300)}`;
	throw new GoxError("file-system", `${missing.join(", ")} could not be written to ${file}${words}`, { hint: "go env GOENV" });
}

/**
 * Replaces the whole file, or removes it.
 * @param latin1 one character for each byte; null removes the file
 * @param mode permission bits; undefined keeps them
 */
export function writeContent(context: Context, file: string, latin1: string | null, mode?: number): void {
	const content = latin1 === null ? undefined : Buffer.from(latin1, "latin1");
	writeUserFile(context, file, content, { checkpoint: "goenv:", mode });
}

function canWrite({ version }: GoCommand): boolean {
	const parsed = parseGoVersion(/^go(\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?)/.exec(version)?.[1] ?? "");
	const least = parseGoVersion(firstThatWrites);
	return parsed !== undefined && least !== undefined && compareParsed(parsed, least) >= 0;
}

/** What go printed on stderr. The caller checks the file to see whether go wrote it. */
async function writeByGo(context: Context, go: GoCommand, file: string, changes: GoEnvChanges): Promise<string> {
	const set = [...changes].flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
	const unset = [...changes].flatMap(([name, value]) => (value === undefined ? [name] : []));
	const said: string[] = [];
	if (set.length > 0) said.push(await runGoEnv(context, go, file, ["-w", ...set]));
	if (unset.length > 0) said.push(await runGoEnv(context, go, file, ["-u", ...unset]));
	return said.filter(Boolean).join("; ");
}

/** Runs outside any module, with no setting that could select another Go or make the command fail. */
function runGoEnv(context: Context, go: GoCommand, file: string, words: readonly string[]): Promise<string> {
	const env = { ...context.env, GOENV: file, GOROOT: go.goroot ?? undefined, GOTOOLCHAIN: "local", GOWORK: "off", GOFLAGS: "" };
	const limits = { cwd: dirname(go.path), env, timeout: 30_000, signal: context.signal } as const;
	return new Promise((resolve, reject) => {
		execFile(go.path, ["env", ...words], limits, (error, _, stderr) => {
			if (context.signal.aborted) reject(new GoxError("interrupted", "interrupted while go env was writing"));
			else resolve(error ? (stderr || error.message).trim().replace(/\s*\n\s*/g, "; ") : "");
		});
	});
}

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

/** What undoing does to the file: its new content (null for no file), or the settings that changed since. */
export type Undoing =
	| { readonly kind: "restore"; readonly content: string | null }
	| { readonly kind: "changed"; readonly names: readonly string[] };

function directoryIn(home: string): string {
	return join(home, "backup", "proxy");
}

/** All records, oldest first. */
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
 * The file as it was before, to the byte if nobody changed it since; else with the changed settings as they were
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
