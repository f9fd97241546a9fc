import type { Env } from "../context.ts";
import { GoxError } from "../errors.ts";
import { type AddressRules, parseAddress } from "../fetch/address.ts";

/** Where archives are looked for when nobody says otherwise; `BASE/FILE` is the archive. */
export const defaultMirrors: readonly string[] = [
	"https://go.dev/dl",
	"https://golang.google.cn/dl",
	"https://mirrors.aliyun.com/golang",
	"https://mirrors.ustc.edu.cn/golang",
	"https://mirrors.nju.edu.cn/golang",
];

/**
 * The mirrors of GOX_MIRRORS (bases separated by commas), or else the default ones, in the order to try them.
 * @throws GoxError `usage` for anything but https, file, or plain http to this machine (any http with `insecure`).
 */
export function mirrorsOf(env: Env, rules: AddressRules = {}): readonly URL[] {
	const setting = env.GOX_MIRRORS ?? "";
	if (setting.trim() === "") return defaultMirrors.map((base) => new URL(base));
	const bases = setting.split(",").filter((base) => base.trim() !== "");
	if (bases.length > 0) return bases.map((base) => parseAddress(base, "GOX_MIRRORS", rules));
	throw new GoxError("usage", "GOX_MIRRORS names no mirror", { hint: `export GOX_MIRRORS=${defaultMirrors[0]}` });
}

/** The list of all releases, and the same list where go.dev is blocked. */
export const defaultIndexes: readonly string[] = [
	"https://go.dev/dl/?mode=json&include=all",
	"https://golang.google.cn/dl/?mode=json&include=all",
];

/** Where to ask, in order, and whether the person said so. */
export interface IndexSources {
	readonly urls: readonly URL[];
	/** From GOX_INDEX: a wrong answer is then the person's to know about. */
	readonly explicit: boolean;
}

/** @throws GoxError `usage` for a GOX_INDEX that isn't https, file, or plain http to this machine (any http with `insecure`). */
export function indexSources(env: Env, rules: AddressRules): IndexSources {
	const setting = env.GOX_INDEX?.trim();
	if (setting) return { urls: [parseAddress(setting, "GOX_INDEX", rules)], explicit: true };
	return { urls: defaultIndexes.map((url) => new URL(url)), explicit: false };
}
