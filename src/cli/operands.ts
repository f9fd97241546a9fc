import { basename } from "node:path";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { removeTree } from "../fs.ts";
import type { SourceChoice } from "../install/acquire.ts";
import type { CatalogOptions } from "../releases/lookup.ts";
import { findModFile, requestFor } from "../select/modfile.ts";
import { toolchainNamed } from "../select/projectrequest.ts";
import { wordFor } from "../select/selection.ts";
import { startOf } from "../select/start.ts";
import { shellCalled, shellNames } from "../shell/hook.ts";
import type { Shell } from "../shell/shell.ts";
import { makeStaging, openHome } from "../store/home.ts";
import { installedVersions } from "../store/installed.ts";
import { userAliases } from "../store/links.ts";
import { type Platform, parsePlatform } from "../version/platform.ts";
import { parseRequest, type Request } from "../version/request.ts";
import type { Invocation, Options } from "./command.ts";

/**
 * What a word of the command line asks for, installed or not: `mod` is what go.work or go.mod asks for, an alias the
 * release that it points to.
 * @param platform what `--platform` says, if it was given; one that the word itself names comes first.
 * @throws GoxError `not-a-version`; `usage` for `system`, and for `mod` where nothing asks.
 */
export function requestNamed(context: Context, word: string, platform?: Platform): Request {
	return forPlatform(word === "mod" ? parseRequest(modRequest(context)) : meant(context, parseRequest(word)), platform);
}

/** The request for the platform that somebody named, unless it names one itself. */
export function forPlatform(request: Request, platform: Platform | undefined): Request {
	return platform === undefined || request.platform !== undefined ? request : { ...request, platform };
}

/** What go.work or go.mod asks for, whatever a version file says. */
function modRequest(context: Context): string {
	const start = startOf(context);
	const floor = start === undefined ? undefined : findModFile(context, start)?.floor;
	if (!floor) throw new GoxError("usage", "no go.work or go.mod here asks for a Go version", { hint: "gox install latest" });
	return requestFor(floor);
}

/** An alias means the release it points to. */
function meant(context: Context, request: Request): Request {
	if (request.kind === "system")
		throw new GoxError("usage", "the system's go is not gox's to install", { hint: "gox install latest" });
	if (request.kind !== "alias") return request;
	const key = userAliases(context).get(request.name);
	const installed = installedVersions(context).find((each) => each.key === key);
	if (installed)
		return { kind: "exact", release: installed.release, platform: installed.platform, text: installed.release.version };
	return request;
}

/** The platform that a command is about: `--platform`, else GOX_PLATFORM, else this machine's. */
export function wantedPlatform(context: Context, options: Options): Platform {
	const { platform } = variablesIn(context.env);
	return namedPlatform(options) ?? (platform === undefined ? context.host() : parsePlatform(platform));
}

/** What `--platform` says, where it was given. */
export function namedPlatform(options: Options): Platform | undefined {
	const named = options.text("platform");
	return named === undefined ? undefined : parsePlatform(named);
}

/** How this command asks for the list of releases; a warning is given once, however often it is asked. */
export function catalogOptions({ context, report, options }: Pick<Invocation, "context" | "report" | "options">): CatalogOptions {
	const said = new Set<string>();
	return {
		warn: (text) => {
			if (!said.has(text)) report.warn(text);
			said.add(text);
		},
		insecure: options.has("insecure"),
		refresh: options.has("refresh"),
		widen: async (table) => {
			const layout = openHome(context);
			const { releasesFromModuleProxy } = await import("../releases/lookup.ts");
			const dir = makeStaging(context, layout, "list");
			try {
				return await releasesFromModuleProxy(context, table, { dir, insecure: options.has("insecure") });
			} finally {
				removeTree(dir);
			}
		},
	};
}

/**
 * The value of `--source`.
 * @throws GoxError `usage`
 */
export function sourceChoice(word: string | undefined): SourceChoice {
	if (word === undefined || word === "any") return "any";
	if (word === "download" || word === "proxy") return word;
	throw new GoxError("usage", `--source can't be "${word}"`, { hint: "--source download   or   --source proxy" });
}

/**
 * The value of `--jobs`, or `preset` where it wasn't given.
 * @throws GoxError `usage`
 */
export function jobCount(word: string | undefined, preset: number): number {
	if (word === undefined) return preset;
	const count = Number(word);
	if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
	throw new GoxError("usage", `--jobs wants a number from 1 to 64, not "${word}"`);
}

/**
 * What GOX_VERSION has to be for a word of the command line: the exact installed version (`1.22.5`,
 * `1.15.15@darwin-amd64`; `1.20.0` for go1.20), or `system`.
 * @throws GoxError `not-a-version`, `not-installed`, `no-go`
 */
export function shellVersion(context: Context, word: string): string {
	if (word === "system") return word;
	const { goroot, version } = toolchainNamed(context, word);
	return wordFor(basename(goroot ?? version));
}

/** @throws GoxError `usage` for a shell that gox has no hook for. */
export function shellNamed(name: string): Shell {
	const found = shellCalled(name);
	if (found) return found;
	throw new GoxError("usage", `${quote(name)} is not a shell that gox knows`, { hint: `one of: ${shellNames.join(", ")}` });
}

/** The user's login shell, from SHELL. @throws GoxError `usage` where that is none of the three. */
export function usersShell(context: Context): Shell {
	const { SHELL = "" } = context.env;
	const found = shellCalled(SHELL);
	if (found) return found;
	const what =
		SHELL === "" ? "SHELL isn't set, so gox can't tell which shell is yours" : `gox has no hook for ${basename(SHELL)}`;
	throw new GoxError("usage", what, { hint: shellNames.map((name) => `gox setup --shell ${name}`).join("\n") });
}
