import type { FileSharing } from "../archive/tree.ts";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { shown } from "../fetch/address.ts";
import { DownloadError } from "../fetch/downloaderror.ts";
import type { Chosen } from "../releases/catalog.ts";
import { mirrorsOf } from "../releases/mirrors.ts";
import { fetchSignature } from "../releases/signature.ts";
import { type Expectation, expectArchive } from "../verify/expectation.ts";
import { databaseRequired, databaseVouched, type Policy, type PolicyRules, rulesOf } from "../verify/policy.ts";
import { witnessInWords } from "../verify/witness.ts";
import { bothFailed, neitherWay, notInTable, onlyArchives } from "./acquirefailure.ts";
import type { Built, InstallListener } from "./built.ts";
import { corroboration } from "./corroboration.ts";
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
interface Errand {
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
	const errand: Errand = { context, chosen, how, policy, rules, durable, staging, signal, listener };
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
async function fromProxy({ context, chosen, how, policy, rules, durable, staging, signal, listener }: Errand): Promise<Built> {
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
async function fromSites(errand: Errand, absent?: GoxError): Promise<Built> {
	const { context, chosen, how, policy, signal, listener } = errand;
	const { release, platform } = chosen;
	const { insecure } = how;
	const expectation = expectationOf(errand);
	const asked = corroboration(context, release, platform, { policy, official: expectation.official, insecure, signal });
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
function expectationOf({ context, chosen, how, policy, rules }: Errand): Expectation {
	const { release, platform, hashes } = chosen;
	if (!rules.index && !hashes.table) throw notInTable(policy, release, platform);
	const known = rules.index ? { ...hashes, indexAddress: indexAddress(context) } : { table: hashes.table };
	return expectArchive(release, platform, known, how.unofficial);
}

async function download(errand: Errand, expectation: Expectation, absent: GoxError | undefined): Promise<Built> {
	const { context, chosen, how, rules, durable, staging, signal, listener } = errand;
	const { release, platform, archive } = chosen;
	const { insecure, sharing } = how;
	const { filename, size } = archive;
	const mirrors = mirrorsOf(context.env, { insecure });
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
function mayTurnToProxy({ how, rules }: Errand, { official }: Expectation, failure: DownloadError): boolean {
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

function indexAddress(context: Context): string | undefined {
	const address = context.env.GOX_INDEX?.trim();
	return address ? shown(new URL(address)) : undefined;
}
