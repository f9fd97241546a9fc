import { createReadStream, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemCode } from "../errors.ts";
import { NetworkError } from "./failure.ts";
import { type Reply, ReplyHeaders } from "./reply.ts";

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
