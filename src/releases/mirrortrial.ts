import { createHash } from "node:crypto";
import { GoxError } from "../errors.ts";
import { fileUnder, hostOf, shown } from "../fetch/address.ts";
import type { Client } from "../fetch/client.ts";
import { NetworkError } from "../fetch/failure.ts";
import { kindOf } from "../fetch/rangerequest.ts";
import type { Reply } from "../fetch/reply.ts";
import type { Timing } from "../fetch/timeouts.ts";
import type { Platform } from "../version/platform.ts";
import type { Catalog } from "./catalog.ts";

/** A file that a mirror should have, and what it must be. */
export interface KnownFile {
	readonly filename: string;
	/** 64 small hex digits. */
	readonly sha256: string;
	/** Bytes; 0 where it isn't known. */
	readonly size: number;
}

/** What mirrors are held against. */
export interface MirrorQuestion {
	/** The archives of the newest releases for one platform, newest first. */
	readonly newest: readonly { readonly release: string; readonly filename: string; readonly proof: KnownFile | undefined }[];
	/** Small archives, by falling preference: the first that is there is fetched whole. */
	readonly proofs: readonly KnownFile[];
	/** Whether no whole file is to be fetched. */
	readonly quick: boolean;
}

export interface MirrorTrial {
	/** As it is to be written, credentials included. */
	readonly base: URL;
	/** Without credentials. */
	readonly address: string;
	/** `behind`: it lacks the newest release; `empty`: it has none of the newest; `wrong`: it sends other bytes than were published. */
	readonly standing: "good" | "behind" | "empty" | "wrong" | "unreachable";
	/** Milliseconds until its first answer; null without one. */
	readonly latencyMs: number | null;
	/** Of a bounded piece of the newest archive; null where there was none. */
	readonly bytesPerSecond: number | null;
	/** The newest release that it has; null for none of those looked for. */
	readonly newest: string | null;
	/** How many releases are newer than that. */
	readonly behind: number;
	readonly hash: "right" | "wrong" | "unchecked";
	/** What is to be said besides, such as why it can't be used. */
	readonly notes: readonly string[];
}

/** Each mirror is asked once for each thing. */
export const mirrorTiming: Partial<Timing> = Object.freeze({
	connectMs: 4_000,
	headersMs: 6_000,
	idleMs: 5_000,
	backoffMs: Object.freeze([]),
});

/** How far back is looked for what a mirror has. */
const lookBack = 12;
/** Speed is measured over so many bytes, or what comes in so many milliseconds. */
const pieceBytes = 2 * 1024 * 1024;
const pieceMs = 3_000;
/** A file that takes longer isn't fetched for its hash. */
const proofMs = 20_000;

/** The newest releases for a platform and the smallest archives of known hash, out of what exists. */
export function mirrorQuestion(catalog: Catalog, platform: Platform, quick: boolean): MirrorQuestion {
	const archives = catalog.releases.flatMap(({ release, archives }) =>
		[...archives].map(([of, archive]) => ({ release, of, archive, hashes: catalog.hashes(release, of) })),
	);
	const offered = new Set(catalog.offered(platform).map(({ name }) => name));
	const proofOf = ({ release, of, archive, hashes }: (typeof archives)[number]): KnownFile | undefined => {
		const sha256 = hashes.index ?? hashes.table;
		const disputed = hashes.index && hashes.table && hashes.index !== hashes.table;
		const isListed = catalog.offered(of).some(({ name }) => name === release.name);
		return sha256 && !disputed && isListed ? { filename: archive.filename, sha256, size: archive.size } : undefined;
	};
	const newest = archives
		.filter(({ release, of }) => of === platform && release.stable && offered.has(release.name))
		.map((each) => ({ release: each.release.name, filename: each.archive.filename, proof: proofOf(each) }));
	const proven = archives.flatMap((each) => {
		const proof = each.archive.size > 0 ? proofOf(each) : undefined;
		return proof ? [{ ...proof, release: each.release }] : [];
	});
	const smallest = (list: typeof proven) => [...list].sort((left, right) => left.size - right.size).slice(0, 1);
	const proofs = [...smallest(proven), ...smallest(proven.filter(({ release }) => release.name === newest[0]?.release))];
	return { newest: newest.slice(0, lookBack), proofs, quick };
}

