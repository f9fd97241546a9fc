import { GoxError, quote } from "../errors.ts";
import type { Release } from "../version/release.ts";
import type { Witness } from "./witness.ts";

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
