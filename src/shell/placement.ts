import { readFishScript } from "./fishscript.ts";
import type { Script, Statement } from "./script.ts";
import type { StartupFile } from "./shell.ts";
import { readShScript } from "./shscript.ts";

/** Blocks that say of themselves that they must come last, and put no Go in front of gox's. */
const wantsToBeLast = /sdkman|conda|mamba/i;

/**
 * Where a start-up file's block goes: offsets of line starts, one or two, ascending. `text` is the file without any
 * block of gox's.
 *
 * The end is the right place, because what comes later would come in front on PATH; but it must be reached. So the
 * block goes in front of what leaves for good (`exec fish`, `return`), of what can't be parsed, and of blocks that
 * insist on being last. Where something further up leaves only sometimes, the ones that leave need a block too: the
 * other program started by `exec`, and in a login file the shells that nobody types into (`[[ $- != *i* ]] && return`).
 */
export function placementsIn(text: string, file: Pick<StartupFile, "role" | "dialect">): readonly number[] {
	const script = file.dialect === "fish" ? readFishScript(text) : readShScript(text, file.dialect);
	const departure = script.statements.find((statement) => statement.leaves === "always");
	const reached = script.statements.filter((statement) => !departure || statement.start < departure.start);
	const end = lastPlace(text, script, reached, departure);
	const early = reached.find(
		(statement) => statement.leaves === "maybe" && (file.role === "login" || statement.execs) && statement.start < end,
	);
	return early ? [...new Set([withItsComments(text, early.start), end])] : [end];
}

function lastPlace(text: string, script: Script, reached: readonly Statement[], departure: Statement | undefined): number {
	let place = departure?.start ?? script.brokenAt ?? text.length;
	let isAtEnd = place === text.length;
	for (const statement of reached.toReversed()) {
		if (statement.leaves === "no" && !wantsToBeLast.test(text.slice(statement.start, statement.end))) break;
		place = statement.start;
		isAtEnd = false;
	}
	return isAtEnd ? place : withItsComments(text, place);
}

/** The start of the comment lines right above a line. */
function withItsComments(text: string, lineStart: number): number {
	const above = /(?:^|\n)((?:[ \t]*#[^\n]*\n)+)$/.exec(text.slice(0, lineStart));
	const comments = above?.[1] ?? "";
	return lineStart - (comments.startsWith("#!") ? 0 : comments.length);
}
