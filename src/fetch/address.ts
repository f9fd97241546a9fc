import { GoxError, quote } from "../errors.ts";

export interface AddressRules {
	/** Plain http to other machines is allowed (`--insecure`). */
	readonly insecure?: boolean;
}

/**
 * Reads the URL of something to fetch: https and file always, plain http to this machine only unless `insecure`.
 * @param setting where the text is from, for the message (`GOX_MIRRORS`).
 * @throws GoxError `usage`; credentials in the URL never reach the message.
 */
export function parseAddress(text: string, setting: string, rules: AddressRules = {}): URL {
	const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
	if (!url) {
		throw new GoxError("usage", `${setting}: ${quote(withoutUserinfo(text))} is not a URL`, {
			hint: "a URL is like https://go.dev/dl or file:///srv/go",
		});
	}
	if (url.protocol === "file:") {
		if (url.host === "") return url;
		throw new GoxError(
			"usage",
			`${setting}: ${quote(shown(url))} names the machine ${quote(url.host)}; a file URL has three slashes`,
			{
				hint: `file:///${url.host}${url.pathname}`,
			},
		);
	}
	const refusal = refusalOf(url, rules);
	if (refusal) throw new GoxError("usage", `${setting}: ${quote(shown(url), 200)}: ${refusal.reason}`, { hint: refusal.hint });
	return url;
}

/** Why a URL may not be asked over the network, or undefined if it may. */
export function refusalOf(url: URL, rules: AddressRules): { reason: string; hint: string } | undefined {
	if (url.protocol === "https:" || (url.protocol === "http:" && (rules.insecure || isLoopback(url)))) return undefined;
	if (url.protocol !== "http:")
		return { reason: `gox fetches by https, http or file, not ${url.protocol}`, hint: "https://go.dev/dl" };
	return {
		reason: "plain http to another machine can be read and changed on the way",
		hint: "use https, or add --insecure if you trust every hop",
	};
}

/** Whether a URL leads to this machine: localhost, 127.0.0.0/8 or ::1. */
export function isLoopback(url: URL): boolean {
	return /^(?:localhost|(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

/** `BASE/FILE`; the base's query, if it has one, stays. */
export function fileUnder(base: URL, filename: string): URL {
	const url = new URL(base);
	url.pathname = `${base.pathname.replace(/\/+$/, "")}/${encodeURIComponent(filename)}`;
	return url;
}

const secretName = /token|secret|passw|sig|key|credential|auth/i;

/** A URL fit to be printed: without user name, password, fragment, and the values of parameters that look secret. */
export function shown(url: URL): string {
	const safe = new URL(url);
	safe.username = "";
	safe.password = "";
	safe.hash = "";
	if (safe.search === "") return safe.href;
	const query = safe.search.replace(/([?&])([^=&]*)=([^&]*)/g, (pair, mark: string, name: string) =>
		secretName.test(name) ? `${mark}${name}=…` : pair,
	);
	safe.search = "";
	return `${safe.href}${query}`;
}

/** The machine (and port) that a URL leads to, in words. */
export function hostOf(url: URL): string {
	return url.protocol === "file:" ? decodeURI(url.pathname) : url.host;
}

/** An Authorization header for the user name and password in a URL (RFC 7617), or undefined. */
export function authorizationOf(url: URL): string | undefined {
	if (url.username === "" && url.password === "") return undefined;
	const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
	return `Basic ${Buffer.from(pair).toString("base64")}`;
}

function withoutUserinfo(text: string): string {
	return text.replace(/\/\/[^/@]*@/, "//");
}
