import { setImmediate } from "node:timers/promises";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { layoutOf } from "../store/layout.ts";
import { type Area, type Finding, fixOf, type Verdict, verdicts } from "./finding.ts";
import type { Machine } from "./machine.ts";
import { Changes } from "./repair.ts";

/** One check of the doctor. */
export interface Check {
	/** Stable: scripts find a check's findings by it. */
	readonly name: string;
	/** What it is about, for a check that found nothing: `the shims`. */
	readonly title: string;
	readonly area: Area;
	/**
	 * At least one finding where the check applies to the machine, none where it doesn't. Errors thrown are findings too:
	 * a GoxError is something broken, a file system's error something that couldn't be looked at.
	 */
	run(machine: Machine): readonly Finding[] | Promise<readonly Finding[]>;
}

/** A finding, and the check that made it. */
export interface Examined extends Finding {
	readonly check: string;
	readonly area: Area;
}

/** Every check's findings, in the order of the checks. @throws GoxError `interrupted`. */
export async function examine(machine: Machine, checks: readonly Check[]): Promise<readonly Examined[]> {
	const all: Examined[] = [];
	for (const check of checks) {
		// Programs are waited for without the event loop: here a Ctrl-C gets through.
		await setImmediate();
		machine.context.signal.throwIfAborted();
		const findings = await guarded(check, machine);
		all.push(...findings.map((finding) => ({ check: check.name, area: check.area, ...finding })));
	}
	return all;
}

/** The most serious verdict. */
export function worst(findings: readonly Finding[]): Verdict {
	return verdicts.findLast((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? "ok";
}

async function guarded(check: Check, machine: Machine): Promise<readonly Finding[]> {
	try {
		return await check.run(machine);
	} catch (error) {
		if (error instanceof GoxError && error.code !== "interrupted")
			return [
				{
					verdict: "broken",
					title: error.message,
					why: `It keeps gox from looking at this: ${check.title}.`,
					...fixOf(error),
				},
			];
		if (systemCode(error) === undefined || !(error instanceof Error)) throw error;
		return [
			{
				verdict: "warning",
				title: `this couldn't be looked at: ${check.title}`,
				evidence: [error.message],
				why: "What can't be read can't be used by gox either.",
			},
		];
	}
}

/** A repair that was made. */
export interface Repaired {
	readonly id: number;
	readonly check: string;
	readonly title: string;
	/** The paths that it changed; none where there was nothing left to do. */
	readonly changed: readonly string[];
}

/** The findings that `--fix` can repair by itself. */
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
