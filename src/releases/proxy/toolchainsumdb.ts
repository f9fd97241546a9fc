import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "../../context.ts";
import { GoxError } from "../../errors.ts";
import { Client } from "../../fetch/client.ts";
import { NetworkError } from "../../fetch/failure.ts";
import type { Evidence } from "../../verify/evidence.ts";
import { headsInHome } from "../../verify/seenheads.ts";
import { lookupSumdb, type SumdbProof } from "../../verify/sumdb.ts";
import { cacheIn } from "../../verify/sumdbcache.ts";
import { defaultGosumdb, parseGosumdb, type SumdbDatabase } from "../../verify/sumdbdatabase.ts";
import { firstOf, isUnavailable, patiently, recordedAnswers, type SumdbReader } from "../../verify/sumdbreader.ts";
import { SumdbFork } from "../../verify/timeline.ts";
import { toolchainModule, toolchainVersion } from "../../verify/toolchain.ts";
import type { Platform } from "../../version/platform.ts";
import type { Release } from "../../version/release.ts";
import { findGo } from "./findgo.ts";
import { type ProxyEntry, parseGoproxy } from "./goproxy.ts";
import { type GoSettings, goSettings } from "./gosettings.ts";
import { remoteSumdb } from "./remotesumdb.ts";

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
	return { answers: join(settings.moduleCache, "cache", "download", "sumdb"), heads: join(settings.gopath, "pkg", "sumdb") };
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
