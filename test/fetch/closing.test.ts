import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { downloadArchive } from "../../src/fetch/download.ts";
import { testContext } from "../support/context.ts";
import { sha256 } from "../support/server.ts";

let server: Server | undefined;
afterEach(() => server?.close());

/** A server as plain as Python's http.server: it answers and closes. */
async function closingServer(head: string, body: Buffer): Promise<URL> {
	const listening = createServer((socket) => {
		socket.on("error", () => {});
		socket.once("data", () => {
			socket.write(`${head}\r\n\r\n`);
			socket.end(body);
		});
	});
	server = listening;
	await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
	const address = listening.address();
	return new URL(`http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/dl`);
}

describe("a server that closes the connection behind its answer", () => {
	const body = Buffer.alloc(6_000_000, "gopher");

	it.each([
		["HTTP/1.0 with a length", `HTTP/1.0 200 OK\r\nContent-Length: ${body.length}`],
		["HTTP/1.0 without a length", "HTTP/1.0 200 OK"],
		["HTTP/1.1 with Connection: close", `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}`],
	])("%s: a reader who takes his time gets every byte", async (_, head) => {
		const mirror = await closingServer(head, body);
		const read = await downloadArchive(
			testContext(),
			{ filename: "file", mirrors: [mirror], sha256: sha256(body) },
			async (bytes) => {
				let size = 0;
				for await (const piece of bytes) {
					size += piece.length;
					// Longer than the sender needs: a turn of the event loop for each piece keeps the buffers full.
					for (let turn = 0; turn < 5; turn++) await new Promise((next) => setImmediate(next));
				}
				return size;
			},
		);
		expect(read).toMatchObject({ value: body.length, size: body.length, sha256: sha256(body) });
	});
});
