import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { shown } from "../fetch/address.ts";
import { Client } from "../fetch/client.ts";
import { NetworkError } from "../fetch/failure.ts";
import { findGo } from "../go/command.ts";
import { type GoSettings, goSettings } from "../go/settings.ts";
import { headsInHome, headsInMemory, SumdbFork } from "../sumdb/heads.ts";
import { defaultGosumdb, parseGosumdb, type SumdbDatabase } from "../sumdb/note.ts";
import {
	answersIn,
	cacheIn,
	firstOf,
	isUnavailable,
	patiently,
	recordedAnswers,
	type SumdbReader,
	widerTileIn,
} from "../sumdb/reader.ts";
import { lookupSumdb, type SumdbProof } from "../sumdb/sumdb.ts";
import { openTreeHead } from "../sumdb/tree.ts";
import { toolchainModule, toolchainVersion } from "../verify/dirhash.ts";
import type { Evidence } from "../verify/evidence.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { getUnder } from "./client.ts";
import { type ProxyEntry, parseGoproxy, underProxy } from "./goproxy.ts";

export interface SumdbQuestion {
	/** Where a go command recorded answers: GOMODCACHE/cache/download/sumdb, and GOPATH/pkg/sumdb for the heads. */
	readonly recorded?: readonly { readonly answers: string; readonly heads: string }[];
	/** Answers of the database of that name that somebody brought along, asked before any other. */
	readonly brought?: ((database: string) => SumdbReader) | undefined;
	/** How many milliseconds the network gets in all, where others may have answers; as long as it takes by default. */
	readonly remoteMs?: number;
	/** Plain http to other machines is allowed. */
	readonly insecure?: boolean;
	readonly settings?: GoSettings;
}

/**
 * What the checksum database that GOSUMDB names says about a release for a platform, proven. Recorded answers (the
 * user's module cache too) and gox's own cache are used first; then it is asked through GOPROXY or directly.
 * No setting exempts toolchains: where GOSUMDB is `off` or it can't be reached, the evidence says `unavailable`.
 *
 * @throws GoxError `integrity` for answers that must not be believed; `interrupted`; `usage` for a bad GOPROXY.
 */
export async function sumdbEvidence(
	context: Context,
	release: Release,
	platform: Platform,
	question: SumdbQuestion = {},
): Promise<Evidence> {
	const settings = question.settings ?? goSettings(context, findGo(context)?.goroot);
	const database = parseGosumdb(gosumdbOf(settings));
	if (!database) return unavailable("it is disabled by GOSUMDB=off, and toolchains are never exempt");
	const client = new Client(context, { insecure: question.insecure ?? false });
	try {
		const recordings = [
			...(question.brought ? [question.brought(database.name)] : []),
			...recordingsOf(settings, database, question.recorded),
		];
		const remote = patiently(remoteSumdb(client, database, proxiesOf(settings, question.insecure ?? false)), question.remoteMs);
		const proof = await prove(context, database, recordings, remote, toolchainVersion(release, platform));
		return { kind: "checksum database", h1: proof.h1, proof };
	} catch (error) {
		if (!(error instanceof GoxError) || !isUnavailable(error)) throw error;
		return unavailable(error.message, error instanceof NetworkError && error.kind === "improper");
	} finally {
		await client.close();
	}
}

/** Which database is asked: what a GOROOT's go.env says about it doesn't count. */
export function gosumdbOf(settings: GoSettings): string {
	return settings.personal("GOSUMDB") ?? defaultGosumdb;
}

/** GOPROXY's entries; none where it isn't set anywhere. */
export function proxiesOf(settings: GoSettings, insecure: boolean): ProxyEntry[] {
	const list = settings.get("GOPROXY");
	return list === undefined ? [] : parseGoproxy(list, { insecure });
}

/**
 * Each recording is tried with the network to fill in what it lacks, and the network alone at last: a recording may
 * be damaged, or end in a tree that it hasn't all the tiles of. Where there is no network, each recording is at last
 * tried alone: nobody who made it could know which trees this machine has seen.
 */
