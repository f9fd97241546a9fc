import { dirname, join } from "node:path";
import semver from "semver";
import type { Invocation } from "../cli/command.ts";
import type { Report } from "../cli/report.ts";
import { columns } from "../cli/text.ts";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import type { GoCommand } from "../go/command.ts";
import { goSettings } from "../go/settings.ts";
import { newestKnown, type ReleaseStatus, releaseStatuses, statusInWords } from "../releases/status.ts";
import { goCommandIn, goInForce, goInForceIfAny } from "../select/inforce.ts";
import type { Installed } from "../store/installed.ts";
import {
	addDefaultTools,
	type DefaultTool,
	defaultToolsFile,
	parseDefaultTool,
	readDefaultTools,
	removeDefaultTools,
} from "../tools/defaults.ts";
import { buildFlagsOf, goInstall, latestOf } from "../tools/install.ts";
import { goOf, isOlder, type Tool, toolsIn, toolsNamed } from "../tools/tool.ts";
import { archOf } from "../version/platform.ts";
import { newestFirst, parseRelease } from "../version/release.ts";

/**
 * Installs the default tools with the newest of the Gos that were just installed, if the config says `default_tools = on`.
 * A failure is only a warning: the Go is installed.
 */
export async function welcomeNewGo(context: Context, report: Report, installed: readonly Installed[]): Promise<void> {
	const [newest] = installed
		.filter((each) => each.platform === context.host())
		.sort((left, right) => newestFirst(left.release, right.release));
	if (newest === undefined || !loadConfig(context).defaultTools) return;
	try {
		await installDefaultTools(
			context,
			report,
			goCommandIn(context, {
				bin: join(newest.goroot, "bin"),
				goroot: newest.goroot,
				version: newest.release.name,
				pinned: true,
			}),
		);
	} catch (error) {
		context.signal.throwIfAborted();
		report.warn(`the default tools were not installed: ${error instanceof Error ? error.message : String(error)}`);
	}
}

interface Row {
	readonly tool: Tool;
	/** The status of the release that built it; undefined for a development build. */
	readonly status: ReleaseStatus | undefined;
	readonly older: boolean;
}

/** `gox tools list [name…]`: the exit status is 0 whatever is found; scripts use --json. */
export async function list({ context, report, args: names }: Invocation): Promise<undefined> {
	const go = goInForceIfAny(context);
	const directories = goSettings(context, go?.goroot).toolDirectories;
	const found = toolsIn(context, directories, (path, why) => report.warn(`${path} can't be read: ${why}`));
	const rows = await withStatus(context, toolsNamed(found, names), go);
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
			`to rebuild ${stale.length === 1 ? "one" : stale.length} with ${go?.version ?? "the Go in use"}: gox tools rebuild`,
		);
	return undefined;
}

async function withStatus(context: Context, tools: readonly Tool[], go: GoCommand | undefined): Promise<readonly Row[]> {
	const releases = tools.map((tool) => parseRelease(goOf(tool.info) ?? ""));
	const known = tools.length === 0 ? [] : newestKnown(context);
	const statusOf = releaseStatuses([...known, ...releases.filter((each) => each !== undefined)]);
	return tools.map((tool, index) => {
		const release = releases[index];
		return {
			tool,
			status: release && statusOf(release, context.host()),
			older: go !== undefined && isOlder(tool.info, go.version),
		};
	});
}

function versionOf({ info }: Tool): string {
	return info.main ? `${info.main.path}@${info.main.version}` : info.path;
}

function remarks({ tool, status }: Row): string {
	return [
		tool.native ? "" : "not for this machine",
		tool.obstacle ?? "",
		status && statusInWords(status, false) !== "" ? `its Go: ${statusInWords(status, false)}` : "",
	]
		.filter(Boolean)
		.join("; ");
}

function asJson({ tool, status, older }: Row) {
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
		endOfLife: status?.endOfLife ?? null,
		vulnerabilities: status?.vulnerabilities.known ?? null,
		upgradable: obstacle === undefined,
		obstacle: obstacle ?? null,
		settings: Object.fromEntries(info.settings),
	};
}

type Action = "upgrade" | "rebuild";

/** The result for one tool. */
export interface ToolOutcome {
	readonly name: string;
	readonly package: string;
	readonly status: "built" | "planned" | "fine" | "skipped" | "failed";
	readonly from: { readonly version: string; readonly go: string };
	readonly to: { readonly version: string; readonly go: string } | null;
	/** Why it was skipped or failed. */
	readonly reason?: string;
}

/** `gox tools upgrade [name…]` */
export async function upgrade(invocation: Invocation): Promise<number> {
	return build(invocation, "upgrade");
}

/** `gox tools rebuild [name…]` */
export async function rebuild(invocation: Invocation): Promise<number> {
	return build(invocation, "rebuild");
}

