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
