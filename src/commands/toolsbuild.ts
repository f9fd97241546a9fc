import semver from "semver";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { buildFlagsOf } from "../tools/buildflags.ts";
import { toolDirectories } from "../tools/directories.ts";
import { type GoCommand, goInForce } from "../tools/gocommand.ts";
import { goInstall, latestOf } from "../tools/goinstall.ts";
import { isOlder, type Tool, toolsIn, toolsNamed } from "../tools/tool.ts";
import type { Report } from "../ui/report.ts";
import { archOf } from "../version/platform.ts";
import type { Invocation } from "./command.ts";

type Action = "upgrade" | "rebuild";

/** What became of one tool. */
export interface ToolOutcome {
	readonly name: string;
	readonly package: string;
	readonly status: "built" | "planned" | "fine" | "skipped" | "failed";
	readonly from: { readonly version: string; readonly go: string };
	readonly to: { readonly version: string; readonly go: string } | null;
	/** Why it was skipped or failed. */
	readonly reason?: string;
}

/** Each tool stands for itself; the exit status is 1 where one failed. */
export async function build(invocation: Invocation, action: Action, names: readonly string[]): Promise<number> {
	const { context, report, options } = invocation;
	const go = nativeGo(goInForce(context));
	const tools = toolsIn(context, toolDirectories(context, go.goroot), (path, why) =>
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

/** One after the other: go uses every processor by itself. */
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

/** @throws GoxError `no-go` where the Go in force can't build for this machine into a directory of gox's choice. */
export function nativeGo(go: GoCommand): GoCommand {
	if (go.native) return go;
	throw new GoxError(
		"no-go",
		`the Go in force (${go.version}, ${go.bin}) is not for this machine, and would build tools that aren't either`,
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
	// What was installed by name, a pre-release or a commit, may be newer than the latest release.
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
		[having("skipped").length, "can't be built anew (gox tools says why)"],
		[having("failed").length, "failed and left as they were"],
	] as const;
	const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
	report.say(said.length === 0 ? "there are no Go tools" : said.join(", "));
}
