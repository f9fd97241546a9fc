import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Context } from "../context.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { asNeighbour, nearestNow } from "./neighbour.ts";
import { canClone, NeighbourFiles, type SharingCalls, systemCalls } from "./sharing.ts";

/**
 * What lets a version that is about to be built take over the files of its nearest neighbour: by clones where the file
 * system has them, else, only where that is asked for, by hard links. Where neither is to be, this costs one failed call.
 * @param staging where it will be built
 */
export function sharingWithNearest(
	context: Context,
	staging: string,
	{ release, platform }: { readonly release: Release; readonly platform: Platform },
	dedupe: Config["dedupe"],
	calls: SharingCalls = systemCalls,
): NeighbourFiles | undefined {
	if (dedupe === "off") return undefined;
	const nearest = nearestNow(context, release, platform);
	if (!nearest) return undefined;
	const how = canClone(join(nearest.goroot, "VERSION"), staging, calls) ? "clone" : "link";
	if (how === "link" && dedupe !== "link") return undefined;
	const neighbour = asNeighbour(context, nearest);
	return neighbour && new NeighbourFiles(neighbour, how, calls);
}

/** What must be known before hard links are made; undefined where there is nothing to say. */
export function linkWarning({ uid }: Pick<Context, "uid">): string | undefined {
	if (uid !== 0) return undefined;
	return "root may write into read-only files, so an edit in place would change every version that has the file (gox verify tells)";
}
