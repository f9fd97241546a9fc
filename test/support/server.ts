import { createHash } from "node:crypto";
import { EventEmitter, once as firstOf } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** What goes wrong with one answer; several at once are possible. */
export interface Fault {
	/** The connection is cut after so many bytes of the body. */
	readonly cutAfter?: number;
	/** The connection is reset before any answer. */
	readonly reset?: boolean;
	/** No answer ever, or nothing more after so many bytes of the body. */
	readonly stall?: "headers" | number;
	/** One piece of so many bytes every so many milliseconds. */
	readonly trickle?: { readonly bytes: number; readonly everyMs: number };
	readonly status?: number;
	/** Added to, or in place of, the proper ones; undefined takes one away. */
	readonly headers?: Readonly<Record<string, string | undefined>>;
	/** Instead of the file's bytes. */
	readonly body?: Buffer | string;
	/** A login page with status 200. */
	readonly html?: boolean;
	/** 302 to this URL. */
	readonly redirect?: string;
	/** A Range gets 200 and the whole file. */
	readonly ignoreRange?: boolean;
	/** A range is answered with so many bytes of it only, as RFC 9110 §15.3.7 allows. */
	readonly shortRange?: number;
	/** If-Range is not understood. */
	readonly ignoreIfRange?: boolean;
	/** What Content-Range claims, instead of the truth. */
	readonly contentRange?: string;
	/** What Content-Length claims; the body stays, and the connection ends with it. */
	readonly length?: number;
	/** Chunked, without a Content-Length. */
	readonly chunked?: boolean;
}

export interface Logged {
	readonly method: string;
	/** Path and query. */
	readonly url: string;
	readonly headers: IncomingMessage["headers"];
	/** What was answered; 0 for nothing. */
	status: number;
}

export interface ServerOptions {
	/** By path (`/dl/go1.22.5.linux-amd64.tar.gz`), or a directory served under `/dl/`. */
	readonly files?: ReadonlyMap<string, Buffer | string> | string;
	/** What `/dl/?mode=json` answers: JSON text, or anything that becomes JSON. */
	readonly index?: unknown;
	/** PEM; given, the server speaks https. */
	readonly tls?: { readonly key: string; readonly cert: string };
}

export interface TestServer {
	/** `http://127.0.0.1:PORT` */
	readonly origin: string;
	/** For GOX_INDEX. */
	readonly index: string;
	/** For GOX_MIRRORS. */
	readonly mirror: string;
	/** Every request so far, oldest first. */
	readonly requests: readonly Logged[];
	put(path: string, content: Buffer | string): void;
	putIndex(index: unknown): void;
	/** The next requests for the path get these faults, in order; after them all is well. `{}` is no fault. */
	fail(path: string, ...faults: readonly Fault[]): void;
	/** Every request for the path, until told otherwise. */
	failAlways(path: string, fault: Fault | undefined): void;
	/** Requests for one path, without their queries. */
	requestsFor(path: string): readonly Logged[];
	/** Resolves once the path has been asked for. */
	seen(path: string): Promise<void>;
	close(): Promise<void>;
}

const indexPath = "/dl/";

