import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface TestProxy {
	/** `http://127.0.0.1:PORT` */
	readonly origin: string;
	/** Request lines so far: `CONNECT host:port`, `GET http://…`, each with the Proxy-Authorization sent. */
	readonly requests: readonly { readonly line: string; readonly authorization: string | undefined }[];
	close(): Promise<void>;
}

/** A proxy on loopback that tunnels (CONNECT) and forwards (absolute form); given a status, it refuses everything with it. */
export async function startProxy(refusal?: number): Promise<TestProxy> {
	const requests: { line: string; authorization: string | undefined }[] = [];
	const sockets = new Set<Socket>();
	const server = createServer((request, response) => {
		requests.push({ line: `${request.method} ${request.url}`, authorization: request.headers["proxy-authorization"] });
		if (refusal) return void response.writeHead(refusal).end();
		const { hostname, port, pathname, search } = new URL(request.url ?? "");
		const upstream = connect(Number(port), hostname, () => {
			upstream.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: close\r\n\r\n`);
			upstream.pipe(request.socket);
		});
		sockets.add(upstream);
	});
	server.on("connect", (request, client: Socket) => {
		requests.push({ line: `CONNECT ${request.url}`, authorization: request.headers["proxy-authorization"] });
		if (refusal) return void client.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
		const [host, port] = (request.url ?? "").split(":");
		const upstream = connect(Number(port), host, () => {
			client.write("HTTP/1.1 200 OK\r\n\r\n");
			upstream.pipe(client).pipe(upstream);
		});
		for (const socket of [client, upstream]) sockets.add(socket.on("error", () => {}));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		requests,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
				for (const socket of sockets) socket.destroy();
			}),
	};
}
