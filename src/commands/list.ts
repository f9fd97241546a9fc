import type { Invocation } from "../cli/command.ts";
import { catalogOptions, namedPlatform, wantedPlatform, withConfiguredSites } from "../cli/operands.ts";
import { bytesInWords, columns } from "../cli/text.ts";
import type { Context } from "../context.ts";
import { shown } from "../fetch/address.ts";
import { AvailableNotes, IndexCache, isFor, isFresh } from "../releases/cache.ts";
import type { Catalog } from "../releases/catalog.ts";
import { indexSources } from "../releases/mirrors.ts";
import {
	isSupported,
	newestKnown,
	type ReleaseStatus,
	releaseStatuses,
	statusInWords,
	supportedMinors,
} from "../releases/status.ts";
import { openHome } from "../store/home.ts";
import { defaultVersion, type Installed, installedVersions } from "../store/installed.ts";
import { type Sizes, sizesOf } from "../store/receipt.ts";
import type { Platform } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";

export async function run(invocation: Invocation): Promise<undefined> {
	if (invocation.name === "ls-remote" || invocation.options.has("remote")) await listAvailable(invocation);
	else await listInstalled(invocation);
	return undefined;
}

async function listInstalled(invocation: Invocation): Promise<void> {
	const {
		context,
		report,
		args: [word],
		options,
	} = invocation;
	openHome(context);
	const all = installedVersions(context);
	const listed = await asked(invocation, all);
	const current = defaultVersion(context, all);
	if (report.asJson) {
		report.json(
			listed.map((each) => ({
				version: each.release.name,
				platform: each.platform,
				goroot: each.goroot,
				default: each.key === current?.key,
				stable: each.release.stable,
				...sizesOf(context, each),
			})),
		);
		return;
	}
	if (listed.length === 0) {
		report.say(
			word === undefined
				? "no Go is installed yet; to install the newest: gox install latest"
				: `no installed Go matches ${word}`,
		);
		return;
	}
	const standing = releaseStatuses([...newestKnown(context), ...all.map((each) => each.release)]);
	report.lines(
		columns(
			listed.map((each) => [
				each.key === current?.key ? "*" : " ",
				each.release.name,
				each.platform === context.host() ? "" : each.platform,
				...(options.has("sizes") ? [sizesInWords(sizesOf(context, each))] : []),
				remarks(each.key === current?.key, standing(each.release, each.platform)),
			]),
		),
	);
}

/** Those that the words on the command line mean; without any, all. What reads words is loaded only for them. */
async function asked({ context, args: [word], options }: Invocation, all: readonly Installed[]): Promise<readonly Installed[]> {
	if (word === undefined && options.text("platform") === undefined) return all;
	const [{ matching, pickInstalled }, { namedPlatform }, { requestNamed }] = await Promise.all([
		import("../store/links.ts"),
		import("../cli/operands.ts"),
		import("../cli/operands.ts"),
	]);
	const platform = namedPlatform(options);
	if (word === undefined) return all.filter((each) => each.platform === platform);
	const request = requestNamed(context, word, platform);
	const found = matching(context, request, request.platform ?? context.host());
	// A minor of which nothing is installed is an answer; a word that means nothing is a mistake.
	if (found.length === 0 && request.kind === "alias") return [pickInstalled(context, request)];
	return found;
}

/** The whole, and what of it another version has too: `206 MB, 102 MB shared`. */
function sizesInWords({ size, sharedSize }: Sizes): string {
	if (size === null) return "?";
	return `${bytesInWords(size)}${sharedSize ? `, ${bytesInWords(sharedSize)} shared` : ""}`;
}

function remarks(isDefault: boolean, standing: ReleaseStatus): string {
	const words = statusInWords(standing, false);
	if (!isDefault) return words;
	return words === "" ? "default" : `default; ${words}`;
}

/** What can be installed. */
export async function listAvailable(invocation: Invocation): Promise<void> {
	const {
		report,
		args: [word],
		options,
	} = invocation;
	const context = withConfiguredSites(invocation.context);
	const platform = wantedPlatform(context, options);
	if (word === undefined && !report.asJson && !options.has("refresh")) {
		const noted = notedReleases(context, platform, options.has("insecure"));
		if (noted) return tell(invocation, context, platform, noted);
	}
	const { loadCatalog } = await import("../releases/lookup.ts");
	const request =
		word === undefined ? undefined : (await import("../cli/operands.ts")).requestNamed(context, word, namedPlatform(options));
	const catalog = await loadCatalog(context, catalogOptions(invocation));
	note(context, catalog, options.has("insecure"));
	const found = request ? catalog.matching(request, platform) : catalog.releases.filter((each) => each.archives.has(platform));
	if (request && found.length === 0) catalog.pick(request, platform);
	const wanted = request?.platform ?? platform;
	if (!report.asJson) {
		const all = catalog.releases.map(({ release }) => release);
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
	for (const url of indexSources(context.env, { insecure }).urls) {
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

function note(context: Context, { origin, url: address, fetchedAt, releases }: Catalog, insecure: boolean): void {
	if ((origin !== "network" && origin !== "cache") || !fetchedAt) return;
	const url = indexSources(context.env, { insecure }).urls.find((each) => shown(each) === address);
	const list = url && new IndexCache(context.cacheDir, context.uid).stamp(url, fetchedAt);
	if (url && list) new AvailableNotes(context.cacheDir, context.uid).write(url, list, releases);
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
