import { loadCatalog } from "../releases/lookup.ts";
import { isSupported, supportedMinors } from "../releases/support.ts";
import { installedVersions } from "../store/installed.ts";
import { columns } from "../ui/table.ts";
import { catalogOptions, namedPlatform, wantedPlatform, withConfiguredSites } from "./catalog.ts";
import type { Invocation } from "./command.ts";
import { requestNamed } from "./requested.ts";

/** What can be installed. */
export async function listAvailable(invocation: Invocation): Promise<void> {
	const {
		report,
		args: [word],
		options,
	} = invocation;
	const context = withConfiguredSites(invocation.context);
	const platform = wantedPlatform(context, options);
	const request = word === undefined ? undefined : requestNamed(context, word, namedPlatform(options));
	const catalog = await loadCatalog(context, catalogOptions(invocation));
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
	report.lines(
		columns(
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
		),
	);
}
