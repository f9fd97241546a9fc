import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { shown } from "../fetch/address.ts";
import { type Client, getDocument } from "../fetch/client.ts";
import { downloadArchive } from "../fetch/download.ts";
import { NetworkError } from "../fetch/failure.ts";
import { kindOf } from "../fetch/rangerequest.ts";
import type { DownloadOptions } from "../fetch/transfer.ts";
import { escapeModule } from "../sumdb/record.ts";
import { type ProxyEntry, underProxy } from "./goproxy.ts";

/** cmd/go's own limit for a module's zip, in bytes (codehost.MaxZipFile). */
const largestZip = 500 * 1024 * 1024;
const largestDocument = 16 * 1024 * 1024;

/**
 * A document under a proxy's or a database's address.
 * @throws GoxError `no-such-release` for 404 and 410; NetworkError for any other status than 200.
 */
export async function getUnder(client: Client, base: URL, path: string, limit = largestDocument): Promise<Buffer> {
	const url = underProxy(base, path);
	const reply = await getDocument(client, url, { limit });
	if (reply.status === 200) return reply.bytes;
	const kind = kindOf(reply.status);
	if (kind === "missing") throw new GoxError("no-such-release", `${shown(base)} has no ${path} (${reply.status})`);
	throw new NetworkError(kind, shown(base), `answered ${reply.status} for ${path}`);
}

/** The versions of a module that a proxy lists, in its own order. */
export async function listVersions(client: Client, proxy: URL, module: string): Promise<string[]> {
	const text = (await getUnder(client, proxy, `${escapeModule(module)}/@v/list`)).toString();
	return text
		.split("\n")
		.map((line) => line.trim().split(/\s+/)[0] ?? "")
		.filter((version) => version !== "");
}

/**
 * Whether a proxy has a module version, by its `.info`.
 * @throws GoxError `no-such-release` when it hasn't; `network` when the answer is about another version.
 */
export async function checkVersion(client: Client, proxy: URL, module: string, version: string): Promise<void> {
	const text = (await getUnder(client, proxy, `${escapeModule(module)}/@v/${escapeModule(version)}.info`)).toString();
	if (versionIn(text) === version) return;
	throw new GoxError("network", `${shown(proxy)} answered about ${version} with ${quote(text, 120)}`, { hint: "go env GOPROXY" });
}

/** Downloads a module version's zip into `directory`, resumed where it was cut; its path. */
export async function downloadZip(
	context: Context,
	proxy: URL,
	module: string,
	version: string,
	directory: string,
	options: DownloadOptions,
): Promise<string> {
	const zip = join(directory, `${version}.zip`);
	const mirrors = [underProxy(proxy, `${escapeModule(module)}/@v`)];
	const write = (bytes: AsyncIterable<Buffer>) =>
		pipeline(Readable.from(limited(bytes, proxy)), createWriteStream(zip, { mode: 0o600 }));
	await downloadArchive(context, { filename: `${escapeModule(version)}.zip`, mirrors }, write, options);
	return zip;
}

async function* limited(bytes: AsyncIterable<Buffer>, proxy: URL): AsyncGenerator<Buffer> {
	let size = 0;
	for await (const piece of bytes) {
		size += piece.length;
		if (size > largestZip) throw new GoxError("network", `${shown(proxy)} sends a zip larger than ${largestZip} bytes`);
		yield piece;
	}
}

function versionIn(info: string): unknown {
	try {
		const value: unknown = JSON.parse(info);
		return typeof value === "object" && value !== null && "Version" in value ? value.Version : undefined;
	} catch {
		return undefined;
	}
}

/**
 * Asks the proxies of GOPROXY in turn: the next one where a proxy doesn't have it (`no-such-release`),
 * or after any failure to reach it where a `|` stands behind it. Offline, those on this machine are asked.
 * What must not be believed stops everything. The failure that is reported is the most telling one: not reached
 * before not there.
 *
 * @throws what `ask` threw; GoxError `network` where GOPROXY leaves nobody to ask.
 */
export async function eachProxy<T>(entries: readonly ProxyEntry[], ask: (proxy: URL) => Promise<T>): Promise<T> {
	let failure: GoxError | undefined;
	for (const entry of entries) {
		if (entry.kind !== "proxy") throw failure ?? nobody(entry.kind);
		try {
			return await ask(entry.url);
		} catch (error) {
			if (!(error instanceof GoxError)) throw error;
			const skipped = error.code === "no-such-release" || error.code === "offline";
			if (!skipped && (error.code !== "network" || entry.next === "on absence")) throw error;
			failure = failure && skipped ? failure : error;
		}
	}
	throw failure ?? nobody("off");
}

/** Go itself can't serve toolchains `direct` either: they exist on proxies only. */
function nobody(kind: "direct" | "off"): GoxError {
	const why = kind === "direct" ? "is `direct`, and Go's toolchains can be had from a proxy only" : "is `off`";
	return new GoxError("network", `no module proxy to ask: GOPROXY ${why}`, { hint: "go env -u GOPROXY" });
}
