import type { Site } from "../config.ts";
import { GoxError } from "../errors.ts";
import { type AddressRules, parseAddress, shown } from "../fetch/address.ts";

/** Where archives are looked for when nobody says otherwise; `BASE/FILE` is the archive. */
export const defaultMirrors: readonly string[] = [
	"https://go.dev/dl",
	"https://golang.google.cn/dl",
	"https://mirrors.aliyun.com/golang",
	"https://mirrors.ustc.edu.cn/golang",
	"https://mirrors.nju.edu.cn/golang",
];

/**
 * The mirrors that somebody named (`sitesOf`), or else the default ones, in the order to try them.
 * @throws GoxError `usage` for anything but https, file, or plain http to this machine (any http with `insecure`).
 */
export function mirrorsOf(named: Site | undefined, rules: AddressRules = {}): readonly URL[] {
	if (!named) return defaultMirrors.map((base) => new URL(base));
	const bases = named.value.split(",").filter((base) => base.trim() !== "");
	if (bases.length > 0) return bases.map((base) => parseAddress(base, named.from, rules));
	throw new GoxError("usage", `${named.from} names no mirror`, { hint: `export GOX_MIRRORS=${defaultMirrors[0]}` });
}

/** The list of all releases, and the same list where go.dev is blocked. */
export const defaultIndexes: readonly string[] = [
	"https://go.dev/dl/?mode=json&include=all",
	"https://golang.google.cn/dl/?mode=json&include=all",
];

/** Where to ask, in order, and whether the person said so. */
export interface IndexSources {
	readonly urls: readonly URL[];
	/** Whether somebody named the list: a wrong answer is then theirs to know about. */
	readonly explicit: boolean;
}

/** @throws GoxError `usage` for a named list whose address isn't https, file, or plain http to this machine (any http with `insecure`). */
export function indexSources(named: Site | undefined, rules: AddressRules): IndexSources {
	if (named) return { urls: [parseAddress(named.value, named.from, rules)], explicit: true };
	return { urls: defaultIndexes.map((url) => new URL(url)), explicit: false };
}

/** The address of the list that somebody named, fit to be printed. */
export function ownIndexAddress(named: Site | undefined): string | undefined {
	return named && shown(new URL(named.value));
}
