import { GoxError } from "../errors.ts";
import { type Leftover, type LeftoverTool, leftoversIn } from "../shell/leftovers.ts";
import { takenOut } from "../shell/restoring.ts";
import type { Shell } from "../shell/shell.ts";
import { planTakingOut, type StartupEdit, type TakingOut } from "../shell/startupedit.ts";
import { findLeftovers, leftoverSurroundings, type SearchedFile } from "../shell/startupsearch.ts";
import { strayCommands, takeAway } from "../shell/straycommand.ts";
import { readTakenOut, writeTakenOut } from "../shell/takenoutrecord.ts";
import { installedVersions } from "../store/installed.ts";
import type { Invocation } from "./command.ts";
import { backupsOf, utf8 } from "./startupchange.ts";

/** What other version managers left in a shell's start-up files, and whether setup takes it out. */
export interface LeftoverOffer {
	/** Whether it is to be taken out. */
	readonly taking: boolean;
	/** Asks a person, once. */
	ask(): Promise<void>;
	/** For a file that gets gox's block too. */
	takeOut(file: SearchedFile): TakingOut;
	/** The other files that have leftovers. */
	plansBeside(paths: readonly string[]): readonly StartupEdit[];
	/** Takes away the `go` and `gofmt` that other tools put into directories which stay on PATH. */
	takeCommands(): void;
	/** What was found, what became of it, and what to type. */
	tell(): void;
	asJson(): readonly object[];
}

/** @throws GoxError `not-installed` when there would be no Go at all without them. */
export function leftoverOffer(invocation: Invocation, shell: Shell): LeftoverOffer {
	const { context, report, options } = invocation;
	const found = findLeftovers(context, shell);
	const every = found.flatMap(({ file, leftovers }) => leftovers.map((leftover) => ({ path: file.path, ...leftover })));
	const removable = every.filter(({ keep }) => keep === undefined);
	const staying = new Set<LeftoverTool>(every.filter(({ keep }) => keep !== undefined).map(({ tool }) => tool));
	const commands = strayCommands(context, staying);
	const wanted = options.has("removeLeftovers");
	const hasGo = installedVersions(context).length > 0;
	if (wanted && !hasGo && removable.length > 0) throw withoutGo();
	let taking = wanted && removable.length + commands.length > 0;
	const takeOut =
		(file: SearchedFile): TakingOut =>
		(text) => {
			if (!taking) return undefined;
			const gone = leftoversIn(text, file.dialect, leftoverSurroundings(context)).filter(({ keep }) => keep === undefined);
			return gone.length > 0 ? takenOut(text, gone) : undefined;
		};
	const where = ({ path, line }: { path: string; line: number }) => `${path}:${line}`;
	const listed = (each: Leftover & { path: string }) => `  ${where(each)}  ${firstLine(each)}  (${titles[each.tool]})`;
	return {
		get taking() {
			return taking;
		},
		async ask() {
			if (wanted || !hasGo || removable.length === 0 || !context.interactive || options.has("yes")) return;
			report.say("other version managers are in your start-up files too:");
			for (const each of removable) report.say(listed(each));
			const answer = await context.ask("take these lines out? gox setup --undo puts them back [Y/n] ");
			taking = /^(?:y|yes|)$/i.test(answer.trim());
		},
		takeOut,
		plansBeside: (paths) =>
			found.flatMap(({ file }) => (taking && !paths.includes(file.path) ? [planTakingOut(file.path, takeOut(file))] : [])),
		takeCommands() {
			if (!taking || commands.length === 0) return;
			const record = readTakenOut(backupsOf(context));
			const known = new Set(record.commands.map(({ path }) => path));
			const fresh = commands.filter(({ path }) => !known.has(path));
			writeTakenOut(context, backupsOf(context), { ...record, commands: [...record.commands, ...fresh] });
			context.checkpoint("setup-commands");
			for (const command of commands) takeAway(command);
		},
		tell() {
			if (removable.length > 0) {
				const done = options.has("dryRun") ? "would take out" : "took out";
				report.say(taking ? `${done} what other version managers left there:` : "other version managers are set up there too:");
				for (const each of removable) report.say(listed(each));
			}
			if (taking) for (const { path, tool } of commands) report.say(`${tool}'s ${path} is out of the way too`);
			if (taking)
				for (const tool of new Set(commands.map((each) => each.tool)))
					if (makesAnew[tool]) report.say(`${tool} makes it anew as long as it has a Go; for good: ${makesAnew[tool]}`);
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

/** Shims come back with the next one that the tool makes. */
const makesAnew: Partial<Record<LeftoverTool, string>> = {
	asdf: "asdf plugin remove golang",
	mise: "mise unuse --global go",
};

/** How people know the tools. */
const titles: Readonly<Record<LeftoverTool, string>> = {
	gvm: "gvm",
	goenv: "goenv",
	g: "g",
	gobrew: "gobrew",
	goup: "goup",
	asdf: "asdf",
	mise: "mise",
	go: "another Go",
};

function firstLine({ text, line, lastLine }: Leftover): string {
	const first = utf8(text).split("\n")[0]?.trim() ?? "";
	return lastLine > line ? `${first} …` : first;
}

function withoutGo(): GoxError {
	return new GoxError("not-installed", "gox has no Go installed yet: without those lines there might be no Go at all", {
		hint: "gox import\ngox install latest",
	});
}
