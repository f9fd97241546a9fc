import type { FileSharing } from "../archive/tree.ts";
import { loadConfig, sitesOf } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { DownloadError } from "../fetch/mirrors.ts";
import { duration } from "../fetch/timeouts.ts";
import { sumdbEvidence } from "../proxy/sumdb.ts";
import type { Chosen } from "../releases/catalog.ts";
import { mirrorsOf, ownIndexAddress } from "../releases/mirrors.ts";
import { fetchSignature } from "../releases/signature.ts";
import { type Evidence, vouch } from "../verify/evidence.ts";
import {
	databaseRequired,
	databaseVouched,
	type Expectation,
	expectArchive,
	type Policy,
	type PolicyRules,
	rulesOf,
	witnessInWords,
} from "../verify/witness.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import type { Built, InstallListener } from "./built.ts";
import { buildFromArchive } from "./fromarchive.ts";
import { buildFromModule } from "./frommodule.ts";

/** `any`: download sites first, then the Go module proxy where none of them can be reached. */
export type SourceChoice = "any" | "download" | "proxy";

export interface Acquisition {
	readonly source: SourceChoice;
	readonly unofficial: boolean;
	readonly insecure: boolean;
	/** What it may take over from another version. */
	readonly sharing?: FileSharing | undefined;
	/** Who must vouch; the config's `verify` by default. */
	readonly policy?: Policy | undefined;
}

/** One acquisition, with everything that its parts need to know. */
interface Job {
	readonly context: Context;
	readonly chosen: Chosen;
	readonly how: Acquisition;
	readonly policy: Policy;
	readonly rules: PolicyRules;
	readonly durable: boolean;
	readonly staging: string;
	readonly signal: AbortSignal;
	readonly listener: InstallListener;
}

/**
 * Puts the chosen release, proven, into the staging directory, from wherever it can be had.
 * @throws GoxError `network` naming every source that was tried; `integrity` as soon as wrong bytes are all there is.
 */
export async function acquire(
	context: Context,
	chosen: Chosen,
	how: Acquisition,
	staging: string,
	signal: AbortSignal,
	listener: InstallListener,
): Promise<Built> {
	const { durable, verify } = loadConfig(context);
	const policy = how.policy ?? verify ?? "default";
	const rules = rulesOf(policy);
	const errand: Job = { context, chosen, how, policy, rules, durable, staging, signal, listener };
	if (how.source === "proxy") {
		if (!rules.modules) throw onlyArchives(policy, chosen.release);
		return fromProxy(errand);
	}
	const published = chosen.hashes.table !== undefined || chosen.hashes.index !== undefined;
	if (published || how.source === "download" || !rules.modules) return fromSites(errand);
	// What only the module proxy lists has no published SHA-256; the checksum database vouches for it.
	const absent = await orAbsent(() => fromProxy(errand));
	return absent instanceof GoxError ? fromSites(errand, absent) : absent;
}

/** The release's module, which the checksum database or the go command vouches for. */
async function fromProxy({ context, chosen, how, policy, rules, durable, staging, signal, listener }: Job): Promise<Built> {
	const { release, platform } = chosen;
	const source = { insecure: how.insecure, durable, sharing: how.sharing, signal };
	const built = await buildFromModule(context, release, platform, source, staging, listener);
	if (rules.database !== "required" || databaseVouched(built.witnesses)) return built;
	throw databaseRequired(policy, release, `only ${built.witnesses.map(witnessInWords).join(" and ")} speaks for it`);
}

/**
 * The release's archive, from the first download site that has it; from the module proxy where none can be reached.
 * @param absent why it wasn't to be had from the module proxy, where that was asked before
 */
async function fromSites(errand: Job, absent?: GoxError): Promise<Built> {
	const { context, chosen, how, policy, signal, listener } = errand;
	const { release, platform } = chosen;
	const { insecure } = how;
	const expectation = expectationOf(errand);
	const asked = databaseCheck(context, release, platform, { policy, official: expectation.official, insecure, signal });
	try {
		const built = await download(errand, expectation, absent);
		return await listener.stopwatch.waiting("proof", () => asked.of(built, listener));
	} catch (error) {
		if (!(error instanceof DownloadError) || !mayTurnToProxy(errand, expectation, error)) throw error;
		const { length } = error.failures;
		const reason = length > 1 ? `none of the ${length} download sites could be reached` : error.message;
		listener.say(`${release.name}: ${reason}; trying the Go module proxy`);
		listener.note(error.message);
		return await fromProxy(errand).catch((second: unknown) => {
			throw bothFailed(error, second);
		});
	} finally {
		asked.cancel();
	}
}

