import { type EditorFile, type Undone, undoLast, writeEditorFile } from "../editor/editorfile.ts";
import { GoxError } from "../errors.ts";
import { unifiedDiff } from "../shell/diff.ts";
import type { Invocation } from "./command.ts";

/** A change to one file of an editor's, shown or made. @returns whether it was made */
export async function change(invocation: Invocation, file: EditorFile, after: string): Promise<boolean> {
	const { context, report, options } = invocation;
	if (options.has("dryRun")) {
		if (!report.asJson) context.stdout.write(unifiedDiff(file.path, file.before, after));
		if (file.before === after) report.say(`nothing to change in ${file.path}`);
		return false;
	}
	if (file.before === after) {
		report.say(`${file.path} is as it should be`);
		return false;
	}
	if (!(await agrees(invocation, `change ${file.path}?`))) throw new GoxError("interrupted", "nothing was changed");
	writeEditorFile(context, file, after);
	report.say(`${file.before === undefined ? "made" : "changed"} ${file.path}`);
	return true;
}

/** Asked only of a person; without one, and with --yes, it is agreed to. */
export async function agrees({ context, options }: Invocation, question: string): Promise<boolean> {
	if (!context.interactive || options.has("yes")) return true;
	return /^(?:y|yes|)$/i.test((await context.ask(`${question} [Y/n] `)).trim());
}

/**
 * Takes the last change back.
 * @throws GoxError `file-system` where the file was changed since: what is in it now is somebody's.
 */
export function undo({ context, report }: Invocation, isMeant: (path: string) => boolean): void {
	const undone: Undone | undefined = undoLast(context, isMeant);
	if (undone?.status === "changed-since")
		throw new GoxError("file-system", `${undone.path} was changed since gox changed it, so it stays as it is`, {
			hint: `the text from before is in ${context.home}/backup/editors.json`,
		});
	if (report.asJson) report.json(undone ?? null);
	if (undone === undefined) report.say("gox has changed nothing there, or taken it back already");
	else report.say(undone.status === "removed" ? `removed ${undone.path}, which gox had made` : `${undone.path} is as it was`);
}