/** A download site on loopback: an index and archives with ETag, Range, If-Range and conditional requests, and scripted faults. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
	const files = new Map<string, Buffer>();
	const once = new Map<string, Fault[]>();
	const always = new Map<string, Fault>();
	const requests: Logged[] = [];
	const arrivals = new EventEmitter();
	const put = (path: string, content: Buffer | string) => void files.set(path, Buffer.from(content));
	const putIndex = (index: unknown) =>
		put(indexPath, typeof index === "string" || Buffer.isBuffer(index) ? index : JSON.stringify(index, null, 1));
	if (typeof options.files === "string") {
		for (const name of readdirSync(options.files)) put(`/dl/${name}`, readFileSync(join(options.files, name)));
	} else for (const [path, content] of options.files ?? []) put(path, content);
	if (options.index !== undefined) putIndex(options.index);

	const answer = (request: IncomingMessage, response: ServerResponse) => {
		const path = (request.url ?? "").replace(/\?.*$/, "");
		const logged: Logged = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, status: 0 };
		requests.push(logged);
		arrivals.emit(path);
		const fault = once.get(path)?.shift() ?? always.get(path) ?? {};
		respond(request, response, files.get(path), fault);
		if (response.headersSent) logged.status = response.statusCode;
	};
	const server = options.tls ? createTlsServer(options.tls, answer) : createServer(answer);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const origin = `${options.tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return {
		origin,
		index: `${origin}/dl/?mode=json&include=all`,
		mirror: `${origin}/dl`,
		requests,
		put,
		putIndex,
		fail: (path, ...faults) => void once.set(path, [...(once.get(path) ?? []), ...faults]),
		failAlways: (path, fault) => void (fault ? always.set(path, fault) : always.delete(path)),
		requestsFor: (path) => requests.filter(({ url }) => url.replace(/\?.*$/, "") === path),
		seen: async (path) => {
			if (!requests.some(({ url }) => url.replace(/\?.*$/, "") === path)) await firstOf(arrivals, path);
		},
		close: () => closeServer(server),
	};
}

function closeServer(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}

function respond(request: IncomingMessage, response: ServerResponse, file: Buffer | undefined, fault: Fault): void {
	if (fault.reset) return void request.socket.resetAndDestroy();
	if (fault.stall === "headers") return;
	if (fault.redirect) return void response.writeHead(302, { location: fault.redirect, ...fault.headers }).end();
	if (fault.html) {
		return void response
			.writeHead(200, { "content-type": "text/html" })
			.end("<!DOCTYPE html><title>Log in to the network</title>");
	}
	const content = fault.body === undefined ? file : Buffer.from(fault.body);
	if (fault.status !== undefined || content === undefined) {
		const status = fault.status ?? 404;
		const body = status === 304 ? undefined : (fault.body ?? `${status}\n`);
		return void response.writeHead(status, defined({ ...fault.headers })).end(body);
	}
	const tag = fault.headers && "etag" in fault.headers ? fault.headers.etag : etagOf(content);
	if (tag !== undefined && request.headers["if-none-match"] === tag) return void response.writeHead(304, { etag: tag }).end();
	const range = fault.ignoreRange
		? undefined
		: rangeOf(request, fault.ignoreIfRange ? request.headers["if-range"]?.toString() : tag);
	if (range && range.start >= content.length) {
		return void response.writeHead(416, defined({ "content-range": `bytes */${content.length}`, ...fault.headers })).end();
	}
	const start = range?.start ?? 0;
	const end = Math.min(
		range?.end ?? content.length - 1,
		content.length - 1,
		start + (range && fault.shortRange ? fault.shortRange : content.length) - 1,
	);
	const body = content.subarray(start, end + 1);
	response.writeHead(
		range ? 206 : 200,
		defined({
			"content-type": "application/octet-stream",
			"content-length": fault.chunked ? undefined : String(fault.length ?? body.length),
			"accept-ranges": "bytes",
			etag: tag,
			...(range && { "content-range": fault.contentRange ?? `bytes ${start}-${end}/${content.length}` }),
			...fault.headers,
		}),
	);
	send(response, body, fault);
}

function send(response: ServerResponse, body: Buffer, fault: Fault): void {
	const hangUp = () => response.socket?.destroy();
	if (fault.cutAfter !== undefined) {
		response.flushHeaders();
		if (fault.cutAfter === 0) setImmediate(hangUp);
		else response.write(body.subarray(0, fault.cutAfter), hangUp);
	} else if (typeof fault.stall === "number") {
		response.flushHeaders();
		if (fault.stall > 0) response.write(body.subarray(0, fault.stall));
	} else if (fault.trickle) trickle(response, body, fault.trickle);
	else if (fault.length !== undefined && fault.length > body.length) response.write(body, hangUp);
	else response.end(fault.length === undefined ? body : body.subarray(0, fault.length));
}

function trickle(response: ServerResponse, body: Buffer, pace: { bytes: number; everyMs: number }): void {
	let at = 0;
	const timer = setInterval(() => {
		response.write(body.subarray(at, at + pace.bytes));
		at += pace.bytes;
		if (at < body.length) return;
		clearInterval(timer);
		response.end();
	}, pace.everyMs);
	response.on("close", () => clearInterval(timer));
}

/** The range to answer with 206: none when If-Range names another version (RFC 9110 §13.1.5). */
function rangeOf(request: IncomingMessage, tag: string | undefined): { start: number; end: number | undefined } | undefined {
	const found = /^bytes=(\d+)-(\d+)?$/.exec(request.headers.range ?? "");
	const condition = request.headers["if-range"];
	if (!found || (condition !== undefined && condition !== tag)) return undefined;
	return { start: Number(found[1]), end: found[2] === undefined ? undefined : Number(found[2]) };
}

export function etagOf(content: Buffer): string {
	return `"${sha256(content).slice(0, 16)}"`;
}

/** SHA-256 in small hex digits. */
export function sha256(content: Buffer | string): string {
	return createHash("sha256").update(content).digest("hex");
}

function defined(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
	return Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export interface IndexEntry {
	/** `go1.22.5` */
	readonly version: string;
	readonly platform: string;
	readonly content?: Buffer;
	readonly sha256?: string;
	readonly size?: number;
}

/** The JSON that go.dev would give for these archives; entries of one version become one release. */
export function goIndex(entries: readonly IndexEntry[]): unknown[] {
	const versions = [...new Set(entries.map(({ version }) => version))];
	return versions.map((version) => ({
		version,
		stable: !/rc|beta/.test(version),
		files: entries
			.filter((entry) => entry.version === version)
			.map(({ platform, content, ...known }) => {
				const [os = "", arch = ""] = platform.split("-");
				return {
					filename: `${version}.${platform}.tar.gz`,
					os,
					arch,
					version,
					sha256: known.sha256 ?? sha256(content ?? `${version}.${platform}`),
					size: known.size ?? content?.length ?? 0,
					kind: "archive",
				};
			}),
	}));
}
