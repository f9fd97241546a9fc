import { dirname, join } from "node:path";
import { GoxError } from "../errors.ts";
import { readIfPresent } from "../fs.ts";
import { isH1 } from "../sumdb/record.ts";
import type { SumdbProof } from "../sumdb/sumdb.ts";
import type { Release } from "../version/release.ts";
import type { Witness } from "./witness.ts";

/** What somebody says about a toolchain module's hash, before it is compared with the files. */
export type Evidence =
	| { readonly kind: "checksum database"; readonly h1: string; readonly proof: SumdbProof }
	| { readonly kind: "go.sum"; readonly h1: string; readonly path: string }
	/** A `go` that checked the hash itself, where its recorded answers don't suffice for a proof by gox. */
	| { readonly kind: "go command"; readonly h1: string; readonly go: string; readonly reason: string }
	/** Somebody who could have been asked and couldn't answer; vouches for nothing. `odd`: something else answered in its place. */
	| { readonly kind: "unavailable"; readonly witness: "checksum database"; readonly reason: string; readonly odd?: boolean };

type Claim = Exclude<Evidence, { kind: "unavailable" }>;

/**
 * The verdict: who vouches for `h1`, the hash that gox itself computed from the files.
 * @param release for messages
 * @throws GoxError `integrity` with both hashes when anybody contradicts it, or with the reasons when nobody vouches.
 */
export function vouch(h1: string, evidence: readonly Evidence[], release?: Release): Witness[] {
	const subject = release?.name ?? "the toolchain";
	const claims = evidence.filter((item) => item.kind !== "unavailable");
	const contradiction = claims.find((claim) => claim.h1 !== h1);
	if (contradiction) {
		throw new GoxError(
			"integrity",
			`${subject} is not what was published:\nits files have ${h1}\n${nameOf(contradiction)} says ${contradiction.h1}`,
			release && { hint: `gox install ${release.word}` },
		);
	}
	if (claims.length > 0) return claims.map(witnessOf);
	const reasons = evidence.map((item) => (item.kind === "unavailable" ? `${item.witness}: ${item.reason}` : ""));
	throw new GoxError("integrity", `nobody vouches for ${subject} (${h1}): ${reasons.join("; ") || "nobody was asked"}`, {
		hint: "go env GOSUMDB GOPROXY",
	});
}

function nameOf(claim: Claim): string {
	if (claim.kind === "checksum database") return `the checksum database ${claim.proof.database}`;
	return claim.kind === "go.sum" ? claim.path : claim.go;
}

function witnessOf(claim: Claim): Witness {
	switch (claim.kind) {
		case "checksum database": {
			const { database, treeSize, rootHash, recordNumber, uncompared } = claim.proof;
			return {
				kind: "sumdb",
				where: database,
				digest: claim.h1,
				treeSize,
				rootHash,
				recordNumber,
				...(uncompared && { uncompared }),
			};
		}
		case "go.sum":
			return { kind: "go.sum", where: claim.path, digest: claim.h1 };
		case "go command":
			return { kind: "go command", where: claim.go, digest: claim.h1 };
	}
}

/**
 * What the nearest go.sum from `start` upward that lists a module version says about it; nothing where none does.
 * Several lines that differ are all given: they can't all be right.
 */
export function goSumEvidence(start: string, path: string, version: string): Evidence[] {
	for (let directory = start; ; directory = dirname(directory)) {
		const file = join(directory, "go.sum");
		const found = hashesIn(textOf(file), path, version);
		if (found.length > 0) return found.map((h1) => ({ kind: "go.sum", h1, path: file }));
		if (dirname(directory) === directory) return [];
	}
}

/** A go.sum that can't be read (a directory, no permission) is no witness, and no reason to stop. */
function textOf(file: string): string {
	try {
		return readIfPresent(file) ?? "";
	} catch {
		return "";
	}
}

function hashesIn(text: string, path: string, version: string): string[] {
	const hashes = text
		.split("\n")
		.map((line) => line.trim().split(/\s+/))
		.filter((words) => words.length === 3 && words[0] === path && words[1] === version && isH1(words[2] ?? ""))
		.map((words) => words[2] ?? "");
	return [...new Set(hashes)];
}
