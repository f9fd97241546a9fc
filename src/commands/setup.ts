import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Invocation, Run } from "../cli/command.ts";
import { confirm, offer } from "../cli/confirm.ts";
import { shellNamed, usersShell } from "../cli/operands.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { type ForeignToolName, foreignTools, titleOf } from "../foreign/tools.ts";
import { withoutSecrets } from "../output.ts";
import { unifiedDiff } from "../shell/diff.ts";
import { hookFile, hookPlace, hookText, removeHook, shellCalled, shellNames, writeHook } from "../shell/hook.ts";
import {
	findLeftovers,
	foreignCommands,
	type Leftover,
	leftoverSurroundings,
	leftoversIn,
	removeCommand,
	restoreCommand,
	type SearchedFile,
	searchedFiles,
} from "../shell/leftovers.ts";
import { type FileRemoval, readRemovals, removalOf, writeRemovals } from "../shell/restoring.ts";
import type { Shell, UserHome } from "../shell/shell.ts";
import {
	applyEdit,
	changesSomething,
	type FindRemoval,
	planRemoval,
	planSetup,
	planUndo,
	type StartupEdit,
} from "../shell/startup.ts";
import { openHome } from "../store/home.ts";
import { installedVersions } from "../store/installed.ts";
import { announced, editing } from "../store/journal.ts";
import { completeShims } from "../store/shims.ts";

/**
 * `gox setup`: writes the hook, and one block in the shell's start-up files that sources it. It can also remove what other
 * version managers left there. All changes are planned before the first file is written.
 */
export const run: Run = async (invocation) => {
	const named = invocation.options.text("shell");
	if (invocation.options.has("undo")) return undo(invocation, named);
	return setUp(invocation, named === undefined ? usersShell(invocation.context) : shellNamed(named));
};

async function setUp(invocation: Invocation, shell: Shell): Promise<undefined> {
	const { context, report, options } = invocation;
	const text = hookText(context, shell);
	const place = hookPlace(context, shell);
	const leftovers = leftoverOffer(invocation, shell);
	const files = shell.startupFiles(homeOf(context));
	const plan = () => [
		...files.map((file) => planSetup(file, shell.sourcing(place, file), leftovers.findRemoval(file))),
		...leftovers.plansBeside(files.map(({ path }) => path)),
	];
	let changed = plan().filter(changesSomething);
	if (options.has("dryRun")) {
		showDiffs(invocation, changed);
		if (changed.length === 0) report.say("nothing to change in the start-up files");
		leftovers.tell();
		return undefined;
	}
	if (!(await mayEdit(invocation, changed, "change"))) {
		if (report.asJson)
			report.json({ shell: shell.name, hook: hookFile(context, shell), changed: [], leftovers: leftovers.asJson() });
		return undefined;
	}
	await leftovers.ask();
	changed = plan().filter(changesSomething);
	completeShims(context);
	const isNew = announced(context, openHome(context), () => {
		const written = writeHook(context, shell);
		context.checkpoint("setup-hook");
		for (const edit of changed) applyEdit(context, edit, backupsOf(context));
		leftovers.takeCommands();
		return written;
	});
	if (report.asJson)
		report.json({
			shell: shell.name,
			hook: hookFile(context, shell),
			changed: changed.map(({ path }) => path),
			leftovers: leftovers.asJson(),
		});
	for (const { path, before } of changed) report.say(`${before === undefined ? "made" : "changed"} ${path}`);
	if (changed.length > 0 && changed.some(({ before }) => before !== undefined))
		report.say(`a copy of what was there is in ${backupsOf(context)}`);
	if (changed.length === 0) report.say(isNew ? `wrote ${hookFile(context, shell)}` : `${shell.name} is set up already`);
	leftovers.tell();
	report.detail(text);
	report.say(leftovers.taking ? "to start using it: open a new terminal" : `to start using it: exec ${shell.name}`);
	return undefined;
}

/**
 * `gox setup --undo`: removes what setup wrote and puts back what it removed; without --shell, for every shell.
 * @throws GoxError `file-system` if some removed lines no longer have a place. Everything else is undone first.
 */
