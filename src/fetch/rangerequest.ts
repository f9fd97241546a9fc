import { createHash } from "node:crypto";
import { hostOf } from "./address.ts";
import type { Client } from "./client.ts";
import { type FailureKind, NetworkError } from "./failure.ts";
import type { Reply } from "./reply.ts";

export interface Asked {
	/** The offset of the first byte to fetch. */
	readonly offset: number;
	/** The offset after the last byte to fetch; the end of the file by default. Only with `byRange`. */
	readonly end?: number;
	/** Whether to ask for the rest only. */
	readonly byRange: boolean;
	/** The strong ETag of this mirror's earlier bytes. */
	readonly tag: string | undefined;
	/** The size of the file, if a source has said it. */
	readonly total: number | undefined;
	/** Ends the request besides an interruption. */
	readonly signal?: AbortSignal;
}

/**
 * The answer to a request for a file from `offset` on. `ended`: there are no more bytes.
 * `misfit`: it is another file, or not what was asked for; its body is dropped.
 */
export type RangeReply =
	| {
			readonly kind: "open";
			/** The offset of the first byte of `body`: the requested one, or 0 for the whole file. */
			readonly offset: number;
			readonly total: number | undefined;
			readonly tag: string | undefined;
			/** Its address after redirects, without credentials. */
			readonly at: URL;
			readonly body: AsyncIterableIterator<Buffer>;
	  }
	| { readonly kind: "ended" }
	| { readonly kind: "misfit"; readonly why: string };

/**
 * The bytes of several answers aren't of one file. `given`: those already given out may be wrong. `local`: the bytes on
 * this machine are wrong, not the mirror's.
 */
export class RangeMismatch extends Error {
	readonly given: boolean;
	readonly local: boolean;

	constructor(why: string, given: boolean, local = false) {
		super(why);
		this.name = "Misfit";
		this.given = given;
		this.local = local;
	}
}

/**
 * Asks for a file, for its rest, or for a range of it (RFC 9110 §13.1.5 and §14).
 * @throws NetworkError for every status that delivers nothing.
 */
export async function requestRange(client: Client, url: URL, asked: Asked): Promise<RangeReply> {
	const rest = asked.byRange && (asked.offset > 0 || asked.end !== undefined);
	const range = `bytes=${asked.offset}-${asked.end === undefined ? "" : asked.end - 1}`;
	const headers = rest ? { range, ...(asked.tag && { "if-range": asked.tag }) } : {};
	const reply = await client.get(url, { headers, ...(asked.signal && { signal: asked.signal }) });
	const tag = reply.headers.strongTag;
	const open = { kind: "open", at: reply.url, body: reply.body } as const;
	if (reply.status === 200) return { ...open, offset: 0, total: reply.headers.length, tag };
	if (reply.status === 206 && rest) {
		const why = misfitOf(reply, asked);
		if (why === undefined) {
			return { ...open, offset: asked.offset, total: reply.headers.range?.total, tag: tag ?? asked.tag };
		}
		reply.cancel();
		return { kind: "misfit", why };
	}
	reply.cancel();
	if (reply.status === 416 && rest) {
		const { total } = reply.headers.range ?? {};
		return total === asked.offset ? { kind: "ended" } : { kind: "misfit", why: `it has no byte ${asked.offset} (416)` };
	}
	throw refused(reply, hostOf(url), client.now());
}

function misfitOf(reply: Reply, asked: Asked): string | undefined {
	const { range, strongTag, length } = reply.headers;
	if (!range) return "a partial answer (206) without a Content-Range";
	if (range.start !== asked.offset) return `asked from byte ${asked.offset}, it sent from ${range.start}`;
	if (asked.total !== undefined && range.total !== undefined && range.total !== asked.total) {
		return `the file had ${asked.total} bytes before and has ${range.total} now`;
	}
	if (asked.end !== undefined && range.end !== undefined && range.end > asked.end) return "more bytes than were asked for";
	if (range.total !== undefined && length !== undefined && asked.offset + length > range.total)
		return "more bytes than the file has";
	if (asked.tag !== undefined && strongTag !== undefined && strongTag !== asked.tag)
		return "the file changed on the way (another ETag)";
	return undefined;
}

function refused(reply: Reply, source: string, now: Date): NetworkError {
	const words = meanings[reply.status] ?? (reply.status >= 500 ? "the server failed" : "not an answer that gox understands");
	return new NetworkError(kindOf(reply.status), source, `${words} (${reply.status})`, {
		retryAfterMs: reply.headers.retryAfterMs(now),
	});
}

const meanings: Readonly<Record<number, string>> = {
	401: "a password is wanted",
	403: "access is refused",
	404: "there is no such file",
	407: "the proxy wants a password",
	410: "the file is gone",
	429: "too many requests",
	451: "it is blocked here for legal reasons",
	502: "a server behind it failed",
	503: "it is overloaded or down",
	504: "a server behind it is too slow",
};

/** The failure of a status that delivers nothing; it decides the next step. */
export function kindOf(status: number): FailureKind {
	if (status === 404 || status === 410) return "missing";
	if (status === 401 || status === 403 || status === 407 || status === 451 || status === 511) return "blocked";
	return status === 408 || status === 425 || status === 429 || status >= 500 ? "busy" : "improper";
}

/**
 * Drops the pieces of a file before `offset`.
 * @throws RangeMismatch unless the dropped bytes have that SHA-256.
 */
export async function* begins(
	body: AsyncIterableIterator<Buffer>,
	offset: number,
	sha256: string,
): AsyncGenerator<Buffer, undefined> {
	const hash = createHash("sha256");
	let skipped = 0;
	for await (const piece of body) {
		if (skipped === offset) {
			yield piece;
			continue;
		}
		const old = piece.subarray(0, offset - skipped);
		hash.update(old);
		skipped += old.length;
		if (skipped < offset) continue;
		if (hash.digest("hex") !== sha256) throw differs();
		if (old.length < piece.length) yield piece.subarray(old.length);
	}
	if (skipped < offset) throw differs();
}

function differs(): RangeMismatch {
	return new RangeMismatch("it sends other bytes than came before", true);
}
