import { isAbsolute, join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { osOf } from "../version/platform.ts";
import { attempt, type FileRule, readFile } from "./openfile.ts";

/** A setting as the go command sees it, and where it was found: `the environment`, or a file. */
export interface GoSetting {
	readonly value: string;
	readonly from: string;
}

/**
 * cmd/go's order (`internal/cfg.Getenv`): the environment, where an empty value counts as none; the file that
 * `go env -w` writes; GOROOT/go.env. An empty value in a file hides the next file's.
 */
export function goSetting(context: Context, name: string, goroot: string | null): GoSetting | undefined {
	const value = context.env[name];
	if (value) return { value, from: "the environment" };
	for (const file of [goEnvFile(context), goroot === null ? undefined : join(goroot, "go.env")]) {
		const written = file === undefined ? undefined : valueIn(file, name);
		if (file !== undefined && written !== undefined) return { value: written, from: file };
	}
	return undefined;
}

/** The file that `go env -w` writes; undefined with GOENV=off. */
export function goEnvFile(context: Context): string | undefined {
	const { GOENV, HOME, XDG_CONFIG_HOME } = context.env;
	if (GOENV === "off") return undefined;
	if (GOENV) return resolve(context.cwd, GOENV);
	if (osOf(context.host()) === "darwin") return HOME ? join(HOME, "Library/Application Support/go/env") : undefined;
	if (XDG_CONFIG_HOME) return isAbsolute(XDG_CONFIG_HOME) ? join(XDG_CONFIG_HOME, "go/env") : undefined;
	return HOME ? join(HOME, ".config/go/env") : undefined;
}

/** The native shim reads no more of it. */
const rule: FileRule = { limit: 1 << 20, limitText: "1 MiB", hint: "go env -changed", passDirectories: true };

/** What can't be read says nothing. */
function valueIn(file: string, name: string): string | undefined {
	const text = attempt(() => readFile(file, rule)?.toString("utf8"), undefined);
	const line = text?.split("\n").findLast((each) => each.startsWith(`${name}=`));
	return line?.slice(name.length + 1);
}