/**
 * Tries mirrors: who answers, and how soon, all at once; how fast, one after the other, so that they don't share the
 * line; and whether a file of known hash is what it should be, all at once again.
 * @param saying is told what is being done
 * @throws GoxError `interrupted`; every other failure is part of the answer.
 */
export async function tryMirrors(
	client: Client,
	bases: readonly URL[],
	question: MirrorQuestion,
	saying: (text: string) => void = () => {},
): Promise<readonly MirrorTrial[]> {
	saying(`asking ${bases.length} ${bases.length === 1 ? "mirror" : "mirrors"} for ${question.newest[0]?.release ?? "a release"}`);
	const present = await Promise.all(bases.map((base) => whatIsThere(client, base, question)));
	const timed: MirrorTrial[] = [];
	for (const trial of present) timed.push(await withSpeed(client, trial, question));
	const [proof] = question.proofs;
	if (question.quick) return timed;
	if (!proof) {
		const note = "no hash was checked: the list has no archive whose hash is known and undisputed";
		return timed.map((trial) => (trial.bytesPerSecond === null ? trial : { ...trial, notes: [...trial.notes, note] }));
	}
	saying(`fetching ${proof.filename} (${Math.round(proof.size / 1e6)} MB) from each, for at most ${proofMs / 1_000} s`);
	return await Promise.all(timed.map((trial) => withHash(client, trial, question)));
}

async function whatIsThere(client: Client, base: URL, { newest }: MirrorQuestion): Promise<MirrorTrial> {
	const blank = {
		base,
		address: shown(base),
		latencyMs: null,
		bytesPerSecond: null,
		newest: null,
		behind: 0,
		hash: "unchecked",
	} as const;
	let latencyMs: number | null = null;
	try {
		for (const [behind, { release, filename }] of newest.entries()) {
			const began = performance.now();
			const reply = await open(client, base, filename, 1);
			latencyMs ??= Math.round(performance.now() - began);
			reply?.cancel();
			if (!reply) continue;
			const notes = behind === 0 ? [] : [`its newest is ${release}: ${behind} ${behind === 1 ? "release" : "releases"} behind`];
			return { ...blank, latencyMs, newest: release, behind, standing: behind === 0 ? "good" : "behind", notes };
		}
		const notes = [`it has none of the newest ${newest.length} releases`];
		return { ...blank, latencyMs, behind: newest.length, standing: "empty", notes };
	} catch (error) {
		return { ...blank, latencyMs, standing: "unreachable", notes: [reasonOf(error)] };
	}
}

async function withSpeed(client: Client, trial: MirrorTrial, { newest }: MirrorQuestion): Promise<MirrorTrial> {
	const file = newest.find(({ release }) => release === trial.newest);
	if (!file || trial.standing === "unreachable") return trial;
	try {
		const reply = await open(client, trial.base, file.filename, pieceBytes);
		if (!reply) throw new NetworkError("missing", hostOf(trial.base), `${file.filename} was there and is gone`);
		const began = performance.now();
		let bytes = 0;
		for await (const piece of reply.body) {
			if (bytes === 0 && !(piece[0] === 0x1f && (piece.length < 2 || piece[1] === 0x8b))) {
				const what = /^\s*</.test(piece.toString("latin1", 0, 100)) ? "a web page" : "something else";
				throw new NetworkError("wrong", hostOf(trial.base), `${what} came in place of ${file.filename}`);
			}
			bytes += piece.length;
			if (bytes >= pieceBytes || performance.now() - began > pieceMs) break;
		}
		return { ...trial, bytesPerSecond: Math.round(bytes / (Math.max(performance.now() - began, 1) / 1_000)) };
	} catch (error) {
		return { ...trial, standing: "unreachable", notes: [...trial.notes, reasonOf(error)] };
	}
}

