import { statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { ifPresent, linkTarget, namesIn } from "../fs.ts";
import { carriesShimMarker } from "../go/builtfor.ts";
import type { Platform } from "../version/platform.ts";
import { newestFirst, parseRelease, type Release } from "../version/release.ts";
import { layoutOf, parseVersionKey } from "./layout.ts";

/** A complete version in the store. */
export interface Installed {
	readonly release: Release;
	readonly platform: Platform;
	/** The name of its directory and receipt. */
	readonly key: string;
	readonly goroot: string;
}

/** Every complete version, newest first; the host's platform before others of the same release. */
export function installedVersions(context: Context): readonly Installed[] {
	return storedVersions(context).filter(({ goroot }) => isComplete(goroot));
}

/**
 * Whether a directory of `versions/` holds a Go. A version gets there in one rename, complete. Later somebody may have removed
 * files, or put a shim in place of bin/go, which would call itself for ever.
 */
export function isComplete(goroot: string): boolean {
	const go = join(goroot, "bin/go");
	const stat = ifPresent(() => statSync(go));
	return stat?.isFile() === true && !carriesShimMarker(go, stat.size);
}

/** The error of pointing at a version that was uninstalled at the same time. */
export function goneMeanwhile({ key }: Installed): GoxError {
	return new GoxError("not-installed", `${key} is not installed any more: another gox has just removed it`, { hint: "gox list" });
}

/** As `installedVersions`, with those whose bin/go was removed. */
export function storedVersions(context: Context): readonly Installed[] {
	const layout = layoutOf(context.home);
	return namesIn(layout.versions)
		.flatMap((key) => {
			const named = parseVersionKey(key, context.host());
			const release = named && parseRelease(named.release);
			const goroot = join(layout.versions, key);
			if (!named || !release || release.name !== named.release) return [];
			return { release, platform: named.platform, key, goroot };
		})
		.sort((left, right) => newestFirst(left.release, right.release) || left.key.length - right.key.length);
}

/** The key that the symlink at `path` (an alias or `current`) points to, or undefined. */
export function linkedKey(path: string): string | undefined {
	const target = linkTarget(path);
	return target === undefined ? undefined : basename(target);
}

/** The version that `current` points to, if it is installed. */
export function defaultVersion(context: Context, installed = installedVersions(context)): Installed | undefined {
	const key = linkedKey(layoutOf(context.home).current);
	return installed.find((each) => each.key === key);
}
