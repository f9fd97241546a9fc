import { join } from "node:path";
import type { Context } from "../context.ts";
import { goEnvFilePath } from "../releases/proxy/goenvfile.ts";
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
	for (const file of [goEnvFilePath(context), goroot === null ? undefined : join(goroot, "go.env")]) {
		const written = file === undefined ? undefined : valueIn(file, name);
		if (file !== undefined && written !== undefined) return { value: written, from: file };
	}
	return undefined;
}

/** The native shim reads no more of it. */
const rule: FileRule = { limit: 1 << 20, limitText: "1 MiB", hint: "go env -changed", passDirectories: true };

/** What can't be read says nothing. */
function valueIn(file: string, name: string): string | undefined {
	const text = attempt(() => readFile(file, rule)?.toString("utf8"), undefined);
	const line = text?.split("\n").findLast((each) => each.startsWith(`${name}=`));
	return line?.slice(name.length + 1);
}
