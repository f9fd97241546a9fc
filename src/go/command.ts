import { execFile } from "node:child_process";
import { realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { type ErrorCode, GoxError, quote } from "../errors.ts";
import { isExecutable, makeDirectory, namesIn, programsOnPath, readIfPresent, writeFileAtomic } from "../fs.ts";
import { compareParsed, newestFirst, parseGoVersion, parseRelease, type Release } from "../version/release.ts";
import { carriesShimMarker, executableAt } from "./builtfor.ts";

/** A go command of this machine that gox may run. */
export interface GoCommand {
	/** Absolute path of the program. */
	readonly path: string;
	/** Null for a wrapper that lies in no GOROOT. */
	readonly goroot: string | null;
	/** `go1.22.5`, or what its VERSION file says. */
	readonly version: string;
	/** Whether it runs on this machine without translation. */
	readonly native: boolean;
	/** Whether a variable, a version file or the command line names it, for `strict`. */
	readonly pinned: boolean;
}

/** Since 1.21 the go command knows toolchains as modules, and GOROOT/go.env. */
const oldest = "1.21";

/** The newest Go installed by gox, else the first on PATH that isn't gox's own shim; 1.21 or later. */
export function findGo(context: Context): GoCommand | undefined {
	return newestInstalled(context) ?? firstOnPath(context);
}

function newestInstalled(context: Context): GoCommand | undefined {
	const versions = join(context.home, "versions");
	const releases = namesIn(versions)
		.filter((name) => !name.includes("@"))
		.map(parseRelease)
		.filter((release): release is Release => release !== undefined)
		.sort(newestFirst);
	for (const { name } of releases) {
		const found = goIn(context, join(versions, name, "bin", "go"));
		if (found) return found;
	}
	return undefined;
}

function firstOnPath(context: Context): GoCommand | undefined {
	for (const path of programsOnPath("go", context.env.PATH)) {
		const found = goIn(context, path);
		if (found) return found;
	}
	return undefined;
}

function goIn(context: Context, path: string): GoCommand | undefined {
	try {
		if (!isExecutable(path) || carriesShimMarker(path, statSync(path).size)) return undefined;
		const goroot = dirname(dirname(realpathSync(path)));
		const version = (readIfPresent(join(goroot, "VERSION")) ?? "").split("\n", 1)[0]?.trim() ?? "";
		if (!isRecentEnough(version)) return undefined;
		const native = executableAt(path)?.platforms.includes(context.host()) ?? true;
		return { path, goroot, version, native, pinned: false };
	} catch {
		return undefined;
	}
}

/** Development versions (`devel go1.23-…`) count by the release that they name. */
function isRecentEnough(version: string): boolean {
	const parsed = parseGoVersion(/\bgo(\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?)/.exec(version)?.[1] ?? "");
	const floor = parseGoVersion(oldest);
	return parsed !== undefined && floor !== undefined && compareParsed(parsed, floor) >= 0;
}

export interface GoDownloadOptions {
	/** A private directory to write into. */
	readonly directory: string;
	readonly signal: AbortSignal;
	readonly timeoutMs: number;
	/** Whom go shall ask about hashes, whatever its own go.env says. */
	readonly gosumdb: string;
	/** A signed tree head that go's own checks shall start from, and the database's name. */
	readonly seen?: { readonly database: string; readonly note: Uint8Array } | undefined;
}

export interface GoDownload {
	/** The module's zip, in `directory`. */
	readonly zip: string;
	/** `h1:…` as go computed and, unless its settings forbid, checked it. */
	readonly sum: string;
	/** GOMODCACHE/cache/download/sumdb: the answers of checksum databases that go recorded, by name. */
	readonly recorded: string;
	/** GOPATH/pkg/sumdb: the tree heads, `NAME/latest`. */
	readonly heads: string;
}

/**
 * `go mod download` of one module version into private caches, with the user's own GOPROXY, GOSUMDB and credentials.
 * @throws GoxError `network`, `integrity`, `no-such-release` or `interrupted`.
 */
export async function goModDownload(
	context: Context,
	go: GoCommand,
	module: string,
	version: string,
	options: GoDownloadOptions,
): Promise<GoDownload> {
	const paths = privatePaths(options.directory);
	if (options.seen) {
		const head = join(paths.heads, ...options.seen.database.split("/"), "latest");
		makeDirectory(dirname(head));
		writeFileAtomic(head, options.seen.note);
	}
	const subject = `${module}@${version}`;
	const output = await runGo(context, go, ["mod", "download", "-json", subject], paths, subject, options);
	const { Zip, Sum, Error: failure } = parseAnswer(output);
	if (failure !== undefined) throw goFailure(failure, subject, go.path);
	if (Zip === undefined || Sum === undefined) throw goFailure(`it answered ${output}`, subject, go.path);
	return { zip: Zip, sum: Sum, recorded: join(paths.moduleCache, "cache", "download", "sumdb"), heads: paths.heads };
}

/** The versions of a module that go's proxies list. Throws as `goModDownload`. */
export async function goListVersions(
	context: Context,
	go: GoCommand,
	module: string,
	options: GoDownloadOptions,
): Promise<string[]> {
	const paths = privatePaths(options.directory);
	const output = await runGo(context, go, ["list", "-m", "-versions", module], paths, `the list of ${module}`, options);
	return output.trim().split(/\s+/).slice(1);
}

interface PrivatePaths {
	readonly module: string;
	readonly gopath: string;
	readonly moduleCache: string;
	readonly heads: string;
}

function privatePaths(directory: string): PrivatePaths {
	const gopath = join(directory, "gopath");
	return {
		module: join(directory, "module"),
		gopath,
		moduleCache: join(directory, "modcache"),
		heads: join(gopath, "pkg", "sumdb"),
	};
}

/** Its stdout. A failed `go mod download -json` prints its error there, any other on stderr. */
async function runGo(
	context: Context,
	go: GoCommand,
	args: readonly string[],
	paths: PrivatePaths,
	subject: string,
	{ signal, timeoutMs, gosumdb }: GoDownloadOptions,
): Promise<string> {
	makeDirectory(paths.module);
	writeFileSync(join(paths.module, "go.mod"), "module gox.invalid/download\n\ngo 1.21\n", { mode: 0o644 });
	const env = { ...goEnvironment(context, go, paths), GOSUMDB: gosumdb };
	return await new Promise((resolve, reject) => {
		const limits = { signal, timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024, killSignal: "SIGKILL" } as const;
		execFile(go.path, [...args], { cwd: paths.module, env, ...limits }, (error, stdout, stderr) => {
			if (signal.aborted) reject(new GoxError("interrupted", `interrupted while ${go.path} downloaded ${subject}`));
			else if (!error) resolve(stdout);
			else if (error.killed)
				reject(new GoxError("network", `${go.path} did not finish downloading ${subject} within ${timeoutMs / 60_000} min`));
			else reject(goFailure(parseAnswer(stdout).Error ?? (stderr || error.message), subject, go.path));
		});
	});
}

/**
 * The user's environment but for what would lead elsewhere: another GOROOT or toolchain, a workspace, flags, their
 * caches; and patterns that keep modules from the proxy or the checksum database, which must not match toolchains.
 */
function goEnvironment(context: Context, go: GoCommand, paths: PrivatePaths): Record<string, string | undefined> {
	const env: Record<string, string | undefined> = {
		...context.env,
		PWD: paths.module,
		GOROOT: go.goroot ?? undefined,
		GOPATH: paths.gopath,
		GOMODCACHE: paths.moduleCache,
		GOTOOLCHAIN: "local",
		GOWORK: "off",
		GO111MODULE: "on",
		GOFLAGS: "-modcacherw",
		GONOPROXY: "none",
		GONOSUMDB: "none",
	};
	// cmd/go skips the checksum database when this names the public proxy.
	for (const name of ["GIT_HTTP_USER_AGENT", "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION", "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT"])
		delete env[name];
	return env;
}

function parseAnswer(output: string): { Zip?: string; Sum?: string; Error?: string } {
	try {
		const value: unknown = JSON.parse(output);
		if (typeof value !== "object" || value === null) return {};
		const text = (name: string) => {
			const found: unknown = Reflect.get(value, name);
			return typeof found === "string" && found !== "" ? { [name]: found } : {};
		};
		return { ...text("Zip"), ...text("Sum"), ...text("Error") };
	} catch {
		return {};
	}
}

/** What cmd/go's words mean, the first that fits; texts of cmd/go/internal/modfetch and golang.org/x/mod/sumdb. */
const meanings: readonly (readonly [words: RegExp, code: ErrorCode])[] = [
	[
		/SECURITY ERROR|checksum mismatch|checksum missing|misbehavior|invalid signature|no verifiable signatures|malformed (?:note|record|tree)|cannot authenticate record|cannot validate record|inconsistent tile|invalid GOSUMDB|missing GOSUMDB|disabled by GOSUMDB/i,
		"integrity",
	],
	// The proxy has the release, but the checksum database doesn't know it.
	[/\bverifying (?:module|go\.mod):.*\b(?:404|410)\b/s, "integrity"],
	[/\b(?:404|410)\b|unknown revision|no matching versions|invalid version|no such file/i, "no-such-release"],
];

/**
 * The failure behind what a go command printed: `integrity`, `no-such-release`, or else `network`.
 * @param text its JSON error or stderr, which may hold addresses with credentials
 */
export function goFailure(text: string, subject: string, go: string): GoxError {
	const code = meanings.find(([words]) => words.test(text))?.[1] ?? "network";
	const said = quote(
		withoutCredentials(text)
			.trim()
			.replace(/\s*\n\s*/g, "; "),
		600,
	);
	const hint = code === "integrity" ? "go env GOSUMDB GOPROXY" : "go env GOPROXY GONOPROXY HTTPS_PROXY";
	return new GoxError(code, `${go} could not download ${subject}: ${said}`, { hint });
}

/** User names and passwords in addresses are nobody's business. */
export function withoutCredentials(text: string): string {
	return text.replace(/\/\/[^/\s"'@]*@/g, "//");
}
