import { checks } from "../doctor/checks.ts";
import { type Examined, examine, worst } from "../doctor/examination.ts";
import { machineProbes } from "../doctor/machineprobes.ts";
import { type Patient, patientOf } from "../doctor/patient.ts";
import { repairsToUndo } from "../doctor/repair/changes.ts";
import { makeRepairs, type Repaired, repairable } from "../doctor/repair/repairs.ts";
import { undoRepair } from "../doctor/repair/undo.ts";
import { GoxError, quote } from "../errors.ts";
import { isOffline } from "../fetch/client.ts";
import { layoutOf } from "../store/layout.ts";
import type { Invocation, Run } from "./command.ts";
import { inWords, tally } from "./diagnosis.ts";

/** What users of other doctors expect of a script's `if`: 1 where something is broken. */
const somethingBroken = 1;

/** `gox doctor`: exit 0 unless something is broken. */
export const run: Run = async (invocation) => {
	const { context, options } = invocation;
	if (options.given("undo")) return undo(invocation);
	const offline = options.has("offline") || isOffline(context);
	const patient = patientOf(context, machineProbes(context), offline);
	const findings = await examine(patient, [...checks, ...(options.has("deep") ? await deepChecks(invocation) : [])]);
	if (options.has("fix")) return fix(invocation, findings);
	show(invocation, findings, []);
	return worst(findings) === "broken" ? somethingBroken : 0;
};

async function deepChecks({ report }: Invocation) {
	report.say("building and running with the Go in force; the first time it takes a while");
	return (await import("../doctor/deepchecks.ts")).deepChecks;
}

async function fix(invocation: Invocation, findings: readonly Examined[]): Promise<number> {
	const { context, report } = invocation;
	const possible = repairable(findings);
	if (!report.asJson) show(invocation, findings, []);
	if (possible.length > 0) {
		report.say(`gox doctor --fix will set right:`);
		for (const { title, evidence = [] } of possible) {
			report.say(`  ${title}`);
			for (const each of evidence) report.say(`      ${each}`);
		}
		report.say(`what it changes is kept in ${context.home}/backup/doctor`);
	}
	const repaired = possible.length > 0 && (await isWanted(invocation)) ? makeRepairs(context, possible) : [];
	for (const { id, title, changed } of repaired) {
		report.say(changed.length > 0 ? `set right: ${title}` : `nothing left to do: ${title}`);
		if (changed.length > 0) report.say(`  to undo: gox doctor --undo ${id}`);
	}
	const left = repaired.length === 0 ? findings : await again(invocation);
	if (report.asJson) show(invocation, left, repaired);
	else if (possible.length === 0) report.say("there is nothing that --fix can do by itself; the commands above are yours to run");
	else if (repaired.length > 0) report.say(`now: ${tally(left)}`);
	return worst(left) === "broken" ? somethingBroken : 0;
}

/** A second look, at what the repairs left. The slow questions were answered before. */
async function again({ context }: Invocation): Promise<readonly Examined[]> {
	const patient: Patient = patientOf(context, machineProbes(context), true);
	return examine(patient, checks);
}

async function isWanted({ context, options, report }: Invocation): Promise<boolean> {
	if (options.has("yes")) return true;
	if (!context.interactive) {
		report.say("nothing was changed: without a terminal it wants --yes");
		return false;
	}
	return /^(?:y|yes|)$/i.test((await context.ask("do it? [Y/n] ")).trim());
}

function undo({ context, options, report }: Invocation): number {
	const layout = layoutOf(context.home);
	const word = options.has("undo") ? undefined : options.text("undo");
	if (word !== undefined && !/^\d{1,9}$/.test(word))
		throw new GoxError("usage", `--undo wants the number of a repair, not ${quote(word)}`);
	const records = repairsToUndo(layout, word === undefined ? undefined : Number(word));
	if (records.length === 0)
		throw new GoxError("usage", word === undefined ? "there is no repair to undo" : `there is no repair ${word} to undo`);
	const undone = records.map((record) => ({ ...undoRepair(layout, record), id: record.id, title: record.title }));
	if (report.asJson) report.json(undone);
	for (const { title, restored, kept, id } of undone) {
		report.say(`undone: ${title}`);
		for (const path of restored) report.detail(`  ${path} is again as it was`);
		for (const path of kept)
			report.warn(`${path} was changed since and left alone; what it was is in ${layout.home}/backup/doctor/${id}`);
	}
	return undone.some(({ kept }) => kept.length > 0) ? 6 : 0;
}

function show({ context, report, options }: Invocation, findings: readonly Examined[], repaired: readonly Repaired[]): void {
	if (report.asJson) {
		const list = findings.map(({ check, verdict, title, evidence = [], why, fix: remedy }) => ({
			check,
			verdict,
			title,
			evidence,
			why: why ?? null,
			fix: remedy ? { commands: remedy.commands, advice: remedy.advice ?? null, safe: remedy.repair !== undefined } : null,
		}));
		report.json(options.has("fix") ? { findings: list, repaired } : list);
		return;
	}
	for (const line of inWords(findings, {
		all: report.verbose,
		width: context.stdout.columns,
		style: report.style,
		userHome: context.userHome,
	}))
		report.line(line);
	const hidden = !report.verbose && findings.some(({ verdict }) => verdict === "ok");
	report.line(`${tally(findings)}${hidden ? "   (gox doctor --verbose lists all)" : ""}`);
	if (!options.has("fix") && repairable(findings).length > 0)
		report.say("gox doctor --fix sets some of this right by itself, each undoable");
}
