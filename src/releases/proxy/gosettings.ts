import { delimiter, join } from "node:path";
import type { Context } from "../../context.ts";
import { goEnvFilePath, parseGoEnv, readGoEnvText } from "./goenvfile.ts";

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
