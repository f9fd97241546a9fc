import { newestFirst, type Release } from "../version/release.ts";

/**
 * The minors that the Go project supports: the two newest that have a release
 * (go.dev/doc/devel/release: "each major Go release is supported until there are two newer major releases").
 */
export function supportedMinors(releases: readonly Release[]): ReadonlySet<string> {
	const minors = releases
		.filter((release) => release.stable)
		.sort(newestFirst)
		.map((release) => release.minor);
	return new Set([...new Set(minors)].slice(0, 2));
}

/** Whether a release's minor still gets fixes; what is newer than every supported minor (a pre-release) isn't past its end. */
export function isSupported(release: Release, supported: ReadonlySet<string>): boolean {
	if (supported.size === 0 || supported.has(release.minor)) return true;
	return [...supported].every((minor) => Number(release.parsed.minor) > Number(minor.split(".")[1]));
}
