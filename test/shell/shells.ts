import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { ShellName } from "../../src/shell/shell.ts";

/** A real shell of this machine. */
export interface RealShell {
	readonly name: ShellName;
	/** For the test's title: the path where it isn't the only one of its name. */
	readonly title: string;
	/** Undefined where it isn't installed: its tests are skipped. */
	readonly path: string | undefined;
}

/**
 * zsh, fish, and every bash there is: the one on PATH, the system's (3.2 on macOS), and GOX_TEST_BASH for one more.
 */
export const realShells: readonly RealShell[] = [
	{ name: "zsh", title: "zsh", path: onPath("zsh") },
	...bashes(),
	{ name: "fish", title: "fish", path: onPath("fish") },
];

export function onPath(program: string): string | undefined {
	return (process.env.PATH ?? "")
		.split(delimiter)
		.map((directory) => join(directory, program))
		.find((path) => existsSync(path));
}

function bashes(): RealShell[] {
	const paths = [onPath("bash"), "/bin/bash", process.env.GOX_TEST_BASH].filter((path) => path !== undefined && existsSync(path));
	const distinct = [...new Map(paths.map((path) => [realpathSync(path ?? ""), path])).values()];
	if (distinct.length === 0) return [{ name: "bash", title: "bash", path: undefined }];
	return distinct.map((path) => ({ name: "bash", title: distinct.length === 1 ? "bash" : `bash at ${path}`, path }));
}

export interface Finished {
	readonly status: number | null;
	readonly out: string;
	readonly err: string;
	/** The lines of stderr that gox wrote. */
	readonly talk: readonly string[];
}

/** Runs a program to its end with nothing in its environment but `env`. Its stdin is a file: fish refuses a socket. */
export function finish(program: string, args: readonly string[], env: Record<string, string>, input = "", cwd = "/"): Finished {
	const directory = mkdtempSync(join(tmpdir(), "gox-stdin-"));
	const typed = join(directory, "typed");
	writeFileSync(typed, input);
	const stdin = openSync(typed, "r");
	try {
		const done = spawnSync(program, args, { env, cwd, stdio: [stdin, "pipe", "pipe"], encoding: "utf8", timeout: 60_000 });
		if (done.error) throw done.error;
		const talk = done.stderr.split("\n").flatMap((line) => /gox: .*/.exec(line)?.[0] ?? []);
		return { status: done.status, out: done.stdout, err: done.stderr, talk };
	} finally {
		closeSync(stdin);
		rmSync(directory, { recursive: true });
	}
}
