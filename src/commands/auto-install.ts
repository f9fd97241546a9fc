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
 * Called by the shim when the Go that is asked for isn't installed: `auto_install` in the config decides.
 * Where it is not to be installed this says at most what Go would do by itself and returns 0: the shim looks again, finds
 * it still missing, and says so in its own words.
 * @throws GoxError `not-installed` where a file of another user's asks, or locks what it asks for
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
	if (askedBy.startsWith("/")) refuseStranger(context, askedBy, "asks for", meant);
	if (locked !== undefined) refuseStranger(context, findGoxLock(context)?.path ?? "", "locks", meant);
	const question = `${askedBy} asks for ${nameOf(word)}, which is not installed. Install it now?`;
	if (autoInstall === "ask" && !(await offer({ context, options }, question))) return 0;
	if (askedBy.startsWith("/")) rememberProject(context, askedBy);
	report.say(`${askedBy} asks for ${nameOf(word)}: installing it`);
	const { run: install } = await import("./install.ts");
	return install({ ...invocation, context, args: [word], options: new Options(platform ? { platform } : {}), name: "install" });
}

/** Where `go -C DIR` led: the shim tells the file that asked there, and no more. */
function whereAsked(context: Context, askedBy: string): Context {
	const start = startOf(context);
	const directory = dirname(askedBy);
	const isAbove = start !== undefined && [...upward(start)].includes(directory);
	if (!askedBy.startsWith("/") || askedBy === goSettings(context, null).find("GOWORK")?.value || isAbove) return context;
	return { ...context, cwd: directory, env: { ...context.env, PWD: directory } };
}

/** What Go itself would do about a go.mod, so that a no is an informed one. */
function tellOfGo(context: Context, report: Report, askedBy: string): void {
	const selection = select(context);
	const instead = selection.source.path === askedBy ? goInstead(context, selection) : undefined;
	if (instead) report.say(insteadSentence(instead));
}

/** What the shims refuse too: whoever can write to a directory above this one doesn't get to choose what is downloaded. */
function refuseStranger(context: Context, path: string, says: string, word: string): void {
	const stranger = strangerBehind(context, path);
	if (stranger === undefined) return;
	throw new GoxError(
		"not-installed",
		`${path} ${says} ${nameOf(word)}; that file is another user's (uid ${stranger}), so gox installs nothing for it by itself`,
		{ hint: `gox install ${word.replace("@", " --platform ")}` },
	);
}

function nameOf(word: string): string {
	return /^\d+\.\d+(\.\d|rc|beta)/.test(word) ? `go${word}` : `Go ${word}`;
}
