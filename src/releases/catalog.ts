import { GoxError, quote } from "../errors.ts";
import type { Platform } from "../version/platform.ts";
import { compareParsed, type GoVersion, newestFirst, parseGoVersion, type Release } from "../version/release.ts";
import { inRange, notAVersion, type Request } from "../version/request.ts";
import type { Archive, IndexRelease } from "./list.ts";
import type { ReleaseTable } from "./table.ts";

/** What each witness says an archive's SHA-256 is; one that doesn't know it is absent. They must not disagree. */
export interface Hashes {
	/** From the table built into gox. */
	readonly table?: string;
	/** From the list that was fetched. */
	readonly index?: string;
}

/** A release chosen for a platform, and what is known of its archive. */
export interface Chosen {
	readonly release: Release;
	readonly platform: Platform;
	/** Its `sha256` is the table's where the table has one. */
	readonly archive: Archive;
	readonly hashes: Hashes;
}

/** How the list of releases was come by. `stale`: it is older than an hour and could not be refreshed. `table`: there is none. */
export type CatalogOrigin = "network" | "cache" | "stale" | "table";

export interface Provenance {
	readonly origin: CatalogOrigin;
	/** The list's address, fit to be printed. */
	readonly url?: string;
	readonly fetchedAt?: Date;
	/** Whether somebody named this list (GOX_INDEX, the config's index): it is then all that is listed. */
	readonly own?: boolean;
}

/** What exists: a fetched list of releases together with the built-in table. */
export class Catalog implements Provenance {
	readonly origin: CatalogOrigin;
	readonly url?: string;
	readonly fetchedAt?: Date;
	readonly own: boolean;
	/** Of the list and the table together, newest first. */
	readonly releases: readonly IndexRelease[];
	readonly #listed: readonly IndexRelease[];
	/** The day of what is known, if that isn't today's list. */
	readonly #asOf: string | undefined;
	readonly #table: ReadonlyMap<string, IndexRelease>;

	/** @param listed the fetched list, newest first; undefined where there is none and the table stands in. */
	constructor(listed: readonly IndexRelease[] | undefined, table: ReleaseTable, provenance: Provenance) {
		this.origin = provenance.origin;
		this.own = provenance.own ?? false;
		if (provenance.url !== undefined) this.url = provenance.url;
		if (provenance.fetchedAt) this.fetchedAt = provenance.fetchedAt;
		this.#asOf = {
			table: table.date,
			stale: provenance.fetchedAt?.toISOString().slice(0, 10),
			network: undefined,
			cache: undefined,
		}[provenance.origin];
		this.#table = byName(table.releases);
		this.#listed = listed ?? table.releases;
		this.releases = merge(this.#listed, this.#table);
	}

	/**
	 * The release that a request means. What the list has comes first: `latest` of a company's list is the newest
	 * that the company offers. What only the table knows can still be had by name.
	 * @throws GoxError `no-such-release`, `no-such-platform`, `not-a-version`.
	 */
	pick(request: Request, platform: Platform): Chosen {
		const wanted = request.platform ?? platform;
		const [first] = this.matching(request, wanted);
		return this.#choose((first ?? this.#resolveAny(request, wanted)).release, wanted);
	}

	/** All that a request matches, newest first: its first is what `pick` returns. Empty if there is none. */
	matching(request: Request, platform: Platform): readonly IndexRelease[] {
		const listed = matching(request, this.#listed, platform);
		return listed.length > 0 ? listed : matching(request, this.releases, platform);
	}

	/** What `gox list --remote` lists, newest first: a list of one's own as it is, else the list and the table together. */
	get listing(): readonly IndexRelease[] {
		return this.own ? this.#listed : this.releases;
	}

	/**
	 * Every release that is offered for the platform, newest first: the list's own, so a company's list is all there is;
	 * the table's where there is no list.
	 */
	offered(platform: Platform): readonly Release[] {
		return this.#listed.filter(({ archives }) => archives.has(platform)).map(({ release }) => release);
	}

	/** What the witnesses say about an archive; nothing where none knows it. */
	hashes(release: Release, platform: Platform): Hashes {
		const table = this.#table.get(release.name)?.archives.get(platform)?.sha256;
		const listed = this.origin === "table" ? undefined : this.#listed.find((entry) => entry.release.name === release.name);
		const index = listed?.archives.get(platform)?.sha256;
		return { ...(table && { table }), ...(index && { index }) };
	}

	#resolveAny(request: Request, platform: Platform): IndexRelease {
		try {
			return resolve(request, this.releases, platform);
		} catch (error) {
			if (!(error instanceof GoxError) || this.#asOf === undefined) throw error;
			const { code, message, hint, cause } = error;
			throw new GoxError(code, `${message} (as of ${this.#asOf}: no newer list could be had)`, { ...(hint && { hint }), cause });
		}
	}

	#choose(release: Release, platform: Platform): Chosen {
		const archive = this.releases.find((entry) => entry.release.name === release.name)?.archives.get(platform);
		if (!archive) throw new GoxError("internal", `${release.name} has no archive for ${platform}`);
		return { release, platform, archive, hashes: this.hashes(release, platform) };
	}
}

function byName(releases: readonly IndexRelease[]): ReadonlyMap<string, IndexRelease> {
	return new Map(releases.map((entry) => [entry.release.name, entry]));
}

function merge(listed: readonly IndexRelease[], table: ReadonlyMap<string, IndexRelease>): readonly IndexRelease[] {
	const names = new Set(listed.map(({ release }) => release.name));
	const known = listed.map((entry) => {
		const built = table.get(entry.release.name);
		return built ? { ...entry, archives: mergeArchives(entry.archives, built.archives) } : entry;
	});
	const only = [...table.values()].filter(({ release }) => !names.has(release.name));
	return [...known, ...only].sort((left, right) => newestFirst(left.release, right.release));
}

function mergeArchives(
	listed: ReadonlyMap<Platform, Archive>,
	table: ReadonlyMap<Platform, Archive>,
): ReadonlyMap<Platform, Archive> {
	const merged = new Map(table);
	for (const [platform, archive] of listed) {
		const known = table.get(platform);
		merged.set(platform, { ...archive, sha256: known?.sha256 ?? archive.sha256, size: archive.size || (known?.size ?? 0) });
	}
	return merged;
}

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
