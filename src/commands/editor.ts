import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Invocation } from "../cli/command.ts";
import { confirm, offer } from "../cli/confirm.ts";
import {
	golandGoroot,
	neovimPluginFile,
	neovimSnippet,
	type StaleSetting,
	staleSettings,
	vscodeSettings,
	vscodeUserSettings,
	withGolandGoroot,
} from "../editor/editors.ts";
import { type EditorFile, readEditorFile, type Undone, undoLast, writeEditorFile } from "../editor/file.ts";
import { JsoncText, type KeyPath } from "../editor/jsonc.ts";
import { GoxError, quote } from "../errors.ts";
import { goSettings } from "../go/settings.ts";
import { goInForceIfAny } from "../select/inforce.ts";
import { unifiedDiff } from "../shell/diff.ts";
import { homeLayout, openHome } from "../store/home.ts";
import type { Layout } from "../store/layout.ts";
import { completeShims } from "../store/shims.ts";
import { isOlder, type Tool, toolAt, toolsIn } from "../tools/tool.ts";

/** @throws GoxError `bad-home` */
function layoutFor({ context }: Invocation): Layout {
	openHome(context);
	return homeLayout(context);
}

/** Shows a change to an editor's file, or asks and makes it. @returns whether the file was changed */
export async function change(invocation: Invocation, file: EditorFile, after: string): Promise<boolean> {
	const { context, report, options } = invocation;
	if (options.has("dryRun")) {
		if (!report.asJson) context.stdout.write(unifiedDiff(file.path, file.before, after));
		if (file.before === after) report.say(`nothing to change in ${file.path}`);
		return false;
	}
	if (file.before !== after && !(await confirm(invocation, `change ${file.path}?`))) return false;
	// The settings name the shims.
	completeShims(context);
	if (file.before === after) {
		report.say(`${file.path} is as it should be`);
		return false;
	}
	writeEditorFile(context, file, after);
	report.say(`${file.before === undefined ? "made" : "changed"} ${file.path}`);
	return true;
}

/**
 * Undoes the last change.
 * @throws GoxError `file-system` if the file was changed since
 */
export function undo({ context, report }: Invocation, isMeant: (path: string) => boolean): void {
	const undone: Undone | undefined = undoLast(context, isMeant);
	if (undone?.status === "changed-since")
		throw new GoxError("file-system", `${undone.path} was changed since gox changed it, so it stays as it is`, {
			hint: `the text from before is in ${context.home}/backup/editors.json`,
		});
	if (report.asJson) report.json(undone ?? null);
	if (undone === undefined) report.say("gox has changed nothing there, or undone it already");
	else report.say(undone.status === "removed" ? `removed ${undone.path}, which gox had made` : `${undone.path} is as it was`);
}

/** Prints the steps by default: GoLand overwrites its settings when it closes a project. */
export async function goland(invocation: Invocation): Promise<undefined> {
	const { current } = layoutFor(invocation);
	const { context, report, options } = invocation;
	const path = join(context.cwd, ".idea/workspace.xml");
	if (options.has("undo")) {
		undo(invocation, (each) => each === path);
		return undefined;
	}
	const file = readEditorFile(path);
	const writes = options.has("write") || options.has("dryRun");
	let after: string | undefined;
	let written = false;
	if (writes) {
		if (file.before === undefined)
			throw new GoxError("usage", `there is no ${path}: GoLand makes it when it opens the project`, {
				hint: "gox editor goland",
			});
		after = withGolandGoroot(file.before, current, path);
		report.say("close the project in GoLand first: GoLand overwrites this file when it closes the project");
		written = await change(invocation, file, after);
	} else if (!report.asJson) {
		completeShims(context);
		report.line(`In GoLand: Settings | Go | GOROOT | + | Local…, and choose ${current}`);
		report.line("That path never changes; it links to the version of `gox default`.");
		report.line("Leave GOROOT out of Settings | Tools | Terminal | Environment variables: terminals have the shims.");
		report.line("Or, with the project closed: gox editor goland --write");
	}
	const tools = await checkTools(invocation);
	if (report.asJson)
		report.json({
			path,
			goroot: current,
			was: file.before === undefined ? null : (golandGoroot(file.before) ?? null),
			written,
			...(options.has("dryRun") && { diff: unifiedDiff(path, file.before, after) }),
			tools,
		});
	return undefined;
}

/** Prints a snippet. With --write it goes into a file of its own, so init.lua stays untouched. */
export async function neovim(invocation: Invocation): Promise<undefined> {
	const { shims } = layoutFor(invocation);
	const { context, report, options } = invocation;
	const path = neovimPluginFile(context);
	if (options.has("undo")) {
		undo(invocation, (each) => each === path);
		return undefined;
	}
	const snippet = neovimSnippet(shims);
	const writes = options.has("write") || options.has("dryRun");
	const file = readEditorFile(path);
	const written = writes ? await change(invocation, file, snippet) : false;
	if (!writes && !report.asJson) {
		completeShims(context);
		context.stdout.write(snippet);
		report.say(`for your init.lua; to write it to ${path}: gox editor neovim --write`);
	}
	const tools = await checkTools(invocation);
	if (report.asJson)
		report.json({
			path,
			snippet,
			written,
			...(options.has("dryRun") && { diff: unifiedDiff(path, file.before, snippet) }),
			tools,
		});
	return undefined;
}

