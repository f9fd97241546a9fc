import { setMaxListeners } from "node:events";
import type { Dispatcher } from "undici";
import { isOffline, variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { type AddressRules, authorizationOf, hostOf, refusalOf, shown } from "./address.ts";
import { type Agents, agentsFor } from "./agents.ts";
import { BodyQueue } from "./body.ts";
import { failureOf, NetworkError } from "./failure.ts";
import { openFile, type Reply, ReplyHeaders } from "./reply.ts";
import { Deadline, defaultTiming, duration, type Timing, timingIn, WatchedBody } from "./timeouts.ts";

export interface ClientOptions extends AddressRules {
	readonly timing?: Partial<Timing>;
}

export interface GetOptions {
	/** Lower-case names. An `authorization` goes to the first origin only. */
	readonly headers?: Readonly<Record<string, string>>;
	/** Ends the request besides an interruption. */
	readonly signal?: AbortSignal;
}

const mostRedirects = 10;
/** How much may wait in memory: enough that zlib and the disk, not the socket, are the bottleneck. */
const bufferBytes = 1024 * 1024;

/**
 * Fetches by https, http and file, as the environment of one context says: proxies, authorities, GOX_OFFLINE.
 * Connections stay open until `close`, which every caller must call.
 */
export class Client {
	readonly timing: Timing;
	/** Every wait ends at this time, on the clock of `performance.now()`. */
	deadline = Number.POSITIVE_INFINITY;
	readonly #context: Context;
	readonly #rules: AddressRules;
	#agents: Promise<Agents> | undefined;

	constructor(context: Context, options: ClientOptions = {}) {
		this.#context = context;
		// Every request listens for the interruption; Node warns of a leak above ten listeners.
		setMaxListeners(0, context.signal);
		this.#rules = { insecure: options.insecure ?? false };
		this.timing = { ...defaultTiming, ...timingIn(variablesIn(context.env).timeout), ...options.timing };
	}

	/** Aborted by an interruption. */
	get signal(): AbortSignal {
		return this.#context.signal;
	}

	/** The time of day, to read a Retry-After. */
	now(): Date {
		return this.#context.now();
	}

	/** So many milliseconds, or less if the deadline is nearer. */
	within(ms: number): number {
		return Math.max(0, Math.min(ms, this.deadline - performance.now()));
	}

	/**
	 * GETs a URL and follows redirects itself: at most ten, never from https to http nor to a file, credentials
	 * (user name and password in the URL, an authorization header) never to another origin.
	 * Any status is an answer, not an error; a file that isn't there answers 404.
	 * @throws NetworkError; GoxError `offline`, `interrupted`.
	 */
	async get(start: URL, options: GetOptions = {}): Promise<Reply> {
		const authorization = authorizationOf(start);
		let headers: Record<string, string> = {
			"user-agent": "gox",
			...(authorization && { authorization }),
			...options.headers,
			"accept-encoding": "identity",
		};
		let url = bare(start);
		for (let hop = 0; hop <= mostRedirects; hop++) {
			if (url.protocol === "file:") return openFile(url, headers.range);
			const reply = await this.#send(url, headers, options.signal);
			const next = this.#redirect(url, reply);
			if (!next) return this.#unencoded(reply);
			reply.cancel();
			if (next.origin !== url.origin) headers = withoutCredentials(headers);
			url = next;
		}
		throw new NetworkError("improper", hostOf(start), `more than ${mostRedirects} redirects`);
	}

	async close(): Promise<void> {
		await (await this.#agents)?.close();
	}

	async #send(url: URL, headers: Record<string, string>, signal = this.#context.signal): Promise<Reply> {
		const refusal = refusalOf(url, this.#rules);
		if (refusal) throw new NetworkError("improper", hostOf(url), refusal.reason);
		if (isOffline(this.#context)) {
			throw new GoxError("offline", `GOX_OFFLINE is set: ${shown(url)} is not asked for`, { hint: "unset GOX_OFFLINE" });
		}
		this.#agents ??= agentsFor(this.#context.env, this.timing);
		const agents = await this.#agents;
		const proxy = agents.proxyFor(url);
		const deadline = new Deadline(signal);
		try {
			deadline.start(
				this.within(this.timing.headersMs),
				() => new NetworkError("slow", hostOf(url), `no answer within ${duration(this.timing.headersMs)}`),
			);
			// undici notices an abort only once it is connected; the race notices it at once.
			const response = await Promise.race([
				exchange(agents.for(url), url, { headers, signal: deadline.signal, limit: bufferBytes }),
				deadline.exhausted,
			]);
			deadline.stop();
			const pieces = response.body;
			if (response.status === 407) {
				void pieces.return();
				throw new NetworkError("blocked", hostOf(url), `the proxy ${proxy ?? ""} wants a password (407)`);
			}
			return {
				url,
				status: response.status,
				headers: response.headers,
				body: new WatchedBody(pieces, { client: this, deadline, source: hostOf(url), proxy }),
				cancel: () => {
					deadline.end();
					void pieces.return();
				},
			};
		} catch (error) {
			deadline.end();
			const failure = failureOf(error, hostOf(url), proxy);
			if (!(failure instanceof NetworkError && failure.kind === "cut")) throw failure;
			throw new NetworkError("dropped", hostOf(url), `${failure.reason} before an answer came`, { cause: error });
		}
	}

	/** Where a 3xx answer leads (RFC 9110 §15.4), or undefined if the answer is no redirect. */
	#redirect(from: URL, reply: Reply): URL | undefined {
		if (![301, 302, 303, 307, 308].includes(reply.status)) return undefined;
		const location = reply.headers.get("location");
		const refuse = (reason: string) => {
			reply.cancel();
			return new NetworkError("improper", hostOf(from), reason);
		};
		if (!location || !URL.canParse(location, from.href)) throw refuse(`a redirect (${reply.status}) that leads nowhere`);
		const to = bare(new URL(location, from));
		if (from.protocol === "https:" && to.protocol !== "https:") {
			throw refuse(`a redirect from https to ${to.protocol.slice(0, -1)}, at ${to.host || "a file"}, is refused`);
		}
		const refusal = refusalOf(to, this.#rules);
		if (refusal) {
			throw refuse(`a redirect to ${shown(to)} is refused: ${refusal.reason}`);
		}
		return to;
	}

	#unencoded(reply: Reply): Reply {
		const encoding = reply.headers.get("content-encoding");
		if (encoding === undefined || encoding === "" || encoding.toLowerCase() === "identity") return reply;
		reply.cancel();
		throw new NetworkError(
			"improper",
			hostOf(reply.url),
			`the answer is encoded as ${encoding.slice(0, 40)}, which gox didn't ask for`,
		);
	}
}

function bare(url: URL): URL {
	const clean = new URL(url);
	clean.username = "";
	clean.password = "";
	clean.hash = "";
	return clean;
}

function withoutCredentials(headers: Record<string, string>): Record<string, string> {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization" && name !== "cookie"));
}

/** The head of an answer, and its body as it arrives. */
export interface Answer {
	readonly status: number;
	readonly headers: ReplyHeaders;
	readonly body: BodyQueue;
}

/**
 * Sends a GET through a dispatcher; resolves with the answer's head. Rejects as undici does when no answer comes, and
 * with the signal's reason when that is aborted before.
 * @param limit bytes of the body that may wait in memory before the sender is paused
 */
export function exchange(
	dispatcher: Dispatcher,
	url: URL,
	options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal; readonly limit: number },
): Promise<Answer> {
	const { headers, signal, limit } = options;
	return new Promise((resolve, reject) => {
		let body: BodyQueue | undefined;
		let controller: Dispatcher.DispatchController | undefined;
		const hangUp = () => controller?.abort(signal.reason instanceof Error ? signal.reason : new Error("no longer wanted"));
		const done = () => signal.removeEventListener("abort", hangUp);
		signal.addEventListener("abort", hangUp);
		dispatcher.dispatch(
			{ origin: url.origin, path: url.pathname + url.search, method: "GET", headers },
			{
				onRequestStart: (started) => {
					controller = started;
					if (signal.aborted) hangUp();
				},
				onResponseStart: (started, status, fields) => {
					if (status < 200) return;
					const head = new ReplyHeaders(fields);
					const valve = { pause: () => started.pause(), resume: () => started.resume(), abort: hangUp };
					body = new BodyQueue(valve, expectedBytes(head), limit);
					resolve({ status, headers: head, body });
				},
				onResponseData: (_, piece) => body?.take(piece),
				onResponseEnd: () => {
					done();
					body?.finish({});
				},
				onResponseError: (_, failure) => {
					done();
					reject(failure);
					body?.finish({ failure });
				},
			},
		);
	});
}

/** The announced length of the body (RFC 9112 §6.3): Infinity for chunks, 0 if the end of the connection ends it. */
function expectedBytes(headers: ReplyHeaders): number {
	if (/\bchunked\b/i.test(headers.get("transfer-encoding") ?? "")) return Number.POSITIVE_INFINITY;
	return headers.length ?? 0;
}

export interface Document {
	/** Its address after redirects, without credentials. */
	readonly url: URL;
	readonly status: number;
	readonly headers: ReplyHeaders;
	readonly bytes: Buffer;
}

export interface DocumentOptions extends GetOptions {
	/** More bytes are a failure; 64 MiB by default. */
	readonly limit?: number;
}

/**
 * A whole small document, whatever its status.
 * @throws NetworkError, also if it is larger than the limit, shorter than announced, or takes longer than `documentMs`.
 */
export async function getDocument(client: Client, url: URL, options: DocumentOptions = {}): Promise<Document> {
	const { limit = 64 * 1024 * 1024, ...get } = options;
	const began = performance.now();
	const reply = await client.get(url, get);
	const source = hostOf(reply.url);
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of reply.body) {
		size += chunk.length;
		if (size > limit) throw new NetworkError("improper", source, `the answer is larger than ${limit} bytes`);
		if (performance.now() - began > client.timing.documentMs) {
			throw new NetworkError("slow", source, `the answer was not complete within ${duration(client.timing.documentMs)}`);
		}
		chunks.push(chunk);
	}
	const announced = reply.headers.length;
	if (announced !== undefined && announced !== size && reply.status !== 304) {
		throw new NetworkError("cut", source, `${size} of ${announced} bytes came`);
	}
	return { url: reply.url, status: reply.status, headers: reply.headers, bytes: Buffer.concat(chunks) };
}
