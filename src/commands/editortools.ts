import { toolDirectories } from "../tools/directories.ts";
import { goInForceIfAny } from "../tools/gocommand.ts";
import { isOlder, type Tool, toolAt, toolsIn } from "../tools/tool.ts";
import type { Invocation } from "./command.ts";
import { agrees } from "./editorchange.ts";

/** What editors run, and the package that it comes from. */
const wanted = [
	{ name: "gopls", package: "golang.org/x/tools/gopls" },
	{ name: "dlv", package: "github.com/go-delve/delve/cmd/dlv" },
];

/** How an editor's tool stands. */
export interface EditorTool {
	readonly name: string;
	readonly path: string | null;
	readonly version: string | null;
	readonly go: string | null;
	readonly architectures: readonly string[];
	readonly problem: "missing" | "not-native" | "older-go" | null;
}

/** Looks at gopls and dlv, tells what is wrong with them, and offers to build them anew. @param paths by name, where the settings have one */
export async function checkTools(
	invocation: Invocation,
	paths: Readonly<Record<string, unknown>> = {},
): Promise<readonly EditorTool[]> {
	const { context, report, options } = invocation;
	const go = goInForceIfAny(context);
	const there = toolsIn(context, toolDirectories(context, go?.goroot ?? null));
	const found = wanted.map(({ name }) => {
		const path = paths[name];
		const tool =
			typeof path === "string" && path.startsWith("/")
				? readTool(invocation, path, name)
				: there.find((each) => each.name === name);
		return { name, tool };
	});
	const states = found.map(({ name, tool }) => stateOf(name, tool, go?.version ?? ""));
	for (const { name, problem, go: built, architectures } of states) {
		const command = wanted.find((each) => each.name === name);
		if (problem === "missing") report.say(`${name} is not installed: go install ${command?.package}@latest`);
		if (problem === "not-native") report.warn(`${name} is built for ${architectures.join(", ")}, not for this machine`);
		if (problem === "older-go") report.warn(`${name} was built by ${built}, which is older than ${go?.version}, the Go in force`);
	}
	const stale = states.filter(({ problem }) => problem === "not-native" || problem === "older-go").map(({ name }) => name);
	if (stale.length === 0) return states;
	const command = `gox tools rebuild ${stale.join(" ")}`;
	if (!context.interactive || options.has("dryRun") || !(await agrees(invocation, `rebuild ${stale.join(" and ")} now?`))) {
		report.say(`to build ${stale.length === 1 ? "it" : "them"} anew: ${command}`);
		return states;
	}
	const { buildTools, nativeGo } = await import("./toolsbuild.ts");
	if (go === undefined) return states;
	const tools = there.filter((each) => stale.includes(each.name));
	await buildTools(context, report, nativeGo(go), tools, { action: "rebuild", all: false, dryRun: false });
	return states;
}

function readTool({ context }: Invocation, path: string, name: string): Tool | undefined {
	try {
		return toolAt(context, path, name);
	} catch {
		return undefined;
	}
}

function stateOf(name: string, tool: Tool | undefined, inForce: string): EditorTool {
	if (tool === undefined) return { name, path: null, version: null, go: null, architectures: [], problem: "missing" };
	const { path, info, architectures, native } = tool;
	const problem = !native ? "not-native" : isOlder(info, inForce) ? "older-go" : null;
	return { name, path, version: info.main?.version ?? null, go: info.goVersion, architectures, problem };
}
