import { isOffline, sitesOf } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { hostOf, shown } from "../fetch/address.ts";
import { Client, type ClientOptions, type Document, getDocument } from "../fetch/client.ts";
import { NetworkError } from "../fetch/failure.ts";
import { kindOf } from "../fetch/rangerequest.ts";
import { type ListedToolchain, listToolchains } from "../proxy/toolchain.ts";
import type { Platform } from "../version/platform.ts";
import { newestFirst } from "../version/release.ts";
import type { Request } from "../version/request.ts";
import { type CachedIndex, IndexCache, isFresh, NewestNotes } from "./cache.ts";
import { Catalog, type Chosen, type Provenance } from "./catalog.ts";
import { type Archive, decodeIndex, type Index, type IndexRelease } from "./list.ts";
import { type IndexSources, indexSources } from "./mirrors.ts";
import { newestOfMinors } from "./status.ts";
import type { ReleaseTable } from "./table.ts";

export interface CatalogOptions extends ClientOptions {
	/** Told when the catalog isn't what it should be: old, or only the built-in table. */
	readonly warn: (text: string) => void;
	/** Asks the network even if the list is fresh. */
	readonly refresh?: boolean;
	/** Asks nobody, whatever GOX_OFFLINE says. */
	readonly offline?: boolean;
	/** Asks for releases that the table lacks, if no list can be had (`releasesFromModuleProxy`). */
	readonly widen?: (table: ReleaseTable) => Promise<readonly IndexRelease[]>;
}

/**
 * The release that a request means. An exact one that the built-in table knows needs no network, unless GOX_INDEX
 * names a list of the person's own: that one is asked, so that it can contradict.
 * @throws as `loadCatalog` and `Catalog.pick`.
 */
export async function lookUp(context: Context, request: Request, platform: Platform, options: CatalogOptions): Promise<Chosen> {
	const wanted = request.platform ?? platform;
	if (request.kind === "exact" && !sitesOf(context).index) {
		const { builtInTable } = await import("./table.ts");
		const catalog = new Catalog(undefined, builtInTable(), { origin: "table" });
		if (catalog.hashes(request.release, wanted).table) return catalog.pick(request, wanted);
	}
	const catalog = await loadCatalog(context, options);
	if (catalog.origin !== "cache" || catalog.matching(request, wanted).length > 0) return catalog.pick(request, wanted);
	// It may have come out within the hour.
	return (await loadCatalog(context, { ...options, refresh: true })).pick(request, wanted);
}

/**
 * What exists: the list younger than an hour in the cache; else a new one, from GOX_INDEX or go.dev and golang.google.cn
 * in turn; else, with a warning, the old one; else, with a warning, the built-in table. A bad answer never replaces
 * a good list.
 * @throws GoxError `bad-index` for a bad answer of GOX_INDEX where there is no old list; `usage` for a GOX_INDEX that
 * can't be asked; `interrupted`.
 */
export async function loadCatalog(context: Context, options: CatalogOptions): Promise<Catalog> {
	const sources = indexSources(sitesOf(context).index, options);
	const own = sources.explicit;
	const { builtInTable } = await import("./table.ts");
	const table = builtInTable();
	const store = new IndexCache(context.cacheDir, context.uid);
	const kept = keptLists(store, sources);
	const fresh = options.refresh ? undefined : kept.find(({ cached }) => isFresh(cached, context.now()));
	if (fresh) return catalogOf(fresh, table, { origin: "cache", own });
	const { fetched, failures } = await fetchFirst(context, sources, store, kept, options);
	if (fetched) return catalogOf(fetched, table, { origin: "network", own });
	const reasons = failures.map(({ message }) => message).join("; ");
	const newest = kept.sort((left, right) => right.cached.fetchedAt.getTime() - left.cached.fetchedAt.getTime())[0];
	if (newest) {
		if (!isFresh(newest.cached, context.now())) {
			options.warn(`${reasons}; using the list of releases of ${dayOf(newest.cached.fetchedAt)}`);
		}
		return catalogOf(newest, table, { origin: "stale", own });
	}
	const bad = failures.find((failure) => failure.code === "bad-index");
	if (bad && sources.explicit) throw withHint(bad);
	options.warn(`${reasons}; gox knows the releases up to ${table.date} by itself`);
	const wider = mayNotConnect(context, options) ? undefined : await options.widen?.(table);
	return new Catalog(wider, table, { origin: "table" });
}

function mayNotConnect(context: Context, options: CatalogOptions): boolean {
	return options.offline === true || isOffline(context);
}

interface List {
	readonly url: URL;
	readonly index: Index;
	readonly cached: CachedIndex;
}

/** The intact lists that were fetched before, in the order of their sources; what can't be decoded any more is removed. */
function keptLists(store: IndexCache, sources: IndexSources): List[] {
	return sources.urls.flatMap((url) => {
		const cached = url.protocol === "file:" ? undefined : store.read(url);
		if (!cached) return [];
		try {
			return [{ url, index: decodeIndex(cached.body, shown(url)), cached }];
		} catch {
			store.remove(url);
			return [];
		}
	});
}

