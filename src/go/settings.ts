import { delimiter, isAbsolute, join } from "node:path";
import { attempt, type FileRule, readFile } from "../boundedfile.ts";
import type { Context } from "../context.ts";
import { goEnvFilePath, parseGoEnv, readGoEnvText } from "./envfile.ts";

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

/** What `go env` would say: the environment, else the user's go env file, else GOROOT/go.env. */
export interface GoSettings {
	/** Undefined where nobody sets it, or sets it to nothing. */
	get(name: string): string | undefined;
	/** As `get`, but what a GOROOT's go.env says doesn't count: whoever can edit a GOROOT mustn't choose who vouches for it. */
	personal(name: string): string | undefined;
	/** GOMODCACHE, absolute. */
	readonly moduleCache: string;
	/** The first directory of GOPATH. */
	readonly gopath: string;
}

/**
 * Reads Go's settings as cmd/go/internal/cfg does.
 * @param goroot an installed Go, whose go.env holds the defaults; without one there are none
 */
export function goSettings(context: Context, goroot: string | undefined): GoSettings {
	const user = readEnvFile(goEnvFilePath(context));
	const defaults = readEnvFile(goroot && join(goroot, "go.env"));
	const personal = (name: string) => context.env[name] || user.get(name) || undefined;
	const get = (name: string) => context.env[name] || (user.has(name) ? user.get(name) : defaults.get(name)) || undefined;
	const gopath =
		get("GOPATH")
			?.split(delimiter)
			.find((entry) => entry !== "") ?? join(context.userHome, "go");
	return { get, personal, gopath, moduleCache: get("GOMODCACHE") ?? join(gopath, "pkg", "mod") };
}

/** A file that can't be read says nothing. */
function readEnvFile(file: string | undefined): ReadonlyMap<string, string> {
	try {
		return parseGoEnv((file && readGoEnvText(file)) ?? "");
	} catch {
		return new Map();
	}
}

/**
 * Where `go install` puts programs, the first being where it puts them now: GOBIN, and bin/ of each GOPATH entry
 * (`go help install`), from the environment, the file of `go env -w` and GOROOT/go.env; ~/go/bin where nothing says.
 */
export function toolDirectories(context: Context, goroot: string | null): readonly string[] {
	const gobin = goSetting(context, "GOBIN", goroot)?.value ?? "";
	const gopath = goSetting(context, "GOPATH", goroot)?.value || join(context.userHome, "go");
	const bins = gopath
		.split(":")
		.filter(isAbsolute)
		.map((entry) => join(entry, "bin"));
	return [...new Set([...(isAbsolute(gobin) ? [gobin] : []), ...bins])];
}
