import { type Platform, platforms } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { isAliasName, parseExact, parsePrefix } from "../version/request.ts";

/** What `.go-version`, `.tool-versions` and GOX_VERSION may say (docs/selection.md, "Words"). */
export type Pin =
	| { readonly kind: "exact"; readonly release: Release; readonly platform?: Platform }
	/** `1.22` or `1`: the name of the link in `aliases/`. */
	| { readonly kind: "prefix"; readonly prefix: string }
	| { readonly kind: "latest" | "system" }
	| { readonly kind: "alias"; readonly name: string };

const longest = 128;

/** Reads a pin, whole word or not at all: undefined for anything else. An alias is only a name here; it may not exist. */
export function parsePin(word: string): Pin | undefined {
	if (word.length > longest) return undefined;
	if (word === "latest" || word === "stable") return { kind: "latest" };
	if (word === "system") return { kind: "system" };
	const prefix = parsePrefix(word);
	if (prefix !== undefined) return { kind: "prefix", prefix };
	const at = word.indexOf("@");
	const name = at < 0 ? word : word.slice(0, at);
	const release = parseExact(name);
	if (release) {
		if (at < 0) return { kind: "exact", release };
		const platform = platforms.find((each) => each === word.slice(at + 1));
		return platform && { kind: "exact", release, platform };
	}
	return isAliasName(word) ? { kind: "alias", name: word } : undefined;
}

/** The word without the `go` that may stand in front of a version. */
export function withoutGo(word: string): string {
	return word.replace(/^go(?=\d)/, "");
}

/** Without the blanks at both ends (space, tab, CR, LF, form feed, vertical tab), in one pass whatever the length. */
export function trimBlanks(text: string): string {
	const isBlank = (at: number) => " \t\r\n\f\v".includes(text[at] ?? "x");
	let start = 0;
	let end = text.length;
	while (start < end && isBlank(start)) start++;
	while (start < end && isBlank(end - 1)) end--;
	return text.slice(start, end);
}
