import { loadConfig } from "../config.ts";
import { GoxError } from "../errors.ts";
import { lockedWord } from "../select/teamlock.ts";
import { type Invocation, Options } from "./command.ts";

/**
 * Called by the shim when the Go that is asked for isn't installed: `auto_install` in the config decides.
 * Exit status 0 means that it is installed now; otherwise the message is the shim's own, in the same words.
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
	const command = `gox install ${word}${platform ? ` --platform ${platform}` : ""}`;
	const { autoInstall } = loadConfig(context);
	const missing = new GoxError("not-installed", `${nameOf(word)} is not installed (asked for by ${askedBy})`, { hint: command });
	if (autoInstall === "no" || (autoInstall === "ask" && !context.interactive)) throw missing;
	if (autoInstall === "ask") {
		const answer = await context.ask(`${askedBy} asks for ${nameOf(word)}, which is not installed. Install it now? [Y/n] `);
		if (!/^(y|yes|)$/i.test(answer.trim())) throw missing;
	}
	report.say(`${askedBy} asks for ${nameOf(word)}: installing it`);
	const { run: install } = await import("./install.ts");
	return install({ ...invocation, args: [word], options: new Options(platform ? { platform } : {}), name: "install" });
}

function nameOf(word: string): string {
	return /^\d+\.\d+(\.\d|rc|beta)/.test(word) ? `go${word}` : `Go ${word}`;
}