export async function undo(invocation: Invocation, named: string | undefined): Promise<undefined> {
	const { context, report, options } = invocation;
	const backups = backupsOf(context);
	const shells =
		named === undefined
			? shellNames.map((name) => shellCalled(name)).filter((shell) => shell !== undefined)
			: [shellNamed(named)];
	const record = readRemovals(backups);
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
	if (!(await mayEdit(invocation, changed, "take gox out of"))) {
		if (report.asJson) report.json({ changed: [] });
		return undefined;
	}
	for (const edit of changed) applyEdit(context, edit, backups);
	for (const command of record.commands) editing(context, command.path, () => restoreCommand(command));
	context.checkpoint("setup-put-back");
	writeRemovals(context, backups, { files: record.files.filter((file) => !files.includes(file)), commands: [] });
	for (const shell of hooks) removeHook(context, shell);
	if (report.asJson) report.json({ changed: changed.map(({ path }) => path) });
	for (const { path, after } of changed) {
		const what = after === undefined ? `removed ${path}` : `took gox out of ${path}`;
		report.say(files.some((file) => file.path === path) ? `${what}, and put back what it had taken out` : what);
	}
	for (const { path } of record.commands) report.say(`put back ${path}`);
	if (changed.length === 0) report.say("no start-up file has gox in it");
	else report.say(`installed versions stay in ${context.home}; open shells keep the hook until they exit`);
	reportLost(edits, files);
	return undefined;
}

function isReadBy({ context }: Invocation, shells: readonly Shell[], path: string): boolean {
	return shells.some((shell) => searchedFiles(shell, homeOf(context)).some((file) => file.path === path));
}

function reportLost(edits: readonly StartupEdit[], files: readonly FileRemoval[]): void {
	const lost = edits.filter((edit) => (edit.lost ?? []).length > 0);
	if (lost.length === 0) return;
	const lines = lost.flatMap(({ path, lost: pieces = [] }) => [
		`${path} was changed where these lines were, so they were not put back:`,
		...pieces.map(({ removed }) => `  ${utf8(removed).trimEnd()}`),
	]);
	const copies = lost.flatMap(({ path }) => files.find((file) => file.path === path)?.backup ?? []);
	throw new GoxError("file-system", lines.join("\n"), { hint: copies.map((copy) => `less ${copy}`).join("\n") });
}

/** Asks if there is something to change. Throws as `confirm`. */
async function mayEdit(invocation: Invocation, edits: readonly Pick<StartupEdit, "path">[], what: string): Promise<boolean> {
	return edits.length === 0 || confirm(invocation, `${what} ${edits.map(({ path }) => path).join(", ")}?`);
}

export function showDiffs({ context, report }: Invocation, edits: readonly StartupEdit[]): void {
	if (report.asJson) report.json({ changed: edits.map(({ path }) => path) });
	else
		for (const { path, before, after } of edits)
			context.stdout.write(withoutSecrets(unifiedDiff(path, utf8(before), utf8(after))));
}

export function homeOf(context: Context): UserHome {
	return { userHome: context.userHome, env: context.env, exists: existsSync };
}

export function backupsOf(context: Context): string {
	return join(context.home, "backup");
}

/** Start-up files are read as Latin-1, one character a byte, so that every byte survives. */
export function utf8(bytes: string): string;
export function utf8(bytes: string | undefined): string | undefined;
export function utf8(bytes: string | undefined): string | undefined {
	return bytes === undefined ? undefined : Buffer.from(bytes, "latin1").toString("utf8");
}

/** The leftovers of other version managers in a shell's start-up files, and whether setup removes them. */
export interface LeftoverOffer {
	/** Whether they are removed. */
	readonly taking: boolean;
	/** Offers to remove them. */
	ask(): Promise<void>;
	/** The removals from a file that also gets gox's block. */
	findRemoval(file: SearchedFile): FindRemoval;
	/** The removals from other files. */
	plansBeside(paths: readonly string[]): readonly StartupEdit[];
	/** Removes the `go` and `gofmt` of other tools from directories that stay on PATH. */
	takeCommands(): void;
	/** Reports what was found, what was done with it, and what to type. */
	tell(): void;
	asJson(): readonly object[];
}

