import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { osOf } from "../version/platform.ts";

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
	const { GOENV, XDG_CONFIG_HOME } = context.env;
	if (GOENV === "off") return undefined;
	if (GOENV) return GOENV;
	if (osOf(context.host()) === "darwin") return join(context.userHome, "Library/Application Support/go/env");
	return join(XDG_CONFIG_HOME && isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(context.userHome, ".config"), "go/env");
}

function valueIn(file: string, name: string): string | undefined {
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
	const line = text.split("\n").findLast((each) => each.startsWith(`${name}=`));
	return line?.slice(name.length + 1);
}
