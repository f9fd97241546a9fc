import { GoxError } from "../errors.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import type { Witness } from "./witness.ts";

/** The SHA-256 (hex) of an archive as the sources of trust know it; none of them is where the bytes come from. */
export interface KnownHashes {
	/** From the table built into gox. */
	readonly table?: string | undefined;
	/** From an index, and its address. */
	readonly index?: string | undefined;
	readonly indexAddress?: string | undefined;
}

/** What an archive must be, and who says so. */
export interface Expectation {
	/** Undefined where nobody has published it: then only a signature can vouch for the archive. */
	readonly sha256: string | undefined;
	readonly witnesses: readonly Witness[];
	readonly official: boolean;
}

/**
 * Decides what an archive's SHA-256 must be: the table and the index, who must not contradict each other.
 * With `unofficial`, an index that the table contradicts is believed, and the receipt will say so.
 * Where neither knows the archive, nobody vouches for it yet.
 * @throws GoxError `integrity` when they contradict each other.
 */
export function expectArchive(release: Release, platform: Platform, known: KnownHashes, unofficial: boolean): Expectation {
	const { table, index, indexAddress: where } = known;
	const from = where === undefined ? {} : { where };
	if (table && index && table !== index) {
		if (unofficial) return { sha256: index, witnesses: [{ kind: "unofficial index", digest: index, ...from }], official: false };
		throw new GoxError(
			"integrity",
			`the index${where ? ` ${where}` : ""} and gox's release table contradict each other about ${release.name} for ${platform}:\nthe index says ${index},\nthe table says ${table}`,
			{ hint: `if that index lists a build of your own on purpose: gox install ${release.word} --unofficial` },
		);
	}
	const witnesses: Witness[] = [];
	if (table) witnesses.push({ kind: "table", digest: table });
	if (index) witnesses.push({ kind: "index", digest: index, ...from });
	return { sha256: table ?? index, witnesses, official: true };
}