/** What the archive must be, as far as the policy listens to the index. */
function expectationOf({ context, chosen, how, policy, rules }: Job): Expectation {
	const { release, platform, hashes } = chosen;
	if (!rules.index && !hashes.table) throw notInTable(policy, release, platform);
	const known = rules.index ? { ...hashes, indexAddress: ownIndexAddress(sitesOf(context).index) } : { table: hashes.table };
	return expectArchive(release, platform, known, how.unofficial);
}

async function download(errand: Job, expectation: Expectation, absent: GoxError | undefined): Promise<Built> {
	const { context, chosen, how, rules, durable, staging, signal, listener } = errand;
	const { release, platform, archive } = chosen;
	const { insecure, sharing } = how;
	const { filename, size } = archive;
	const mirrors = mirrorsOf(sitesOf(context).mirrors, { insecure });
	const ask = { insecure, note: (text: string) => listener.note(text) };
	const signature =
		rules.signature || expectation.sha256 === undefined
			? await fetchSignature({ ...context, signal }, filename, mirrors, ask).catch((error: unknown) => {
					throw absent ? neitherWay(release, absent, error) : error;
				})
			: undefined;
	const source = { filename, size, mirrors, expectation, signature, insecure, durable, sharing, signal };
	return buildFromArchive(context, release, platform, source, staging, listener);
}

/** Wrong bytes are refused, never worked around; a build of one's own is on no proxy. */
function mayTurnToProxy({ how, rules }: Job, { official }: Expectation, failure: DownloadError): boolean {
	const unreachable = failure.code === "network" && (failure.noneReached || failure.missing);
	return how.source !== "download" && rules.modules && official && unreachable;
}

/** What `attempt` gives, or the failure that says that it isn't to be had there. */
async function orAbsent(attempt: () => Promise<Built>): Promise<Built | GoxError> {
	try {
		return await attempt();
	} catch (error) {
		if (error instanceof GoxError && ["network", "offline", "no-such-release"].includes(error.code)) return error;
		throw error;
	}
}

/** For a release without a published SHA-256: on no module proxy that could be reached, and not signed. */
export function neitherWay(release: Release, absent: GoxError, unsigned: unknown): unknown {
	if (!(unsigned instanceof GoxError) || unsigned.code === "interrupted") return unsigned;
	const code = unsigned.code === "network" || unsigned.code === "offline" ? absent.code : unsigned.code;
	const message = `nobody has published a SHA-256 of ${release.name}\nfrom the Go module proxy: ${absent.message}\nby its signature: ${unsigned.message}`;
	return new GoxError(code, message, { ...(absent.hint && { hint: absent.hint }), cause: unsigned });
}

export function onlyArchives(policy: Policy, release: Release): GoxError {
	return new GoxError("usage", `verify = ${policy} wants an archive's published SHA-256, and the module proxy has no archives`, {
		hint: `gox install ${release.word} --source proxy --verify sumdb`,
	});
}

export function notInTable(policy: Policy, release: Release, platform: Platform): GoxError {
	return new GoxError("integrity", `gox's release table doesn't know ${release.name} for ${platform} (verify = ${policy})`, {
		hint: `gox install ${release.word} --verify index`,
	});
}

/**
 * The second failure decides the exit code, unless it only says that there was no second way: that a proxy hasn't it
 * makes no published release one that doesn't exist.
 */
export function bothFailed(first: DownloadError, second: unknown): unknown {
	const onlyAbsent = second instanceof GoxError && second.code === "no-such-release" && first.noneReached;
	if (!(second instanceof GoxError) || (second.code !== "network" && !onlyAbsent)) return second;
	return new GoxError("network", `${first.message}\nand from the Go module proxy: ${second.message}`, {
		hint: second.hint ?? "gox install --source proxy --verbose VERSION",
		cause: second,
	});
}

