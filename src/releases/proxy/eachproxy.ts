import { GoxError } from "../../errors.ts";
import type { ProxyEntry } from "./goproxy.ts";

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
