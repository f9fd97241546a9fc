import { GoxError } from "../errors.ts";
import type { SourceChoice } from "../store/acquire.ts";

/**
 * The value of `--source`.
 * @throws GoxError `usage`
 */
export function sourceChoice(word: string | undefined): SourceChoice {
	if (word === undefined || word === "any") return "any";
	if (word === "download" || word === "proxy") return word;
	throw new GoxError("usage", `--source can't be "${word}"`, { hint: "--source download   or   --source proxy" });
}

/**
 * The value of `--jobs`, or `preset` where it wasn't given.
 * @throws GoxError `usage`
 */
export function jobCount(word: string | undefined, preset: number): number {
	if (word === undefined) return preset;
	const count = Number(word);
	if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
	throw new GoxError("usage", `--jobs wants a number from 1 to 64, not "${word}"`);
}
