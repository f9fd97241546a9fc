import type { Context } from "../context.ts";
import { vouch } from "../verify/evidence.ts";
import { databaseRequired, type Policy, rulesOf } from "../verify/policy.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import type { Built, InstallListener } from "./built.ts";
import { askDatabase } from "./databaseanswer.ts";

/**
 * What an install that table or index vouch for gives a database that may be a black hole: so many milliseconds from
 * its first byte on, and so many after its last, since unpacking keeps answers waiting.
 */
const patience = { inAllMs: 3_000, afterwardsMs: 1_000 };

export interface CorroborationRules {
	readonly policy: Policy;
	/** Whether the archive is what the Go project published, as far as table and index know. */
	readonly official: boolean;
	readonly insecure: boolean;
	readonly signal: AbortSignal;
}

/** The checksum database's word on an archive that table or index vouch for; asked while the archive is downloaded. */
export interface Corroboration {
	/**
	 * The GOROOT with the database among its witnesses, or with the reason why it isn't.
	 * @throws GoxError `integrity` when the database contradicts the files, must not be believed, or had to vouch and didn't.
	 */
	of(built: Built, listener: InstallListener): Promise<Built>;
	cancel(): void;
}

export function corroboration(
	context: Context,
	release: Release,
	platform: Platform,
	{ policy, official, insecure, signal }: CorroborationRules,
): Corroboration {
	const { database } = rulesOf(policy);
	if (!official && database === "required") throw databaseRequired(policy, release, "it is asked about official builds only");
	const unasked = !official ? "it is asked about official builds only" : database === "never" ? `verify = ${policy}` : undefined;
	if (unasked !== undefined) return { of: async (built) => ({ ...built, unasked }), cancel: () => {} };
	const required = database === "required";
	const answer = askDatabase(context, release, platform, { insecure, signal, patience: required ? undefined : patience });
	return {
		of: async (built, listener) => {
			const evidence = await answer.evidence();
			if (evidence.kind !== "unavailable") {
				return { ...built, witnesses: [...built.witnesses, ...vouch(built.h1, [evidence], release)] };
			}
			if (required) throw databaseRequired(policy, release, evidence.reason);
			const text = `${release.name}: Go's checksum database was not asked: ${evidence.reason}`;
			if (evidence.odd) listener.warn(text);
			else listener.note(text);
			return { ...built, unasked: evidence.reason };
		},
		cancel: answer.cancel,
	};
}
