import { existsSync } from "node:fs";
import { join } from "node:path";
import { GoxError } from "../errors.ts";
import { unifiedDiff } from "../shell/diff.ts";
import { hookFile, hookPlace, hookText, removeHook, writeHook } from "../shell/hookfile.ts";
import type { Shell, UserHome } from "../shell/shell.ts";
import { shellCalled, shellNames } from "../shell/shells.ts";
import { applyEdit, changesSomething, planSetup, planUndo, type StartupEdit } from "../shell/startupedit.ts";
import { completeShims } from "../store/shims.ts";
import type { Invocation, Run } from "./command.ts";
import { shellNamed, usersShell } from "./shellargument.ts";

/**
 * `gox setup`: the hook, and one block in the shell's start-up files that reads it. Every file is looked at before the
 * first is changed.
 */
export const run: Run = (invocation) => {
	const named = invocation.options.text("shell");
	if (invocation.options.has("undo")) return undo(invocation, named);
	return setUp(invocation, named === undefined ? usersShell(invocation.context) : shellNamed(named));
};

async function setUp(invocation: Invocation, shell: Shell): Promise<undefined> {
	const { context, report, options } = invocation;
	const text = hookText(context, shell);
	const place = hookPlace(context, shell);
	const edits = shell.startupFiles(homeOf(invocation)).map((file) => planSetup(file, shell.sourcing(place, file)));
	const changed = edits.filter(changesSomething);
	if (options.has("dryRun")) {
		showDiffs(invocation, changed);
		if (changed.length === 0) report.say("nothing to change in the start-up files");
		return undefined;
	}
	await consent(invocation, changed, "change");
	completeShims(context);
	const isNew = writeHook(context, shell);
	context.checkpoint("setup-hook");
	for (const edit of changed) applyEdit(context, edit, backupsOf(invocation));
	if (report.asJson) report.json({ shell: shell.name, hook: hookFile(context, shell), changed: changed.map(({ path }) => path) });
	for (const { path, before } of changed) report.say(`${before === undefined ? "made" : "changed"} ${path}`);
	if (changed.length > 0 && changed.some(({ before }) => before !== undefined))
		report.say(`a copy of what was there is in ${backupsOf(invocation)}`);
	if (changed.length === 0) report.say(isNew ? `wrote ${hookFile(context, shell)}` : `${shell.name} is set up already`);
	report.detail(text);
	report.say(`to start using it: exec ${shell.name}`);
	return undefined;
}

/** Without --shell everything that setup may have written, for whichever shell. */
async function undo(invocation: Invocation, named: string | undefined): Promise<undefined> {
	const { context, report, options } = invocation;
	const shells =
		named === undefined
			? shellNames.map((name) => shellCalled(name)).filter((shell) => shell !== undefined)
			: [shellNamed(named)];
	const paths = new Set(shells.flatMap((shell) => shell.everyStartupFile(homeOf(invocation))));
	const changed = [...paths].map(planUndo).filter(changesSomething);
	const hooks = shells.filter((shell) => existsSync(hookFile(context, shell)));
	if (options.has("dryRun")) {
		showDiffs(invocation, changed);
		return undefined;
	}
	await consent(invocation, changed, "take gox out of");
	for (const edit of changed) applyEdit(context, edit, backupsOf(invocation));
	for (const shell of hooks) removeHook(context, shell);
	if (report.asJson) report.json({ changed: changed.map(({ path }) => path) });
	for (const { path, after } of changed) report.say(after === undefined ? `removed ${path}` : `took gox out of ${path}`);
	if (changed.length === 0) report.say("no start-up file has gox in it");
	else report.say(`installed versions stay in ${context.home}; shells that are open keep the hook until they end`);
	return undefined;
}

/** Asked only of a person, and only when something would change. @throws GoxError `interrupted` for a no. */
async function consent({ context, options }: Invocation, edits: readonly StartupEdit[], what: string): Promise<void> {
	if (!context.interactive || options.has("yes") || edits.length === 0) return;
	const answer = await context.ask(`${what} ${edits.map(({ path }) => path).join(", ")}? [Y/n] `);
	if (!/^(?:y|yes|)$/i.test(answer.trim())) throw new GoxError("interrupted", "nothing was changed");
}

function showDiffs({ context, report }: Invocation, edits: readonly StartupEdit[]): void {
	if (report.asJson) report.json({ changed: edits.map(({ path }) => path) });
	else for (const { path, before, after } of edits) context.stdout.write(unifiedDiff(path, utf8(before), utf8(after)));
}

function homeOf({ context }: Invocation): UserHome {
	return { userHome: context.userHome, env: context.env, exists: existsSync };
}

function backupsOf({ context }: Invocation): string {
	return join(context.home, "backup");
}

/** Start-up files are held one character a byte. */
function utf8(bytes: string | undefined): string | undefined {
	return bytes === undefined ? undefined : Buffer.from(bytes, "latin1").toString("utf8");
}
