import { GoxError, quote } from "../errors.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";

/** Someone who vouches for what is installed, with the evidence. */
export interface Witness {
	/**
	 * `table`: built into gox; `index`: a list of releases such as go.dev's; `sumdb`: Go's checksum database,
	 * proven by gox; `go command`: the database as the go command asked it; `go.sum`: a module's own record;
	 * `pgp`: a signature by the key that signs Go's releases.
	 */
	readonly kind: "table" | "index" | "unofficial index" | "sumdb" | "go command" | "go.sum" | "pgp";
	/** The address of the index, the database's name, the go.sum's path … */
	readonly where?: string;
	/** What is vouched for: an archive's SHA-256 in hex, or a module's `h1:…`. */
	readonly digest: string;
	/** The checksum database's evidence: its size, root (base64) and the record's number. */
	readonly treeSize?: number;
	readonly rootHash?: string;
	readonly recordNumber?: number;
	/** Sizes of its trees seen before that this one couldn't yet be compared with. */
	readonly uncompared?: readonly number[];
	/** A signature's evidence: fingerprints (40 capital hex digits) of the primary key and of the subkey that signed, and when (ISO 8601, UTC). */
	readonly fingerprint?: string;
	readonly subkey?: string;
	readonly signedAt?: string;
}

/** A witness in a few words, for people. */
export function witnessInWords(witness: Witness): string {
	switch (witness.kind) {
		case "table":
			return "gox's release table";
		case "index":
			return `the index ${witness.where ?? ""}`.trim();
		case "unofficial index":
			return `only the unofficial index ${witness.where ?? ""}`.trim();
		case "sumdb":
			return `Go's checksum database ${witness.where ?? ""} (record ${witness.recordNumber} of ${witness.treeSize}${pending(witness)})`;
		case "pgp":
			return `a signature of ${witness.signedAt?.slice(0, 10)} by the key ${witness.fingerprint}`;
		case "go command":
			return "Go's checksum database, as the go command asked it";
		case "go.sum":
			return witness.where ?? "go.sum";
	}
}

function pending({ uncompared = [] }: Witness): string {
	return uncompared.length === 0 ? "" : `; not yet compared with the tree of ${uncompared.join(", ")} seen before`;
}

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

/** What a person may demand by `--verify` or `verify = …` in the config. */
export const policies = ["table", "index", "sumdb", "pgp", "all"] as const;

/** `default`: table or index, and the checksum database whenever it can be reached. */
export type Policy = (typeof policies)[number] | "default";

/** A policy taken apart: who may vouch, and who must. */
export interface PolicyRules {
	/** Whether an index counts for an archive's SHA-256, or the built-in table alone. */
	readonly index: boolean;
	readonly database: "never" | "if reachable" | "required";
	/** Whether a module zip will do, which only the checksum database can vouch for. */
	readonly modules: boolean;
	/** Whether the archive must be signed by the key that signs Go's releases, also where its SHA-256 is known. */
	readonly signature: boolean;
}

const rules: Readonly<Record<Policy, PolicyRules>> = {
	default: { index: true, database: "if reachable", modules: true, signature: false },
	table: { index: false, database: "never", modules: false, signature: false },
	index: { index: true, database: "never", modules: false, signature: false },
	sumdb: { index: true, database: "required", modules: true, signature: false },
	pgp: { index: true, database: "if reachable", modules: false, signature: true },
	all: { index: true, database: "required", modules: false, signature: false },
};

export function rulesOf(policy: Policy): PolicyRules {
	return rules[policy];
}

/** @throws GoxError `usage` for a word that is no policy. */
export function parsePolicy(word: string): Policy {
	const found = policies.find((policy) => policy === word);
	if (found) return found;
	throw new GoxError("usage", `--verify can't be ${quote(word)}`, { hint: `one of: ${policies.join(", ")}` });
}

/** Whether the database is among the witnesses, as gox or a go command asked it. */
export function databaseVouched(witnesses: readonly Witness[]): boolean {
	return witnesses.some(({ kind }) => kind === "sumdb" || kind === "go command");
}

/** The refusal where the database had to vouch and didn't. */
export function databaseRequired(policy: Policy, release: Release, reason: string): GoxError {
	return new GoxError(
		"integrity",
		`Go's checksum database must vouch for ${release.name} (verify = ${policy}), and doesn't: ${reason}`,
		{ hint: `gox install ${release.word} --verify index` },
	);
}
