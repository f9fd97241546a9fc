import { readEditorFile } from "../editor/editorfile.ts";
import { neovimPluginFile, neovimSnippet } from "../editor/neovim.ts";
import { unifiedDiff } from "../shell/diff.ts";
import type { Layout } from "../store/layout.ts";
import type { Invocation } from "./command.ts";
import { change, undo } from "./editorchange.ts";
import { checkTools } from "./editortools.ts";

/** A snippet on stdout; with --write a file of its own, so that nobody's init.lua is touched. */
export async function neovim(invocation: Invocation, { shims }: Layout): Promise<undefined> {
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
		context.stdout.write(snippet);
		report.say(`for your init.lua; or, into ${path}: gox editor neovim --write`);
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
