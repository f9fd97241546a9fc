import { setImmediate } from "node:timers/promises";
import { GoxError, systemCode } from "../errors.ts";
import type { Area, Check, Finding, Verdict } from "./finding.ts";
import { verdicts } from "./finding.ts";
import type { Patient } from "./patient.ts";
import { fixOf } from "./remedy.ts";

/** A finding, and the check that made it. */
export interface Examined extends Finding {
	readonly check: string;
	readonly area: Area;
}

/** Every check's findings, in the order of the checks. @throws GoxError `interrupted`. */
export async function examine(patient: Patient, checks: readonly Check[]): Promise<readonly Examined[]> {
	const all: Examined[] = [];
	for (const check of checks) {
		// Programs are waited for without the event loop: here a Ctrl-C gets through.
		await setImmediate();
		patient.context.signal.throwIfAborted();
		const findings = await guarded(check, patient);
		all.push(...findings.map((finding) => ({ check: check.name, area: check.area, ...finding })));
	}
	return all;
}

/** The most serious verdict. */
export function worst(findings: readonly Finding[]): Verdict {
	return verdicts.findLast((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? "ok";
}

async function guarded(check: Check, patient: Patient): Promise<readonly Finding[]> {
	try {
		return await check.run(patient);
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
