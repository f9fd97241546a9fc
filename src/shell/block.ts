import { GoxError } from "../errors.ts";

/**
 * gox's marked block in a start-up file. All texts here hold one character for each byte (latin1), so that whatever
 * a file holds comes back to the byte: `withoutBlocks(withBlocks(text, …))` is `text`.
 */
const beginMark = "# >>> gox >>>";
const endMark = "# <<< gox <<<";
const madeFile = "# gox made this file";

export interface Block {
	/** The statement between the markers. */
	readonly statement: string;
	/** Whether the file is there only for the block, so that taking it out removes the file. */
	readonly madeFile: boolean;
}

interface Place {
	/** Offsets of the begin marker's line and of what follows the end marker's line. */
	readonly start: number;
	readonly end: number;
}

/**
 * The file without gox's blocks, whatever was edited in them.
 * @param path for the message.
 * @throws GoxError `bad-config` with the line, when a marker has no other half.
 */
export function withoutBlocks(text: string, path: string): string {
	let rest = "";
	let from = 0;
	for (const { start, end } of blocksIn(text, path)) {
		rest += text.slice(from, start);
		from = end;
	}
	return rest + text.slice(from);
}

/** The file with the block at each of the offsets, which are starts of lines or the end of the text. */
export function withBlocks(text: string, offsets: readonly number[], block: Block): string {
	const newline = hasCrlf(text) ? "\r\n" : "\n";
	// The comment behind the statement keeps a CR from becoming a part of it.
	const lines = [
		beginMark,
		"# Written by gox setup; to take it out: gox setup --undo",
		...(block.madeFile ? [madeFile] : []),
		`${Buffer.from(block.statement, "utf8").toString("latin1")} # gox`,
		endMark,
	].join(newline);
	let rest = "";
	let from = 0;
	for (const offset of offsets) {
		rest += text.slice(from, offset);
		// Behind a last line without newline the block has none either: that is how taking it out knows.
		rest += rest === "" || rest.endsWith("\n") ? lines + newline : newline + lines;
		from = offset;
	}
	return rest + text.slice(from);
}

/** Whether the file has a block that says that gox made the file. */
export function saysMadeFile(text: string, path: string): boolean {
	return blocksIn(text, path).some(({ start, end }) => text.slice(start, end).includes(madeFile));
}

function blocksIn(text: string, path: string): readonly Place[] {
	const blocks: Place[] = [];
	let begun: { start: number; line: number; newline: string } | undefined;
	let line = 0;
	for (let start = 0; start < text.length; ) {
		const stop = text.indexOf("\n", start);
		const end = stop < 0 ? text.length : stop + 1;
		const content = text.slice(start, end);
		const word = content.trim();
		line++;
		if (word === beginMark) {
			if (begun) throw brokenBlock(path, begun.line, "begins here and has no end");
			begun = { start, line, newline: content.endsWith("\r\n") ? "\r\n" : "\n" };
		} else if (word === endMark) {
			if (!begun) throw brokenBlock(path, line, "ends here and has no beginning");
			const isOpenEnded = stop < 0 && text.slice(0, begun.start).endsWith(begun.newline);
			blocks.push({ start: isOpenEnded ? begun.start - begun.newline.length : begun.start, end });
			begun = undefined;
		}
		start = end;
	}
	if (begun) throw brokenBlock(path, begun.line, "begins here and has no end");
	return blocks;
}

function hasCrlf(text: string): boolean {
	const lines = text.split("\n").length - 1;
	return lines > 0 && text.split("\r\n").length - 1 > lines / 2;
}

function brokenBlock(path: string, line: number, what: string): GoxError {
	return new GoxError("bad-config", `${path}:${line}: gox's block ${what}; what is between the markers can't be told`, {
		hint: `delete what is left of the block in ${path}, then run the command again`,
	});
}
