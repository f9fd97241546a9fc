import { GoxError } from "../errors.ts";
import { hostOf, shown } from "../fetch/address.ts";
import type { Client } from "../fetch/client.ts";
import { type Document, getDocument } from "../fetch/document.ts";
import { NetworkError } from "../fetch/failure.ts";
import { kindOf } from "../fetch/opening.ts";
import { decodeIndex, type Index } from "./index.ts";
import type { CachedIndex } from "./indexcache.ts";

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
