import { GoxError, systemCode } from "../errors.ts";

/**
 * How a fetch failed. `unreachable`, `untrusted` (TLS), `blocked` (403, 407, 451, a web page instead), `slow` and
 * `dropped` (a connection cut before an answer) mean that something stands between gox and the site; `missing` (404, 410), `busy` (429, 5xx) and `wrong` (other
 * bytes than asked for) are the site's own answers; `cut` is a connection lost on the way; `improper` an answer
 * that breaks the rules (a redirect to plain http, an encoding nobody asked for).
 */
export type FailureKind =
	| "unreachable"
	| "untrusted"
	| "blocked"
	| "slow"
	| "dropped"
	| "missing"
	| "busy"
	| "wrong"
	| "cut"
	| "improper";

/** One source that failed. The message names the source; `reason` is the rest of it in words. */
export class NetworkError extends GoxError {
	readonly kind: FailureKind;
	readonly reason: string;
	/** What a Retry-After header asked for. */
	readonly retryAfterMs: number | undefined;

	constructor(
		kind: FailureKind,
		source: string,
		reason: string,
		detail: { cause?: unknown; retryAfterMs?: number | undefined } = {},
	) {
		const hint = hints[kind];
		super("network", `${source}: ${reason}`, {
			...(hint && { hint }),
			...(detail.cause !== undefined && { cause: detail.cause }),
		});
		this.name = "NetworkError";
		this.kind = kind;
		this.reason = reason;
		this.retryAfterMs = detail.retryAfterMs;
	}
}

/** Whether a failure says nothing about what the site has: it was never asked. */
export function neverReached(failure: NetworkError): boolean {
	return ["unreachable", "untrusted", "blocked", "slow", "dropped"].includes(failure.kind);
}

const hints: Partial<Record<FailureKind, string>> = {
	unreachable: "behind a company's proxy: export HTTPS_PROXY=http://proxy.example:3128",
	untrusted: "behind a proxy that re-signs TLS: export SSL_CERT_FILE=/path/to/company-ca.pem",
};

/** Whatever undici or Node threw, in words. GoxErrors (an interruption, a time-out of our own) stay as they are. */
export function failureOf(error: unknown, source: string, proxy: string | undefined): GoxError {
	if (error instanceof GoxError) return error;
	const root = rootOf(error);
	const code = systemCode(root) ?? "";
	const message = root instanceof Error ? root.message : String(root);
	const fail = (kind: FailureKind, reason: string) => new NetworkError(kind, source, reason, { cause: error });
	const target = hostIn(root) ?? (proxy ? `the proxy ${proxy}` : source);
	const status = /Proxy response \((\d+)\)|\((407)\)/.exec(message);
	if (status) return fail("blocked", `the proxy ${proxy ?? ""} answered ${status[1] ?? status[2]}`.replace("  ", " "));
	if (code === "ENOTFOUND" || code === "EAI_AGAIN") return fail("unreachable", `could not find ${target} (${code})`);
	if (code === "ECONNREFUSED")
		return fail("unreachable", `${proxy ? `the proxy ${proxy}` : source} refused the connection (${code})`);
	if (unreachable.has(code))
		return fail("unreachable", `could not connect to ${proxy ? `the proxy ${proxy}` : source} (${code})`);
	if (code === "UND_ERR_CONNECT_TIMEOUT")
		return fail("unreachable", `no connection to ${proxy ? `the proxy ${proxy}` : source} in time`);
	if (tlsCode.test(code)) return fail("untrusted", `its TLS certificate is not trusted: ${tlsWords[code] ?? message} (${code})`);
	if (code === "UND_ERR_PRX_TLS" || code === "EPROTO" || code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS")) {
		return fail("untrusted", `TLS failed: ${message.replace(/^.*?error:/, "").slice(0, 120)}`);
	}
	if (cut.has(code) || code.startsWith("HPE_")) return fail("cut", `the connection was cut (${code})`);
	return fail("cut", message.slice(0, 200) || code || "the connection failed");
}

const unreachable = new Set([
	"EHOSTUNREACH",
	"ENETUNREACH",
	"ENETDOWN",
	"EHOSTDOWN",
	"EADDRNOTAVAIL",
	"EACCES",
	"EPERM",
	"ETIMEDOUT",
]);
const cut = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "UND_ERR_SOCKET", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"]);
/** Node's names for what OpenSSL's X509_verify_cert found. */
const tlsCode = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS_CERT_ALTNAME_INVALID|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE/;
const tlsWords: Readonly<Record<string, string>> = {
	CERT_HAS_EXPIRED: "it has expired",
	CERT_NOT_YET_VALID: "it is not valid yet: is this machine's clock right?",
	DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself",
	SELF_SIGNED_CERT_IN_CHAIN: "an unknown authority signed it",
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "an unknown authority signed it",
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: "an unknown authority signed it",
	ERR_TLS_CERT_ALTNAME_INVALID: "it is for another host",
};

/** The innermost cause that has a code: undici wraps, and a dual-stack connect throws an AggregateError. */
function rootOf(error: unknown): unknown {
	if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors.at(-1));
	if (error instanceof Error && error.cause instanceof Error && systemCode(error.cause)) return rootOf(error.cause);
	return error;
}

function hostIn(error: unknown): string | undefined {
	if (typeof error !== "object" || error === null || !("hostname" in error)) return undefined;
	return typeof error.hostname === "string" ? error.hostname : undefined;
}
