import { GoxError } from "../errors.ts";
import { type AddressRules, parseAddress, shown } from "../fetch/address.ts";

/** One entry of GOPROXY. */
export type ProxyEntry =
	| {
			readonly kind: "proxy";
			readonly url: URL;
			/** When the next entry is asked: after any failure (`|` behind this one), or only where the module is absent (`,`). */
			readonly next: "on failure" | "on absence";
	  }
	| { readonly kind: "direct" | "off" };

/**
 * Reads GOPROXY: addresses separated by `,` or `|`, ended by `direct` or `off`, if any
 * (cmd/go/internal/modfetch.proxyList; an address without a scheme is https).
 * @throws GoxError `usage` for an address that can't be one, or a list without entries.
 */
export function parseGoproxy(text: string, rules: AddressRules = {}): ProxyEntry[] {
	const entries: ProxyEntry[] = [];
	for (const [, word = "", separator] of text.matchAll(/([^,|]*)([,|]|$)/g)) {
		const entry = word.trim();
		if (entry === "") continue;
		if (entry === "direct" || entry === "off") return [...entries, { kind: entry }];
		const address = /[.:/]/.test(entry) && !entry.includes(":/") && !entry.startsWith("/") ? `https://${entry}` : entry;
		const next = separator === "|" ? "on failure" : "on absence";
		entries.push({ kind: "proxy", url: parseAddress(address, "GOPROXY", rules), next });
	}
	if (entries.length > 0) return entries;
	throw new GoxError("usage", "GOPROXY is set, but lists no proxy", { hint: "go env -u GOPROXY" });
}

/** The URL of a path under a proxy's address; the address's credentials and query stay. */
export function underProxy(proxy: URL, path: string): URL {
	const url = new URL(proxy);
	url.pathname = `${proxy.pathname.replace(/\/+$/, "")}/${path}`;
	return url;
}

/** GOPROXY's text fit to be printed: its addresses without credentials, everything else as it stands. */
export function shownGoproxy(text: string): string {
	return text.replace(/[^,|]+/g, (entry) => {
		if (!/[@?#]/.test(entry)) return entry;
		const word = entry.trim();
		const url = word.includes(":/") ? word : `https://${word}`;
		return URL.canParse(url) ? shown(new URL(url)) : "…";
	});
}

/** Whether an address of the list carries a password or a token, which no other user of the machine may see. */
export function hasCredentials(text: string): boolean {
	return shownGoproxy(text) !== text;
}

/**
 * Whether a module's path, or a leading part of it, matches one of the comma-separated patterns of GOPRIVATE, GONOPROXY
 * or GONOSUMDB: globs in which `*` and `?` never match a slash (golang.org/x/mod/module.MatchPrefixPatterns, path.Match).
 */
export function isPrivate(patterns: string, module: string): boolean {
	const parts = module.split("/");
	return patterns.split(",").some((text) => {
		const pattern = text.trim().replace(/\/+$/, "");
		if (pattern === "") return false;
		const globs = pattern.split("/");
		return globs.length <= parts.length && globs.every((glob, at) => matches(glob, parts[at] ?? ""));
	});
}

/** A glob that can't be read matches nothing. */
function matches(glob: string, part: string): boolean {
	const source = glob.replace(/\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|([\s\S])/g, (_, escaped, not, set, plain) => {
		if (set !== undefined) return `[${not}${set.replace(/[[\]^&~|]/g, "\\$&")}]`;
		if (plain === "*") return "[^/]*";
		if (plain === "?") return "[^/]";
		return `\\u{${(escaped ?? plain).codePointAt(0).toString(16)}}`;
	});
	try {
		return new RegExp(`^(?:${source})$`, "u").test(part);
	} catch {
		return false;
	}
}
