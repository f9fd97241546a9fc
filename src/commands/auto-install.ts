import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { strangerBehind } from "../select/ownership.ts";
import { findTeamLock, lockedWord } from "../select/teamlock.ts";
import { rememberProject } from "../store/projects.ts";
import { type Invocation, Options } from "./command.ts";

/**
 * Called by the shim when the Go that is asked for isn't installed: `auto_install` in the config decides.
 * Where it is not to be installed this says nothing and returns 0: the shim looks again, finds it still missing,
 * and says so in its own words.
 * @throws GoxError `not-installed` where a file of another user's asks, or locks what it asks for
 */
export async function run(invocation: Invocation): Promise<number> {
	const {
		context,
		report,
		args: [request = ""],
		options,
	} = invocation;
	const askedBy = options.text("askedBy") ?? "the command line";
	const locked = lockedWord(context, askedBy, request);
	const meant = locked ?? request;
	const word = meant.replace(/@.*$/, "");
	const platform = /@(.+)$/.exec(meant)?.[1];
	const { autoInstall } = loadConfig(context);
	if (autoInstall === "no" || (autoInstall === "ask" && !context.interactive)) return 0;
	if (askedBy.startsWith("/")) refuseStranger(context, askedBy, "asks for", meant);
	if (locked !== undefined) refuseStranger(context, findTeamLock(context)?.path ?? "", "locks", meant);
	if (autoInstall === "ask") {
		const answer = await context.ask(`${askedBy} asks for ${nameOf(word)}, which is not installed. Install it now? [Y/n] `);
		if (!/^(y|yes|)$/i.test(answer.trim())) return 0;
	}
	if (askedBy.startsWith("/")) rememberProject(context, askedBy);
	report.say(`${askedBy} asks for ${nameOf(word)}: installing it`);
	const { run: install } = await import("./install.ts");
	return install({ ...invocation, args: [word], options: new Options(platform ? { platform } : {}), name: "install" });
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
