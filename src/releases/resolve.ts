import { compareParsed } from "../version/goversion.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { inRange, notAVersion, type Request } from "../version/request.ts";
import type { IndexRelease } from "./index.ts";
import { noSuchPlatform, noSuchRelease } from "./nosuch.ts";

/**
 * The release that a request means: the first of `matching`.
 * @param releases newest first.
 * @throws GoxError `no-such-release`, `no-such-platform`; `not-a-version` for an alias and for words that mean
 * something of this machine (`mod`, `system`), which the caller reads before.
 */
export function resolve(request: Request, releases: readonly IndexRelease[], platform: Platform): IndexRelease {
	const wanted = request.platform ?? platform;
	const [found] = matching(request, releases, wanted);
	if (found) return found;
	const anywhere = candidates(request, releases);
	if (anywhere.length > 0) throw noSuchPlatform(request, anywhere, releases, wanted);
	throw noSuchRelease(request, releases, wanted);
}

/**
 * All releases that a request matches and that were published for the platform, newest first: what
 * `list --remote REQUEST` shows. A prefix and a range match many; every other request one at most.
 * @param releases newest first.
 * @throws GoxError `not-a-version`, as `resolve`.
 */
export function matching(request: Request, releases: readonly IndexRelease[], platform: Platform): readonly IndexRelease[] {
	const wanted = request.platform ?? platform;
	return candidates(
		request,
		releases.filter(({ archives }) => archives.has(wanted)),
	);
}

/** The meaning of each kind of request (design §3), among releases that come newest first. */
function candidates(request: Request, releases: readonly IndexRelease[]): readonly IndexRelease[] {
	const stable = releases.filter(({ release }) => release.stable);
	const newest = stable[0];
	switch (request.kind) {
		case "exact":
			return releases.filter(({ release }) => release.name === request.release.name);
		case "prefix":
			return stable.filter(({ release }) => hasPrefix(release, request.prefix));
		case "range":
			return releases.filter(({ release }) => inRange(release, request.range));
		case "latest":
			return stable.slice(0, 1);
		case "oldstable": {
			const before = stable.find(({ release }) => release.minor !== newest?.release.minor);
			return before ? [before] : [];
		}
		case "next": {
			const [first] = releases;
			return first && isNewer(first.release, newest?.release) ? [first] : stable.slice(0, 1);
		}
		default:
			throw notAVersion(request.text, request.kind === "alias" ? "no alias has that name" : "it names no published release");
	}
}

/** Whether a release belongs to a minor (`1.22`) or a major (`1`). */
export function hasPrefix(release: Release, prefix: string): boolean {
	return prefix.includes(".") ? release.minor === prefix : release.parsed.major === prefix;
}

function isNewer(release: Release, than: Release | undefined): boolean {
	return !than || compareParsed(release.parsed, than.parsed) > 0;
}
