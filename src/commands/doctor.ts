import type { Invocation, Run } from "../cli/command.ts";
import { confirm } from "../cli/confirm.ts";
import type { Style } from "../cli/report.ts";
import { wrapped } from "../cli/text.ts";
import { isOffline } from "../config.ts";
import { checks } from "../doctor/checks/all.ts";
import { type Examined, examine, makeRepairs, type Repaired, repairable, worst } from "../doctor/examination.ts";
import type { Area, Verdict } from "../doctor/finding.ts";
import { type Machine, machineUnder } from "../doctor/machine.ts";
import { machineProbes } from "../doctor/probes.ts";
import { repairsToUndo, undoRepair } from "../doctor/repair.ts";
import { GoxError, quote } from "../errors.ts";
import { layoutOf } from "../store/layout.ts";

/** The exit status if something is broken, as in other doctor commands. */
const somethingBroken = 1;

/** `gox doctor`: the exit status is 0 unless something is broken. */
export const run: Run = async (invocation) => {
	const { context, options } = invocation;
	if (options.given("undo")) return undo(invocation);
	const offline = options.has("offline") || isOffline(context);
	const machine = machineUnder(context, machineProbes(context), offline);
	const findings = await examine(machine, [...checks, ...(options.has("deep") ? await deepChecks(invocation) : [])]);
	if (options.has("fix")) return fix(invocation, findings);
	show(invocation, findings, []);
	return worst(findings) === "broken" ? somethingBroken : 0;
};

async function deepChecks({ report }: Invocation) {
	report.say("building and running with the Go in use; the first time takes a while");
	return (await import("../doctor/checks/deep.ts")).deepChecks;
}

async function fix(invocation: Invocation, findings: readonly Examined[]): Promise<number> {
	const { context, report } = invocation;
	const possible = repairable(findings);
	if (!report.asJson) show(invocation, findings, []);
	if (possible.length > 0) {
		report.say("gox doctor --fix will repair:");
		for (const { title, evidence = [] } of possible) {
			report.say(`  ${title}`);
			for (const each of evidence) report.say(`      ${each}`);
		}
		report.say(`the originals are kept in ${context.home}/backup/doctor`);
	}
	if (possible.length > 0 && !(await confirm(invocation, "repair this?"))) {
		if (report.asJson) show(invocation, findings, []);
		return 0;
	}
	const repaired = makeRepairs(context, possible);
	for (const { id, title, changed } of repaired) {
		report.say(changed.length > 0 ? `repaired: ${title}` : `nothing left to do: ${title}`);
		if (changed.length > 0) report.say(`  to undo: gox doctor --undo ${id}`);
	}
	const left = repaired.length === 0 ? findings : await again(invocation);
	if (report.asJson) show(invocation, left, repaired);
	else if (possible.length === 0) report.say("there is nothing that --fix can repair; run the commands above yourself");
	else if (repaired.length > 0) report.say(`now: ${tally(left)}`);
	return worst(left) === "broken" ? somethingBroken : 0;
}

/** Examines the machine again after the repairs, without the slow network checks. */
async function again({ context }: Invocation): Promise<readonly Examined[]> {
	const machine: Machine = machineUnder(context, machineProbes(context), true);
	return examine(machine, checks);
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
		for (const path of restored) report.detail(`  ${path} is as it was`);
		for (const path of kept)
			report.warn(`${path} was changed since, so it stays as it is; the original is in ${layout.home}/backup/doctor/${id}`);
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
		report.say("gox doctor --fix can repair some of this; each repair can be undone");
}

const headings: readonly (readonly [Area, string])[] = [
	["machine", "Machine"],
	["go", "Go"],
	["settings", "Go's settings"],
	["shell", "Shell"],
	["store", "gox's store"],
	["project", "This directory"],
	["deep", "Building and running"],
];
const marks: Readonly<Record<Verdict, string>> = { ok: "✓", note: "·", warning: "!", broken: "✗" };

/** How to format the findings. */
export interface Format {
	/** Whether to list findings that are fine. */
	readonly all: boolean;
	/** In characters. */
	readonly width: number;
	readonly style: Style;
	/** Shortened to `~`, except in commands. */
	readonly userHome: string;
}

/** The findings as lines of text, grouped by area. Commands are never wrapped. */
export function inWords(findings: readonly Examined[], { all, width, style, userHome }: Format): readonly string[] {
	// Only at the start of a word: elsewhere, or in quotes, no shell expands `~`.
	const short = (text: string) =>
		text.replaceAll(`${userHome}/`, (found, at: number) => (/^[\s(]?$/.test(text[at - 1] ?? "") ? "~/" : found));
	return headings.flatMap(([area, heading]) => {
		const shown = findings.filter((finding) => finding.area === area && (all || finding.verdict !== "ok"));
		if (shown.length === 0) return [];
		return [style.bold(heading), ...shown.flatMap((finding) => findingInWords(finding, Math.min(width, 100), style, short)), ""];
	});
}

/** `27 fine, 2 warnings, 1 broken`. */
export function tally(findings: readonly Examined[]): string {
	const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
	const plural = (number: number, word: string) => (number === 0 ? [] : [`${number} ${word}${number === 1 ? "" : "s"}`]);
	const broken = count("broken");
	return [
		`${count("ok")} fine`,
		...plural(count("note"), "note"),
		...plural(count("warning"), "warning"),
		...(broken === 0 ? [] : [`${broken} broken`]),
	].join(", ");
}

function findingInWords(
	{ verdict, title, evidence = [], why, fix }: Examined,
	width: number,
	style: Style,
	short: (text: string) => string,
): readonly string[] {
	const colour = { ok: style.green, note: style.dim, warning: style.yellow, broken: style.red }[verdict];
	const [head = "", ...more] = wrapped(short(title), width, `  ${marks[verdict]} `);
	const lines = [head.replace(marks[verdict], colour(marks[verdict])), ...more];
	if (verdict === "ok") return lines;
	for (const each of evidence.flatMap((text) => text.split("\n")))
		lines.push(...wrapped(short(each.replaceAll("\t", " ")), width, "      "));
	if (why) lines.push(...wrapped(why, width, "    why "));
	fix?.commands.forEach((command, index) => {
		lines.push(`${index === 0 ? "    fix " : "        "}${command}`);
	});
	if (fix?.repair && !fix.commands.includes("gox doctor --fix")) lines.push("     or gox doctor --fix");
	if (fix?.advice) lines.push(...wrapped(`(${short(fix.advice)})`, width, fix.commands.length > 0 ? "        " : "    fix "));
	return lines;
}
