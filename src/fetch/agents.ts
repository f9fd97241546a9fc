import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { Dispatcher } from "undici";
import type { Env } from "../context.ts";
import { GoxError, quote, systemCode } from "../errors.ts";
import type { Timing } from "./timeouts.ts";

/** Who carries requests: connections straight to a host, or through the proxy that the environment names. */
export interface Agents {
	for(url: URL): Dispatcher;
	/** The proxy's host and port for this URL's scheme, for messages; undefined without one. */
	proxyFor(url: URL): string | undefined;
	close(): Promise<void>;
}

/**
 * Agents for an environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY (small letters first, as curl reads them;
 * HTTP_PROXY never serves https), and SSL_CERT_FILE added to the built-in authorities and NODE_EXTRA_CA_CERTS.
 * undici would ask the process for what it isn't given, so all three are always given.
 */
export async function agentsFor(env: Env, timing: Timing): Promise<Agents> {
	const ca = authorities(env);
	const connect = {
		timeout: timing.connectMs,
		autoSelectFamily: true,
		// Node's 250 ms per address gives up on hosts that are merely far away.
		autoSelectFamilyAttemptTimeout: 2_000,
		...(ca && { ca }),
	};
	const common = { connect, headersTimeout: 0, bodyTimeout: 0 };
	const noProxy = env.no_proxy ?? env.NO_PROXY ?? "";
	const agentFor = async (proxy: string | undefined): Promise<Dispatcher> => {
		// undici's own entry also loads its fetch, WebSocket, caches and mocks, which doubles the time until a download
		// without a proxy can begin.
		if (!proxy) return new (await import("undici/lib/dispatcher/agent.js")).default(common);
		const { EnvHttpProxyAgent } = (await import("undici")).default;
		const through = { httpProxy: proxy, httpsProxy: proxy, noProxy, proxyTls: connect, requestTls: connect, proxyTunnel: false };
		return new EnvHttpProxyAgent({ ...common, ...through });
	};
	const proxies = {
		"http:": proxyIn(env, "http_proxy") ?? proxyIn(env, "HTTP_PROXY"),
		"https:": proxyIn(env, "https_proxy") ?? proxyIn(env, "HTTPS_PROXY"),
	};
	const agents = { "http:": await agentFor(proxies["http:"]), "https:": await agentFor(proxies["https:"]) };
	const scheme = (url: URL) => (url.protocol === "http:" ? "http:" : "https:");
	return {
		for: (url) => agents[scheme(url)],
		proxyFor: (url) => {
			const proxy = proxies[scheme(url)];
			return proxy && !isExempt(url, noProxy) ? new URL(proxy).host : undefined;
		},
		close: async () => {
			await Promise.all([agents["http:"].destroy(), agents["https:"].destroy()]);
		},
	};
}

/** A proxy's URL; `host:port` without a scheme is http, as curl and Go read it. */
function proxyIn(env: Env, name: string): string | undefined {
	const text = env[name]?.trim();
	if (!text) return undefined;
	const url = text.includes("://") ? text : `http://${text}`;
	if (URL.canParse(url) && /^(?:https?|socks5?):$/.test(new URL(url).protocol)) return url;
	throw new GoxError("usage", `${name}: ${quote(text.replace(/\/\/[^/@]*@/, "//"))} is not a proxy's URL`, {
		hint: `export ${name}=http://proxy.example:3128`,
	});
}

/** As undici decides, for messages only. */
function isExempt(url: URL, noProxy: string): boolean {
	return noProxy.split(/[,\s]+/).some((entry) => {
		const host = entry.replace(/:\d+$/, "").replace(/^\*?\./, "");
		return entry === "*" || (host !== "" && (url.hostname === host || url.hostname.endsWith(`.${host}`)));
	});
}

/** Given a `ca`, Node forgets its own list and NODE_EXTRA_CA_CERTS, so those are given too. */
function authorities(env: Env): string[] | undefined {
	const file = env.SSL_CERT_FILE;
	const own = file ? certificates(file, "SSL_CERT_FILE") : undefined;
	if (!own) return undefined;
	const extra = env.NODE_EXTRA_CA_CERTS ? certificates(env.NODE_EXTRA_CA_CERTS, "NODE_EXTRA_CA_CERTS") : undefined;
	return [...rootCertificates, own, ...(extra ? [extra] : [])];
}

/** A file that isn't there is passed over, as OpenSSL and Go do: environments outlive what they point at. */
function certificates(path: string, setting: string): string | undefined {
	try {
		const text = readFileSync(path, "utf8");
		if (text.includes("-----BEGIN ")) return text;
	} catch (error) {
		if (systemCode(error) === "ENOENT") return undefined;
		throw new GoxError("usage", `${setting}: ${path} cannot be read (${systemCode(error)})`, {
			hint: `unset ${setting}`,
			cause: error,
		});
	}
	throw new GoxError("usage", `${setting}: ${path} holds no PEM certificate`, { hint: `unset ${setting}` });
}
