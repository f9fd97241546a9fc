import { GoxError, quote } from "../errors.ts";
import { decodeBase64, decodeText } from "./note.ts";
import { hashSize, parseCount } from "./tree.ts";

/** What the database answers to `/lookup/module@version`: the record's number and text, and a signed tree head. */
export interface LookupAnswer {
	readonly recordNumber: number;
	/** The bytes that are a leaf of the tree. */
	readonly record: Uint8Array;
	readonly treeNote: Uint8Array;
}

/** A module's hash and its go.mod's, `h1:` and base64, as a record states them. */
export interface RecordHashes {
	readonly h1: string;
	readonly goModH1: string;
}

/**
 * Splits an answer into its parts (golang.org/x/mod/sumdb/tlog.ParseRecord); the number in its canonical spelling only.
 * @throws GoxError `integrity` when it is not of that form.
 */
export function parseLookup(answer: Uint8Array, database: string): LookupAnswer {
	const refuse = (why: string) => new GoxError("integrity", `an answer of ${database} is refused: ${why}`);
	if (answer.length === 0) throw refuse("it is empty");
	const text = decodeText(answer);
	if (text === undefined) throw refuse("it holds bytes that are not text");
	const numberEnd = text.indexOf("\n");
	const recordEnd = text.indexOf("\n\n", numberEnd + 1);
	if (numberEnd < 0 || recordEnd < 0) throw refuse(`it has no record: ${quote(text)}`);
	const recordNumber = parseCount(text.slice(0, numberEnd));
	if (recordNumber === undefined) throw refuse(`its record number is not canonical: ${quote(text.slice(0, numberEnd))}`);
	const record = text.slice(numberEnd + 1, recordEnd + 1);
	if (record.startsWith("\n")) throw refuse("its record is empty");
	return { recordNumber, record: Buffer.from(record), treeNote: Buffer.from(text.slice(recordEnd + 2)) };
}

/**
 * The hashes in a record's text, which must be about this module and version and nothing else.
 * Go refuses an answer without the module's line (CVE-2026-42501); so are extra lines here.
 * @throws GoxError `integrity`.
 */
export function readRecord(record: Uint8Array, path: string, version: string, database: string): RecordHashes {
	const wanted = [`${path} ${version} `, `${path} ${version}/go.mod `];
	const lines = Buffer.from(record).toString().split("\n");
	const found = wanted.map((prefix, index) => {
		const line = lines[index] ?? "";
		return line.startsWith(prefix) && isH1(line.slice(prefix.length)) ? line.slice(prefix.length) : undefined;
	});
	const [h1, goModH1] = found;
	if (h1 === undefined || goModH1 === undefined) {
		const shown = lines.find((line, index) => !line.startsWith(wanted[index] ?? "\n")) ?? lines[0] ?? "";
		throw new GoxError(
			"integrity",
			`an answer of ${database} is refused: asked about ${path} ${version}, it is about ${quote(shown, 120)}`,
		);
	}
	if (lines.length !== 3) {
		throw new GoxError(
			"integrity",
			`an answer of ${database} is refused: it has extra lines about ${quote(lines[2] ?? "", 120)}`,
		);
	}
	return { h1, goModH1 };
}

/** Whether a text is an `h1:` hash: 32 bytes in canonical base64. */
export function isH1(text: string): boolean {
	return text.startsWith("h1:") && decodeBase64(text.slice(3))?.length === hashSize;
}

/**
 * A module path or version as it is spelled in addresses and file names: every upper-case letter
 * becomes `!` and its lower-case twin (golang.org/x/mod/module.EscapePath).
 */
export function escapeModule(text: string): string {
	return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
