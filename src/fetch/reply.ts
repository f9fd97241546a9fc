import { createReadStream, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemCode } from "../errors.ts";
import { NetworkError } from "./failure.ts";

/** An answer whose body hasn't been read yet. Whoever gets one reads its body to the end, leaves the loop early, or cancels it. */
export interface Reply {
	/** Where it came from after redirects, without credentials. */
	readonly url: URL;
	readonly status: number;
	readonly headers: ReplyHeaders;
	/** In pieces as they arrive; the iteration throws NetworkError when the connection is cut or too slow. */
	readonly body: AsyncIterableIterator<Buffer>;
	cancel(): void;
}

/** Headers by their names in small letters; of a repeated one the first counts. */
export class ReplyHeaders {
	readonly #fields: Readonly<Record<string, string | string[] | undefined>>;

	constructor(fields: Readonly<Record<string, string | string[] | undefined>>) {
		this.#fields = fields;
	}

	get(name: string): string | undefined {
		const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
		return Array.isArray(value) ? value[0] : value;
	}

	/** Content-Length in bytes; undefined without one or with a malformed one. */
	get length(): number | undefined {
		const text = this.get("content-length");
		return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
	}

	/** The ETag if it is a strong one, quotes included (RFC 9110 §8.8.3): only these may stand in If-Range. */
	get strongTag(): string | undefined {
		const tag = this.get("etag");
		return tag && /^"[^"]*"$/.test(tag) ? tag : undefined;
	}

	/**
	 * Content-Range (RFC 9110 §14.4): the offsets of the first byte and of the one after the last (undefined in a 416),
	 * and the size of the whole (undefined for `*`); undefined without one or with a malformed one.
	 */
	get range(): { start: number | undefined; end: number | undefined; total: number | undefined } | undefined {
		const found = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/.exec(this.get("content-range") ?? "");
		if (!found) return undefined;
		return {
			start: found[1] === undefined ? undefined : Number(found[1]),
			end: found[2] === undefined ? undefined : Number(found[2]) + 1,
			total: found[3] === "*" ? undefined : Number(found[3]),
		};
	}

	/** Retry-After in milliseconds from `now`: seconds or a date (RFC 9110 §10.2.3); undefined without one. */
	retryAfterMs(now: Date): number | undefined {
		const text = this.get("retry-after")?.trim();
		if (!text) return undefined;
		if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
		const date = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
		return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
	}
}

const chunkBytes = 1024 * 1024;

/** A file of this machine as an answer: 200, 206 and 416 for `bytes=N-`, 404 if there is no such file, 403 if it can't be read. */
export function openFile(url: URL, range: string | undefined): Reply {
	const path = fileURLToPath(url);
	const size = sizeOf(path);
	if (typeof size === "object") return empty(url, size.status);
	const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
	if (start > 0 && start >= size) return empty(url, 416, { "content-range": `bytes */${size}` });
	const partial = start > 0;
	return {
		url,
		status: partial ? 206 : 200,
		headers: new ReplyHeaders({
			"content-length": String(size - start),
			...(partial && { "content-range": `bytes ${start}-${size - 1}/${size}` }),
		}),
		body: piecesOf(path, start),
		cancel: () => {},
	};
}

function sizeOf(path: string): number | { status: number } {
	try {
		const file = statSync(path);
		return file.isFile() ? file.size : { status: 404 };
	} catch (error) {
		return { status: systemCode(error) === "EACCES" || systemCode(error) === "EPERM" ? 403 : 404 };
	}
}

async function* piecesOf(path: string, start: number): AsyncGenerator<Buffer> {
	try {
		yield* createReadStream(path, { start, highWaterMark: chunkBytes });
	} catch (error) {
		throw new NetworkError("cut", path, `cannot be read (${systemCode(error)})`, { cause: error });
	}
}

function empty(url: URL, status: number, headers: Record<string, string> = {}): Reply {
	return { url, status, headers: new ReplyHeaders({ "content-length": "0", ...headers }), body: nothing(), cancel: () => {} };
}

async function* nothing(): AsyncGenerator<Buffer> {}
