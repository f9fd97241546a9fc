import { loadCatalog } from "../releases/lookup.ts";
import { type Standing, standingInWords, standings } from "../releases/standing.ts";
import { isSupported, supportedMinors } from "../releases/support.ts";
import { openHome } from "../store/home.ts";
import { defaultVersion, installedVersions } from "../store/installed.ts";
import { matching } from "../store/pick.ts";
import { type Sizes, sizesOf } from "../store/sizes.ts";
import { bytesInWords, columns } from "../ui/table.ts";
import { parseRequest } from "../version/request.ts";
import { catalogOptions, wantedPlatform, withConfiguredSites } from "./catalog.ts";
import type { Invocation } from "./command.ts";

export async function run(invocation: Invocation): Promise<undefined> {
	if (invocation.name === "ls-remote" || invocation.options.has("remote")) await listAvailable(invocation);
	else await listInstalled(invocation);
	return undefined;
}

async function listInstalled({ context, report, args: [word], options }: Invocation): Promise<void> {
	openHome(context);
	const all = installedVersions(context);
	const platform = options.text("platform") === undefined ? undefined : wantedPlatform(context, options);
	const request = word === undefined ? undefined : parseRequest(word);
	const listed = request
		? matching(context, request, platform ?? context.host())
		: platform
			? all.filter((each) => each.platform === platform)
			: all;
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
	const { knownReleases } = await import("../releases/known.ts");
	const standing = standings([...(await knownReleases(context)), ...all.map((each) => each.release)]);
	for (const line of columns(
		listed.map((each) => [
			each.key === current?.key ? "*" : " ",
			each.release.name,
			each.platform === context.host() ? "" : each.platform,
			...(options.has("sizes") ? [sizesInWords(sizesOf(context, each))] : []),
			remarks(each.key === current?.key, standing(each.release, each.platform)),
		]),
	))
		report.line(line);
}

/** The whole, and what of it another version has too: `206 MB, 102 MB shared`. */
function sizesInWords({ size, sharedSize }: Sizes): string {
	if (size === null) return "?";
	return `${bytesInWords(size)}${sharedSize ? `, ${bytesInWords(sharedSize)} shared` : ""}`;
}

function remarks(isDefault: boolean, standing: Standing): string {
	return [isDefault ? "default" : "", standingInWords(standing, false)].filter(Boolean).join("; ");
}

async function listAvailable(invocation: Invocation): Promise<void> {
	const {
		report,
		args: [word],
		options,
	} = invocation;
	const context = withConfiguredSites(invocation.context);
	const platform = wantedPlatform(context, options);
	const catalog = await loadCatalog(context, catalogOptions(invocation));
	const request = word === undefined ? undefined : parseRequest(word);
	const found = request ? catalog.matching(request, platform) : catalog.releases.filter((each) => each.archives.has(platform));
	if (request && found.length === 0) catalog.pick(request, platform);
	const installed = new Set(
		installedVersions(context)
			.filter((each) => each.platform === (request?.platform ?? platform))
			.map((each) => each.release.name),
	);
	if (report.asJson) {
		report.json(
			found.map(({ release, archives }) => ({
				version: release.name,
				stable: release.stable,
				platform: request?.platform ?? platform,
				sha256: archives.get(request?.platform ?? platform)?.sha256 ?? null,
				installed: installed.has(release.name),
			})),
		);
		return;
	}
	const supported = supportedMinors(catalog.releases.map((each) => each.release));
	for (const line of columns(
		found.map(({ release }) => [
			release.name,
			[
				installed.has(release.name) ? report.style.green("installed") : "",
				release.stable ? "" : "pre-release",
				isSupported(release, supported) ? "" : report.style.dim("end of life"),
			]
				.filter(Boolean)
				.join(", "),
		]),
	))
		report.line(line);
}