/** Editors based on VS Code; they keep their settings beside its own, in directories with these names. */
const relatives = ["Code - Insiders", "VSCodium", "Cursor", "Windsurf"];

export async function vscode(invocation: Invocation): Promise<undefined> {
	const { shims } = layoutFor(invocation);
	const { report, options } = invocation;
	const path = settingsPath(invocation);
	if (options.has("undo")) {
		undo(invocation, (each) => each === path);
		return undefined;
	}
	const file = readEditorFile(path);
	let settings = new JsoncText(file.before ?? "", path);
	const wanted = vscodeSettings(shims);
	const changed = wanted.filter(({ key, value }) => settings.get(key) !== value);
	for (const { key, value } of wanted) settings = new JsoncText(settings.with(key, value), path);
	const stale = staleSettings(settings);
	const removed = (await mayTakeOut(invocation, stale)) ? stale : [];
	for (const { key } of removed) settings = new JsoncText(settings.without(key), path);
	if (!existsSync(dirname(path)) && !options.has("settings")) tellRelatives(invocation, path);
	const written = await change(invocation, file, settings.text);
	if (written && options.has("workspace"))
		report.say("the extension reads these settings only in a trusted workspace: Go: Toggle Workspace Trust Flag");
	const tools = await checkTools(invocation, alternatives(settings));
	if (report.asJson)
		report.json({
			path,
			written,
			settings: Object.fromEntries(changed.map(({ key, value }) => [key.join("/"), value])),
			stale: stale.map(({ key, value }) => ({ setting: key.join("/"), value, removed: removed.length > 0 })),
			...(options.has("dryRun") && { diff: unifiedDiff(path, file.before, settings.text) }),
			tools,
		});
	return undefined;
}

function settingsPath({ context, options }: Invocation): string {
	const named = options.text("settings");
	if (named !== undefined && options.has("workspace"))
		throw new GoxError("usage", "editor vscode: --workspace and --settings exclude each other", {
			hint: "gox editor vscode --workspace",
		});
	if (named !== undefined) return resolve(context.cwd, named);
	return options.has("workspace") ? join(context.cwd, ".vscode/settings.json") : vscodeUserSettings(context);
}

async function mayTakeOut(invocation: Invocation, stale: readonly StaleSetting[]): Promise<boolean> {
	const { report, options } = invocation;
	for (const { key, value } of stale)
		report.warn(
			`${inWords(key)} is ${quote(String(value), 120)}: it keeps the extension on one Go, whatever a directory asks for`,
		);
	if (stale.length === 0) return false;
	const what = stale.map(({ key }) => inWords(key)).join(", ");
	if (!options.has("dryRun")) return confirm(invocation, `take out ${what}?`, { declined: `${what} stays` });
	if (!options.has("yes")) report.say(`to take out ${what}: gox editor vscode --yes`);
	return options.has("yes");
}

function inWords(key: KeyPath): string {
	return key.map((each) => `"${each}"`).join(" / ");
}

function alternatives(settings: JsoncText): Readonly<Record<string, unknown>> {
	return { gopls: settings.get(["go.alternateTools", "gopls"]), dlv: settings.get(["go.alternateTools", "dlv"]) };
}

function tellRelatives({ report }: Invocation, path: string): void {
	const root = dirname(dirname(dirname(path)));
	for (const name of relatives) {
		const other = join(root, name, "User/settings.json");
		if (existsSync(dirname(other))) report.say(`for ${name}: gox editor vscode --settings '${other}'`);
	}
}

/** The tools that editors run, and their packages. */
const wanted = [
	{ name: "gopls", package: "golang.org/x/tools/gopls" },
	{ name: "dlv", package: "github.com/go-delve/delve/cmd/dlv" },
];

/** The state of a tool that editors run. */
export interface EditorTool {
	readonly name: string;
	readonly path: string | null;
	readonly version: string | null;
	readonly go: string | null;
	readonly architectures: readonly string[];
	readonly problem: "missing" | "not-native" | "older-go" | null;
}

/**
 * Checks gopls and dlv, reports what is wrong with them, and offers to rebuild them.
 * @param paths by name, for tools that the settings have a path of
 */
export async function checkTools(
	invocation: Invocation,
	paths: Readonly<Record<string, unknown>> = {},
): Promise<readonly EditorTool[]> {
	const { context, report, options } = invocation;
	const go = goInForceIfAny(context);
	const there = toolsIn(context, goSettings(context, go?.goroot).toolDirectories);
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
		if (problem === "older-go") report.warn(`${name} was built by ${built}, which is older than ${go?.version}, the Go in use`);
	}
	const stale = states.filter(({ problem }) => problem === "not-native" || problem === "older-go").map(({ name }) => name);
	if (stale.length === 0) return states;
	const command = `gox tools rebuild ${stale.join(" ")}`;
	if (options.has("dryRun") || !(await offer(invocation, `rebuild ${stale.join(" and ")} now?`))) {
		report.say(`to rebuild ${stale.length === 1 ? "it" : "them"}: ${command}`);
		return states;
	}
	const { buildTools, nativeGo } = await import("./tools.ts");
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
