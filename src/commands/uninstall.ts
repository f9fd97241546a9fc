import { GoxError } from "../errors.ts";
import type { Installed } from "../store/installed.ts";
import { matching, pickInstalled } from "../store/pick.ts";
import { uninstallVersion } from "../store/uninstall.ts";
import { parsePlatform } from "../version/platform.ts";
import { parseRequest } from "../version/request.ts";
import type { Invocation } from "./command.ts";

export async function run({ context, report, args, options }: Invocation): Promise<undefined> {
	const doomed = args.map((word) => single({ context, platform: options.text("platform"), word }));
	const removed = [];
	for (const installed of new Map(doomed.map((each) => [each.key, each])).values()) {
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

/** A word that matches several versions removes none: only the person knows which was meant. */
function single({
	context,
	platform,
	word,
}: {
	context: Invocation["context"];
	platform: string | undefined;
	word: string;
}): Installed {
	const request = parseRequest(word);
	const wanted = platform === undefined ? (request.platform ?? context.host()) : parsePlatform(platform);
	const found = matching(context, request, wanted);
	const [first, second] = found;
	if (first && !second) return first;
	if (!first && request.kind !== "alias")
		throw new GoxError("not-installed", `${word} is not installed${wanted === context.host() ? "" : ` for ${wanted}`}`, {
			hint: "gox list",
		});
	if (!first) return pickInstalled(context, request, wanted);
	throw new GoxError("usage", `${word} matches ${found.map((each) => each.key).join(", ")}`, {
		hint: found.map((each) => `gox uninstall ${each.release.version}`).join("\n"),
	});
}