/** Builds every tool, also after one has failed. The exit status is 1 if one failed. */
async function build(invocation: Invocation, action: Action): Promise<number> {
	const { context, report, options, args: names } = invocation;
	const go = nativeGo(goInForce(context));
	const tools = toolsIn(context, goSettings(context, go.goroot).toolDirectories, (path, why) =>
		report.warn(`${path} can't be read: ${why}`),
	);
	const chosen = toolsNamed(tools, names);
	const plan = { action, all: options.has("all"), dryRun: options.has("dryRun") };
	const outcomes = await buildTools(context, report, go, chosen, plan);
	if (report.asJson) report.json(outcomes);
	tellSummary(report, action, outcomes, names.length > 0);
	return outcomes.some(({ status }) => status === "failed") ? 1 : 0;
}

export interface BuildPlan {
	readonly action: Action;
	readonly all: boolean;
	readonly dryRun: boolean;
}

/** One at a time: go uses every processor by itself. */
export async function buildTools(
	context: Context,
	report: Report,
	go: GoCommand,
	tools: readonly Tool[],
	plan: BuildPlan,
): Promise<readonly ToolOutcome[]> {
	const outcomes: ToolOutcome[] = [];
	for (const tool of tools) {
		try {
			outcomes.push(await buildTool(context, report, go, tool, plan));
		} catch (error) {
			context.signal.throwIfAborted();
			const reason = error instanceof Error ? error.message : String(error);
			report.warn(`${tool.name} stays as it was: ${reason}`);
			if (plan.action === "rebuild") report.say(`a newer version of it may build: gox tools upgrade ${tool.name}`);
			outcomes.push({ ...outcomeOf(tool), status: "failed", to: null, reason });
		}
	}
	return outcomes;
}

/** @throws GoxError `no-go` if the Go in use is built for another platform, and would build tools for that one */
export function nativeGo(go: GoCommand): GoCommand {
	if (go.native) return go;
	throw new GoxError(
		"no-go",
		`the Go in use (${go.version}, ${dirname(go.path)}) is not for this machine, and would build tools that aren't either`,
		{
			hint: "gox install latest --default",
		},
	);
}

async function buildTool(context: Context, report: Report, go: GoCommand, tool: Tool, plan: BuildPlan): Promise<ToolOutcome> {
	const { info, obstacle, name } = tool;
	const before = outcomeOf(tool);
	if (obstacle !== undefined || info.main === undefined) {
		report.detail(`${name} ${obstacle}`);
		return { ...before, status: "skipped", to: null, reason: obstacle ?? "" };
	}
	const installed = info.main.version;
	const latest = plan.action === "upgrade" ? await latestOf(context, go, info.main.path) : installed;
	// A pre-release or a commit that was installed by name may be newer than the latest release.
	const version = plan.action === "upgrade" && isNewer(latest, installed) ? latest : installed;
	const stale = isOlder(info, go.version) || !tool.native;
	if (version === installed && !(plan.action === "rebuild" && (stale || plan.all)))
		return { ...before, status: "fine", to: null };
	const to = { version, go: go.version };
	report.say(`${plan.dryRun ? "would build" : "building"} ${name}: ${change(before.from, to)}`);
	if (plan.dryRun) return { ...before, status: "planned", to };
	const fresh = await goInstall(
		context,
		{ go, package: info.path, version, target: { path: tool.path }, built: buildFlagsOf(info, archOf(context.host())) },
		report.detail,
	);
	return { ...before, status: "built", to: { version: fresh.info.main?.version ?? version, go: fresh.info.goVersion } };
}

function outcomeOf({ name, info }: Tool) {
	return { name, package: info.path, from: { version: info.main?.version ?? "", go: info.goVersion } };
}

function isNewer(left: string, right: string): boolean {
	return semver.valid(left) !== null && semver.valid(right) !== null ? semver.gt(left, right) : left !== right;
}

function change(from: ToolOutcome["from"], to: ToolOutcome["from"]): string {
	const version = from.version === to.version ? from.version : `${from.version} -> ${to.version}`;
	return `${version}, built with ${from.go === to.go ? to.go : `${from.go} -> ${to.go}`}`;
}

function tellSummary(report: Report, action: Action, outcomes: readonly ToolOutcome[], named: boolean): void {
	const having = (status: ToolOutcome["status"]) => outcomes.filter((each) => each.status === status);
	for (const { name, reason } of having("skipped"))
		if (named) report.warn(`${name} ${reason}, so there is nothing to build it from`);
	const done = action === "upgrade" ? "upgraded" : "rebuilt";
	const parts = [
		[having("built").length, done],
		[having("planned").length, `would be ${done}`],
		[having("fine").length, action === "upgrade" ? "at their latest" : "fine as they are"],
		[having("skipped").length, "can't be rebuilt (gox tools says why)"],
		[having("failed").length, "failed and left as they were"],
	] as const;
	const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
	report.say(said.length === 0 ? "there are no Go tools" : said.join(", "));
}

