import type { Invocation } from "../cli/command.ts";
import { catalogOptions, namedPlatform, requestNamed, wantedPlatform } from "../cli/operands.ts";
import { columns } from "../cli/text.ts";
import { sitesOf } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { shown } from "../fetch/address.ts";
import { AvailableNotes, IndexCache, isFor, isFresh } from "../releases/cache.ts";
import type { Catalog } from "../releases/catalog.ts";
import { indexSources } from "../releases/mirrors.ts";
import { isSupported, supportedMinors } from "../releases/status.ts";
import { installedVersions } from "../store/installed.ts";
import type { Platform } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";
import type { Request } from "../version/request.ts";

/** What can be installed. */
export async function listAvailable(invocation: Invocation): Promise<void> {
	const {
		report,
		args: [word],
		options,
	} = invocation;
	const { context } = invocation;
	const platform = wantedPlatform(context, options);
	if (word === undefined && !report.asJson && !options.has("refresh")) {
		const noted = notedReleases(context, platform, options.has("insecure"));
		if (noted) return tell(invocation, context, platform, noted);
	}
	const { loadCatalog } = await import("../releases/lookup.ts");
	const request = word === undefined ? undefined : requestNamed(context, word, namedPlatform(options));
	const catalog = await loadCatalog(context, catalogOptions(invocation));
	note(context, catalog, options.has("insecure"));
	const wanted = request?.platform ?? platform;
	const names = new Set(catalog.listing.map(({ release }) => release.name));
	const found = request
		? catalog.matching(request, platform).filter(({ release }) => names.has(release.name))
		: catalog.listing.filter((each) => each.archives.has(platform));
	if (request && found.length === 0) throw notListed(catalog, request, platform);
	if (!report.asJson) {
		const all = catalog.listing.map(({ release }) => release);
		return tell(invocation, context, wanted, { all, listed: found.map(({ release }) => release) });
	}
	const installed = installedNames(context, wanted);
	report.json(
		found.map(({ release, archives }) => ({
			version: release.name,
			stable: release.stable,
			platform: wanted,
			sha256: archives.get(wanted)?.sha256 ?? null,
			installed: installed.has(release.name),
		})),
	);
}

/** Why a request matches nothing. A list of one's own may lack what `gox install` would still take from the table by name. */
function notListed(catalog: Catalog, request: Request, platform: Platform): GoxError {
	const { release } = catalog.pick(request, platform);
	return new GoxError("no-such-release", `${catalog.url ?? "the list"} does not list ${release.name}`, {
		hint: "gox list --remote",
	});
}

interface Listing {
	/** Newest first. */
	readonly listed: readonly Release[];
	/** Every release there is, by which the supported ones are known. */
	readonly all: readonly Release[];
}

/** What the last look at a list that is still fresh came to; undefined where there is none, and it has to be read. */
function notedReleases(context: Context, platform: Platform, insecure: boolean): Listing | undefined {
	const cache = new IndexCache(context.cacheDir, context.uid);
	const notes = new AvailableNotes(context.cacheDir, context.uid);
	for (const url of indexSources(sitesOf(context).index, { insecure }).urls) {
		const noted = notes.read(url);
		if (!noted || !isFresh({ fetchedAt: new Date(noted.list.fetchedAt) }, context.now()) || !cache.has(noted.list)) continue;
		const known = noted.releases.flatMap((entry) => {
			const release = parseRelease(entry[0]);
			return release ? [{ release, here: isFor(platform, entry) }] : [];
		});
		return { all: known.map(({ release }) => release), listed: known.flatMap(({ release, here }) => (here ? [release] : [])) };
	}
	return undefined;
}

function note(context: Context, { origin, url: address, fetchedAt, listing }: Catalog, insecure: boolean): void {
	if ((origin !== "network" && origin !== "cache") || !fetchedAt) return;
	const url = indexSources(sitesOf(context).index, { insecure }).urls.find((each) => shown(each) === address);
	const list = url && new IndexCache(context.cacheDir, context.uid).stamp(url, fetchedAt);
	if (url && list) new AvailableNotes(context.cacheDir, context.uid).write(url, list, listing);
}

function installedNames(context: Context, platform: Platform): ReadonlySet<string> {
	return new Set(
		installedVersions(context)
			.filter((each) => each.platform === platform)
			.map((each) => each.release.name),
	);
}

function tell({ report }: Invocation, context: Context, platform: Platform, { listed, all }: Listing): void {
	const installed = installedNames(context, platform);
	const supported = supportedMinors(all);
	report.lines(
		columns(
			listed.map((release) => [
				release.name,
				[
					installed.has(release.name) ? report.style.green("installed") : "",
					release.stable ? "" : "pre-release",
					isSupported(release, supported) ? "" : report.style.dim("end of life"),
				]
					.filter(Boolean)
					.join(", "),
			]),
		),
	);
}
