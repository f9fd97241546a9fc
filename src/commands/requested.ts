import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { findModFile, requestFor } from "../select/floor.ts";
import { startOf } from "../select/start.ts";
import { userAliases } from "../store/alias.ts";
import { installedVersions } from "../store/installed.ts";
import type { Platform } from "../version/platform.ts";
import { parseRequest, type Request } from "../version/request.ts";

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
