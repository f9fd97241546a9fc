import { existsSync } from "node:fs";
import { GoxError } from "../errors.ts";
import { hookFile, removeHook } from "../shell/hookfile.ts";
import type { Shell } from "../shell/shell.ts";
import { shellCalled, shellNames } from "../shell/shells.ts";
import { applyEdit, changesSomething, planUndo, type StartupEdit } from "../shell/startupedit.ts";
import { searchedFiles } from "../shell/startupsearch.ts";
import { putBack } from "../shell/straycommand.ts";
import { readTakenOut, type TakenOutOf, writeTakenOut } from "../shell/takenoutrecord.ts";
import { editing } from "../store/journal.ts";
import type { Invocation } from "./command.ts";
import { shellNamed } from "./shellargument.ts";
import { backupsOf, consent, homeOf, showDiffs, utf8 } from "./startupchange.ts";

/**
 * `gox setup --undo`: without --shell everything that setup may have written, for whichever shell, and everything that it
 * took out, back in its place.
 * @throws GoxError `file-system` when some of what was taken out has no place any more; all the rest is done.
 */
export async function undo(invocation: Invocation, named: string | undefined): Promise<undefined> {
	const { context, report, options } = invocation;
	const backups = backupsOf(context);
	const shells =
		named === undefined
			? shellNames.map((name) => shellCalled(name)).filter((shell) => shell !== undefined)
			: [shellNamed(named)];
	const record = readTakenOut(backups);
	const files = record.files.filter(({ path }) => named === undefined || isReadBy(invocation, shells, path));
	const paths = new Set([
		...shells.flatMap((shell) => shell.everyStartupFile(homeOf(context))),
		...files.map(({ path }) => path),
	]);
	const edits = [...paths].map((path) =>
		planUndo(
			path,
			files.filter((file) => file.path === path),
		),
	);
	const changed = edits.filter(changesSomething);
	const hooks = shells.filter((shell) => existsSync(hookFile(context, shell)));
	if (options.has("dryRun")) {
		showDiffs(invocation, changed);
		for (const { path } of record.commands) report.say(`puts back ${path}`);
		return undefined;
	}
	await consent(invocation, changed, "take gox out of");
	for (const edit of changed) applyEdit(context, edit, backups);
	for (const command of record.commands) editing(context, command.path, () => putBack(command));
	context.checkpoint("setup-put-back");
	writeTakenOut(context, backups, { files: record.files.filter((file) => !files.includes(file)), commands: [] });
	for (const shell of hooks) removeHook(context, shell);
	if (report.asJson) report.json({ changed: changed.map(({ path }) => path) });
	for (const { path, after } of changed) {
		const what = after === undefined ? `removed ${path}` : `took gox out of ${path}`;
		report.say(files.some((file) => file.path === path) ? `${what}, and put back what it had taken out` : what);
	}
	for (const { path } of record.commands) report.say(`put back ${path}`);
	if (changed.length === 0) report.say("no start-up file has gox in it");
	else report.say(`installed versions stay in ${context.home}; shells that are open keep the hook until they end`);
	refuseTheRest(edits, files);
	return undefined;
}

function isReadBy({ context }: Invocation, shells: readonly Shell[], path: string): boolean {
	return shells.some((shell) => searchedFiles(shell, homeOf(context)).some((file) => file.path === path));
}

function refuseTheRest(edits: readonly StartupEdit[], files: readonly TakenOutOf[]): void {
	const lost = edits.filter((edit) => (edit.lost ?? []).length > 0);
	if (lost.length === 0) return;
	const lines = lost.flatMap(({ path, lost: pieces = [] }) => [
		`${path} was changed where these lines stood, so they are not in it again:`,
		...pieces.map(({ removed }) => `  ${utf8(removed).trimEnd()}`),
	]);
	const copies = lost.flatMap(({ path }) => files.find((file) => file.path === path)?.backup ?? []);
	throw new GoxError("file-system", lines.join("\n"), { hint: copies.map((copy) => `less ${copy}`).join("\n") });
}
