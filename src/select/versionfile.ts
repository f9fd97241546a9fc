import { GoxError, quote } from "../errors.ts";
import { badWord, versionFileHint } from "./failure.ts";
import { type FileRule, readFile } from "./openfile.ts";
import { parsePin, trimBlanks, withoutGo } from "./pin.ts";

const blanks = /[ \t\r\f\v]+/;

const rule: FileRule = { limit: 65_536, limitText: "64 KiB", hint: versionFileHint };

/** Whether an alias of that name exists. */
export type HasAlias = (name: string) => boolean;

/**
 * A version file's text without its BOM, or undefined where there is none.
 * @throws GoxError `bad-version-file`, `file-system`
 */
export function readVersionFile(path: string): string | undefined {
	const bytes = readFile(path, rule);
	return bytes && versionFileText(bytes, path);
}

/**
 * A version file's bytes as text, without a BOM.
 * @throws GoxError `bad-version-file` where there is a NUL among them
 */
export function versionFileText(bytes: Buffer, path: string): string {
	if (bytes.includes(0)) throw new GoxError("bad-version-file", `${path} holds a NUL byte`, { hint: versionFileHint });
	return bytes.toString("utf8").replace(/^\ufeff/, "");
}

/**
 * The one pin that a `.go-version` names, or undefined when it says nothing.
 * @throws GoxError `bad-version-file` for anything but one pin, with the file, the line and the text.
 */
export function parseGoVersionFile(text: string, path: string, hasAlias: HasAlias): string | undefined {
	let first: { word: string; line: number } | undefined;
	for (const [index, raw] of text.split("\n").entries()) {
		const stripped = trimBlanks(raw.replace(/(?:^|(?<=[ \t\r\f\v]))(?:#|\/\/).*$/s, ""));
		if (stripped === "") continue;
		const word = stripped.replace(/^(?:go|golang)[ \t\r\f\v]+(?=\d[^ \t\r\f\v]*$)/, "");
		checkPin(word, path, index + 1, hasAlias);
		first ??= { word, line: index + 1 };
		if (withoutGo(word) !== withoutGo(first.word)) {
			throw new GoxError(
				"bad-version-file",
				`${path}:${index + 1}: ${quote(word)}: one version is wanted, and line ${first.line} says ${quote(first.word)}`,
				{ hint: versionFileHint },
			);
		}
	}
	return first?.word;
}

/**
 * The pins on the first golang or go line of a `.tool-versions`; none when it has no such line.
 * @throws GoxError `bad-version-file` for a word on that line that is no pin.
 */
export function parseToolVersions(text: string, path: string, hasAlias: HasAlias): readonly string[] {
	for (const [index, raw] of text.split("\n").entries()) {
		const [tool, ...words] = trimBlanks(raw.replace(/#.*$/s, "")).split(blanks);
		if ((tool !== "golang" && tool !== "go") || words.length === 0) continue;
		for (const word of words) checkPin(word, path, index + 1, hasAlias);
		return words;
	}
	return [];
}

function checkPin(word: string, path: string, line: number, hasAlias: HasAlias): void {
	const pin = parsePin(word);
	if (!pin) throw badWord(path, line, word);
	if (pin.kind === "alias" && !hasAlias(pin.name)) throw badWord(path, line, word, true);
}
