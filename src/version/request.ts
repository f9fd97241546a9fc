import semver from "semver";
import { GoxError, quote } from "../errors.ts";
import { type Platform, parsePlatform } from "./platform.ts";
import { parseRelease, type Release } from "./release.ts";

/** What a person may ask for where a version is wanted (design §3), read but not yet resolved. */
export type Request = (
	| { readonly kind: "exact"; readonly release: Release }
	/** The newest release of a minor (`1.22`) or of a major (`1`). */
	| { readonly kind: "prefix"; readonly prefix: string }
	| { readonly kind: "latest" | "oldstable" | "next" | "mod" | "system" }
	| { readonly kind: "range"; readonly range: string }
	| { readonly kind: "alias"; readonly name: string }
) & {
	/** As it was typed, for messages. */
	readonly text: string;
	/** From a suffix such as `1.15.15@darwin-amd64`. */
	readonly platform?: Platform;
};

/** Words that mean something of their own, so no alias may have them. */
export const reservedWords = ["latest", "stable", "oldstable", "rc", "next", "mod", "system", "default", "current"] as const;

/** How tools for many languages, and Homebrew, write a version of Go. */
const toolAndVersion = /^(?:go|golang)@([\w.]+)/;
/** No request is longer; 10 kB of text is a mistake, not a version. */
const longest = 128;
const prefixShape = /^(?:go)?((?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5}))?)(?:\.x)?$/;
const aliasShape = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const rangeShape = /^[\s<>=~^|*x.\dvgobetarc-]+$/;

/**
 * Reads a request: `1.22.5`, `go1.22.5`, `1.22rc1`, `1.22`, `1.22.x`, `latest`, `stable`, `oldstable`,
 * `rc`, `next`, `mod`, `system`, a semver range, or the name of an alias.
 * @throws GoxError `not-a-version`, with the nearest word that would have been one.
 */
export function parseRequest(text: string): Request {
	if (text.length > longest) throw notAVersion(text, `it is ${text.length} characters long`);
	const typed = text.trim();
	if (toolAndVersion.test(typed)) throw notAVersion(text);
	const at = typed.lastIndexOf("@");
	if (at > 0) return { ...parseWord(typed.slice(0, at), text), platform: parsePlatform(typed.slice(at + 1)) };
	return parseWord(typed, text);
}

function parseWord(word: string, text: string): Request {
	const prefix = parsePrefix(word);
	if (prefix !== undefined) return { kind: "prefix", prefix, text };
	const release = parseExact(word);
	if (release) return { kind: "exact", release, text };
	const named = namedRequests[word];
	if (named) return { kind: named, text };
	if (rangeShape.test(word) && /[<>=~^|\s*]/.test(word)) {
		const range = toSemverRange(word);
		if (semver.validRange(range) !== null) return { kind: "range", range, text };
	}
	if (isAliasName(word)) return { kind: "alias", name: word, text };
	throw notAVersion(text);
}

const namedRequests: Readonly<Record<string, "latest" | "oldstable" | "next" | "mod" | "system">> = Object.freeze(
	Object.assign(Object.create(null), {
		latest: "latest",
		stable: "latest",
		oldstable: "oldstable",
		rc: "next",
		next: "next",
		mod: "mod",
		system: "system",
	}),
);

/** The minor or major that `1.22`, `go1.22`, `1.22.x`, `1` or `1.x` names, or undefined. */
export function parsePrefix(word: string): string | undefined {
	return prefixShape.exec(word)?.[1];
}

/**
 * An exact release, spelled out. `1.20` would read as one although it is a prefix, and so would a number that is too long
 * for a prefix: those are none.
 */
export function parseExact(word: string): Release | undefined {
	return /^(?:go)?\d+(?:\.\d+)?$/.test(word) ? undefined : parseRelease(word);
}

/** Whether a word may name an alias: a letter first, and nothing that is or looks like a version. */
export function isAliasName(word: string): boolean {
	if (!aliasShape.test(word) || /^go\d/.test(word)) return false;
	return !reservedWords.some((reserved) => reserved === word);
}

/** The semver twin of a release, so that ranges can be asked: go1.22rc1 is 1.22.0-rc.1, go1.18 is 1.18.0. */
export function toSemver(release: Release): string {
	const { major, minor, patch, kind, pre } = release.parsed;
	const core = `${major}.${minor}.${patch || "0"}`;
	return kind === "" ? core : `${core}-${kind}.${pre}`;
}

/** Whether a release lies in a range that `parseRequest` read. Pre-releases only where the range names one of the same minor. */
export function inRange(release: Release, range: string): boolean {
	return semver.satisfies(toSemver(release), range);
}

/** The failure for text that cannot be a request; the hint names the closest thing that can. */
export function notAVersion(text: string, why?: string): GoxError {
	const shown = text.trim() === "" ? "an empty word" : quote(text.trim());
	return new GoxError("not-a-version", `${shown} is not a Go version${why ? `: ${why}` : ""}`, { hint: suggestion(text) });
}

/** What was probably meant by a mistyped word, as a hint. */
export function suggestion(text: string): string {
	const near = ["latest", "stable", "oldstable", "next"].find((word) => distance(word, text.trim().toLowerCase()) <= 2);
	const meant = near ?? toolAndVersion.exec(text.trim())?.[1];
	if (meant) return `did you mean \`${meant}\`?`;
	return "a version is like 1.22.5, 1.22, latest or '>=1.21 <1.23'; see them all with: gox list --remote";
}

function toSemverRange(word: string): string {
	return word.replace(/(?:go|v)?(\d+)\.(\d+)(?:\.(\d+))?(rc|beta)(\d+)/g, "$1.$2.0-$4.$5").replace(/\bgo(?=\d)/g, "");
}

/** Edits between two words (Levenshtein), for words short enough to matter. */
function distance(left: string, right: string): number {
	if (Math.abs(left.length - right.length) > 2) return 3;
	let row = Array.from({ length: right.length + 1 }, (_, column) => column);
	for (let i = 1; i <= left.length; i++) {
		const next = [i];
		for (let j = 1; j <= right.length; j++) {
			const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
			next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		row = next;
	}
	return row[right.length] ?? 0;
}
