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

/** A Go version in the parts that Go's own `internal/gover` orders by; numbers stay decimal strings, of any length. */
export interface GoVersion {
	readonly major: string;
	/** `""` never occurs in a parsed version: `1` is read as 1.0.0. */
	readonly minor: string;
	/** `""` in a language version (`1.21`) and in a pre-release (`1.21rc1`). */
	readonly patch: string;
	/** `""`, `alpha`, `beta`, `rc`: any lower-case word. */
	readonly kind: string;
	readonly pre: string;
}

const shape = /^(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)|([a-z]+)(0|[1-9]\d*)?)?)?$/;
/** Patch releases have no pre-releases but one: go1.9.2rc2 was published, though gover calls it invalid. */
const oddity = /^(1)\.(9)\.(2)(rc)(2)$/;

/**
 * Reads a version without its `go` prefix, as `internal/gover.Parse` does, with the one
 * published exception `1.9.2rc2`. Returns undefined where gover says it is malformed.
 */
export function parseGoVersion(text: string): GoVersion | undefined {
	const odd = oddity.exec(text);
	if (odd) return { major: "1", minor: "9", patch: "2", kind: "rc", pre: "2" };
	const found = shape.exec(text);
	if (!found) return undefined;
	const [, major = "", minor, patch, kind = "", pre = ""] = found;
	if (minor === undefined) return { major, minor: "0", patch: "0", kind: "", pre: "" };
	const bare = patch === undefined && kind === "";
	return { major, minor, patch: patch ?? (bare && compareDecimal(minor, "21") < 0 ? "0" : ""), kind, pre };
}

/**
 * Orders two parsed versions: 1.21 < 1.21rc1 < 1.21.0 < 1.21.1 and 1.18beta1 < 1.18rc1 < 1.18.
 * Negative, zero or positive, as Array.sort wants. Order of `internal/gover.Compare`.
 */
export function compareParsed(left: GoVersion, right: GoVersion): number {
	return (
		compareDecimal(left.major, right.major) ||
		compareDecimal(left.minor, right.minor) ||
		compareDecimal(left.patch, right.patch) ||
		compareKind(left, right) ||
		compareDecimal(left.pre, right.pre)
	);
}

/** As `compareParsed`, on text; malformed versions come before all others and are equal to each other. */
export function compareGoVersions(left: string, right: string): number {
	const a = parseGoVersion(left);
	const b = parseGoVersion(right);
	if (a && b) return compareParsed(a, b);
	return Number(Boolean(a)) - Number(Boolean(b));
}

/** Whether the version is a language version such as `1.21`, not a release (`internal/gover.IsLang`). */
export function isLanguageVersion(version: GoVersion): boolean {
	return version.patch === "" && version.kind === "";
}

/** The minor that a version belongs to: `1.22` for 1.22.5 and 1.22rc1. */
export function minorOf(version: GoVersion): string {
	return `${version.major}.${version.minor}`;
}

/** Within one patch number, 1.9.2rc2 precedes 1.9.2; without one, gover's "" < alpha < beta < rc. */
function compareKind(left: GoVersion, right: GoVersion): number {
	if (left.kind === right.kind) return 0;
	if (left.patch !== "" && (left.kind === "" || right.kind === "")) return left.kind === "" ? 1 : -1;
	return left.kind < right.kind ? -1 : 1;
}

function compareDecimal(left: string, right: string): number {
	if (left === right) return 0;
	if (left.length !== right.length) return left.length < right.length ? -1 : 1;
	return left < right ? -1 : 1;
}
