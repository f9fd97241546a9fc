import type { Dispatcher } from "undici";
import { Inflow } from "./inflow.ts";
import { ReplyHeaders } from "./reply.ts";

/** The head of an answer, and its body as it arrives. */
export interface Answer {
	readonly status: number;
	readonly headers: ReplyHeaders;
	readonly body: Inflow;
}

/**
 * Sends a GET through a dispatcher; resolves with the answer's head. Rejects as undici does when no answer comes, and
 * with the signal's reason when that is aborted before.
 * @param limit bytes of the body that are kept in memory before the sender is held up.
 */
export function exchange(
	dispatcher: Dispatcher,
	url: URL,
	options: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal; readonly limit: number },
): Promise<Answer> {
	const { headers, signal, limit } = options;
	return new Promise((resolve, reject) => {
		let body: Inflow | undefined;
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
					body = new Inflow(valve, expectedBytes(head), limit);
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

/** How much body is announced (RFC 9112 §6.3): Infinity with chunks, 0 where the end is the connection's end. */
function expectedBytes(headers: ReplyHeaders): number {
	if (/\bchunked\b/i.test(headers.get("transfer-encoding") ?? "")) return Number.POSITIVE_INFINITY;
	return headers.length ?? 0;
}
