import { hostOf } from "./address.ts";
import type { Client, GetOptions } from "./client.ts";
import { NetworkError } from "./failure.ts";
import type { ReplyHeaders } from "./reply.ts";
import { duration } from "./timing.ts";

export interface Document {
	/** Where it came from after redirects, without credentials. */
	readonly url: URL;
	readonly status: number;
	readonly headers: ReplyHeaders;
	readonly bytes: Buffer;
}

export interface DocumentOptions extends GetOptions {
	/** More bytes than this is a failure; 64 MiB when not given. */
	readonly limit?: number;
}

/**
 * A small document, whole, whatever its status.
 * @throws NetworkError, also when it is larger than the limit, shorter than announced, or takes longer than `documentMs`.
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
