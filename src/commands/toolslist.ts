import type { Context } from "../context.ts";
import { newestKnown } from "../releases/newest.ts";
import { type Standing, standingInWords, standings } from "../releases/standing.ts";
import { toolDirectories } from "../tools/directories.ts";
import { type GoCommand, goInForceIfAny } from "../tools/gocommand.ts";
import { goOf, isOlder, type Tool, toolsIn, toolsNamed } from "../tools/tool.ts";
import { columns } from "../ui/table.ts";
import { parseRelease } from "../version/release.ts";
import type { Invocation } from "./command.ts";

interface Row {
	readonly tool: Tool;
	/** Of the Go that built it; undefined for a development build. */
	readonly standing: Standing | undefined;
	readonly older: boolean;
}

/** Exit status 0 whatever is found: a script has --json. */
export async function list({ context, report }: Invocation, names: readonly string[]): Promise<undefined> {
	const go = goInForceIfAny(context);
	const directories = toolDirectories(context, go?.goroot ?? null);
	const found = toolsIn(context, directories, (path, why) => report.warn(`${path} can't be read: ${why}`));
	const rows = await withStandings(context, toolsNamed(found, names), go);
	if (report.asJson) {
		report.json(rows.map(asJson));
		return undefined;
	}
	const { bold, yellow } = report.style;
	for (const line of columns(
		rows.map((row) => [
			bold(row.tool.name),
			versionOf(row.tool),
			row.tool.info.goVersion,
			row.tool.architectures.join(" "),
			yellow(remarks(row)),
		]),
	))
		report.line(line);
	report.say(`${rows.length === 1 ? "one tool" : `${rows.length} tools`} in ${directories.join(", ")}`);
	const stale = rows.filter(({ tool, older }) => tool.obstacle === undefined && (older || !tool.native));
	if (stale.length > 0)
		report.say(
			`to build ${stale.length === 1 ? "one" : stale.length} anew with ${go?.version ?? "the Go in force"}: gox tools rebuild`,
		);
	return undefined;
}

async function withStandings(context: Context, tools: readonly Tool[], go: GoCommand | undefined): Promise<readonly Row[]> {
	const releases = tools.map((tool) => parseRelease(goOf(tool.info) ?? ""));
	const known = tools.length === 0 ? [] : newestKnown(context);
	const standingOf = standings([...known, ...releases.filter((each) => each !== undefined)]);
	return tools.map((tool, index) => {
		const release = releases[index];
		return {
			tool,
			standing: release && standingOf(release, context.host()),
			older: go !== undefined && isOlder(tool.info, go.version),
		};
	});
}

function versionOf({ info }: Tool): string {
	return info.main ? `${info.main.path}@${info.main.version}` : info.path;
}

function remarks({ tool, standing }: Row): string {
	return [
		tool.native ? "" : "not for this machine",
		tool.obstacle ?? "",
		standing && standingInWords(standing, false) !== "" ? `its Go: ${standingInWords(standing, false)}` : "",
	]
		.filter(Boolean)
		.join("; ");
}

function asJson({ tool, standing, older }: Row) {
	const { name, path, info, architectures, native, obstacle } = tool;
	return {
		name,
		path,
		package: info.path,
		module: info.main?.path ?? null,
		version: info.main?.version ?? null,
		sum: info.main?.sum || null,
		go: info.goVersion,
		architectures,
		native,
		olderThanGoInForce: older,
		endOfLife: standing?.endOfLife ?? null,
		vulnerabilities: standing?.vulnerabilities.known ?? null,
		upgradable: obstacle === undefined,
		obstacle: obstacle ?? null,
		settings: Object.fromEntries(info.settings),
	};
}
