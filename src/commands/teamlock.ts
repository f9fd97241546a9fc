import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { shown } from "../fetch/address.ts";
import { ifPresent, readIfPresent, writeFileAtomic } from "../fs.ts";
import { lookUp } from "../releases/lookup.ts";
import { sumdbEvidence } from "../releases/proxy/toolchainsumdb.ts";
import { wordFor } from "../select/toolchain.ts";
import { editing } from "../store/journal.ts";
import { expectArchive } from "../verify/expectation.ts";
import { formatTeamLock, type LockedToolchain, parseTeamLock, type TeamLock, teamLockName } from "../verify/teamlock.ts";
import { type Platform, platforms } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { catalogOptions } from "./catalog.ts";
import type { Invocation } from "./command.ts";

/** Whether this directory, and not only one above it, has a lock. */
export function hasTeamLock(context: Context): boolean {
	return readIfPresent(join(context.cwd, teamLockName)) !== undefined;
}

/**
 * The lock of a release as the table, the index and the checksum database know it now. What a lock of the same release
 * in this directory says already stays, where nobody can be asked again.
 * @param context with the configured sites
 * @throws GoxError `integrity` when they contradict each other, or the lock that is there; `no-such-release`.
 */
export async function makeTeamLock(context: Context, invocation: Invocation, release: Release): Promise<TeamLock> {
	const before = existingLock(context, release);
	const insecure = invocation.options.has("insecure");
	const locked = new Map<Platform, LockedToolchain>();
	const reasons = new Map<Platform, string>();
	await Promise.all(
		platforms.map(async (platform) => {
			const sha256 = await archiveDigest(context, invocation, release, platform);
			if (sha256 === "none") return;
			const evidence = await sumdbEvidence(context, release, platform, { insecure });
			if (evidence.kind === "unavailable") reasons.set(platform, evidence.reason);
			const now = { sha256, h1: evidence.kind === "unavailable" ? undefined : evidence.h1 };
			const merged = merge(before?.get(platform), now, `${release.name} for ${platform}`, context);
			if (merged.sha256 ?? merged.h1) locked.set(platform, merged);
		}),
	);
	if (locked.size === 0) throw new GoxError("integrity", `nobody vouches for ${release.name}: there is nothing to lock`);
	const without = platforms.filter((platform) => reasons.has(platform) && locked.get(platform)?.h1 === undefined);
	if (without.length > 0)
		invocation.report.warn(
			`the lock has no h1 for ${without.join(", ")}: the checksum database can't be asked: ${reasons.get(without[0] as Platform)}`,
		);
	return { release, platforms: locked };
}

/** Writes the lock beside `.go-version`; a link is written through. */
export function writeTeamLock(context: Context, lock: TeamLock): string {
	const path = join(context.cwd, teamLockName);
	const target = ifPresent(() => realpathSync(path)) ?? path;
	editing(context, target, () =>
		writeFileAtomic(target, formatTeamLock(lock), 0o644, () => context.checkpoint("pin:lock-written")),
	);
	return path;
}

function existingLock(context: Context, release: Release): TeamLock["platforms"] | undefined {
	const path = join(context.cwd, teamLockName);
	const text = readIfPresent(path);
	const before = text === undefined ? undefined : parseTeamLock(text, path);
	return before?.release.name === release.name ? before.platforms : undefined;
}

/** `none` where the release wasn't published for the platform, undefined where its SHA-256 wasn't. */
async function archiveDigest(context: Context, invocation: Invocation, release: Release, platform: Platform) {
	try {
		const request = { kind: "exact", release, text: wordFor(release.name) } as const;
		const { hashes } = await lookUp(context, request, platform, catalogOptions(invocation));
		const index = context.env.GOX_INDEX?.trim();
		const indexAddress = index ? shown(new URL(index)) : undefined;
		return expectArchive(release, platform, { ...hashes, indexAddress }, false).sha256;
	} catch (error) {
		if (error instanceof GoxError && error.code === "no-such-platform") return "none";
		throw error;
	}
}

function merge(before: LockedToolchain | undefined, now: LockedToolchain, what: string, context: Context): LockedToolchain {
	for (const kind of ["sha256", "h1"] as const) {
		if (before?.[kind] === undefined || now[kind] === undefined || before[kind] === now[kind]) continue;
		const path = join(context.cwd, teamLockName);
		throw new GoxError("integrity", `${what}: ${path} says ${before[kind]}, but now it is said to be ${now[kind]}`, {
			hint: `git log -p ${path}`,
		});
	}
	return { sha256: now.sha256 ?? before?.sha256, h1: now.h1 ?? before?.h1 };
}
