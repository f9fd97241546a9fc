import type { Invocation } from "../cli/command.ts";
import { catalogOptions, wantedPlatform } from "../cli/operands.ts";
import type { Report } from "../cli/report.ts";
import { columns } from "../cli/text.ts";
import { loadCatalog } from "../releases/lookup.ts";
import { type ReleaseStatus, releaseStatuses, statusInWords } from "../releases/status.ts";
import { type Vulnerability, vulnerabilitiesDate, vulnerabilitiesOf } from "../releases/vulns.ts";
import { openHome } from "../store/home.ts";
import { defaultVersion, type Installed, installedVersions } from "../store/installed.ts";
import { matching } from "../store/links.ts";
import { parseRequest } from "../version/request.ts";

/** How many vulnerabilities of a version are named without --verbose, the newest first. */
const few = 5;

interface Finding {
	readonly installed: Installed;
	readonly isDefault: boolean;
	readonly status: ReleaseStatus;
	/** Newest first. */
	readonly vulnerabilities: readonly Vulnerability[];
}

/** Exit status 0 whatever is found: what is outdated still runs, and a script has --json. */
export async function run(invocation: Invocation): Promise<undefined> {
	const { report, args, options } = invocation;
	const { context } = invocation;
	openHome(context);
	const all = installedVersions(context);
	const [word] = args;
	const request = word === undefined ? undefined : parseRequest(word);
	const chosen = request ? matching(context, request, request.platform ?? wantedPlatform(context, options)) : all;
	if (chosen.length === 0) {
		report.say(word === undefined ? "no Go is installed yet" : `no installed Go matches ${word}`);
		if (report.asJson) report.json([]);
		return undefined;
	}
	const catalog = await loadCatalog(context, catalogOptions(invocation));
	const known = catalog.releases.map(({ release }) => release);
	const current = defaultVersion(context, all);
	const findings = chosen.map((installed): Finding => {
		const { release, platform } = installed;
		return {
			installed,
			isDefault: installed.key === current?.key,
			status: releaseStatuses([...known, ...all.map((each) => each.release)], catalog.offered(platform))(release, platform),
			vulnerabilities: vulnerabilitiesOf(release, platform).toReversed(),
		};
	});
	if (report.asJson) report.json(findings.map((each) => asJson(each, all)));
	else tell(report, findings);
	return undefined;
}

function tell(report: Report, findings: readonly Finding[]): void {
	const outdated = findings.filter(({ status }) => statusInWords(status) !== "");
	for (const finding of outdated) {
		const { installed, isDefault, status, vulnerabilities } = finding;
		const { bold, dim } = report.style;
		report.line(`${bold(installed.key)}${isDefault ? " (default)" : ""}: ${statusInWords(status)}`);
		const shown = report.verbose ? vulnerabilities : vulnerabilities.slice(0, few);
		for (const line of columns(shown.map(row), "  ")) report.line(`  ${line}`);
		const rest = vulnerabilities.length - shown.length;
		if (rest > 0) report.line(dim(`  and ${rest} older: gox outdated ${installed.release.word} --verbose`));
		for (const line of advice(finding)) report.line(`  ${line}`);
	}
	const fine = findings.length - outdated.length;
	if (fine > 0) report.say(`${fine === 1 ? "one version is" : `${fine} versions are`} up to date`);
	report.say(`vulnerabilities as of ${vulnerabilitiesDate}, from the Go vulnerability database (https://pkg.go.dev/vuln)`);
}

function row({ id, cves, summary, fixedIn }: Vulnerability): string[] {
	return [id, cves.join(", "), fixedIn === null ? "no fix yet" : `fixed in ${fixedIn}`, summary];
}

function advice({ installed, status }: Finding): string[] {
	const { minor } = installed.release;
	const platform = installed.key.includes("@") ? ` --platform ${installed.platform}` : "";
	return [
		...(status.newer ? [`the newest ${minor}: gox upgrade ${minor}${platform}`] : []),
		...(status.endOfLife ? [`a Go that still gets fixes: gox install latest${platform}`] : []),
	];
}

function asJson({ installed, isDefault, status, vulnerabilities }: Finding, all: readonly Installed[]) {
	const { newer, endOfLife } = status;
	return {
		version: installed.release.name,
		platform: installed.platform,
		default: isDefault,
		endOfLife,
		newer: newer?.name ?? null,
		newerInstalled: all.some((each) => each.release.name === newer?.name && each.platform === installed.platform),
		vulnerabilities,
		stillInNewer: newer ? status.vulnerabilities.still : null,
		vulnerabilitiesAsOf: vulnerabilitiesDate,
	};
}
