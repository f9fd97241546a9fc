import { GoxError } from "../errors.ts";
import type { Platform } from "../version/platform.ts";
import { newestFirst, type Release } from "../version/release.ts";
import type { Request } from "../version/request.ts";
import type { Archive, IndexRelease } from "./index.ts";
import { matching, resolve } from "./resolve.ts";
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
}

/** What exists: a fetched list of releases together with the built-in table. */
export class Catalog implements Provenance {
	readonly origin: CatalogOrigin;
	readonly url?: string;
	readonly fetchedAt?: Date;
	/** Of the list and the table together, newest first. */
	readonly releases: readonly IndexRelease[];
	readonly #listed: readonly IndexRelease[];
	/** The day of what is known, if that isn't today's list. */
	readonly #asOf: string | undefined;
	readonly #table: ReadonlyMap<string, IndexRelease>;

	/** @param listed the fetched list, newest first; undefined where there is none and the table stands in. */
	constructor(listed: readonly IndexRelease[] | undefined, table: ReleaseTable, provenance: Provenance) {
		this.origin = provenance.origin;
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
