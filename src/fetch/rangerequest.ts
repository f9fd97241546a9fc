import { createHash } from "node:crypto";
import { hostOf } from "./address.ts";
import type { Client } from "./client.ts";
import { type FailureKind, NetworkError } from "./failure.ts";
import type { Reply } from "./reply.ts";

export interface Asked {
	/** The first byte that is still wanted. */
	readonly offset: number;
	/** The one after the last that is wanted; the file's end when not given. Only with `byRange`. */
	readonly end?: number;
	/** Whether to ask for the rest only. */
	readonly byRange: boolean;
	/** A strong ETag of what came before from this mirror. */
	readonly tag: string | undefined;
	/** The size of the file as said before. */
	readonly total: number | undefined;
	/** Ends the request besides an interruption. */
	readonly signal?: AbortSignal;
}

/**
 * An answer to the question for a file from `offset` on. `ended`: there are no bytes from there on.
 * `misfit`: the answer is about another file, or not the one to the question; its body is thrown away.
 */
export type RangeReply =
	| {
			readonly kind: "open";
			/** The first byte of `body`: the offset asked for, or 0 when the whole file comes. */
			readonly offset: number;
			readonly total: number | undefined;
			readonly tag: string | undefined;
			/** Where it came from after redirects, without credentials. */
			readonly at: URL;
			readonly body: AsyncIterableIterator<Buffer>;
	  }
	| { readonly kind: "ended" }
	| { readonly kind: "misfit"; readonly why: string };

/**
 * Bytes of several answers don't make one file. `given` says whether that casts doubt on those already given out,
 * `local` that it is the bytes on this machine which are wrong, not the mirror's.
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

/** What a status that delivers nothing means for the choice of the next step. */
export function kindOf(status: number): FailureKind {
	if (status === 404 || status === 410) return "missing";
	if (status === 401 || status === 403 || status === 407 || status === 451 || status === 511) return "blocked";
	return status === 408 || status === 425 || status === 429 || status >= 500 ? "busy" : "improper";
}

/**
 * The pieces of a file from `offset` on, out of all of its pieces.
 * @throws Misfit unless the bytes before have that SHA-256.
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
