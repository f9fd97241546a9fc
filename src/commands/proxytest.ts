import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { Client } from "../fetch/client.ts";
import { parseGoproxy } from "../releases/proxy/goproxy.ts";
import { isPrivate } from "../releases/proxy/privatepatterns.ts";
import { isOfUse, type ProxyTrial, trialTiming, tryProxy, usualModule } from "../releases/proxy/proxytrial.ts";
import { timeInWords } from "../ui/table.ts";
import { wrapped } from "../ui/wrap.ts";
import { headsInHome, headsInMemory } from "../verify/seenheads.ts";
import { defaultGosumdb, parseGosumdb } from "../verify/sumdbdatabase.ts";
import type { Invocation } from "./command.ts";
import { goInForce } from "./goinforce.ts";
import { type ProxySetting, settingsInForce } from "./proxysettings.ts";

/**
 * `gox proxy test [address…]`: those of GOPROXY in force where none is given.
 * @returns 4 when one of them is of no use.
 */
export async function testProxies(invocation: Invocation, addresses: readonly string[]): Promise<number> {
	const { context, report, options } = invocation;
	const settings = settingsInForce(context, goInForce(context));
	const list = addresses.length > 0 ? addresses.join(",") : settings.get("GOPROXY")?.value;
	if (list === undefined)
		throw new GoxError("usage", "GOPROXY isn't set, and no Go is here whose go.env names a proxy", {
			hint: "gox proxy test https://proxy.example",
		});
	const proxies = proxiesIn(list, options.has("insecure"));
	const trials = await tryAll(invocation, proxies, settings);
	if (report.asJson) report.json(trials);
	else if (trials.length === 0) report.line("GOPROXY names no proxy: there is nothing to test");
	else for (const line of inWords(trials, context.stdout.columns)) report.line(line);
	return trials.every(isUsable) ? 0 : 4;
}

/** The proxies of a list, in order. @throws GoxError `usage`, without credentials. */
export function proxiesIn(list: string, insecure: boolean): URL[] {
	return parseGoproxy(list, { insecure }).flatMap((entry) => (entry.kind === "proxy" ? [entry.url] : []));
}

/** Tries every proxy at once, with the database and the private modules of these settings; nothing is written. */
export async function tryAll(
	{ context, options, report }: Pick<Invocation, "context" | "options" | "report">,
	proxies: readonly URL[],
	settings: ReadonlyMap<string, ProxySetting>,
): Promise<readonly ProxyTrial[]> {
	const named = options.text("module");
	const module = checkedModule(named ?? usualModule.module);
	const database = parseGosumdb(settings.get("GOSUMDB")?.value ?? defaultGosumdb);
	const unchecked = isPrivate(settings.get("GONOSUMDB")?.value ?? "", module);
	if (!database) report.warn("GOSUMDB=off: nothing is looked up in the checksum database");
	const question = {
		module,
		version: named === undefined ? usualModule.version : undefined,
		database: unchecked ? undefined : database,
	};
	const client = new Client(context, { insecure: options.has("insecure"), timing: trialTiming });
	try {
		return await Promise.all(
			proxies.map((proxy) => tryProxy(client, proxy, { ...question, heads: knownHeads(context, database?.name) })),
		);
	} finally {
		await client.close();
	}
}

/** A head that contradicts those seen before is noticed; nothing is added to them. */
function knownHeads(context: Context, database: string | undefined) {
	return headsInMemory(database === undefined ? [] : headsInHome(context.home, database).notes());
}

function checkedModule(path: string): string {
	if (/^[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~!-]+)*$/.test(path) && !path.split("/").some((part) => /^\.+$/.test(part))) return path;
	throw new GoxError("usage", "--module wants a module's path", { hint: "--module golang.org/x/text" });
}

export function isUsable({ list, sumdb }: ProxyTrial): boolean {
	return isOfUse(list) && (sumdb === null || isOfUse(sumdb));
}

/** Two lines for each proxy, or more where they are long. */
export function inWords(trials: readonly ProxyTrial[], width: number): string[] {
	return trials.flatMap(({ address, list, sumdb }) => {
		const part = (name: string, { verdict, ms, said }: ProxyTrial["list"]) =>
			wrapped(`${verdict}${ms === null ? "" : `, ${timeInWords(ms)}`}: ${said}`, width, `  ${name.padEnd(8)}  `);
		const through = sumdb?.via === "the proxy" ? " (through the proxy)" : "";
		return [
			address,
			...part("modules", list),
			...(sumdb ? part("checks", { ...sumdb, said: `${sumdb.database}${through}: ${sumdb.said}` }) : []),
		];
	});
}
