import { appendFileSync } from "node:fs";
import type { Run } from "../cli/command.ts";
import { shellNamed, shellVersion } from "../cli/operands.ts";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { readIfPresent } from "../fs.ts";
import { hookSettings } from "../shell/hook.ts";
import { posixEnvironment } from "../shell/posix.ts";
import { layoutOf } from "../store/layout.ts";
import { completeShims } from "../store/shims.ts";

/**
 * `eval "$(gox env 1.22)"`, for scripts that no start-up file reaches. Without --shell the statements are ones that sh,
 * bash, zsh and fish all understand: which of them runs a script can't be told from SHELL. With --ci the later steps of a
 * CI job get them, where its runner has files for that; elsewhere it prints them all the same. Never GOROOT.
 */
export const run: Run = ({ context, report, args: [word], options }) => {
	const settings = hookSettings(context);
	const { shims } = layoutOf(context.home);
	const name = options.text("shell");
	const statements = name === undefined ? posixEnvironment : shellNamed(name);
	const version = word === undefined ? undefined : shellVersion(context, word);
	const ci = options.has("ci");
	const variables = {
		...((ci || !settings.isDefaultHome) && { GOX_HOME: context.home }),
		...(version !== undefined && { GOX_VERSION: version }),
	};
	if (ci) completeShims(context);
	const runner = ci ? exportToRunner(context, shims, variables) : undefined;
	if (report.asJson) {
		const inForce = version ?? variablesIn(context.env).version ?? null;
		report.json({ GOX_HOME: context.home, shims, GOX_VERSION: inForce, ...(runner && { written: runner.written }) });
		return undefined;
	}
	for (const path of runner?.written ?? []) report.say(`written to ${path}, for the steps that follow`);
	if (variables.GOX_HOME !== undefined && !runner?.hasVariables) report.line(statements.exporting("GOX_HOME", context.home));
	if (!runner?.hasPath) report.line(statements.prepending(shims));
	if (version !== undefined && !runner?.hasVariables) report.line(statements.exporting("GOX_VERSION", version));
	return undefined;
};

/** What a CI runner took for the steps that follow. */
export interface RunnerExports {
	/** The files that were written to. */
	readonly written: readonly string[];
	readonly hasPath: boolean;
	readonly hasVariables: boolean;
}

/**
 * Puts a directory on the PATH of the later steps of a job, and variables into their environment, by the files that the
 * runner names in GITHUB_PATH and GITHUB_ENV (docs.github.com, "Workflow commands for GitHub Actions": one directory a
 * line, `NAME=value` a line). Whichever is not set is left out.
 * @param variables without newlines.
 */
export function exportToRunner(
	{ env }: Context,
	directory: string,
	variables: Readonly<Record<string, string | undefined>>,
): RunnerExports {
	const lines = Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
	const written = [
		...(env.GITHUB_PATH ? [appended(env.GITHUB_PATH, [directory])] : []),
		...(env.GITHUB_ENV ? [appended(env.GITHUB_ENV, lines)] : []),
	];
	return { written, hasPath: Boolean(env.GITHUB_PATH), hasVariables: Boolean(env.GITHUB_ENV) };
}

/** A line of somebody else's may lack its newline. */
function appended(path: string, lines: readonly string[]): string {
	const before = readIfPresent(path) ?? "";
	const gap = before === "" || before.endsWith("\n") ? "" : "\n";
	appendFileSync(path, gap + lines.map((line) => `${line}\n`).join(""));
	return path;
}
