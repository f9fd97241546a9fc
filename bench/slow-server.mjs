// A download site on loopback that is as slow and as unreliable as told: it serves one file under every path.
import { createServer } from "node:http";

/** Numbers in [0, 1) from a seed (mulberry32), so that a run with resets can be run again. */
function random(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

const tickMs = 10;
const settleMs = 100;
const pieceBytes = 64 * 1024;
/** Served bytes are counted in blocks of so many. */
const blockBytes = 1024;

/**
 * @param {Buffer} file
 * @param {{ rate?: number, latencyMs?: number, resets?: { seed: number, chance: number }, ranges?: boolean, stallAfter?: number }} [options]
 * `rate`: bytes a second for each connection. `latencyMs`: before each answer. `resets`: the chance that the connection
 * is reset in place of each piece of 64 KB. `ranges`: false for a server that knows none. `stallAfter`: each answer
 * stops for good after so many bytes.
 */
export async function startSlowServer(file, options = {}) {
	const {
		rate = Number.POSITIVE_INFINITY,
		latencyMs = 0,
		resets,
		ranges = true,
		stallAfter = Number.POSITIVE_INFINITY,
	} = options;
	const next = random(resets?.seed ?? 0);
	const served = new Uint8Array(Math.ceil(file.length / blockBytes));
	const counts = { requests: 0, resets: 0, bytes: 0 };
	const answer = (request, response) => {
		counts.requests++;
		const asked = ranges ? /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") : null;
		const start = asked ? Number(asked[1]) : 0;
		const end = asked?.[2] ? Math.min(Number(asked[2]) + 1, file.length) : file.length;
		response.writeHead(asked ? 206 : 200, {
			"content-length": end - start,
			etag: '"slow"',
			...(asked && { "content-range": `bytes ${start}-${end - 1}/${file.length}` }),
		});
		response.flushHeaders();
		const began = performance.now();
		let at = start;
		const send = () => {
			const allowed = Math.min(end, start + stallAfter, start + (rate * (performance.now() - began + tickMs)) / 1000);
			while (at < allowed && !response.destroyed) {
				if (resets && next() < resets.chance) {
					counts.resets++;
					// A reset throws away what is still on its way; what was sent before has time to arrive.
					timer = setTimeout(() => request.socket.resetAndDestroy(), settleMs);
					return;
				}
				const to = Math.min(at + pieceBytes, Math.ceil(allowed), end);
				response.write(file.subarray(at, to));
				counts.bytes += to - at;
				for (let block = Math.ceil(at / blockBytes); block < Math.ceil(to / blockBytes); block++) served[block]++;
				at = to;
			}
			if (at >= end) response.end();
			else if (!response.destroyed) timer = setTimeout(send, tickMs);
		};
		let timer = setTimeout(send, 0);
		response.on("close", () => clearTimeout(timer));
	};
	const server = createServer((request, response) => void setTimeout(answer, latencyMs, request, response));
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		mirror: new URL(`http://127.0.0.1:${server.address().port}/dl`),
		counts,
		/** How often the bytes that were sent most often were sent. */
		mostServed: () => served.reduce((most, times) => Math.max(most, times), 0),
		close: () => {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(resolve));
		},
	};
}
