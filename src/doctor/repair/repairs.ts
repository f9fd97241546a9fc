import type { Context } from "../../context.ts";
import { layoutOf } from "../../store/layout.ts";
import type { Examined } from "../examination.ts";
import { Changes } from "./changes.ts";

/** A repair that was made. */
export interface Repaired {
	readonly id: number;
	readonly check: string;
	readonly title: string;
	/** The paths that it changed; none where there was nothing left to do. */
	readonly changed: readonly string[];
}

/** The findings that `--fix` can set right by itself. */
export function repairable(findings: readonly Examined[]): readonly Examined[] {
	return findings.filter(({ fix }) => fix?.repair !== undefined);
}

/** Makes the repairs, each with a record by which it can be undone. Throws what a repair throws. */
export function makeRepairs(context: Context, findings: readonly Examined[]): readonly Repaired[] {
	const at = context.now().toISOString();
	return repairable(findings).map(({ check, title, fix }) => {
		const changes = new Changes(context, layoutOf(context.home), { at, check, title });
		let changed: readonly string[];
		try {
			fix?.repair?.(changes);
			context.checkpoint("doctor-changed");
		} finally {
			changed = changes.finish();
			context.checkpoint("doctor-repair");
		}
		return { id: changes.id, check, title, changed };
	});
}
