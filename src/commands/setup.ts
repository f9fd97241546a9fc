import { hookFile, hookPlace, hookText, writeHook } from "../shell/hookfile.ts";
import type { Shell } from "../shell/shell.ts";
import { applyEdit, changesSomething, planSetup } from "../shell/startupedit.ts";
import { openHome } from "../store/home.ts";
import { announced } from "../store/journal.ts";
import { completeShims } from "../store/shims.ts";
import type { Invocation, Run } from "./command.ts";
import { leftoverOffer } from "./leftoveroffer.ts";
import { shellNamed, usersShell } from "./shellargument.ts";
import { backupsOf, consent, homeOf, showDiffs } from "./startupchange.ts";

/**
 * `gox setup`: the hook, and one block in the shell's start-up files that reads it; and what other version managers left
 * there, where it is to be taken out. Every file is looked at before the first is changed.
 */
export const run: Run = async (invocation) => {
	const named = invocation.options.text("shell");
	if (invocation.options.has("undo")) return (await import("./setupundo.ts")).undo(invocation, named);
	return setUp(invocation, named === undefined ? usersShell(invocation.context) : shellNamed(named));
};

async function setUp(invocation: Invocation, shell: Shell): Promise<undefined> {
	const { context, report, options } = invocation;
	const text = hookText(context, shell);
	const place = hookPlace(context, shell);
	const offer = leftoverOffer(invocation, shell);
	const files = shell.startupFiles(homeOf(context));
	const plan = () => [
		...files.map((file) => planSetup(file, shell.sourcing(place, file), offer.takeOut(file))),
		...offer.plansBeside(files.map(({ path }) => path)),
	];
	let changed = plan().filter(changesSomething);
	const toShow = options.has("dryRun");
	if (!toShow) {
		await consent(invocation, changed, "change");
		await offer.ask();
		changed = plan().filter(changesSomething);
	}
	if (toShow) {
		showDiffs(invocation, changed);
		if (changed.length === 0) report.say("nothing to change in the start-up files");
		offer.tell();
		return undefined;
	}
	completeShims(context);
	const isNew = announced(context, openHome(context), () => {
		const written = writeHook(context, shell);
		context.checkpoint("setup-hook");
		for (const edit of changed) applyEdit(context, edit, backupsOf(context));
		offer.takeCommands();
		return written;
	});
	if (report.asJson)
		report.json({
			shell: shell.name,
			hook: hookFile(context, shell),
			changed: changed.map(({ path }) => path),
			leftovers: offer.asJson(),
		});
	for (const { path, before } of changed) report.say(`${before === undefined ? "made" : "changed"} ${path}`);
	if (changed.length > 0 && changed.some(({ before }) => before !== undefined))
		report.say(`a copy of what was there is in ${backupsOf(context)}`);
	if (changed.length === 0) report.say(isNew ? `wrote ${hookFile(context, shell)}` : `${shell.name} is set up already`);
	offer.tell();
	report.detail(text);
	report.say(offer.taking ? "to start using it: open a new terminal" : `to start using it: exec ${shell.name}`);
	return undefined;
}
