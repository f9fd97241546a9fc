import { GoxError } from "../errors.ts";
import type { DownloadError } from "../fetch/downloaderror.ts";
import type { Policy } from "../verify/policy.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";

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
