import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { isOffline } from "../fetch/client.ts";
import type { Chosen } from "../releases/catalog.ts";
import { type CatalogOptions, loadCatalog, lookUp } from "../releases/lookup.ts";
import { toolchainNamed } from "../select/word.ts";
import { type Installed, installedVersions } from "../store/installed.ts";
import { versionKey } from "../store/layout.ts";
import { matching } from "../store/pick.ts";
import type { Release } from "../version/release.ts";
import type { Request } from "../version/request.ts";
import { requestNamed } from "./requested.ts";

/** One Go of a matrix, by the name it is shown under. */
export type Member = { readonly name: string } & (
	| { readonly kind: "here"; readonly bin: string }
	| { readonly kind: "missing"; readonly chosen: Chosen }
);

/**
 * The Gos that a list such as `1.20,1.21.3,latest` or `>=1.20 <1.23,system` means, each once, in the list's order.
 * A word means what `gox install` would take for it; a range means the newest release of every minor in it, oldest minor
 * first. What is installed needs no list of releases if it is named exactly, or with GOX_OFFLINE.
 * @throws GoxError `usage`, `not-a-version`, `no-such-release`, `no-go`, and as `lookUp`.
 */
export async function membersOf(context: Context, list: string, options: CatalogOptions): Promise<readonly Member[]> {
	const members = new Map<string, Member>();
	for (const word of list.split(",").map((each) => each.trim())) {
		if (word === "")
			throw new GoxError("usage", "--each wants versions with commas between them", {
				hint: "gox exec --each 1.21,1.22,latest -- go test ./...",
			});
		for (const member of await membersFor(context, word, options)) {
			if (!members.has(member.name)) members.set(member.name, member);
		}
	}
	return [...members.values()];
}

/** The newest of each minor, oldest minor first. `releases` are newest first. */
export function newestOfMinors<T extends { readonly release: Release }>(releases: readonly T[]): readonly T[] {
	const minors = new Map<string, T>();
	for (const each of releases) if (!minors.has(each.release.minor)) minors.set(each.release.minor, each);
	return [...minors.values()].reverse();
}

async function membersFor(context: Context, word: string, options: CatalogOptions): Promise<readonly Member[]> {
	if (word === "system") {
		const { version, bin } = toolchainNamed(context, word);
		return [{ kind: "here", name: version === "system" ? version : `${version} (system)`, bin }];
	}
	const request = requestNamed(context, word);
	const platform = request.platform ?? context.host();
	if (request.kind === "exact" || isOffline(context)) {
		const found = matching(context, request, platform);
		const here = request.kind === "range" ? newestOfMinors(found) : found.slice(0, 1);
		if (here.length > 0) return here.map(installedMember);
	}
	return (await chosenFor(context, request, options)).map((chosen) => member(context, chosen));
}

async function chosenFor(context: Context, request: Request, options: CatalogOptions): Promise<readonly Chosen[]> {
	if (request.kind !== "range") return [await lookUp(context, request, context.host(), options)];
	const platform = request.platform ?? context.host();
	const catalog = await loadCatalog(context, options);
	const minors = newestOfMinors(catalog.matching(request, platform));
	// Nothing matches: `pick` says why.
	if (minors.length === 0) return [catalog.pick(request, platform)];
	return minors.map(({ release }) => catalog.pick({ kind: "exact", release, text: release.version }, platform));
}

function member(context: Context, chosen: Chosen): Member {
	const key = versionKey(chosen.release.name, chosen.platform, context.host());
	const installed = installedVersions(context).find((each) => each.key === key);
	return installed ? installedMember(installed) : { kind: "missing", name: key, chosen };
}

function installedMember({ key, goroot }: Installed): Member {
	return { kind: "here", name: key, bin: `${goroot}/bin` };
}
