import type { Context, Env } from "../context.ts";
import { GoxError } from "../errors.ts";
import { environmentFor } from "../select/environment.ts";
import { select } from "../select/select.ts";
import { isFile, isPin } from "../select/source.ts";
import type { Toolchain } from "../select/toolchain.ts";
import { toolchainNamed } from "../select/word.ts";
import { rememberProject } from "../store/projects.ts";
import type { Run } from "./command.ts";
import { isProgram, runInForeground } from "./foreground.ts";

/** `gox exec [version] -- command`: one command with one Go; its exit status is the command's. With `--each`, a matrix. */
export const run: Run = async (invocation) => {
	const {
		context,
		args: [word],
		options,
		rest,
	} = invocation;
	const list = options.text("each");
	if (list !== undefined) {
		const { commandOfEach, runEach } = await import("./each.ts");
		return runEach(invocation, list, commandOfEach(invocation.args, rest));
	}
	const stray = ["jobs", "failFast", "source"].find((name) => options.given(name));
	if (stray !== undefined)
		throw new GoxError("usage", `exec: --${stray.replace("F", "-f")} is for --each`, {
			hint: "gox exec --each 1.21,1.22 -- go version",
		});
	if (rest.length === 0) {
		throw new GoxError("usage", "exec: there is no command to run", { hint: "gox exec 1.22 -- go version" });
	}
	return runInForeground(context, rest, environmentOf(context, word, rest));
};

/** What the command line names is a pin, except for `mod`, which is the floor of the directory's go.mod. */
function environmentOf(context: Context, word: string | undefined, rest: readonly string[]): Env {
	if (word !== undefined) return environmentFor(context, toolchainOrHint(context, word, rest).bin, { pinned: word !== "mod" });
	const { bin, failure, source } = select(context);
	if (isFile(source)) rememberProject(context, source.path);
	if (bin === null) throw failure ?? new GoxError("no-go", "no Go is in force here");
	return environmentFor(context, bin, { pinned: isPin(source.kind) });
}

/** `gox exec go version` names no version: the way to say it is shown. */
function toolchainOrHint(context: Context, word: string, rest: readonly string[]): Toolchain {
	try {
		return toolchainNamed(context, word);
	} catch (error) {
		if (!(error instanceof GoxError) || error.code !== "not-a-version" || !isProgram(context, word)) throw error;
		throw new GoxError(error.code, error.message, { hint: `gox exec -- ${[word, ...rest].join(" ")}`, cause: error });
	}
}
