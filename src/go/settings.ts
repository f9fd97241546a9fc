import { isAbsolute, join } from "node:path";
import { attempt, type FileRule, readFile } from "../boundedfile.ts";
import type { Context } from "../context.ts";
import { goEnvFilePath, goEnvLines } from "./envfile.ts";

/** One of Go's settings, and where it was found. */
export interface GoSetting {
	readonly value: string;
	/** `the environment`, or the file. */
	readonly from: string;
	/** The file's line, from 1; undefined for the environment. */
	readonly line: number | undefined;
}

/** What `go env` would say: the environment, the file that `go env -w` writes, GOROOT/go.env. */
export interface GoSettings {
	/** The setting in force. An empty value in a file hides the next file's. */
	find(name: string): GoSetting | undefined;
	/** The value in force; undefined where nobody sets it, or sets it to nothing. */
	get(name: string): string | undefined;
	/** As `get` without GOROOT/go.env: someone who can edit a GOROOT must not choose who vouches for it. */
	personal(name: string): string | undefined;
	/** Each place where the user sets it, the one in force first; empty values don't count. */
	own(name: string): readonly GoSetting[];
	/** What GOROOT/go.env says. */
	shipped(name: string): GoSetting | undefined;
	/** The directories of GOPATH as written; `~/go` where nobody sets it. */
	readonly gopath: readonly [string, ...string[]];
	/** GOMODCACHE. */
	readonly moduleCache: string;
	/**
	 * Where `go install` puts programs, the first being where it puts them now: GOBIN, and bin/ of each absolute GOPATH
	 * entry (`go help install`).
	 */
	readonly toolDirectories: readonly string[];
}

/** The native shim reads no more of it. */
const rule: FileRule = { limit: 1 << 20, limitText: "1 MiB", hint: "go env -changed", passDirectories: true };

/** A file that can't be read sets nothing. */
function readEnvFile(path: string): string | undefined {
	return attempt(() => readFile(path, rule)?.toString("utf8"), undefined);
}

/**
 * Go's settings in the order of cmd/go/internal/cfg.Getenv. An empty variable counts as unset. Files are read when they are
 * first needed.
 * @param goroot the Go whose go.env holds the defaults; without one there are none
 * @param read gives a file's text, or undefined
 */
export function goSettings(
	context: Context,
	goroot: string | null | undefined,
	read: (path: string) => string | undefined = readEnvFile,
): GoSettings {
	const user = reader(goEnvFilePath(context), read);
	const defaults = reader(goroot ? join(goroot, "go.env") : undefined, read);
	const inEnvironment = (name: string): GoSetting | undefined => {
		const value = context.env[name];
		return value ? { value, from: "the environment", line: undefined } : undefined;
	};
	const find = (name: string) => inEnvironment(name) ?? user(name) ?? defaults(name);
	const text = (setting: GoSetting | undefined) => setting?.value.replace(/\r$/, "") || undefined;
	const get = (name: string) => text(find(name));
	const gopath = (): readonly [string, ...string[]] => {
		const [first, ...others] = (get("GOPATH") ?? "").split(":").filter((entry) => entry !== "");
		return first === undefined ? [join(context.userHome, "go")] : [first, ...others];
	};
	return {
		find,
		get,
		personal: (name) => text(inEnvironment(name) ?? user(name)),
		own: (name) => [inEnvironment(name), user(name)].flatMap((found) => (found?.value ? [found] : [])),
		shipped: defaults,
		get gopath() {
			return gopath();
		},
		get moduleCache() {
			return get("GOMODCACHE") ?? join(gopath()[0], "pkg", "mod");
		},
		get toolDirectories() {
			const gobin = get("GOBIN") ?? "";
			const bins = gopath()
				.filter(isAbsolute)
				.map((entry) => join(entry, "bin"));
			return [...new Set([...(isAbsolute(gobin) ? [gobin] : []), ...bins])];
		},
	};
}

/** Looks names up in a file; the last line of a name counts. */
function reader(path: string | undefined, read: (path: string) => string | undefined) {
	let lines: ReturnType<typeof goEnvLines> | undefined;
	return (name: string): GoSetting | undefined => {
		if (path === undefined) return undefined;
		lines ??= goEnvLines(read(path) ?? "");
		const found = lines.findLast((each) => each.name === name);
		return found && { value: found.value, from: path, line: found.line };
	};
}
