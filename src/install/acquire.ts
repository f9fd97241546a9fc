import { loadConfig, sitesOf } from "../config.ts";
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
import type { Built, InstallListener, Job } from "./built.ts";
import { buildFromArchive } from "./fromarchive.ts";
import { buildFromModule } from "./frommodule.ts";

/** `any`: download sites first, then the Go module proxy where none of them can be reached. */
export type SourceChoice = "any" | "download" | "proxy";

export interface Acquisition {
	readonly source: SourceChoice;
	readonly unofficial: boolean;
	/** Who must vouch; the config's `verify` by default. */
	readonly policy?: Policy | undefined;
}

/** What is acquired, and under which rules. */
interface Order {
	readonly job: Job;
	readonly chosen: Chosen;
	readonly how: Acquisition;
	readonly policy: Policy;
	readonly rules: PolicyRules;
}

/**
 * Puts the chosen release, proven, into the staging directory, from wherever it can be had.
 * @throws GoxError `network` naming every source that was tried; `integrity` as soon as wrong bytes are all there is.
 */
export async function acquire(job: Job, chosen: Chosen, how: Acquisition): Promise<Built> {
	const policy = how.policy ?? loadConfig(job.context).verify ?? "default";
	const rules = rulesOf(policy);
	const order: Order = { job, chosen, how, policy, rules };
	if (how.source === "proxy") {
		if (!rules.modules) throw onlyArchives(policy, chosen.release);
		return fromProxy(order);
	}
	const published = chosen.hashes.table !== undefined || chosen.hashes.index !== undefined;
	if (published || how.source === "download" || !rules.modules) return fromSites(order);
	// What only the module proxy lists has no published SHA-256; the checksum database vouches for it.
	const absent = await orAbsent(() => fromProxy(order));
	return absent instanceof GoxError ? fromSites(order, absent) : absent;
}

/** The release's module, which the checksum database or the go command vouches for. */
async function fromProxy({ job, policy, rules }: Order): Promise<Built> {
	const built = await buildFromModule(job);
	if (rules.database !== "required" || databaseVouched(built.witnesses)) return built;
	throw databaseRequired(policy, job.release, `only ${built.witnesses.map(witnessInWords).join(" and ")} speaks for it`);
}

/**
 * The release's archive, from the first download site that has it; from the module proxy where none can be reached.
 * @param absent why it wasn't to be had from the module proxy, where that was asked before
 */
async function fromSites(order: Order, absent?: GoxError): Promise<Built> {
	const { release, listener } = order.job;
	const expectation = expectationOf(order);
	const asked = databaseCheck(order.job, order.policy, expectation.official);
	try {
		const built = await download(order, expectation, absent);
		return await listener.stopwatch.waiting("proof", () => asked.of(built, listener));
	} catch (error) {
		if (!(error instanceof DownloadError) || !mayTurnToProxy(order, expectation, error)) throw error;
		const { length } = error.failures;
		const reason = length > 1 ? `none of the ${length} download sites could be reached` : error.message;
		listener.say(`${release.name}: ${reason}; trying the Go module proxy`);
		listener.note(error.message);
		return await fromProxy(order).catch((second: unknown) => {
			throw bothFailed(error, second);
		});
	} finally {
		asked.cancel();
	}
}

/** What the archive must be, as far as the policy listens to the index. */
function expectationOf({ job: { context }, chosen, how, policy, rules }: Order): Expectation {
	const { release, platform, hashes } = chosen;
	if (!rules.index && !hashes.table) throw notInTable(policy, release, platform);
	const known = rules.index ? { ...hashes, indexAddress: ownIndexAddress(sitesOf(context).index) } : { table: hashes.table };
	return expectArchive(release, platform, known, how.unofficial);
}

async function download({ job, chosen, rules }: Order, expectation: Expectation, absent: GoxError | undefined): Promise<Built> {
	const { context, release, insecure, listener } = job;
	const { filename, size } = chosen.archive;
	const mirrors = mirrorsOf(sitesOf(context).mirrors, { insecure });
	const ask = { insecure, note: (text: string) => listener.note(text) };
	const signature =
		rules.signature || expectation.sha256 === undefined
			? await fetchSignature(context, filename, mirrors, ask).catch((error: unknown) => {
					throw absent ? neitherWay(release, absent, error) : error;
				})
			: undefined;
	return buildFromArchive(job, { filename, size, mirrors, expectation, signature });
}

/** Wrong bytes are refused, never worked around; a build of one's own is on no proxy. */
function mayTurnToProxy({ how, rules }: Order, { official }: Expectation, failure: DownloadError): boolean {
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
const timeLimit = { inAllMs: 3_000, afterwardsMs: 1_000 };

/** The checksum database's word on an archive that table or index vouch for; asked while the archive is downloaded. */
export interface DatabaseCheck {
	/**
	 * The GOROOT with the database among its witnesses, or with the reason why it isn't.
	 * @throws GoxError `integrity` when the database contradicts the files, must not be believed, or had to vouch and didn't.
	 */
	of(built: Built, listener: InstallListener): Promise<Built>;
	cancel(): void;
}

/** @param official whether the archive is what the Go project published, as far as the table and the index know */
export function databaseCheck(job: Job, policy: Policy, official: boolean): DatabaseCheck {
	const { release } = job;
	const { database } = rulesOf(policy);
	if (!official && database === "required") throw databaseRequired(policy, release, "it is asked about official builds only");
	const unasked = !official ? "it is asked about official builds only" : database === "never" ? `verify = ${policy}` : undefined;
	if (unasked !== undefined) return { of: async (built) => ({ ...built, unasked }), cancel: () => {} };
	const required = database === "required";
	const answer = askDatabase(job, required ? undefined : timeLimit);
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

type Question = Pick<Job, "context" | "release" | "platform" | "insecure">;

/**
 * Asks the checksum database at once; the answer can be waited for later.
 * @param limit how long an answer may take: milliseconds from the question on, and from when it is waited for
 */
export function askDatabase(
	{ context, release, platform, insecure }: Question,
	limit: typeof timeLimit | undefined,
): DatabaseAnswer {
	const ours = new AbortController();
	const asked = performance.now();
	const answer = sumdbEvidence({ ...context, signal: AbortSignal.any([context.signal, ours.signal]) }, release, platform, {
		insecure,
	}).catch((error: unknown) => {
		// A setting or a file that can't be read says nothing about the release.
		if (error instanceof GoxError && (error.code === "integrity" || error.code === "interrupted")) throw error;
		return unavailable(error instanceof Error ? error.message : String(error));
	});
	answer.catch(() => {});
	return {
		evidence: async () => {
			if (limit === undefined) return await answer;
			let timer: ReturnType<typeof setTimeout> | undefined;
			const tooLate = new Promise<Evidence>((late) => {
				const left = Math.max(asked + limit.inAllMs - performance.now(), limit.afterwardsMs);
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
