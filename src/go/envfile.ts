import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { ifPresent } from "../fs.ts";
import { osOf } from "../version/platform.ts";

/** Settings by name; undefined for one that is to be taken out. */
export type GoEnvChanges = ReadonlyMap<string, string | undefined>;

/**
 * The file that `go env -w` writes, absolute: GOENV, else `go/env` under the user's configuration directory
 * (cmd/go/internal/cfg.EnvFile, os.UserConfigDir). Undefined where Go has none: GOENV=off, a relative XDG_CONFIG_HOME, no
 * HOME.
 */
export function goEnvFilePath(context: Pick<Context, "env" | "cwd" | "host">): string | undefined {
	const { GOENV, HOME, XDG_CONFIG_HOME } = context.env;
	if (GOENV) return GOENV === "off" ? undefined : resolve(context.cwd, GOENV);
	const isMac = osOf(context.host()) === "darwin";
	if (XDG_CONFIG_HOME && !isMac) return isAbsolute(XDG_CONFIG_HOME) ? join(XDG_CONFIG_HOME, "go", "env") : undefined;
	return HOME ? resolve(context.cwd, HOME, isMac ? "Library/Application Support" : ".config", "go/env") : undefined;
}

/** As `goEnvFilePath`, for who is going to write. @throws GoxError `usage` with the reason why Go has no such file. */
export function writableGoEnvFile(context: Pick<Context, "env" | "cwd" | "host">): string {
	const path = goEnvFilePath(context);
	if (path !== undefined) return path;
	if (context.env.GOENV === "off")
		throw new GoxError("usage", "GOENV=off: Go reads no file of settings, so writing one would have no effect", {
			hint: "unset GOENV",
		});
	if (!context.env.HOME && !context.env.XDG_CONFIG_HOME)
		throw new GoxError("usage", "HOME isn't set, and so Go has no file of settings", { hint: "export HOME" });
	throw new GoxError("usage", "Go refuses a relative XDG_CONFIG_HOME, and so has no file of settings", {
		hint: 'export XDG_CONFIG_HOME="$HOME/.config"',
	});
}

/** The file's bytes, one character each; undefined where there is none. */
export function readGoEnvText(path: string): string | undefined {
	return ifPresent(() => readFileSync(path, "latin1"));
}

/** A line that sets something. */
export interface GoEnvLine {
	readonly name: string;
	readonly value: string;
	/** From 1. */
	readonly line: number;
}

/** The lines `NAME=value` of a file of settings, in order; all others are skipped (cmd/go/internal/cfg.readEnvFile). */
export function goEnvLines(text: string): readonly GoEnvLine[] {
	return text.split("\n").flatMap((line, index) => {
		const [, name, value] = /^([A-Z][^=]*)=(.*)$/s.exec(line) ?? [];
		return name === undefined || value === undefined ? [] : [{ name, value, line: index + 1 }];
	});
}

/** The values by name, the last of a name, without a CR at the end. */
export function parseGoEnv(latin1: string): ReadonlyMap<string, string> {
	return new Map(goEnvLines(latin1).map(({ name, value }) => [name, utf8(value).replace(/\r$/, "")]));
}

/**
 * The file's text with settings changed as `go env -w` and `go env -u` do it (cmd/go/internal/envcmd.updateEnvFile): of a
 * name that is there twice the last line stays, a changed line stays in its run of lines, and each run is sorted by name.
 * Comments stay.
 */
export function editedGoEnv(latin1: string, changes: GoEnvChanges): string {
	const lines: (string | undefined)[] = latin1.split("\n");
	if (lines.at(-1) === "") lines.pop();
	const at = new Map<string, number>();
	lines.forEach((line, index) => {
		const name = nameIn(line ?? "");
		if (name === "") return;
		const earlier = at.get(name);
		if (earlier !== undefined) lines[earlier] = undefined;
		at.set(name, index);
	});
	for (const [name, value] of changes) {
		const line = value === undefined ? undefined : `${name}=${Buffer.from(value).toString("latin1")}`;
		const index = at.get(name);
		if (index !== undefined) lines[index] = line;
		else if (line !== undefined) lines.push(line);
	}
	const runs: string[][] = [[]];
	for (const line of lines) {
		// A line that is taken out still parts the runs on both sides of it, as in Go.
		if (line === undefined) runs.push([]);
		else if (nameIn(line) !== "") runs.at(-1)?.push(line);
		else runs.push([line], []);
	}
	const sorted = runs.flatMap((run) => run.sort((left, right) => (nameIn(left) < nameIn(right) ? -1 : 1)));
	return sorted.map((line) => `${line}\n`).join("");
}

function nameIn(line: string): string {
	const end = line.indexOf("=");
	return end < 0 || line.slice(0, end).includes("#") ? "" : line.slice(0, end);
}

function utf8(latin1: string): string {
	return Buffer.from(latin1, "latin1").toString("utf8");
}
