import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "../cli/command.ts";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { isSameFile } from "../fs.ts";
import { environmentFor } from "../run/environment.ts";
import { startable } from "../run/program.ts";
import { select } from "../select/select.ts";
import { isFile, isPin, type Selection } from "../select/selection.ts";
import { strangerBehind } from "../select/start.ts";
import { isForeignProgram, mayLoop, shimDepth } from "../select/system.ts";
import { shQuote } from "../shell/shell.ts";
import { homeLayout } from "../store/home.ts";

/**
 * `gox shim TOOL -- ARGUMENT…`, for gox-shim.sh: prints the line of POSIX shell that becomes the tool, or that first has
 * the missing version installed. It changes the environment as gox-shim.c does.
 * @throws GoxError as `select`; `not-installed` where nothing may be installed; `command-not-found`, `not-executable`
 */
export const run: Run = ({ context, report, args: [tool = "go"], rest, options }) => {
	const selection = select(context, { args: tool === "go" ? rest : [] });
	const { failure } = selection;
	if (!failure) {
		report.line(lineFor(context, selection, tool));
		return 0;
	}
	const { noAutoInstall: never } = variablesIn(context.env);
	if (failure.code !== "not-installed" || options.has("again") || never) throw failure;
	report.line(installFirst(context, selection, failure));
	return 0;
};

function lineFor(context: Context, { bin, version, source }: Selection, tool: string): string {
	const layout = homeLayout(context);
	const directory = bin ?? "";
	const program = join(directory, tool);
	const env = environmentFor(context, directory, { pinned: isPin(source.kind) });
	const isSystem = variablesIn(env).version === "system";
	const isThere = isSystem
		? isForeignProgram(context, layout, program)
		: existsSync(program) && !isSameFile(program, join(layout.shims, tool));
	if (!isThere || statSync(program).isDirectory()) throw new GoxError("command-not-found", `${version} has no ${tool}`);
	const onPath = (context.env.PATH ?? "").split(":").some((each) => each.replace(/\/+$/, "") === layout.shims);
	return [
		"unset GOROOT",
		...(onPath || !context.env.PATH ? [] : [`PATH="$PATH":${shQuote(layout.shims)}`]),
		...(isSystem && mayLoop(statSync(join(directory, "go"))) ? [`export GOX_SHIM_DEPTH=${shimDepth(context) + 1}`] : []),
		...(env.GOTOOLCHAIN === context.env.GOTOOLCHAIN ? [] : [`export GOTOOLCHAIN=${env.GOTOOLCHAIN}`]),
		`exec ${shQuote(startable(context, program, ""))} "$@"`,
	].join("; ");
}

/** The functions and the variable are gox-shim.sh's own. */
function installFirst(context: Context, { request, source }: Selection, failure: GoxError): string {
	const stranger = isFile(source) ? strangerBehind(context, source.path) : undefined;
	if (stranger !== undefined)
		throw new GoxError(
			failure.code,
			`${failure.message}; that file is another user's (uid ${stranger}), so gox installs nothing for it by itself`,
			{ ...(failure.hint !== undefined && { hint: failure.hint }) },
		);
	const who = isFile(source) ? source.path : source.kind === "default" ? "the default" : source.kind;
	return [
		"(unset GOX_SHIM_DEPTH",
		"export GOX_NO_AUTO_INSTALL=1",
		`gox_shim_launch auto-install ${shQuote(request)} --asked-by ${shQuote(who)} >&2) || exit`,
		"gox_shim_again=--again",
		'gox_shim_become "$@"',
	].join("; ");
}
