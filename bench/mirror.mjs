// The benchmark's own mirror, a process of its own: `node mirror.mjs DIRECTORY PORT` serves the archives that lie there
// on loopback, out of memory and with ranges, and says the port. It speaks what the tools ask of go.dev:
// /dl/?mode=json, the page /dl/, /VERSION?m=text, gobrew's list of tags, and any path that ends in a file's name.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Two peers, built by hand, have an index on this port compiled in. */
export const usualPort = 18899;

function serve(directory, port) {
	const index = JSON.parse(readFileSync(join(directory, "index.json"), "utf8"));
	const kept = new Map();
	const bytes = (name) => {
		if (!kept.has(name)) kept.set(name, readFileSync(join(directory, name)));
		return kept.get(name);
	};
	const files = new Set(readdirSync(directory).filter((name) => name.startsWith("go")));
	const list = JSON.stringify(index);
	const newest = JSON.stringify(index.slice(0, 2));
	const tags = JSON.stringify(index.map(({ version }) => ({ ref: `refs/tags/${version}` })));
	const page = downloadPage(index);
	const server = createServer((request, response) => {
		const url = new URL(request.url, "http://mirror");
		const text = (type, body) => response.writeHead(200, { "content-type": type }).end(body);
		if (url.searchParams.get("mode") === "json") {
			return text("application/json", url.searchParams.get("include") === "all" ? list : newest);
		}
		if (url.pathname === "/VERSION") return text("text/plain", `${index[0].version}\ntime 2024-12-03T00:00:00Z\n`);
		if (url.pathname === "/gobrew-tags.json") return text("application/json", tags);
		if (url.pathname === "/dl/" || url.pathname === "/dl") return text("text/html", page);
		const name = basename(url.pathname);
		if (!files.has(name)) return response.writeHead(404).end();
		sendFile(request, response, bytes(name));
	});
	server.listen(port, "127.0.0.1", () => console.log(server.address().port));
	server.on("error", () => process.exit(1));
	process.on("disconnect", () => process.exit());
}

function sendFile(request, response, whole) {
	const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
	const start = asked ? Number(asked[1]) : 0;
	const end = asked?.[2] ? Math.min(Number(asked[2]) + 1, whole.length) : whole.length;
	if (start >= whole.length) return response.writeHead(416, { "content-range": `bytes */${whole.length}` }).end();
	response.writeHead(asked ? 206 : 200, {
		"content-type": "application/octet-stream",
		"content-length": end - start,
		"accept-ranges": "bytes",
		etag: `"${whole.length}"`,
		"last-modified": "Tue, 02 Jul 2024 12:00:00 GMT",
		...(asked && { "content-range": `bytes ${start}-${end - 1}/${whole.length}` }),
	});
	if (request.method === "HEAD") return response.end();
	// In big pieces, so that the mirror's own work is little more than the kernel's copying.
	const piece = 4 * 2 ** 20;
	let at = start;
	const send = () => {
		while (at < end) {
			const to = Math.min(at + piece, end);
			const more = response.write(whole.subarray(at, to));
			at = to;
			if (!more) return response.once("drain", send);
		}
		response.end();
	};
	send();
}

/** go.dev's page of downloads, as far as programs that read it look. */
function downloadPage(index) {
	const head =
		'<thead><tr class="first"><th>File name</th><th>Kind</th><th>OS</th><th>Arch</th><th>Size</th><th>SHA256 Checksum</th></tr></thead>';
	const row = ({ filename, sha256, size }) =>
		`<tr><td class="filename"><a class="download" href="/dl/${filename}">${filename}</a></td><td>Archive</td><td>Linux</td><td>x86-64</td><td>${size >> 20}MB</td><td><tt>${sha256}</tt></td></tr>\n`;
	const release = ({ version, files }) =>
		`<div class="toggle" id="${version}"><div class="expanded"><table class="codetable">${head}${files.map(row).join("")}</table></div></div>\n`;
	const older = index.slice(2).map(release).join("");
	return `<!DOCTYPE html><html><body><h3 id="stable">Stable versions</h3>\n${index.slice(0, 2).map(release).join("")}<div class="toggle" id="archive"><div class="expanded">\n${older}</div></div></body></html>`;
}

/**
 * @param {string} directory as `archives.mjs` leaves it
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void> }>}
 */
export async function startMirror(directory) {
	if (!existsSync(join(directory, "index.json"))) throw new Error(`${directory} has no index.json`);
	return (await start(directory, usualPort)) ?? (await start(directory, 0)) ?? Promise.reject(new Error("no mirror"));
}

function start(directory, port) {
	const child = spawn(process.execPath, [fileURLToPath(import.meta.url), directory, String(port)], {
		stdio: ["ignore", "pipe", "inherit", "ipc"],
	});
	return new Promise((resolve) => {
		const ended = new Promise((done) => child.once("exit", done));
		child.stdout.once("data", (line) => {
			const at = Number(line.toString().trim());
			const stop = async () => {
				child.kill();
				await ended;
			};
			resolve({ url: `http://127.0.0.1:${at}`, port: at, stop });
		});
		child.once("exit", () => resolve(undefined));
	});
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(process.argv[2], Number(process.argv[3]));
