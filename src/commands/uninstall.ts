import type { Invocation } from "../cli/command.ts";
import { wantedPlatform } from "../cli/operands.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { wordFor } from "../select/selection.ts";
import { uninstallVersion } from "../store/abandoned.ts";
import { type Installed, storedVersions } from "../store/installed.ts";
import { matching, pickInstalled } from "../store/links.ts";
import type { Platform } from "../version/platform.ts";
import { parseRequest, type Request } from "../version/request.ts";

export async function run({ context, report, args, options }: Invocation): Promise<undefined> {
	const platform = wantedPlatform(context, options);
	const chosen = args.map((word) => single(context, word, platform));
	const removed = [];
	for (const installed of new Map(chosen.map((each) => [each.key, each])).values()) {
		const outcome = await uninstallVersion(context, installed, (owner) =>
			report.say(`waiting for ${owner} to finish with ${installed.key}`),
		);
		removed.push({ version: installed.release.name, platform: installed.platform, ...outcome });
		report.say(`removed ${installed.key}`);
		for (const alias of outcome.removedAliases) report.say(`removed the alias ${alias}, which pointed at it`);
		if (outcome.wasDefault) report.warn("it was the default, and there is none now; choose one with: gox default VERSION");
	}
	if (report.asJson) report.json(removed);
	return undefined;
}

/** @throws GoxError `usage` if a word matches several versions: gox can't know which one is meant */
function single(context: Context, word: string, platform: Platform): Installed {
	const request = parseRequest(word);
	const wanted = request.platform ?? platform;
	const found = matching(context, request, wanted);
	const [first = damaged(context, request, wanted), second] = found;
	if (first && !second) return first;
	if (!first && request.kind === "alias") return pickInstalled(context, request, wanted);
	if (!first) throw notThere(context, word, request, wanted);
	throw new GoxError("usage", `${word} matches ${found.map((each) => each.key).join(", ")}`, { hint: removing(found) });
}

/** An installed version without its bin/go: no request finds it. */
function damaged(context: Context, request: Request, platform: Platform): Installed | undefined {
	if (request.kind !== "exact") return undefined;
	return storedVersions(context).find((each) => each.platform === platform && each.release.name === request.release.name);
}

function notThere(context: Context, word: string, request: Request, platform: Platform): GoxError {
	const elsewhere = storedVersions(context).filter(
		(each) => request.kind === "exact" && each.release.name === request.release.name,
	);
	const foreign = platform === context.host() ? "" : ` for ${platform}`;
	return new GoxError("not-installed", `${word} is not installed${foreign}`, { hint: removing(elsewhere) || "gox list" });
}

/** The commands that remove exactly these versions: `1.20` alone would match every 1.20. */
function removing(versions: readonly Installed[]): string {
	return versions.map(({ key }) => `gox uninstall ${wordFor(key)}`).join("\n");
}
