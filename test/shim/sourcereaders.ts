import { Buffer } from "node:buffer";
import { GoxError, quote } from "../../src/errors.ts";
import { parseModFile, requestFor } from "../../src/select/modfile.ts";
import { switchRelease } from "../../src/select/select.ts";
import { isKey, wordFor } from "../../src/select/selection.ts";
import { chdirFlag, plainPath } from "../../src/select/start.ts";
import { parseGoVersionFile, parsePin, parseToolVersions, versionFileText } from "../../src/select/versionfile.ts";
import { versionKey } from "../../src/store/layout.ts";
import type { Platform } from "../../src/version/platform.ts";
import { compareGoVersions } from "../../src/version/release.ts";

/** The order in which shims/fuzz/readers.c assigns bytes that are none of these letters. */
const readers = "pgtmskqvdwl";
const noAlias = () => false;

/** What the readers of src/ answer to an input of shims/fuzz/readers.c: what that program prints, decoded. */
export function answerOf(input: Buffer, host: Platform): readonly string[] {
	const first = input[0];
	const letter = first === undefined ? "p" : String.fromCharCode(first);
	const reader = first !== undefined && (!readers.includes(letter) || first === 0) ? readers[first % readers.length] : letter;
	const bytes = input.subarray(1);
	const text = bytes.toString("utf8");
	switch (reader) {
		case "p":
			return pin(text, host);
		case "g":
			return file(() => parseGoVersionFile(versionFileText(bytes, "/p/.go-version"), "/p/.go-version", noAlias));
		case "t":
			return file(() =>
				firstThatRuns(parseToolVersions(versionFileText(bytes, "/p/.tool-versions"), "/p/.tool-versions", noAlias)),
			);
		case "m":
			return floor(text);
		case "s": {
			const release = switchRelease(text);
			return release ? ["not-installed", wordFor(release.name)] : ["not-a-version", ""];
		}
		case "k":
			return [isKey(text) ? "key" : ""];
		case "q":
			return [quote(text), text, visible(text)];
		case "v": {
			const [left = "", right = ""] = cut(text, "\n");
			return ["<", "=", ">"].slice(Math.sign(compareGoVersions(left, right)) + 1).slice(0, 1);
		}
		case "d":
			return [chdirFlag(untilNul(bytes).split("\n").slice(0, 32)) ?? ""];
		case "w":
			return path(text);
		default:
			return launcher(bytes);
	}
}

/** Nothing is installed, so `system` alone counts as being there. */
function firstThatRuns(words: readonly string[]): string | undefined {
	return words.find((word) => word === "system") ?? words[0];
}

function pin(word: string, host: Platform): readonly string[] {
	const asked = parsePin(word);
	if (!asked) return ["none"];
	switch (asked.kind) {
		case "exact":
			return ["exact", versionKey(asked.release.name, asked.platform ?? host, host)];
		case "prefix":
			return ["prefix", asked.prefix];
		case "alias":
			return ["alias", asked.name];
		default:
			return [asked.kind];
	}
}

function file(read: () => string | undefined): readonly string[] {
	return refusable(() => {
		const word = read();
		return word === undefined ? ["silent"] : ["spoke", word];
	});
}

function floor(text: string): readonly string[] {
	return refusable(() => {
		const found = parseModFile(text, "/p/go.mod");
		return found ? [found.line, requestFor(found)] : ["silent"];
	});
}

function refusable(read: () => readonly string[]): readonly string[] {
	try {
		return read();
	} catch (failure) {
		if (!(failure instanceof GoxError)) throw failure;
		return [failure.code, failure.message, failure.hint ?? ""];
	}
}

/** What people are shown of a path: control characters as JSON has them. */
function visible(text: string): string {
	return [...text].map((each) => (each < " " || each === "\u007f" ? escaped(each) : each)).join("");
}

function escaped(control: string): string {
	return control === "\u007f" ? "\\u007f" : JSON.stringify(control).slice(1, -1);
}

function path(text: string): readonly string[] {
	const words = text.split("/").filter((word) => word !== "" && word !== ".");
	const climbs = words.includes("..");
	const isPlain = text.startsWith("/") && plainPath(text) === text;
	const joined = words.map((word) => `/${word}`).join("");
	const parent = /^(\/(?:.*[^/])?)\/+shims\/+[^/]*$/s.exec(text)?.[1] ?? (/^\/+shims\/+[^/]*$/s.test(text) ? "/" : "");
	return [isPlain ? "plain" : climbs ? "climbs" : "", joined, parent];
}

/** At most 32 words and 4,095 bytes; what the kernel sees of a word ends at a NUL. */
function launcher(bytes: Buffer): readonly string[] {
	return bytes
		.subarray(0, 4095)
		.toString("latin1")
		.split("\n")
		.map((line) => line.replace(/\r$/, ""))
		.filter((line) => line !== "")
		.slice(0, 32)
		.map((line) => Buffer.from(line.replace(/\0.*$/s, ""), "latin1").toString());
}

function untilNul(bytes: Buffer): string {
	const end = bytes.indexOf(0);
	return bytes.subarray(0, end < 0 ? bytes.length : end).toString();
}

function cut(text: string, at: string): readonly string[] {
	const index = text.indexOf(at);
	return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
