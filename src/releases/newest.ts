import builtIn from "../../data/newest.json" with { type: "json" };
import type { Context } from "../context.ts";
import { compareParsed } from "../version/goversion.ts";
import { parseRelease, type Release } from "../version/release.ts";
import { indexSources } from "./indexaddresses.ts";
import { NewestNotes } from "./newestnotes.ts";

/** The newest stable release of each minor. */
export function newestOfMinors(releases: readonly Release[]): ReadonlyMap<string, Release> {
	const newest = new Map<string, Release>();
	for (const each of releases) {
		const before = newest.get(each.minor);
		if (each.stable && (!before || compareParsed(each.parsed, before.parsed) > 0)) newest.set(each.minor, each);
	}
	return newest;
}

/**
 * The newest release of each minor that is known without asking anyone, and without reading a whole list for a word
 * beside a name: what was noted when a list was last fetched, however old, and the built-in table.
 */
export function newestKnown(context: Context): readonly Release[] {
	const noted = new NewestNotes(context.cacheDir, context.uid).read(...sourcesOf(context));
	const releases = [...builtIn, ...noted].flatMap((name) => parseRelease(name) ?? []);
	return [...newestOfMinors(releases).values()];
}

/** A GOX_INDEX that can't be asked is for those who ask it to complain about. */
function sourcesOf({ env }: Context): readonly URL[] {
	try {
		return indexSources(env, { insecure: true }).urls;
	} catch {
		return [];
	}
}
