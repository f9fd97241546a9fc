import { dirname } from "node:path";
import { type Invocation, Options } from "../cli/command.ts";
import { offer } from "../cli/confirm.ts";
import type { Report } from "../cli/report.ts";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { goSettings } from "../go/settings.ts";
import { goInstead } from "../select/goswitch.ts";
import { findGoxLock, lockedWord } from "../select/goxlock.ts";
import { select } from "../select/select.ts";
import { startOf, strangerBehind, upward } from "../select/start.ts";
import { insteadSentence } from "../select/why.ts";
import { rememberProject } from "../store/projects.ts";

/**
 * Called by the shim if the requested Go isn't installed. The setting `auto_install` decides what to do.
 * The exit status is 0 also if nothing is installed: the shim looks again and prints the error itself (docs/selection.md).
 * @throws GoxError `not-installed` if the file that requests or locks the version belongs to another user
 */
export async function run(invocation: Invocation): Promise<number> {
	const {
		report,
		args: [request = ""],
		options,
	} = invocation;
	const askedBy = options.text("askedBy") ?? "the command line";
	const context = whereAsked(invocation.context, askedBy);
	const locked = lockedWord(context, askedBy, request);
	const meant = locked ?? request;
	const word = meant.replace(/@.*$/, "");
	const platform = /@(.+)$/.exec(meant)?.[1];
	const { autoInstall } = loadConfig(context);
	if (autoInstall !== "yes") tellOfGo(context, report, askedBy);
	if (autoInstall === "no" || (autoInstall === "ask" && !context.interactive)) return 0;
	if (askedBy.startsWith("/")) refuseOtherUser(context, askedBy, "asks for", meant);
	if (locked !== undefined) refuseOtherUser(context, findGoxLock(context)?.path ?? "", "locks", meant);
	const question = `${askedBy} asks for ${nameOf(word)}, which is not installed. Install it now?`;
	if (autoInstall === "ask" && !(await offer({ context, options }, question))) return 0;
	if (askedBy.startsWith("/")) rememberProject(context, askedBy);
	report.say(`${askedBy} asks for ${nameOf(word)}: installing it`);
	const { run: install } = await import("./install.ts");
	return install({ ...invocation, context, args: [word], options: new Options(platform ? { platform } : {}), name: "install" });
}

/** The context in the directory of `go -C DIR`. The shim passes only the file that requests a version there. */
function whereAsked(context: Context, askedBy: string): Context {
	const start = startOf(context);
	const directory = dirname(askedBy);
	const isAbove = start !== undefined && [...upward(start)].includes(directory);
	if (!askedBy.startsWith("/") || askedBy === goSettings(context, null).find("GOWORK")?.value || isAbove) return context;
	return { ...context, cwd: directory, env: { ...context.env, PWD: directory } };
}

/** Says what Go itself would do about a go.mod, before the question is asked. */
function tellOfGo(context: Context, report: Report, askedBy: string): void {
	const selection = select(context);
	const instead = selection.source.path === askedBy ? goInstead(context, selection) : undefined;
	if (instead) report.say(insteadSentence(instead));
}

/** As the shims do: another user who can write to a directory above this one must not choose what is downloaded. */
function refuseOtherUser(context: Context, path: string, says: string, word: string): void {
	const owner = strangerBehind(context, path);
	if (owner === undefined) return;
	throw new GoxError(
		"not-installed",
		`${path} ${says} ${nameOf(word)}; that file is another user's (uid ${owner}), so gox installs nothing for it by itself`,
		{ hint: `gox install ${word.replace("@", " --platform ")}` },
	);
}

function nameOf(word: string): string {
	return /^\d+\.\d+(\.\d|rc|beta)/.test(word) ? `go${word}` : `Go ${word}`;
}
