import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readEditorFile } from "../editor/editorfile.ts";
import { JsoncText, type KeyPath } from "../editor/jsonc.ts";
import { type StaleSetting, staleSettings, vscodeSettings, vscodeUserSettings } from "../editor/vscode.ts";
import { GoxError, quote } from "../errors.ts";
import { unifiedDiff } from "../shell/diff.ts";
import type { Layout } from "../store/layout.ts";
import type { Invocation } from "./command.ts";
import { agrees, change, undo } from "./editorchange.ts";
import { checkTools } from "./editortools.ts";

/** Editors made from VS Code keep their settings beside it, under these names. */
const relatives = ["Code - Insiders", "VSCodium", "Cursor", "Windsurf"];

export async function vscode(invocation: Invocation, layout: Layout): Promise<undefined> {
	const { report, options } = invocation;
	const path = settingsPath(invocation);
	if (options.has("undo")) {
		undo(invocation, (each) => each === path);
		return undefined;
	}
	const file = readEditorFile(path);
	let settings = new JsoncText(file.before ?? "", path);
	const wanted = vscodeSettings(layout.shims);
	const changed = wanted.filter(({ key, value }) => settings.get(key) !== value);
	for (const { key, value } of wanted) settings = new JsoncText(settings.with(key, value), path);
	const stale = staleSettings(settings);
	const removed = (await mayTakeOut(invocation, stale)) ? stale : [];
	for (const { key } of removed) settings = new JsoncText(settings.without(key), path);
	if (!existsSync(dirname(path)) && !options.has("settings")) tellRelatives(invocation, path);
	const written = await change(invocation, file, settings.text);
	if (written && options.has("workspace"))
		report.say("the extension reads these of a workspace that it trusts: Go: Toggle Workspace Trust Flag");
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
		throw new GoxError("usage", "editor: --workspace is a path, too, so --settings is one too many", {
			hint: "gox editor vscode --workspace",
		});
	if (named !== undefined) return resolve(context.cwd, named);
	return options.has("workspace") ? join(context.cwd, ".vscode/settings.json") : vscodeUserSettings(context);
}

/** Without a person and without --yes they stay. */
async function mayTakeOut(invocation: Invocation, stale: readonly StaleSetting[]): Promise<boolean> {
	const { context, report, options } = invocation;
	for (const { key, value } of stale)
		report.warn(
			`${inWords(key)} is ${quote(String(value), 120)}: it holds the extension to one Go, whatever a directory asks for`,
		);
	if (stale.length === 0) return false;
	const what = stale.map(({ key }) => inWords(key)).join(", ");
	if (options.has("yes")) return true;
	if (context.interactive) return agrees(invocation, `take out ${what}?`);
	report.say(`to take out ${what}: gox editor vscode --yes`);
	return false;
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
