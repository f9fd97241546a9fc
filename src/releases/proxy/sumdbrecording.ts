import type { Context } from "../../context.ts";
import { GoxError } from "../../errors.ts";
import { Client } from "../../fetch/client.ts";
import { headsInHome, headsInMemory } from "../../verify/seenheads.ts";
import { lookupSumdb, type SumdbProof } from "../../verify/sumdb.ts";
import { parseGosumdb, type SumdbDatabase } from "../../verify/sumdbdatabase.ts";
import { answersIn, firstOf, isUnavailable, recordedAnswers, type SumdbReader } from "../../verify/sumdbreader.ts";
import { toolchainModule, toolchainVersion } from "../../verify/toolchain.ts";
import { openTreeHead } from "../../verify/treehead.ts";
import type { Platform } from "../../version/platform.ts";
import type { Release } from "../../version/release.ts";
import { findGo } from "./findgo.ts";
import { goSettings } from "./gosettings.ts";
import { remoteSumdb } from "./remotesumdb.ts";
import { gosumdbOf, proxiesOf, recordingsOf, sumdbCache, sumdbEvidence } from "./toolchainsumdb.ts";

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
