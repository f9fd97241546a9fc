import { compareParsed, type GoVersion, isLanguageVersion, minorOf, parseGoVersion } from "./goversion.ts";

/** One published Go, by the name that the Go project gave it. */
export interface Release {
	/** The published name: `go1.22.5`, `go1.20` (not go1.20.0), `go1.21.0`, `go1.22rc1`. */
	readonly name: string;
	/** The name without `go`. */
	readonly version: string;
	/** The request that means exactly this release: `1.20.0` for go1.20, because `1.20` is the newest of that minor. */
	readonly word: string;
	/** The minor it belongs to, `1.22`. */
	readonly minor: string;
	/** False for betas and release candidates. */
	readonly stable: boolean;
	readonly parsed: GoVersion;
}

/**
 * Reads an exact release, with or without `go` in front. `1.20.0` is the release called go1.20:
 * before 1.21 a minor's first release had no third number, since then it is `.0`.
 * `1.22` is a language version, not a release: undefined, as is anything malformed.
 */
export function parseRelease(text: string): Release | undefined {
	const bare = text.startsWith("go") ? text.slice(2) : text;
	const parsed = parseGoVersion(bare);
	if (!parsed || isLanguageVersion(parsed) || (parsed.kind !== "" && parsed.pre === "")) return undefined;
	if (parsed.kind !== "" && parsed.kind !== "rc" && parsed.kind !== "beta" && parsed.kind !== "alpha") return undefined;
	const version = parsed.kind === "" ? publishedName(parsed) : bare;
	const stable = parsed.kind === "";
	const word = stable ? `${minorOf(parsed)}.${parsed.patch}` : version;
	return { name: `go${version}`, version, word, minor: minorOf(parsed), stable, parsed };
}

/** Newest first; for Array.sort. */
export function newestFirst(left: Release, right: Release): number {
	return compareParsed(right.parsed, left.parsed);
}

function publishedName(version: GoVersion): string {
	const minor = minorOf(version);
	if (version.patch !== "0") return `${minor}.${version.patch}`;
	const old = version.minor.length < 2 || (version.minor.length === 2 && version.minor < "21");
	if (!old || version.major !== "1") return `${minor}.0`;
	return version.minor === "0" ? "1" : minor;
}
