import { appendFileSync } from "node:fs";
import type { Context } from "../context.ts";
import { readIfPresent } from "../fs.ts";

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
