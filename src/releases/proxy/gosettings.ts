import { delimiter, join } from "node:path";
import type { Context } from "../../context.ts";
import { readIfPresent } from "../../fs.ts";
import { osOf } from "../../version/platform.ts";

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
	const user = readEnvFile(userFile(context));
	const defaults = readEnvFile(goroot && join(goroot, "go.env"));
	const personal = (name: string) => context.env[name] || user.get(name) || undefined;
	const get = (name: string) => context.env[name] || (user.has(name) ? user.get(name) : defaults.get(name)) || undefined;
	const gopath =
		get("GOPATH")
			?.split(delimiter)
			.find((entry) => entry !== "") ?? join(context.userHome, "go");
	return { get, personal, gopath, moduleCache: get("GOMODCACHE") ?? join(gopath, "pkg", "mod") };
}

/** GOENV, else `go/env` under the user's configuration directory (os.UserConfigDir). */
function userFile(context: Context): string | undefined {
	if (context.env.GOENV) return context.env.GOENV === "off" ? undefined : context.env.GOENV;
	if (osOf(context.host()) === "darwin") return join(context.userHome, "Library", "Application Support", "go", "env");
	return join(context.env.XDG_CONFIG_HOME || join(context.userHome, ".config"), "go", "env");
}

/** Lines `NAME=value`; what is not of that form is passed over, as cmd/go does. */
function readEnvFile(file: string | undefined): ReadonlyMap<string, string> {
	const values = new Map<string, string>();
	for (const line of (file ? textOf(file) : "").split("\n")) {
		const found = /^([A-Z][^=]*)=(.*)$/s.exec(line);
		if (found?.[1] && found[2] !== undefined) values.set(found[1], found[2].replace(/\r$/, ""));
	}
	return values;
}

function textOf(file: string): string {
	try {
		return readIfPresent(file) ?? "";
	} catch {
		return "";
	}
}