/** The first source that has a list. */
async function fetchFirst(
	context: Context,
	sources: IndexSources,
	store: IndexCache,
	kept: readonly List[],
	options: CatalogOptions,
): Promise<{ fetched?: List; failures: readonly GoxError[] }> {
	const failures: GoxError[] = [];
	const client = new Client(context, options);
	try {
		for (const url of sources.urls) {
			if (mayNotConnect(context, options) && url.protocol !== "file:") continue;
			try {
				const fetched = await fetchIndex(client, url, kept.find((list) => list.url === url)?.cached);
				if (url.protocol !== "file:") keep(store, new NewestNotes(context.cacheDir, context.uid), url, fetched);
				return { fetched: { url, ...fetched }, failures };
			} catch (error) {
				if (!(error instanceof NetworkError) && !(error instanceof GoxError && error.code === "bad-index")) throw error;
				failures.push(error);
			}
		}
	} finally {
		await client.close();
	}
	return { failures: failures.length > 0 ? failures : [new GoxError("offline", "GOX_OFFLINE is set")] };
}

function keep(store: IndexCache, notes: NewestNotes, url: URL, { index, cached }: FetchedIndex): void {
	store.write(url, cached);
	const newest = newestOfMinors(index.releases.map(({ release }) => release));
	notes.write(
		url,
		[...newest.values()].map(({ name }) => name),
	);
}

function catalogOf({ url, index, cached }: List, table: ReleaseTable, from: Pick<Provenance, "origin" | "own">): Catalog {
	return new Catalog(index.releases, table, { ...from, url: shown(url), fetchedAt: cached.fetchedAt });
}

function withHint(bad: GoxError): GoxError {
	return bad.hint ? bad : new GoxError("bad-index", bad.message, { hint: "unset GOX_INDEX", cause: bad.cause });
}

function dayOf(date: Date): string {
	return date.toISOString().slice(0, 10);
}

export interface FetchedIndex {
	readonly index: Index;
	/** What to keep for the next time. */
	readonly cached: CachedIndex;
}

/**
 * Asks one source, on condition that the list changed where one is known already (RFC 9110 §13.1).
 * @throws NetworkError; GoxError `bad-index` for an answer that is no list of releases.
 */
export async function fetchIndex(client: Client, url: URL, known: CachedIndex | undefined): Promise<FetchedIndex> {
	const reply = await getDocument(client, url, { headers: conditionsOf(known) });
	if (reply.status === 304 && known) {
		return { index: decodeIndex(known.body, shown(url)), cached: { ...known, fetchedAt: client.now() } };
	}
	if (reply.status !== 200) throw refused(reply, url);
	const body = reply.bytes.toString("utf8");
	const { etag, lastModified } = { etag: reply.headers.get("etag"), lastModified: reply.headers.get("last-modified") };
	return { index: decodeIndex(body, shown(url)), cached: { body, etag, lastModified, fetchedAt: client.now() } };
}

function conditionsOf(known: CachedIndex | undefined): Record<string, string> {
	return {
		...(known?.etag && { "if-none-match": known.etag }),
		...(known?.lastModified && { "if-modified-since": known.lastModified }),
		// A cache on the way that answers 304 to somebody who has nothing is told to go and look.
		...(!known && { "cache-control": "no-cache" }),
	};
}

function refused(reply: Document, url: URL): GoxError {
	const kind = kindOf(reply.status);
	if (kind !== "missing")
		return new NetworkError(kind, hostOf(url), `asked for the list of releases, it answered ${reply.status}`);
	return new GoxError("bad-index", `${shown(url)}: there is no list of Go releases (${reply.status})`);
}

/**
 * What exists where only the Go module proxy is let through: the built-in table and what the proxy lists beyond it.
 * Nobody has published a SHA-256 of those archives, so they come as modules, which the checksum database vouches for.
 * @param dir a private temporary directory.
 * @returns newest first; the table's own where no proxy answers.
 */
export async function releasesFromModuleProxy(
	context: Context,
	table: ReleaseTable,
	options: { readonly dir: string; readonly insecure: boolean },
): Promise<readonly IndexRelease[]> {
	const listed: readonly ListedToolchain[] = await listToolchains(context, options).catch(() => []);
	const merged = new Map(table.releases.map((each) => [each.release.name, each]));
	for (const { release, platform } of listed) {
		const before = merged.get(release.name);
		if (before?.archives.has(platform)) continue;
		const archive: Archive = { filename: `${release.name}.${platform}.tar.gz`, sha256: undefined, size: 0 };
		const archives = new Map<Platform, Archive>(before?.archives).set(platform, archive);
		merged.set(release.name, { release, stable: release.stable, archives });
	}
	return [...merged.values()].sort((left, right) => newestFirst(left.release, right.release));
}
