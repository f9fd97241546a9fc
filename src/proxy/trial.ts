import { GoxError } from "../errors.ts";
import { shown } from "../fetch/address.ts";
import type { Client } from "../fetch/client.ts";
import { type FailureKind, NetworkError } from "../fetch/failure.ts";
import type { Timing } from "../fetch/timeouts.ts";
import type { SeenHeads } from "../sumdb/heads.ts";
import type { SumdbDatabase } from "../sumdb/note.ts";
import { escapeModule } from "../sumdb/record.ts";
import { lookupSumdb } from "../sumdb/sumdb.ts";
import { getUnder } from "./client.ts";
import { underProxy } from "./goproxy.ts";
import { remoteSumdb } from "./sumdb.ts";

/** How an address answered; `ok` and `slow` are of use. */
export type Verdict =
	| "ok"
	| "slow"
	| "not there"
	| "web page"
	| "blocked"
	| "TLS"
	| "unreachable"
	| "no answer"
	| "failing"
	| "refused"
	| "offline";

export interface Answer {
	readonly verdict: Verdict;
	/** Milliseconds until all of it was there; null where nothing of use came. */
	readonly ms: number | null;
	/** In words. */
	readonly said: string;
}

export interface ProxyTrial {
	/** Without credentials. */
	readonly address: string;
	readonly list: Answer;
	/** The look-up in the checksum database; null where none is made. */
	readonly sumdb: (Answer & { readonly database: string; readonly via: "the proxy" | "the database itself" }) | null;
}

export interface TrialQuestion {
	/** A module that the proxy should have. */
	readonly module: string;
	/** The version to look up in the database; the newest of the list where it isn't given. */
	readonly version?: string | undefined;
	/** Undefined where nothing is looked up: GOSUMDB=off, a private module. */
	readonly database: SumdbDatabase | undefined;
	readonly heads: SeenHeads;
}

/** A module that every public proxy has, with a short list; and a version that every database of public modules knows. */
export const usualModule = { module: "golang.org/x/text", version: "v0.3.0" };

/** Milliseconds; each address is asked once. */
export const trialTiming: Partial<Timing> = Object.freeze({
	connectMs: 4_000,
	headersMs: 6_000,
	idleMs: 5_000,
	documentMs: 8_000,
	backoffMs: Object.freeze([]),
});

/** An answer that takes longer is of use, and no joy. */
const slowMs = 2_000;

/** Who can't be reached needn't be asked again. */
const notReached: ReadonlySet<Verdict> = new Set<Verdict>(["unreachable", "TLS", "no answer", "offline"]);

/** Whether a proxy can be used with this answer. */
export function isOfUse({ verdict }: Answer): boolean {
	return verdict === "ok" || verdict === "slow";
}

/**
 * Asks a proxy for the list of a module's versions, and, through it or directly, the checksum database about one of them.
 * @throws GoxError `interrupted`; every other failure is an answer.
 */
export async function tryProxy(client: Client, proxy: URL, question: TrialQuestion): Promise<ProxyTrial> {
	const versions: string[] = [];
	const list = await answered(async () => {
		const bytes = await getUnder(client, proxy, `${escapeModule(question.module)}/@v/list`);
		versions.push(...versionsIn(bytes.toString("utf8"), shown(proxy)));
		if (versions.length > 0) return `${versions.length} ${versions.length === 1 ? "version" : "versions"} of ${question.module}`;
		return `it knows ${question.module}, and lists no version of it`;
	});
	const { database } = question;
	const version = question.version ?? (await newestOf(versions));
	if (!database || notReached.has(list.verdict) || (version === undefined && !isOfUse(list)))
		return { address: shown(proxy), list, sumdb: null };
	return { address: shown(proxy), list, sumdb: await tryDatabase(client, proxy, database, question, version) };
}

async function tryDatabase(
	client: Client,
	proxy: URL,
	database: SumdbDatabase,
	{ module, heads }: TrialQuestion,
	version: string | undefined,
): Promise<NonNullable<ProxyTrial["sumdb"]>> {
	let via: "the proxy" | "the database itself" = "the database itself";
	const answer = await answered(async () => {
		const base = database.url ? undefined : await baseUnder(client, proxy, database.name);
		if (base) via = "the proxy";
		if (version === undefined) throw new GoxError("no-such-release", `no version of ${module} is known to look up`);
		const asked = base ? { ...database, url: base.href } : database;
		const reader = remoteSumdb(client, asked, []);
		const proof = await lookupSumdb({ database: asked, reader, heads }, module, version);
		return `${module} ${version} is record ${proof.recordNumber} of ${proof.treeSize}`;
	});
	return { ...answer, database: database.name, via };
}

/** Where a proxy has a database's answers; undefined where it says that it hasn't, by 404 or 410. */
async function baseUnder(client: Client, proxy: URL, name: string): Promise<URL | undefined> {
	const base = underProxy(proxy, `sumdb/${name}`);
	try {
		await getUnder(client, base, "supported");
		return base;
	} catch (error) {
		if (error instanceof GoxError && error.code === "no-such-release") return undefined;
		throw error;
	}
}

/** @throws NetworkError for anything but lines that begin with a version. */
function versionsIn(text: string, source: string): string[] {
	if (/^\s*</.test(text)) throw new NetworkError("wrong", source, "a web page came in place of the list");
	const lines = text.split("\n").map((line) => line.trim().split(/\s+/)[0] ?? "");
	const versions = lines.filter((line) => line !== "");
	if (versions.every((version) => /^v\d+\.\d+\.\d+/.test(version))) return versions;
	throw new NetworkError("improper", source, "what came is no list of versions");
}

async function newestOf(versions: readonly string[]): Promise<string | undefined> {
	const { default: semver } = await import("semver");
	const known = versions.filter((version) => semver.valid(version));
	return semver.rsort(known.filter((version) => !version.includes("-")))[0] ?? semver.rsort(known)[0];
}

async function answered(ask: () => Promise<string>): Promise<Answer> {
	const began = performance.now();
	try {
		const said = await ask();
		const ms = Math.round(performance.now() - began);
		return { verdict: ms < slowMs ? "ok" : "slow", ms, said };
	} catch (error) {
		if (!(error instanceof GoxError) || error.code === "interrupted") throw error;
		return { verdict: verdictOf(error), ms: null, said: error instanceof NetworkError ? error.reason : error.message };
	}
}

const verdicts: Readonly<Record<FailureKind, Verdict>> = {
	unreachable: "unreachable",
	untrusted: "TLS",
	blocked: "blocked",
	slow: "no answer",
	dropped: "failing",
	missing: "not there",
	busy: "failing",
	wrong: "web page",
	cut: "failing",
	improper: "failing",
};

function verdictOf(error: GoxError): Verdict {
	if (/a web page came/.test(error.message)) return "web page";
	if (error instanceof NetworkError) return verdicts[error.kind];
	if (error.code === "no-such-release") return "not there";
	return error.code === "offline" ? "offline" : "refused";
}