async function withHash(client: Client, trial: MirrorTrial, question: MirrorQuestion): Promise<MirrorTrial> {
	if (trial.standing === "unreachable" || trial.standing === "empty") return trial;
	// Who keeps but a few releases has at least its newest.
	const last = question.newest.find(({ release }) => release === trial.newest)?.proof;
	const proofs = [...new Map([...question.proofs, ...(last ? [last] : [])].map((proof) => [proof.filename, proof])).values()];
	const unchecked = (why: string): MirrorTrial => ({ ...trial, notes: [...trial.notes, `no hash was checked: ${why}`] });
	try {
		for (const proof of proofs) {
			if (trial.bytesPerSecond !== null && proof.size / trial.bytesPerSecond > proofMs / 1_000)
				return unchecked(`${proof.filename} would take longer than ${proofMs / 1_000} s`);
			const reply = await open(client, trial.base, proof.filename);
			if (!reply) continue;
			const sha256 = await hashOf(reply);
			if (sha256 === undefined) return unchecked(`${proof.filename} wasn't there within ${proofMs / 1_000} s`);
			if (sha256 === proof.sha256) return { ...trial, hash: "right" };
			const note = `its ${proof.filename} is not what was published: SHA-256 ${sha256}, not ${proof.sha256}`;
			return { ...trial, hash: "wrong", standing: "wrong", notes: [...trial.notes, note] };
		}
		return unchecked(`it has no ${proofs.map(({ filename }) => filename).join(" and no ")}`);
	} catch (error) {
		return unchecked(reasonOf(error));
	}
}

/** Undefined where it takes too long. */
async function hashOf(reply: Reply): Promise<string | undefined> {
	const began = performance.now();
	const hash = createHash("sha256");
	let bytes = 0;
	for await (const piece of reply.body) {
		hash.update(piece);
		bytes += piece.length;
		if (performance.now() - began > proofMs) return undefined;
	}
	if (reply.headers.length !== undefined && reply.headers.length !== bytes)
		throw new NetworkError("cut", hostOf(reply.url), `${bytes} of ${reply.headers.length} bytes came`);
	return hash.digest("hex");
}

/** Undefined where a mirror hasn't the file. @param bytes how many are wanted; all by default. */
async function open(client: Client, base: URL, filename: string, bytes?: number): Promise<Reply | undefined> {
	const reply = await client.get(
		fileUnder(base, filename),
		bytes === undefined ? {} : { headers: { range: `bytes=0-${bytes - 1}` } },
	);
	if (reply.status === 200 || reply.status === 206) return reply;
	reply.cancel();
	const kind = kindOf(reply.status);
	if (kind === "missing") return undefined;
	throw new NetworkError(kind, hostOf(base), `it answered ${reply.status} for ${filename}`);
}

function reasonOf(error: unknown): string {
	if (!(error instanceof GoxError) || error.code === "interrupted") throw error;
	return error instanceof NetworkError ? error.reason : error.message;
}

/** An archive of Go, in bytes: what speed and latency are weighed by. */
const usualArchive = 70e6;

/**
 * The order to try mirrors in: those in step by the time that an archive takes, then those behind, the least first. Who
 * can't be reached now, or has nothing, is left out, unless it is the person's own: it may be reached tomorrow, so it comes last. Who sends
 * other bytes than were published is left out always.
 * @param own whether a mirror is in the person's own settings
 */
export function proposedOrder(trials: readonly MirrorTrial[], own: (trial: MirrorTrial) => boolean): readonly MirrorTrial[] {
	const rank = { good: 0, behind: 1, empty: 2, unreachable: 3, wrong: 4 } as const;
	return trials
		.filter(({ standing }) => standing !== "wrong")
		.filter((trial) => trial.standing === "good" || trial.standing === "behind" || own(trial))
		.sort(
			(left, right) =>
				rank[left.standing] - rank[right.standing] || left.behind - right.behind || secondsFor(left) - secondsFor(right),
		);
}

/** Seconds for an archive; an hour where nothing is known. */
function secondsFor({ latencyMs, bytesPerSecond }: MirrorTrial): number {
	if (latencyMs === null || !bytesPerSecond) return 3_600;
	return latencyMs / 1_000 + usualArchive / bytesPerSecond;
}
