import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { findModFile, requestFor } from "../select/floor.ts";
import { startOf } from "../select/start.ts";
import { userAliases } from "../store/alias.ts";
import { installedVersions } from "../store/installed.ts";
import { parseRequest, type Request } from "../version/request.ts";

/**
 * What a word of the command line asks to be installed: `mod` is what go.work or go.mod asks for, an alias the release
 * that it points to.
 * @throws GoxError `not-a-version`; `usage` for `system`, and for `mod` where nothing asks.
 */
export function requestNamed(context: Context, word: string): Request {
	return word === "mod" ? parseRequest(modRequest(context)) : meant(context, parseRequest(word));
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