async function prove(
	context: Context,
	database: SumdbDatabase,
	recordings: readonly SumdbReader[],
	remote: SumdbReader,
	version: string,
): Promise<SumdbProof> {
	const heads = headsInHome(context.home, database.name);
	const cache = cacheIn(sumdbCache(context, database));
	let failure: GoxError | undefined;
	const ways = [
		...recordings.map((recording) => ({ reader: firstOf([recording, remote]), compare: "now" as const })),
		{ reader: remote, compare: "now" as const },
		...recordings.map((reader) => ({ reader, compare: "later" as const })),
	];
	for (const { reader, compare } of ways) {
		if (compare === "later" && failure?.code === "integrity") break;
		try {
			return await lookupSumdb({ database, reader, heads, cache, compare }, toolchainModule, version);
		} catch (error) {
			if (!(error instanceof GoxError) || error instanceof SumdbFork || error.code === "interrupted") throw error;
			// A refused answer weighs more than a missing one, and that more than what a recording lacks.
			if (error.code === "integrity" || compare === "now") failure = failure?.code === "integrity" ? failure : error;
		}
	}
	throw failure;
}

/** Where proven answers of a database are kept. */
export function sumdbCache(context: Context, database: SumdbDatabase): string {
	return join(context.cacheDir, "sumdb", ...database.name.split("/"));
}

/** What go commands recorded of a database: those that are named, and the user's own. */
export function recordingsOf(
	settings: GoSettings,
	database: SumdbDatabase,
	recorded: SumdbQuestion["recorded"] = [],
): SumdbReader[] {
	return [...recorded, ...proxyRecordings(settings), userRecording(settings)].map(({ answers, heads }) =>
		recordedAnswers(join(answers, database.name), join(heads, database.name, "latest")),
	);
}

function userRecording(settings: GoSettings): { answers: string; heads: string } {
	return { answers: join(settings.moduleCache, "cache", "download", "sumdb"), heads: join(settings.gopath[0], "pkg", "sumdb") };
}

/**
 * The module caches that GOPROXY names as `file://GOMODCACHE/cache/download`. Each answer in one is of the tree that the
 * database had then, and the tiles are of the newest of these trees only: its head lies where that cache's GOPATH has it.
 */
function proxyRecordings(settings: GoSettings): { answers: string; heads: string }[] {
	return proxiesOf(settings, true).flatMap((entry) => {
		if (entry.kind !== "proxy" || entry.url.protocol !== "file:") return [];
		const downloads = fileURLToPath(entry.url);
		return [{ answers: join(downloads, "sumdb"), heads: join(downloads, "../../../sumdb") }];
	});
}

function unavailable(reason: string, odd = false): Evidence {
	return { kind: "unavailable", witness: "checksum database", reason, ...(odd && { odd }) };
}

export interface RecordedToolchain {
	readonly release: Release;
	readonly platform: Platform;
}

/** What a machine without a network needs to prove toolchains by the checksum database. */
export interface SumdbRecording {
	/** Undefined where GOSUMDB is off. */
	readonly database: string | undefined;
	/** By path: `latest`, `lookup/…`, `tile/…`. */
	readonly answers: ReadonlyMap<string, Uint8Array>;
	/** What is proven of each toolchain, in the order asked; the reason where nothing is. */
	readonly proofs: readonly (SumdbProof | { readonly reason: string })[];
}

/**
 * Asks the checksum database about toolchains and records just those answers that prove them to somebody who has never
 * seen the database: one signed head, each record, and the tiles between.
 * @throws GoxError as `sumdbEvidence`.
 */
export async function recordProofs(
	context: Context,
	toolchains: readonly RecordedToolchain[],
	{ insecure }: { readonly insecure: boolean },
): Promise<SumdbRecording> {
	const settings = goSettings(context, findGo(context)?.goroot);
	const database = parseGosumdb(gosumdbOf(settings));
	const answers = new Map<string, Uint8Array>();
	const proofs: (SumdbProof | { reason: string })[] = [];
	// First as for any install: consistent with every head that this machine has seen, and into gox's cache.
	for (const { release, platform } of toolchains) {
		const evidence = await sumdbEvidence(context, release, platform, { insecure, settings });
		proofs.push(evidence.kind === "checksum database" ? evidence.proof : reasonOf(evidence));
	}
	if (!database) return { database: undefined, answers, proofs };
	const client = new Client(context, { insecure });
	try {
		const known = [recordedAnswers(sumdbCache(context, database)), ...recordingsOf(settings, database)];
		const reader = firstOf([...known, remoteSumdb(client, database, proxiesOf(settings, insecure))]);
		const head = newestHead(context, database);
		for (const [at, { release, platform }] of toolchains.entries()) {
			if ("reason" in (proofs[at] ?? {})) continue;
			proofs[at] = await replay(database, reader, head, toolchainVersion(release, platform), answers);
		}
	} finally {
		await client.close();
	}
	return { database: database.name, answers, proofs };
}

/**
 * Proves a toolchain as a machine would that knows nothing, and keeps what was read for it. All are proven in one tree,
 * so that after the first the others need no proof of consistency.
 */
