import { join } from "node:path";
import { readEditorFile } from "../editor/editorfile.ts";
import { golandGoroot, withGolandGoroot } from "../editor/goland.ts";
import { GoxError } from "../errors.ts";
import { unifiedDiff } from "../shell/diff.ts";
import type { Layout } from "../store/layout.ts";
import type { Invocation } from "./command.ts";
import { change, undo } from "./editorchange.ts";
import { checkTools } from "./editortools.ts";

/** GoLand writes its settings when it closes a project, so the steps are what is safe while it runs. */
export async function goland(invocation: Invocation, { current }: Layout): Promise<undefined> {
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
		report.say("GoLand must not have the project open meanwhile: it writes this file when it closes it");
		written = await change(invocation, file, after);
	} else if (!report.asJson) {
		report.line(`In GoLand: Settings | Go | GOROOT | + | Local…, and choose ${current}`);
		report.line("That path stays; what it leads to is the version of `gox default`.");
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