/** @throws GoxError `not-installed` if gox has no Go yet: removing the others might leave none. */
export function leftoverOffer(invocation: Invocation, shell: Shell): LeftoverOffer {
	const { context, report, options } = invocation;
	const found = findLeftovers(context, shell);
	const every = found.flatMap(({ file, leftovers }) => leftovers.map((leftover) => ({ path: file.path, ...leftover })));
	const removable = every.filter(({ keep }) => keep === undefined);
	const staying = new Set<ForeignToolName>(every.filter(({ keep }) => keep !== undefined).map(({ tool }) => tool));
	const commands = foreignCommands(context, staying);
	const wanted = options.has("removeLeftovers");
	const hasGo = installedVersions(context).length > 0;
	if (wanted && !hasGo && removable.length > 0) throw withoutGo();
	let taking = wanted && removable.length + commands.length > 0;
	const findRemoval =
		(file: SearchedFile): FindRemoval =>
		(text) => {
			if (!taking) return undefined;
			const gone = leftoversIn(text, file.dialect, leftoverSurroundings(context)).filter(({ keep }) => keep === undefined);
			return gone.length > 0 ? removalOf(text, gone) : undefined;
		};
	const where = ({ path, line }: { path: string; line: number }) => `${path}:${line}`;
	const listed = (each: Leftover & { path: string }) => `  ${where(each)}  ${firstLine(each)}  (${titleOf(each.tool)})`;
	return {
		get taking() {
			return taking;
		},
		async ask() {
			// --yes is for gox's own block. Removing these lines takes --remove-leftovers.
			if (wanted || !hasGo || removable.length === 0 || !context.interactive || options.has("yes")) return;
			report.say("other version managers are in your start-up files too:");
			for (const each of removable) report.say(listed(each));
			taking = await offer(invocation, "take these lines out? gox setup --undo puts them back");
		},
		findRemoval,
		plansBeside: (paths) =>
			found.flatMap(({ file }) => (taking && !paths.includes(file.path) ? [planRemoval(file.path, findRemoval(file))] : [])),
		takeCommands() {
			if (!taking || commands.length === 0) return;
			const record = readRemovals(backupsOf(context));
			const known = new Set(record.commands.map(({ path }) => path));
			const fresh = commands.filter(({ path }) => !known.has(path));
			writeRemovals(context, backupsOf(context), { ...record, commands: [...record.commands, ...fresh] });
			context.checkpoint("setup-commands");
			for (const command of commands) removeCommand(command);
		},
		tell() {
			if (removable.length > 0) {
				const done = options.has("dryRun") ? "would take out" : "took out";
				report.say(taking ? `${done} what other version managers left there:` : "other version managers are set up there too:");
				for (const each of removable) report.say(listed(each));
			}
			if (taking) for (const { path, tool } of commands) report.say(`removed ${tool}'s ${path} too`);
			if (taking)
				for (const { name, stop } of foreignTools)
					if (stop && commands.some(({ tool }) => tool === name))
						report.say(`${name} creates it again as long as it has a Go; to stop that: ${stop}`);
			for (const each of every.filter(({ keep }) => keep !== undefined)) report.say(`left ${where(each)}: ${each.keep}`);
			if (!taking && removable.length > 0)
				report.say(
					hasGo
						? "to take them out: gox setup --remove-leftovers"
						: "to take them out: gox import (or gox install latest), then gox setup --remove-leftovers",
				);
		},
		asJson: () =>
			every.map(({ tool, path, line, text, keep }) => ({
				tool,
				path,
				line,
				text: utf8(text),
				removed: taking && keep === undefined,
				...(keep !== undefined && { reason: keep }),
			})),
	};
}

function firstLine({ text, line, lastLine }: Leftover): string {
	const first = utf8(text).split("\n")[0]?.trim() ?? "";
	return lastLine > line ? `${first} …` : first;
}

function withoutGo(): GoxError {
	return new GoxError("not-installed", "gox has no Go installed yet: without those lines there might be no Go at all", {
		hint: "gox import\ngox install latest",
	});
}