async function replay(
	database: SumdbDatabase,
	reader: SumdbReader,
	head: Uint8Array | undefined,
	version: string,
	answers: Map<string, Uint8Array>,
): Promise<SumdbProof | { reason: string }> {
	const read = new Map<string, Uint8Array>(head ? [["latest", head]] : []);
	const recorder: SumdbReader = {
		address: reader.address,
		recordedHead: () => head,
		read: async (path) => {
			const answer = await reader.read(path);
			read.set(path, answer);
			return answer;
		},
	};
	try {
		const prove = (from: SumdbReader) =>
			lookupSumdb({ database, reader: from, heads: headsInMemory() }, toolchainModule, version);
		await prove(recorder);
		const proof = await prove(answersIn(read, "the recording"));
		for (const [path, answer] of read) answers.set(path, answer);
		return proof;
	} catch (error) {
		if (!(error instanceof GoxError) || !isUnavailable(error)) throw error;
		return { reason: error.message };
	}
}

/** The newest head that this machine has accepted, now that it has asked. */
function newestHead(context: Context, database: SumdbDatabase): Uint8Array | undefined {
	const heads = headsInHome(context.home, database.name).notes();
	return heads.map((note) => openTreeHead(note, database.key)).sort((left, right) => right.size - left.size)[0]?.note;
}

function reasonOf(evidence: { readonly kind: string; readonly reason?: string }): { reason: string } {
	return { reason: evidence.reason ?? evidence.kind };
}

/** A tile is 8 KiB, a record a few hundred bytes. */
const largestAnswer = 1024 * 1024;

/**
 * A checksum database over the network: at the address that GOSUMDB gives, through the first proxy of GOPROXY that
 * says `/sumdb/NAME/supported`, or else directly (https://golang.org/design/25530-sumdb#proxying-a-checksum-database;
 * cmd/go/internal/modfetch.dbClient.initBase).
 * GOPROXY=off means that nobody is asked.
 */
export function remoteSumdb(client: Client, database: SumdbDatabase, proxies: readonly ProxyEntry[]): SumdbReader {
	let found: Promise<URL> | undefined;
	const address = () => {
		found ??= addressOf(client, database, proxies);
		return found;
	};
	const read = async (path: string) => {
		const base = await address();
		try {
			return notAWebPage(await getUnder(client, base, path, largestAnswer), shown(base));
		} catch (error) {
			if (!(error instanceof GoxError) || error.code !== "no-such-release" || path.startsWith("lookup/")) throw error;
			const cut = base.protocol === "file:" ? widerTileIn(fileURLToPath(base), path) : undefined;
			if (cut) return cut;
			throw new GoxError("network", error.message, { cause: error });
		}
	};
	return {
		address: database.url ? shown(new URL(database.url)) : database.name,
		read,
		// A directory of files holds what somebody once asked for, not what the database has.
		newestHead: async () => ((await address()).protocol === "file:" ? undefined : read("latest")),
	};
}

/** A captive portal answers everything with its own page, and 200. */
function notAWebPage(answer: Buffer, source: string): Buffer {
	if (!/^\s*<(?:!doctype|html|head|body|\?xml)/i.test(answer.toString("latin1", 0, 200))) return answer;
	throw new NetworkError("improper", source, "a web page came in place of the checksum database's answer");
}

async function addressOf(client: Client, database: SumdbDatabase, proxies: readonly ProxyEntry[]): Promise<URL> {
	// cmd/go would ask the database directly; here `off` means that nothing on the network is asked.
	if (proxies[0]?.kind === "off") throw new GoxError("offline", `GOPROXY is off: ${database.name} is not asked`);
	if (database.url) return new URL(database.url);
	const direct = new URL(`https://${database.name}`);
	let failure: GoxError | undefined;
	for (const entry of proxies) {
		if (entry.kind !== "proxy") return direct;
		try {
			return await servedBy(client, entry.url, database);
		} catch (error) {
			if (!(error instanceof GoxError)) throw error;
			if (error.code === "no-such-release" || error.code === "offline") continue;
			if (error.code !== "network" || entry.next === "on absence") throw error;
			failure ??= error;
		}
	}
	if (failure) throw failure;
	return direct;
}

async function servedBy(client: Client, proxy: URL, database: SumdbDatabase): Promise<URL> {
	const base = underProxy(proxy, `sumdb/${database.name}`);
	// A directory of files, such as a module cache, has the answers and no `supported`.
	if (base.protocol === "file:" && existsSync(fileURLToPath(base))) return base;
	await getUnder(client, base, "supported");
	return base;
}