/**
 * What an install that table or index vouch for gives a database that may be a black hole: so many milliseconds from
 * its first byte on, and so many after its last, since unpacking keeps answers waiting.
 */
const patience = { inAllMs: 3_000, afterwardsMs: 1_000 };

export interface DatabaseCheckRules {
	readonly policy: Policy;
	/** Whether the archive is what the Go project published, as far as table and index know. */
	readonly official: boolean;
	readonly insecure: boolean;
	readonly signal: AbortSignal;
}

/** The checksum database's word on an archive that table or index vouch for; asked while the archive is downloaded. */
export interface DatabaseCheck {
	/**
	 * The GOROOT with the database among its witnesses, or with the reason why it isn't.
	 * @throws GoxError `integrity` when the database contradicts the files, must not be believed, or had to vouch and didn't.
	 */
	of(built: Built, listener: InstallListener): Promise<Built>;
	cancel(): void;
}

export function databaseCheck(
	context: Context,
	release: Release,
	platform: Platform,
	{ policy, official, insecure, signal }: DatabaseCheckRules,
): DatabaseCheck {
	const { database } = rulesOf(policy);
	if (!official && database === "required") throw databaseRequired(policy, release, "it is asked about official builds only");
	const unasked = !official ? "it is asked about official builds only" : database === "never" ? `verify = ${policy}` : undefined;
	if (unasked !== undefined) return { of: async (built) => ({ ...built, unasked }), cancel: () => {} };
	const required = database === "required";
	const answer = askDatabase(context, release, platform, { insecure, signal, patience: required ? undefined : patience });
	return {
		of: async (built, listener) => {
			const evidence = await answer.evidence();
			if (evidence.kind !== "unavailable") {
				return { ...built, witnesses: [...built.witnesses, ...vouch(built.h1, [evidence], release)] };
			}
			if (required) throw databaseRequired(policy, release, evidence.reason);
			const text = `${release.name}: Go's checksum database was not asked: ${evidence.reason}`;
			if (evidence.odd) listener.warn(text);
			else listener.note(text);
			return { ...built, unasked: evidence.reason };
		},
		cancel: answer.cancel,
	};
}

export interface DatabaseQuestion {
	readonly insecure: boolean;
	readonly signal: AbortSignal;
	/** How long an answer may take: milliseconds from the question on, and from where it is waited for. Unbounded if undefined. */
	readonly patience: { readonly inAllMs: number; readonly afterwardsMs: number } | undefined;
}

/** What the checksum database says about a release, on its way while something else is done. */
export interface DatabaseAnswer {
	/**
	 * The evidence, for `vouch`; `unavailable` where there is none in time.
	 * @throws GoxError `integrity` for an answer that must not be believed, `interrupted`.
	 */
	evidence(): Promise<Evidence>;
	/** Stops asking. */
	cancel(): void;
}

/** Asks the checksum database at once; whoever wants the answer waits for it later. */
export function askDatabase(
	context: Context,
	release: Release,
	platform: Platform,
	{ insecure, signal, patience }: DatabaseQuestion,
): DatabaseAnswer {
	const ours = new AbortController();
	const asked = performance.now();
	const answer = sumdbEvidence({ ...context, signal: AbortSignal.any([signal, ours.signal]) }, release, platform, {
		insecure,
	}).catch((error: unknown) => {
		// A setting or a file that can't be read says nothing about the release.
		if (error instanceof GoxError && (error.code === "integrity" || error.code === "interrupted")) throw error;
		return unavailable(error instanceof Error ? error.message : String(error));
	});
	answer.catch(() => {});
	return {
		evidence: async () => {
			if (patience === undefined) return await answer;
			let timer: ReturnType<typeof setTimeout> | undefined;
			const tooLate = new Promise<Evidence>((late) => {
				const left = Math.max(asked + patience.inAllMs - performance.now(), patience.afterwardsMs);
				const tell = () => late(unavailable(`it gave no answer within ${duration(performance.now() - asked)}`));
				timer = setTimeout(tell, left);
			});
			try {
				return await Promise.race([answer, tooLate]);
			} finally {
				clearTimeout(timer);
				ours.abort();
			}
		},
		cancel: () => ours.abort(),
	};
}

function unavailable(reason: string): Evidence {
	return { kind: "unavailable", witness: "checksum database", reason };
}
