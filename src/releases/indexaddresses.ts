import type { Env } from "../context.ts";
import { type AddressRules, parseAddress } from "../fetch/address.ts";

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
