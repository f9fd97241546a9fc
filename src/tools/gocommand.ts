import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { select } from "../select/select.ts";
import { isPin } from "../select/source.ts";
import { readExecutable } from "../verify/buildinfo/buildinfo.ts";
import { archOf, osOf } from "../version/platform.ts";

/** The Go that builds tools. */
export interface GoCommand {
	/** The directory of its tools. */
	readonly bin: string;
	readonly goroot: string | null;
	/** As its own build information says: `go1.22.5`. */
	readonly version: string;
	/** Whether it runs on this machine without translation. */
	readonly native: boolean;
	/** Whether somebody named it, for `strict`. */
	readonly pinned: boolean;
}

/**
 * The Go in force in this directory.
 * @throws GoxError as `select` does, and its failure where that Go isn't installed.
 */
export function goInForce(context: Context): GoCommand {
	const { bin, goroot, source, failure } = select(context);
	if (bin === null) throw failure ?? new GoxError("no-go", "no Go is in force here", { hint: "gox install latest" });
	return goCommandIn(context, bin, goroot, isPin(source.kind));
}

/** As `goInForce`, or undefined where there is none. */
export function goInForceIfAny(context: Context): GoCommand | undefined {
	try {
		return goInForce(context);
	} catch (error) {
		if (error instanceof GoxError) return undefined;
		throw error;
	}
}

/** The Go whose tools are in that directory. */
export function goCommandIn(context: Context, bin: string, goroot: string | null, pinned: boolean): GoCommand {
	const slices = readExecutable(join(bin, "go"));
	const host = context.host();
	const own = slices.find(({ goos, goarch }) => goos === osOf(host) && goarch === archOf(host));
	const version = (own ?? slices[0])?.info?.goVersion ?? "";
	return { bin, goroot, version: version.split(" ", 1)[0] ?? "", native: own !== undefined || slices.length === 0, pinned };
}
