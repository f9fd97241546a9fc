import { GoxError, quote } from "../errors.ts";
import { homeLayout, openHome } from "../store/home.ts";
import { completeShims } from "../store/shims.ts";
import type { Invocation, Run } from "./command.ts";

const editors = ["vscode", "goland", "neovim"];

/** `gox editor NAME`: each editor in a module of its own. */
export const run: Run = async (invocation) => {
	const { args, options, context } = invocation;
	const [name = ""] = args;
	for (const [option, editor] of [
		["workspace", "vscode"],
		["settings", "vscode"],
	] as const)
		if (options.given(option) && name !== editor)
			throw new GoxError("usage", `editor: --${option} is for ${editor}`, { hint: `gox editor ${editor} --help` });
	if (!editors.includes(name))
		throw new GoxError("usage", `gox doesn't know the editor ${quote(name)}`, {
			hint: editors.map((each) => `gox editor ${each}`).join("\n"),
		});
	openHome(context);
	if (changes(invocation)) completeShims(context);
	switch (name) {
		case "vscode":
			return (await import("./editorvscode.ts")).vscode(invocation, homeLayout(context));
		case "goland":
			return (await import("./editorgoland.ts")).goland(invocation, homeLayout(context));
		default:
			return (await import("./editorneovim.ts")).neovim(invocation, homeLayout(context));
	}
};

function changes({ options }: Invocation): boolean {
	return !options.has("dryRun") && !options.has("undo");
}
