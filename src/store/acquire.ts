import type { FileSharing } from "../archive/tree.ts";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { shown } from "../fetch/address.ts";
import { DownloadError } from "../fetch/downloaderror.ts";
import type { Chosen } from "../releases/catalog.ts";
import { mirrorsOf } from "../releases/mirrors.ts";
import { fetchSignature } from "../releases/signature.ts";
import { expectArchive } from "../verify/expectation.ts";
import { databaseRequired, databaseVouched, type Policy, rulesOf } from "../verify/policy.ts";
import { witnessInWords } from "../verify/witness.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
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
	const { release, platform, archive, hashes } = chosen;
	const { durable, verify } = loadConfig(context);
	const { insecure, policy = verify ?? "default" } = how;
	const rules = rulesOf(policy);
	const fromModule = async () => {
		const built = await buildFromModule(
			context,
			release,
			platform,
			{ insecure, durable, sharing: how.sharing, signal },
			staging,
			listener,
		);
		if (rules.database !== "required" || databaseVouched(built.witnesses)) return built;
		throw databaseRequired(policy, release, `only ${built.witnesses.map(witnessInWords).join(" and ")} speaks for it`);
	};
	// What only the module proxy lists has no published SHA-256; the checksum database vouches for it.
	const onlyOnProxy = how.source === "any" && rules.modules && !hashes.table && !hashes.index;
	if (how.source === "proxy" && !rules.modules) throw onlyArchives(policy, release);
	if (how.source === "proxy") return fromModule();
	let absent: GoxError | undefined;
	if (onlyOnProxy) {
		try {
			return await fromModule();
		} catch (error) {
			if (!(error instanceof GoxError) || !["network", "offline", "no-such-release"].includes(error.code)) throw error;
			absent = error;
		}
	}
	if (!rules.index && !hashes.table) throw notInTable(policy, release, platform);
	const known = rules.index ? { ...hashes, indexAddress: indexAddress(context) } : { table: hashes.table };
	const expectation = expectArchive(release, platform, known, how.unofficial);
	const asked = corroboration(context, release, platform, { policy, official: expectation.official, insecure, signal });
	const mirrors = mirrorsOf(context.env, { insecure });
	try {
		const needed = rules.signature || expectation.sha256 === undefined;
		const ask = { insecure, note: (text: string) => listener.note(text) };
		const signature = needed
			? await fetchSignature({ ...context, signal }, archive.filename, mirrors, ask).catch((error: unknown) => {
					throw absent ? neitherWay(release, absent, error) : error;
				})
			: undefined;
		const built = await buildFromArchive(
			context,
			release,
			platform,
			{
				filename: archive.filename,
				size: archive.size,
				mirrors,
				expectation,
				signature,
				insecure,
				durable,
				sharing: how.sharing,
				signal,
			},
			staging,
			listener,
		);
		return await listener.stopwatch.waiting("proof", () => asked.of(built, listener));
	} catch (error) {
		// Wrong bytes are refused, never worked around; a build of one's own is on no proxy.
		if (
			how.source === "download" ||
			!rules.modules ||
			!expectation.official ||
			!(error instanceof DownloadError) ||
			error.code !== "network" ||
			!(error.noneReached || error.missing)
		)
			throw error;
		const reason =
			error.failures.length > 1 ? `none of the ${error.failures.length} download sites could be reached` : error.message;
		listener.say(`${release.name}: ${reason}; trying the Go module proxy`);
		listener.note(error.message);
		return await fromModule().catch((second: unknown) => {
			throw bothFailed(error, second);
		});
	} finally {
		asked.cancel();
	}
}

/** For a release without a published SHA-256: on no module proxy that could be reached, and not signed. */
function neitherWay(release: Release, absent: GoxError, unsigned: unknown): unknown {
	if (!(unsigned instanceof GoxError) || unsigned.code === "interrupted") return unsigned;
	const code = unsigned.code === "network" || unsigned.code === "offline" ? absent.code : unsigned.code;
	const message = `nobody has published a SHA-256 of ${release.name}\nfrom the Go module proxy: ${absent.message}\nby its signature: ${unsigned.message}`;
	return new GoxError(code, message, { ...(absent.hint && { hint: absent.hint }), cause: unsigned });
}

function onlyArchives(policy: Policy, release: Release): GoxError {
	return new GoxError("usage", `verify = ${policy} wants an archive's published SHA-256, and the module proxy has no archives`, {
		hint: `gox install ${release.version} --source proxy --verify sumdb`,
	});
}

function notInTable(policy: Policy, release: Release, platform: Platform): GoxError {
	return new GoxError("integrity", `gox's release table doesn't know ${release.name} for ${platform} (verify = ${policy})`, {
		hint: `gox install ${release.version} --verify index`,
	});
}

/** The second failure decides the exit code, unless it only says that there was no second way. */
function bothFailed(first: DownloadError, second: unknown): unknown {
	if (!(second instanceof GoxError) || second.code !== "network") return second;
	return new GoxError("network", `${first.message}\nand from the Go module proxy: ${second.message}`, {
		hint: second.hint ?? "gox install --source proxy --verbose VERSION",
		cause: second,
	});
}

function indexAddress(context: Context): string | undefined {
	const address = context.env.GOX_INDEX?.trim();
	return address ? shown(new URL(address)) : undefined;
}
