/** What a command says of one release. `skip`: it can't tell. */
export type Verdict = "good" | "bad" | "skip";

/** A search for the first release whose verdict is the newer end's; a value, which `told` replaces. */
export interface Bisection<T> {
	/** Oldest first; the first and the last are the ends, whose verdicts are known and differ. */
	readonly line: readonly T[];
	/** The verdict of the older end. */
	readonly older: "good" | "bad";
	/** The newest place known to be as the older end is, and the oldest known to be as the newer one. */
	readonly low: number;
	readonly high: number;
	/** Places whose verdict was `skip`. */
	readonly skipped: ReadonlySet<number>;
}

export interface Boundary<T> {
	/** The first release with the newer end's verdict; null when skipped ones may be it too. */
	readonly first: T | null;
	/** All that may be the first: the skipped ones that are left and the oldest that is known to have the verdict. */
	readonly candidates: readonly T[];
	/** The newest that is known to have the older end's verdict. */
	readonly last: T;
}

/** @param line at least two, oldest first, both ends included. */
export function bisect<T>(line: readonly T[], older: "good" | "bad"): Bisection<T> {
	if (line.length < 2) throw new RangeError("a bisection needs two ends");
	return { line, older, low: 0, high: line.length - 1, skipped: new Set() };
}

/** What is still in question: neither told nor skipped, between the two sides. */
export function inQuestion<T>(bisection: Bisection<T>): readonly T[] {
	return open(bisection).map((place) => bisection.line[place] as T);
}

/**
 * The release to ask next: the middle one of those in question, so a skipped one is followed by its neighbour.
 * Undefined when the search is over.
 */
export function next<T>(bisection: Bisection<T>): T | undefined {
	const place = middle(bisection);
	return place === undefined ? undefined : bisection.line[place];
}

/** How many more answers are needed at most, if none of them is `skip`: log2 of what is in question, rounded up. */
export function stepsLeft<T>(bisection: Bisection<T>): number {
	return Math.ceil(Math.log2(open(bisection).length + 1));
}

/** The search after the verdict on `next`. */
export function told<T>(bisection: Bisection<T>, verdict: Verdict): Bisection<T> {
	const place = middle(bisection);
	if (place === undefined) throw new RangeError("the bisection is over");
	if (verdict === "skip") return { ...bisection, skipped: new Set([...bisection.skipped, place]) };
	return verdict === bisection.older ? { ...bisection, low: place } : { ...bisection, high: place };
}

/** What is known so far; final once `next` is undefined. */
export function boundary<T>({ line, low, high }: Bisection<T>): Boundary<T> {
	const candidates = line.slice(low + 1, high + 1);
	return { first: candidates.length === 1 ? (line[high] as T) : null, candidates, last: line[low] as T };
}

/** The verdict that two of three gave; where all differ, or nobody was asked, nothing can be said: `skip`. */
export function majority(verdicts: readonly Verdict[]): Verdict {
	return verdicts.find((verdict, at) => verdicts.indexOf(verdict) !== at) ?? "skip";
}

function open<T>({ low, high, skipped }: Bisection<T>): readonly number[] {
	return Array.from({ length: high - low - 1 }, (_, at) => low + 1 + at).filter((place) => !skipped.has(place));
}

function middle<T>(bisection: Bisection<T>): number | undefined {
	const places = open(bisection);
	return places[places.length >> 1];
}
