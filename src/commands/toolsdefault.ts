import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import {
	addDefaultTools,
	type DefaultTool,
	defaultToolsFile,
	parseDefaultTool,
	readDefaultTools,
	removeDefaultTools,
} from "../tools/defaultlist.ts";
import { toolDirectories } from "../tools/directories.ts";
import { type GoCommand, goInForce, goInForceIfAny } from "../tools/gocommand.ts";
import { goInstall } from "../tools/goinstall.ts";
import { isOlder, type Tool, toolsIn } from "../tools/tool.ts";
import type { Report } from "../ui/report.ts";
import { columns } from "../ui/table.ts";
import type { Invocation } from "./command.ts";
import { nativeGo } from "./toolsbuild.ts";

export async function defaults({ context, report }: Invocation, [action = "list", ...words]: readonly string[]): Promise<number> {
	switch (action) {
		case "list":
			show(context, report);
			return 0;
		case "add": {
			if (words.length === 0) throw nothingNamed("add");
			const tools = words.map((word) => parseDefaultTool(word));
			readDefaultTools(context);
			addDefaultTools(context, tools);
			for (const tool of tools) report.say(`${tool.package}@${tool.version} is a default tool`);
			if (!loadConfig(context).defaultTools) report.say("to have them with each new Go: gox config default_tools on");
			report.say("to have them now: gox tools default install");
			return 0;
		}
		case "remove": {
			if (words.length === 0) throw nothingNamed("remove");
			const packages = packagesCalled(readDefaultTools(context), words);
			for (const gone of removeDefaultTools(context, packages))
				report.say(`${gone} is no default tool any more; what is installed stays`);
			return 0;
		}
		case "install": {
			const outcomes = await installDefaultTools(context, report, nativeGo(goInForce(context)));
			if (report.asJson) report.json(outcomes);
			return outcomes.some(({ status }) => status === "failed") ? 1 : 0;
		}
		default:
			throw new GoxError("usage", `tools default can't ${quote(action)}`, {
				hint: "gox tools default\ngox tools default add golang.org/x/tools/gopls\ngox tools default remove gopls\ngox tools default install",
			});
	}
}

export interface DefaultToolOutcome {
	readonly package: string;
	readonly wanted: string;
	readonly status: "installed" | "already" | "failed";
	readonly version: string | null;
	readonly reason?: string;
}

/** Those that are missing, of another version than the list has, built by an older Go, or for another machine. */
export async function installDefaultTools(
	context: Context,
	report: Report,
	go: GoCommand,
): Promise<readonly DefaultToolOutcome[]> {
	const directories = toolDirectories(context, go.goroot);
	const [directory] = directories;
	if (directory === undefined)
		throw new GoxError("usage", "GOPATH is no absolute path, so there is no place for tools", { hint: "go env GOPATH" });
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

/** What `latest` was is what `gox tools upgrade` looks after; a branch's or commit's version can't be told from its name. */
function isWhatIsWanted({ info, native }: Tool, { version }: DefaultTool, go: GoCommand): boolean {
	const isPinned = /^v\d+\.\d+\.\d+/.test(version);
	return native && !isOlder(info, go.version) && (!isPinned || info.main?.version === version);
}

function show(context: Context, report: Report): void {
	const tools = readDefaultTools(context);
	const there = toolsIn(context, toolDirectories(context, goInForceIfAny(context)?.goroot ?? null));
	const rows = tools.map((tool) => ({
		...tool,
		installed: there.find((each) => each.info.path === tool.package)?.info.main?.version ?? null,
	}));
	if (report.asJson) {
		report.json({ file: defaultToolsFile(context), withEachGo: loadConfig(context).defaultTools, tools: rows });
		return;
	}
	for (const line of columns(rows.map((each) => [`${each.package}@${each.version}`, each.installed ?? "not installed"])))
		report.line(line);
	report.say(`${tools.length === 1 ? "one default tool" : `${tools.length} default tools`} in ${defaultToolsFile(context)}`);
	report.say(
		loadConfig(context).defaultTools ? "installed with each new Go" : "not installed by themselves: gox config default_tools on",
	);
}

/** By import path, with or without a version, or by the program's name. */
function packagesCalled(tools: readonly DefaultTool[], words: readonly string[]): readonly string[] {
	return words.map((word) => {
		const name = word.replace(/@.*$/, "");
		const found = tools.find((each) => each.package === name) ?? tools.find((each) => each.package.split("/").at(-1) === name);
		if (found) return found.package;
		throw new GoxError("usage", `${quote(word)} is no default tool`, { hint: "gox tools default" });
	});
}

function nothingNamed(action: string): GoxError {
	return new GoxError("usage", `tools default ${action}: which tool?`, {
		hint: `gox tools default ${action} golang.org/x/tools/gopls`,
	});
}
