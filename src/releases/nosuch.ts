import { GoxError, quote } from "../errors.ts";
import { compareParsed, type GoVersion, parseGoVersion } from "../version/goversion.ts";
import type { Platform } from "../version/platform.ts";
import type { Request } from "../version/request.ts";
import type { IndexRelease } from "./index.ts";

/** The failure for a request that no release fits, whatever the platform; the hint names the nearest. */
export function noSuchRelease(request: Request, releases: readonly IndexRelease[], platform: Platform): GoxError {
	const here = releases.filter(({ archives }) => archives.has(platform));
	const text = wordsOf(request);
	const asked = versionOf(request);
	const preRelease = request.kind === "prefix" ? here.find(({ release }) => release.minor === request.prefix) : undefined;
	if (preRelease) {
		return new GoxError("no-such-release", `there is no release of Go ${text} yet, only ${preRelease.release.name}`, {
			hint: installing(preRelease, request),
		});
	}
	const near = asked && nearest(here, asked);
	if (!near) return new GoxError("no-such-release", `no Go release matches ${text}`, { hint: "gox list --remote" });
	const minor = asked && here.some(({ release }) => release.minor === `${asked.major}.${asked.minor}`);
	return new GoxError("no-such-release", `there is no Go ${text}; the nearest is ${near.release.name}`, {
		hint: `${installing(near, request)}\ngox list --remote ${minor ? near.release.minor : ""}`.trimEnd(),
	});
}

/**
 * The failure for releases that exist, but not for the platform.
 * @param anywhere what the request would match on other platforms, newest first; not empty.
 */
export function noSuchPlatform(
	request: Request,
	anywhere: readonly IndexRelease[],
	releases: readonly IndexRelease[],
	platform: Platform,
): GoxError {
	const [newest] = anywhere;
	const near =
		newest &&
		nearest(
			releases.filter(({ archives, release }) => archives.has(platform) && (release.stable || !newest.release.stable)),
			newest.release.parsed,
		);
	const who = request.kind === "exact" ? request.release.name : `Go ${wordsOf(request)}`;
	const hints = [
		near && installing(near, request),
		platform === "darwin-arm64" &&
			newest?.archives.has("darwin-amd64") &&
			`gox install ${newest.release.word} --platform darwin-amd64`,
	].filter((hint): hint is string => Boolean(hint));
	const nearby = near ? `; the nearest release that was is ${near.release.name}` : "";
	return new GoxError("no-such-platform", `${who} was never published for ${platform}${nearby}`, {
		hint: hints.length > 0 ? hints.join("\n") : "gox list --remote",
	});
}

/** The command that installs it where the request asked for: the platform that somebody named must not get lost. */
function installing({ release }: IndexRelease, { platform }: Request): string {
	return `gox install ${release.version}${platform ? ` --platform ${platform}` : ""}`;
}

/** The release with the least distance in Go's order; of two neighbours the newer, for its fixes. */
function nearest(releases: readonly IndexRelease[], asked: GoVersion): IndexRelease | undefined {
	const sameMinor = releases.filter(
		({ release }) => release.parsed.major === asked.major && release.parsed.minor === asked.minor,
	);
	const pool = sameMinor.some(({ release }) => release.stable) ? sameMinor.filter(({ release }) => release.stable) : releases;
	const newer = pool.findLast(({ release }) => compareParsed(release.parsed, asked) > 0);
	return newer ?? pool.find(({ release }) => release.stable) ?? pool[0];
}

function versionOf(request: Request): GoVersion | undefined {
	if (request.kind === "exact") return request.release.parsed;
	return request.kind === "prefix" ? parseGoVersion(request.prefix) : undefined;
}

function wordsOf(request: Request): string {
	if (request.kind === "exact") return request.release.version;
	return request.kind === "prefix" ? request.prefix : quote(request.text);
}
