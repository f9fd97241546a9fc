import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { hasPrefix } from "../releases/resolve.ts";
import type { Platform } from "../version/platform.ts";
import { inRange, type Request } from "../version/request.ts";
import { userAliases } from "./alias.ts";
import { type Installed, installedVersions } from "./installed.ts";

/** The installed versions that a request matches, newest first. */
export function matching(context: Context, request: Request, platform: Platform): readonly Installed[] {
	const installed = installedVersions(context);
	const candidates = installed.filter((each) => each.platform === platform);
	const stable = candidates.filter((each) => each.release.stable);
	switch (request.kind) {
		case "exact":
			return candidates.filter((each) => each.release.name === request.release.name);
		case "prefix":
			return stable.filter((each) => hasPrefix(each.release, request.prefix));
		case "latest":
			return stable.slice(0, 1);
		case "oldstable":
			return stable.filter((each) => each.release.minor !== stable[0]?.release.minor).slice(0, 1);
		case "next":
			return candidates.slice(0, 1);
		case "range":
			return candidates.filter((each) => inRange(each.release, request.range));
		case "alias": {
			const key = userAliases(context).get(request.name);
			return installed.filter((each) => each.key === key);
		}
		case "mod":
		case "system":
			return [];
	}
}

/**
 * The newest installed version that a request matches.
 * @throws GoxError `not-installed` with the command that installs it; `not-a-version` for a word that is no alias.
 */
export function pickInstalled(
	context: Context,
	request: Request,
	platform: Platform = request.platform ?? context.host(),
): Installed {
	const [found] = matching(context, request, platform);
	if (found) return found;
	const word = request.text.trim().replace(/@.*$/, "");
	if (request.kind === "alias") {
		throw new GoxError("not-a-version", `"${word}" is not a Go version, and no alias has that name`, {
			hint: "gox list; gox alias",
		});
	}
	const what = request.kind === "exact" ? request.release.name : request.kind === "prefix" ? `Go ${request.prefix}` : word;
	const foreign = platform === context.host() ? "" : ` for ${platform}`;
	throw new GoxError(
		"not-installed",
		request.kind === "exact" ? `${what} is not installed${foreign}` : `no installed Go matches ${what}${foreign}`,
		{
			hint: `gox install ${/[\s<>|*]/.test(word) ? `'${word}'` : word}${foreign ? ` --platform ${platform}` : ""}`,
		},
	);
}
