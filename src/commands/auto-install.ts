import { loadConfig } from "../config.ts";
import { lockedWord } from "../select/teamlock.ts";
import { type Invocation, Options } from "./command.ts";

/**
 * Called by the shim when the Go that is asked for isn't installed: `auto_install` in the config decides.
 * Where it is not to be installed this says nothing and returns 0: the shim looks again, finds it still missing,
 * and says so in its own words.
 */
export async function run(invocation: Invocation): Promise<number> {
	const {
		context,
		report,
		args: [request = ""],
		options,
	} = invocation;
	const askedBy = options.text("askedBy") ?? "the command line";
	const meant = lockedWord(context, askedBy, request) ?? request;
	const word = meant.replace(/@.*$/, "");
	const platform = /@(.+)$/.exec(meant)?.[1];
	const { autoInstall } = loadConfig(context);
	if (autoInstall === "no" || (autoInstall === "ask" && !context.interactive)) return 0;
	if (autoInstall === "ask") {
		const answer = await context.ask(`${askedBy} asks for ${nameOf(word)}, which is not installed. Install it now? [Y/n] `);
		if (!/^(y|yes|)$/i.test(answer.trim())) return 0;
	}
	report.say(`${askedBy} asks for ${nameOf(word)}: installing it`);
	const { run: install } = await import("./install.ts");
	return install({ ...invocation, args: [word], options: new Options(platform ? { platform } : {}), name: "install" });
}

function nameOf(word: string): string {
	return /^\d+\.\d+(\.\d|rc|beta)/.test(word) ? `go${word}` : `Go ${word}`;
}
