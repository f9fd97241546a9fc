import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import type { Context } from "../../context.ts";
import { namesIn, readIfPresent } from "../../fs.ts";
import { carriesShimMarker } from "../../verify/shimmarker.ts";
import { compareParsed, parseGoVersion } from "../../version/goversion.ts";
import { newestFirst, parseRelease, type Release } from "../../version/release.ts";

/** A Go on this machine that can download modules for gox. */
export interface GoCommand {
	/** Absolute path of the program. */
	readonly path: string;
	readonly goroot: string;
	/** `go1.22.5`, or what its VERSION file says. */
	readonly version: string;
}

/** Since 1.21 the go command knows toolchains as modules, and GOROOT/go.env. */
const oldest = "1.21";

/** The newest Go installed by gox, else the first on PATH that isn't gox's own shim; 1.21 or later. */
export function findGo(context: Context): GoCommand | undefined {
	return newestInstalled(context) ?? firstOnPath(context);
}

function newestInstalled(context: Context): GoCommand | undefined {
	const versions = join(context.home, "versions");
	const releases = namesIn(versions)
		.filter((name) => !name.includes("@"))
		.map(parseRelease)
		.filter((release): release is Release => release !== undefined)
		.sort(newestFirst);
	for (const { name } of releases) {
		const found = goIn(join(versions, name, "bin", "go"));
		if (found) return found;
	}
	return undefined;
}

function firstOnPath(context: Context): GoCommand | undefined {
	for (const entry of (context.env.PATH ?? "").split(delimiter)) {
		const found = isAbsolute(entry) ? goIn(join(entry, "go")) : undefined;
		if (found) return found;
	}
	return undefined;
}

function goIn(path: string): GoCommand | undefined {
	try {
		accessSync(path, constants.X_OK);
		if (carriesShimMarker(path, statSync(path).size)) return undefined;
		const goroot = dirname(dirname(realpathSync(path)));
		const version = (readIfPresent(join(goroot, "VERSION")) ?? "").split("\n", 1)[0]?.trim() ?? "";
		return isRecentEnough(version) ? { path, goroot, version } : undefined;
	} catch {
		return undefined;
	}
}

/** Development versions (`devel go1.23-…`) count by the release that they name. */
function isRecentEnough(version: string): boolean {
	const parsed = parseGoVersion(/\bgo(\d+\.\d+(?:\.\d+|(?:rc|beta)\d+)?)/.exec(version)?.[1] ?? "");
	const floor = parseGoVersion(oldest);
	return parsed !== undefined && floor !== undefined && compareParsed(parsed, floor) >= 0;
}
