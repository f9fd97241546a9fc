import { rmSync } from "node:fs";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { readIfPresent, writeFileAtomic } from "../fs.ts";
import type { Layout } from "./layout.ts";

/**
 * Makes the marker that the shims look for say what the config says about `strict`; whether that changed anything.
 * Throws as `loadConfig`.
 */
export function markStrict(context: Context, layout: Layout): boolean {
	const { strict } = loadConfig(context);
	const marked = readIfPresent(layout.strict) !== undefined;
	if (strict === marked) return false;
	if (strict) writeFileAtomic(layout.strict, "");
	else rmSync(layout.strict, { force: true });
	return true;
}
