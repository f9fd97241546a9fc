import type { Examined } from "../doctor/examination.ts";
import type { Area, Verdict } from "../doctor/finding.ts";
import type { Style } from "../ui/report.ts";
import { wrapped } from "../ui/wrap.ts";

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

/** How the findings are to look. */
export interface Looks {
	/** Whether those that are fine are listed too. */
	readonly all: boolean;
	/** Characters. */
	readonly width: number;
	readonly style: Style;
	/** Written `~`, but not in commands. */
	readonly userHome: string;
}

/** The findings in words, grouped. Commands are never broken over lines. */
export function inWords(findings: readonly Examined[], { all, width, style, userHome }: Looks): readonly string[] {
	// Only where a word begins: in the midst of one, or in quotes, no shell would read it so.
	const short = (text: string) =>
		text.replaceAll(`${userHome}/`, (found, at: number) => (/^[\s(]?$/.test(text[at - 1] ?? "") ? "~/" : found));
	return headings.flatMap(([area, heading]) => {
		const shown = findings.filter((finding) => finding.area === area && (all || finding.verdict !== "ok"));
		if (shown.length === 0) return [];
		return [style.bold(heading), ...shown.flatMap((finding) => findingInWords(finding, Math.min(width, 100), style, short)), ""];
	});
}

/** `30 checks: 27 fine, 2 warnings, 1 broken`. */
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
