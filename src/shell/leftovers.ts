import { readFishScript } from "./fishscript.ts";
import { commandVerdict, type ReadAs } from "./leftovercommand.ts";
import { type LeftoverTool, leftoverTools } from "./leftovertools.ts";
import type { Statement } from "./script.ts";
import type { StartupFile } from "./shell.ts";
import { readShScript } from "./shscript.ts";
import { type SimpleCommand, simpleCommandsIn } from "./simplecommands.ts";

export type { LeftoverTool } from "./leftovertools.ts";

/** Lines of a start-up file that set up another version manager of Go, or a Go beside gox's. */
export interface Leftover {
	readonly tool: LeftoverTool;
	/** The first and the last line, counted from 1. */
	readonly line: number;
	readonly lastLine: number;
	/** Offsets of whole lines. */
	readonly start: number;
	readonly end: number;
	/** What is there, without the last newline. */
	readonly text: string;
	/** What stays when it is taken out: nothing, or whole lines that do the rest of what these did. */
	readonly replacement: string;
	/** Why gox doesn't take it out, where it doesn't. */
	readonly keep: string | undefined;
}

/** What can't be told from the file's text. */
export interface LeftoverSurroundings {
	readonly userHome: string;
	/** Whether Go is all that asdf and mise manage here, so that their activation has no other use. */
	readonly onlyGo: Readonly<Record<"asdf" | "mise", boolean>>;
}

/**
 * The leftovers in a start-up file's text, in order. gox's own block is none.
 * @param text one character for each byte or decoded: offsets and lines are the text's
 */
export function leftoversIn(
	text: string,
	dialect: StartupFile["dialect"],
	surroundings: LeftoverSurroundings,
): readonly Leftover[] {
	const script = dialect === "fish" ? readFishScript(text) : readShScript(text, dialect);
	const as: ReadAs = { dialect, ...surroundings };
	return script.statements.flatMap((statement) => leftoverOf(text, statement, as) ?? []);
}

/** The text with the leftovers taken out that gox takes out. */
export function withoutLeftovers(text: string, leftovers: readonly Leftover[]): string {
	let rest = "";
	let from = 0;
	for (const { start, end, replacement, keep } of leftovers) {
		if (keep !== undefined) continue;
		rest += text.slice(from, start) + replacement;
		from = end;
	}
	return rest + text.slice(from);
}

function leftoverOf(file: string, statement: Statement, as: ReadAs): Leftover | undefined {
	const begins = withBlankLinesSkipped(file, statement);
	const lines = file.slice(begins, statement.end);
	const newline = /\r?\n$/.exec(lines)?.[0] ?? "";
	const text = lines.slice(0, lines.length - newline.length);
	const commands = simpleCommandsIn(text);
	if (!commands) {
		const tool = leftoverTools.find(({ commands: called, paths }) => mentions(text, called, paths, as))?.tool;
		return tool && { ...place(file, begins, statement.end), tool, replacement: "", keep: "it is a part of something larger" };
	}
	const verdicts = commands.map((command) => commandVerdict(command.words, as));
	const first = verdicts.find((verdict) => verdict?.kind === "leftover" || verdict?.kind === "partly");
	if (!first || !("tool" in first)) return undefined;
	const { tool } = first;
	const shared = verdicts.some((verdict) => verdict?.kind === "leftover" && verdict.shared);
	const keep = shared ? `${tool} manages other languages here too` : undefined;
	const isWhole = verdicts.every((verdict) => verdict?.kind === "leftover" || verdict?.kind === "neutral");
	if (isWhole) {
		const start = keep === undefined ? withItsComment(file, begins, tool) : begins;
		return { ...place(file, start, statement.end), tool, replacement: "", keep };
	}
	const parts = commands.map((command, index) => ({ command, verdict: verdicts[index] }));
	const rest = commands.some(({ prefixes }) => prefixes.length > 0) ? filled(text, parts) : dropped(text, parts);
	const larger = rest === text ? "it is a part of something larger" : undefined;
	return { ...place(file, begins, statement.end), tool, replacement: rest && rest + newline, keep: keep ?? larger };
}

interface Part {
	readonly command: SimpleCommand;
	readonly verdict: ReturnType<typeof commandVerdict>;
}

/** A list of commands on one line, without those that are the tool's; a list joined by && or | goes or stays as a whole. */
function dropped(text: string, parts: readonly Part[]): string {
	const lists: Part[][] = [[]];
	for (const part of parts) {
		lists.at(-1)?.push(part);
		if (/^[;\n&]$/.test(part.command.operator)) lists.push([]);
	}
	const isMixed = (list: readonly Part[]) => list.some(({ verdict }) => verdict === undefined || verdict.kind === "partly");
	const kept = lists.filter(
		(list) => list.length > 0 && (isMixed(list) || list.every(({ verdict }) => verdict?.kind === "neutral")),
	);
	return kept
		.map((list) => {
			const from = list[0]?.command.start ?? 0;
			const to = list.at(-1)?.command.end ?? 0;
			return filled(text.slice(0, to), list).slice(from);
		})
		.join("; ");
}

/** The text with the tool's commands changed into ones that do nothing, so that what is around them still holds. */
function filled(text: string, parts: readonly Part[]): string {
	let rest = "";
	let from = 0;
	for (const { command, verdict } of parts) {
		if (verdict?.kind !== "leftover" && verdict?.kind !== "partly") continue;
		rest += text.slice(from, command.start) + (verdict.kind === "partly" ? verdict.rest : ":");
		from = command.end;
	}
	return rest + text.slice(from);
}

function mentions(text: string, called: RegExp | undefined, paths: RegExp, { userHome }: ReadAs): boolean {
	const words = text.split(/[\s"'();:=|&]+/).map((word) => word.replace(/^(?:\$HOME|\$\{HOME\})/, "~").replace(userHome, "~"));
	return words.some((word) => called?.test(word) || paths.test(word));
}

/** A statement begins where the one before it ended: blank lines and comments in front are no part of it. */
function withBlankLinesSkipped(file: string, { start, end }: Statement): number {
	const skipped = /^(?:[ \t\r]*(?:#[^\n]*)?\n)*/.exec(file.slice(start, end))?.[0] ?? "";
	return start + skipped.length;
}

/** The comment line right above, where it speaks of the tool. */
function withItsComment(file: string, start: number, tool: LeftoverTool): number {
	const above = /(?:^|\n)([ \t]*#[^\n]*\n)$/.exec(file.slice(0, start))?.[1];
	const comment = leftoverTools.find((marks) => marks.tool === tool)?.comment;
	return above !== undefined && comment?.test(above) && !above.startsWith("#!") ? start - above.length : start;
}

function place(file: string, start: number, end: number) {
	const text = file.slice(start, end).replace(/\r?\n$/, "");
	const line = file.slice(0, start).split("\n").length;
	return { start, end, text, line, lastLine: line + text.split("\n").length - 1 };
}
