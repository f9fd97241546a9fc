import type { Context } from "../context.ts";
import type { Chosen } from "../releases/catalog.ts";
import { findTeamLock } from "../select/teamlock.ts";
import type { Built } from "../store/built.ts";
import { installedVersions } from "../store/installed.ts";
import { layoutOf, versionKey } from "../store/layout.ts";
import { type Receipt, readReceipt } from "../store/receipt.ts";
import { type FoundToolchain, holdToLock, lockedFor } from "../verify/teamlock.ts";

/** What an installation from a directory with a gox.lock must pass, before a byte is fetched and before it becomes visible. */
export interface LockCheck {
	/** @throws GoxError `integrity` for anything but what is locked. */
	hold(built: Built): void;
}

/**
 * The check for a release, by the nearest gox.lock if that locks this very release; another release isn't its business.
 * What is known already is checked at once: the hash that the table and the index publish, and what is installed.
 * @throws GoxError `integrity` as `hold`; `bad-version-file` for a lock that can't be understood.
 */
export function lockCheck(
	context: Context,
	{ release, platform, hashes }: Pick<Chosen, "release" | "platform" | "hashes">,
	force: boolean,
): LockCheck | undefined {
	const found = findTeamLock(context);
	if (!found || found.lock.release.name !== release.name) return undefined;
	const { path, lock } = found;
	const key = versionKey(release.name, platform, context.host());
	const hold = (toolchain: FoundToolchain, who: string, hint: string) => holdToLock(lock, path, platform, toolchain, who, hint);
	const git = `git log -p ${path}`;
	if (!force && installedVersions(context).some((each) => each.key === key)) {
		const receipt = readReceipt(layoutOf(context.home), key);
		const again = `gox verify ${release.word}\ngox install ${release.word} --force`;
		hold(receipt ? toolchainOf(receipt) : {}, `what is installed as ${key}`, again);
	} else if (lockedFor(lock, path, platform).sha256 !== undefined) {
		for (const [who, sha256] of [
			["gox's release table", hashes.table],
			["the index", hashes.index],
		] as const)
			if (sha256) hold({ sha256 }, who, git);
	}
	return { hold: (built) => hold(toolchainOf(built), `what came from ${built.source.from}`, git) };
}

function toolchainOf({ source, archive, h1 }: Pick<Receipt, "source" | "archive" | "h1">): FoundToolchain {
	return { h1, sha256: source.kind === "archive" ? archive?.sha256 : undefined };
}
