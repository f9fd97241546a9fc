import { type ErrorCode, GoxError, quote } from "../../errors.ts";

/** What cmd/go's words mean, the first that fits; texts of cmd/go/internal/modfetch and golang.org/x/mod/sumdb. */
const meanings: readonly (readonly [words: RegExp, code: ErrorCode])[] = [
	[
		/SECURITY ERROR|checksum mismatch|checksum missing|misbehavior|invalid signature|no verifiable signatures|malformed (?:note|record|tree)|cannot authenticate record|cannot validate record|inconsistent tile|invalid GOSUMDB|missing GOSUMDB|disabled by GOSUMDB/i,
		"integrity",
	],
	// The proxy has the release, but the checksum database doesn't know it.
	[/\bverifying (?:module|go\.mod):.*\b(?:404|410)\b/s, "integrity"],
	[/\b(?:404|410)\b|unknown revision|no matching versions|invalid version|no such file/i, "no-such-release"],
];

/**
 * The failure behind what a go command printed: `integrity`, `no-such-release`, or else `network`.
 * @param text its JSON error or stderr, which may hold addresses with credentials
 */
export function goFailure(text: string, subject: string, go: string): GoxError {
	const code = meanings.find(([words]) => words.test(text))?.[1] ?? "network";
	const said = quote(
		withoutCredentials(text)
			.trim()
			.replace(/\s*\n\s*/g, "; "),
		600,
	);
	const hint = code === "integrity" ? "go env GOSUMDB GOPROXY" : "go env GOPROXY GONOPROXY HTTPS_PROXY";
	return new GoxError(code, `${go} could not download ${subject}: ${said}`, { hint });
}

/** User names and passwords in addresses are nobody's business. */
export function withoutCredentials(text: string): string {
	return text.replace(/\/\/[^/\s"'@]*@/g, "//");
}
