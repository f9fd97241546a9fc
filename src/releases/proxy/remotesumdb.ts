import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GoxError } from "../../errors.ts";
import { shown } from "../../fetch/address.ts";
import type { Client } from "../../fetch/client.ts";
import { NetworkError } from "../../fetch/failure.ts";
import type { SumdbDatabase } from "../../verify/sumdbdatabase.ts";
import { type SumdbReader, widerTileIn } from "../../verify/sumdbreader.ts";
import { type ProxyEntry, underProxy } from "./goproxy.ts";
import { getUnder } from "./proxyclient.ts";

/** A tile is 8 KiB, a record a few hundred bytes. */
const largestAnswer = 1024 * 1024;

/**
 * A checksum database over the network: at the address that GOSUMDB gives, through the first proxy of GOPROXY that
 * says `/sumdb/NAME/supported`, or else directly (https://golang.org/design/25530-sumdb#proxying-a-checksum-database;
 * cmd/go/internal/modfetch.dbClient.initBase).
 * GOPROXY=off means that nobody is asked.
 */
export function remoteSumdb(client: Client, database: SumdbDatabase, proxies: readonly ProxyEntry[]): SumdbReader {
	let found: Promise<URL> | undefined;
	const address = () => {
		found ??= addressOf(client, database, proxies);
		return found;
	};
	const read = async (path: string) => {
		const base = await address();
		try {
			return notAWebPage(await getUnder(client, base, path, largestAnswer), shown(base));
		} catch (error) {
			if (!(error instanceof GoxError) || error.code !== "no-such-release" || path.startsWith("lookup/")) throw error;
			const cut = base.protocol === "file:" ? widerTileIn(fileURLToPath(base), path) : undefined;
			if (cut) return cut;
			throw new GoxError("network", error.message, { cause: error });
		}
	};
	return {
		address: database.url ? shown(new URL(database.url)) : database.name,
		read,
		// A directory of files holds what somebody once asked for, not what the database has.
		newestHead: async () => ((await address()).protocol === "file:" ? undefined : read("latest")),
	};
}

/** A captive portal answers everything with its own page, and 200. */
function notAWebPage(answer: Buffer, source: string): Buffer {
	if (!/^\s*<(?:!doctype|html|head|body|\?xml)/i.test(answer.toString("latin1", 0, 200))) return answer;
	throw new NetworkError("improper", source, "a web page came in place of the checksum database's answer");
}

async function addressOf(client: Client, database: SumdbDatabase, proxies: readonly ProxyEntry[]): Promise<URL> {
	// cmd/go would ask the database directly; here `off` means that nothing on the network is asked.
	if (proxies[0]?.kind === "off") throw new GoxError("offline", `GOPROXY is off: ${database.name} is not asked`);
	if (database.url) return new URL(database.url);
	const direct = new URL(`https://${database.name}`);
	let failure: GoxError | undefined;
	for (const entry of proxies) {
		if (entry.kind !== "proxy") return direct;
		try {
			return await servedBy(client, entry.url, database);
		} catch (error) {
			if (!(error instanceof GoxError)) throw error;
			if (error.code === "no-such-release" || error.code === "offline") continue;
			if (error.code !== "network" || entry.next === "on absence") throw error;
			failure ??= error;
		}
	}
	if (failure) throw failure;
	return direct;
}

async function servedBy(client: Client, proxy: URL, database: SumdbDatabase): Promise<URL> {
	const base = underProxy(proxy, `sumdb/${database.name}`);
	// A directory of files, such as a module cache, has the answers and no `supported`.
	if (base.protocol === "file:" && existsSync(fileURLToPath(base))) return base;
	await getUnder(client, base, "supported");
	return base;
}
