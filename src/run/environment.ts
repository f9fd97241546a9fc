import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { variablesIn } from "../config.ts";
import type { Context, Env } from "../context.ts";
import { wordFor } from "../select/selection.ts";
import { layoutOf } from "../store/layout.ts";

/**
 * The environment for a command that is to run with one Go, whatever directory it goes to: that Go's tools first on PATH,
 * then the shims (so that `go1.22.5` is found when Go itself switches), GOX_VERSION for shims further down, no GOROOT.
 * `bin` is the directory of the Go's tools. Where somebody named this Go (`pinned`), `strict` holds Go to it.
 */
export function environmentFor(context: Context, bin: string, { pinned }: { readonly pinned: boolean }): Env {
	const { GOROOT: _, PATH, ...rest } = context.env;
	const { shims } = layoutOf(context.home);
	const word = pinFor(context, bin);
	return {
		...rest,
		PATH: [bin, shims, ...(PATH ? [PATH] : [])].join(":"),
		GOX_VERSION: word,
		...(pinned && word !== "system" && isHeld(context) && { GOTOOLCHAIN: "local" }),
	};
}

/** `strict` of docs/selection.md: the marker and the variable, as the shims read them, and never over the user's own setting. */
function isHeld({ env, home }: Context): boolean {
	return !env.GOTOOLCHAIN && (variablesIn(env).strict || existsSync(layoutOf(home).strict));
}

/** What GOX_VERSION has to say for this Go; for one that isn't gox's, `system`. */
function pinFor(context: Context, bin: string): string {
	const goroot = dirname(bin);
	const { versions } = layoutOf(context.home);
	return goroot === join(versions, basename(goroot)) ? wordFor(basename(goroot)) : "system";
}
