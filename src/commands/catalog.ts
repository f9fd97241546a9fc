import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { removeTree } from "../fs.ts";
import type { CatalogOptions } from "../releases/lookup.ts";
import { openHome } from "../store/home.ts";
import { makeStaging } from "../store/staging.ts";
import { type Platform, parsePlatform } from "../version/platform.ts";
import type { Invocation, Options } from "./command.ts";

/** The platform that a command is about: `--platform`, else GOX_PLATFORM, else this machine's. */
export function wantedPlatform(context: Context, options: Options): Platform {
	return namedPlatform(options) ?? (context.env.GOX_PLATFORM ? parsePlatform(context.env.GOX_PLATFORM) : context.host());
}

/** What `--platform` says, where it was given. */
export function namedPlatform(options: Options): Platform | undefined {
	const named = options.text("platform");
	return named === undefined ? undefined : parsePlatform(named);
}

/** The context with the config file's index and mirrors in force where the environment names none. */
export function withConfiguredSites(context: Context): Context {
	const { index, mirrors } = loadConfig(context);
	const env = { ...context.env };
	if (!env.GOX_INDEX && index) env.GOX_INDEX = index;
	if (!env.GOX_MIRRORS && mirrors.length > 0) env.GOX_MIRRORS = mirrors.join(",");
	return { ...context, env };
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
			const { releasesBeyond } = await import("../releases/beyond.ts");
			const dir = makeStaging(context, layout, "list");
			try {
				return await releasesBeyond(context, table, { dir, insecure: options.has("insecure") });
			} finally {
				removeTree(dir);
			}
		},
	};
}