/** `gox tools default add PACKAGE…` */
export function addDefaults({ context, report, args }: Invocation): undefined {
	const tools = args.map((word) => parseDefaultTool(word));
	readDefaultTools(context);
	addDefaultTools(context, tools);
	for (const tool of tools) report.say(`${tool.package}@${tool.version} is a default tool`);
	if (!loadConfig(context).defaultTools) report.say("to have them with each new Go: gox config default_tools on");
	report.say("to have them now: gox tools default install");
	return undefined;
}

/** `gox tools default remove PACKAGE…` */
export function removeDefaults({ context, report, args }: Invocation): undefined {
	const packages = packagesCalled(readDefaultTools(context), args);
	for (const gone of removeDefaultTools(context, packages))
		report.say(`${gone} is no longer a default tool; what is installed stays`);
	return undefined;
}

/** `gox tools default install`: the exit status is 1 if one failed. */
export async function installDefaults({ context, report }: Invocation): Promise<number> {
	const outcomes = await installDefaultTools(context, report, nativeGo(goInForce(context)));
	if (report.asJson) report.json(outcomes);
	return outcomes.some(({ status }) => status === "failed") ? 1 : 0;
}

export interface DefaultToolOutcome {
	readonly package: string;
	readonly wanted: string;
	readonly status: "installed" | "already" | "failed";
	readonly version: string | null;
	readonly reason?: string;
}

/** Installs those that are missing, of another version than listed, built by an older Go, or for another platform. */
export async function installDefaultTools(
	context: Context,
	report: Report,
	go: GoCommand,
): Promise<readonly DefaultToolOutcome[]> {
	const directories = goSettings(context, go.goroot).toolDirectories;
	const [directory] = directories;
	if (directory === undefined)
		throw new GoxError("usage", "GOPATH isn't an absolute path, so there is no place for tools", { hint: "go env GOPATH" });
	const there = toolsIn(context, directories);
	const outcomes: DefaultToolOutcome[] = [];
	const wanted = readDefaultTools(context);
	if (wanted.length === 0) report.say(`${defaultToolsFile(context)} names no tools`);
	for (const tool of wanted) {
		const base = { package: tool.package, wanted: tool.version };
		const found = there.find((each) => each.info.path === tool.package);
		if (found && isWhatIsWanted(found, tool, go)) {
			report.detail(`${tool.package} is installed`);
			outcomes.push({ ...base, status: "already", version: found.info.main?.version ?? null });
			continue;
		}
		report.say(`installing ${tool.package}@${tool.version} with ${go.version}`);
		try {
			const target = found ? { path: found.path } : { directory };
			const fresh = await goInstall(context, { go, ...tool, target, built: { flags: [], env: {} } }, report.detail);
			outcomes.push({ ...base, status: "installed", version: fresh.info.main?.version ?? null });
		} catch (error) {
			context.signal.throwIfAborted();
			const reason = error instanceof Error ? error.message : String(error);
			report.warn(`${tool.package}@${tool.version} was not installed: ${reason}`);
			outcomes.push({ ...base, status: "failed", version: found?.info.main?.version ?? null, reason });
		}
	}
	return outcomes;
}

/** Only exact versions are compared: `latest` is for `gox tools upgrade`, and a branch has no version in its name. */
function isWhatIsWanted({ info, native }: Tool, { version }: DefaultTool, go: GoCommand): boolean {
	const isPinned = /^v\d+\.\d+\.\d+/.test(version);
	return native && !isOlder(info, go.version) && (!isPinned || info.main?.version === version);
}

/** `gox tools default list` */
export function listDefaults({ context, report }: Invocation): undefined {
	const tools = readDefaultTools(context);
	const there = toolsIn(context, goSettings(context, goInForceIfAny(context)?.goroot).toolDirectories);
	const rows = tools.map((tool) => ({
		...tool,
		installed: there.find((each) => each.info.path === tool.package)?.info.main?.version ?? null,
	}));
	if (report.asJson) {
		report.json({ file: defaultToolsFile(context), withEachGo: loadConfig(context).defaultTools, tools: rows });
		return undefined;
	}
	for (const line of columns(rows.map((each) => [`${each.package}@${each.version}`, each.installed ?? "not installed"])))
		report.line(line);
	report.say(`${tools.length === 1 ? "one default tool" : `${tools.length} default tools`} in ${defaultToolsFile(context)}`);
	report.say(
		loadConfig(context).defaultTools
			? "installed with each new Go"
			: "not installed automatically; to change that: gox config default_tools on",
	);
	return undefined;
}

/** Finds default tools by import path, with or without a version, or by program name. */
function packagesCalled(tools: readonly DefaultTool[], words: readonly string[]): readonly string[] {
	return words.map((word) => {
		const name = word.replace(/@.*$/, "");
		const found = tools.find((each) => each.package === name) ?? tools.find((each) => each.package.split("/").at(-1) === name);
		if (found) return found.package;
		throw new GoxError("usage", `${quote(word)} is not a default tool`, { hint: "gox tools default" });
	});
}
