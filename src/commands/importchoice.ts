import { GoxError, quote } from "../errors.ts";
import { hasPrefix } from "../releases/resolve.ts";
import type { ForeignGo } from "../store/foreign/foreigngo.ts";
import { inRange, parseRequest } from "../version/request.ts";
import type { Invocation } from "./command.ts";
import type { Candidate } from "./importtable.ts";

/** A word of the command line that names a directory. */
export function isPath(word: string): boolean {
	return word.includes("/") || word === "." || word === "..";
}

export function wantedEverything({ options }: Pick<Invocation, "options">): boolean {
	return options.has("all") || options.has("yes");
}

/**
 * Those of the candidates that are to be imported: all that the command line named, or everything with --all or --yes, or
 * what a person answers; none where nobody can be asked. Throws as `named`.
 */
export async function chosenFrom(invocation: Invocation, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
	const { context, args } = invocation;
	if (args.length > 0 || wantedEverything(invocation)) return candidates;
	const open = candidates.filter(({ state }) => state === "proven");
	if (!context.interactive || open.length === 0) return [];
	const answer = (await context.ask("import which? versions or tools, or nothing for all that are proven, or no: ")).trim();
	if (/^n(?:o|one)?$/i.test(answer)) return [];
	if (answer === "") return open;
	const meant = named(
		candidates.map(({ go }) => go),
		answer.split(/[\s,]+/),
	);
	return candidates.filter(({ go }) => meant.includes(go));
}

/**
 * The Gos that words name: versions, tools or paths.
 * @throws GoxError `usage` for a word that names none of them, `not-a-version`.
 */
export function named(gos: readonly ForeignGo[], words: readonly string[]): readonly ForeignGo[] {
	const chosen = new Set<ForeignGo>();
	for (const word of words) {
		const matching = gos.filter((go) => isMeant(go, word));
		if (matching.length === 0)
			throw new GoxError("usage", `no Go of another tool is ${quote(word)}`, { hint: "gox import   (shows what there is)" });
		for (const go of matching) chosen.add(go);
	}
	return [...chosen];
}

function isMeant(go: ForeignGo, word: string): boolean {
	if (isPath(word)) return go.tool === "path";
	if (word === go.tool || (word === "module" && go.tool === "module cache")) return true;
	if (/^[a-z]+$/.test(word) && word !== "latest") return false;
	const request = parseRequest(word);
	if (request.platform !== undefined && request.platform !== go.platform) return false;
	if (request.kind === "exact") return request.release.name === go.release.name;
	if (request.kind === "prefix") return hasPrefix(go.release, request.prefix);
	return request.kind === "range" && inRange(go.release, request.range);
}
