import type { Context } from "../context.ts";
import { vouch } from "../verify/evidence.ts";
import type { Identity } from "../verify/goroot.ts";
import type { Witness } from "../verify/witness.ts";
import { askDatabase } from "./databaseanswer.ts";
import { layoutOf, versionKey } from "./layout.ts";
import { type Receipt, readReceipt } from "./receipt.ts";

/** What a GOROOT's files must hash to, and who says so. */
export interface Standard {
	readonly h1: string;
	readonly witnesses: readonly Witness[];
	/** What a receipt remembers of an installation, where the checksum database says nothing now: the reason why. */
	readonly recorded?: string;
}

/** A question that a person waits for. */
const patience = { inAllMs: 10_000, afterwardsMs: 5_000 };

/**
 * What a release for a platform must be: the checksum database's word, else what a receipt recorded. An unofficial
 * build is its receipt's business alone. The reason, where nobody can say.
 * @throws GoxError `integrity` for answers of the database that must not be believed; `interrupted`.
 */
export async function standardFor(
	context: Context,
	{ release, platform }: Identity,
	own?: Receipt,
): Promise<Standard | { readonly unknown: string }> {
	const receipt = own ?? readReceipt(layoutOf(context.home), versionKey(release.name, platform, context.host()));
	if (own && !own.official) return recordedIn(own, "an unofficial build, which the checksum database knows nothing of");
	const answer = askDatabase(context, release, platform, { insecure: false, signal: context.signal, patience });
	const evidence = await answer.evidence();
	if (evidence.kind !== "unavailable") return { h1: evidence.h1, witnesses: vouch(evidence.h1, [evidence], release) };
	if (receipt?.official) return recordedIn(receipt, `the checksum database was not asked: ${evidence.reason}`);
	return { unknown: evidence.reason };
}

function recordedIn({ h1, witnesses }: Receipt, recorded: string): Standard {
	return { h1, witnesses, recorded };
}
