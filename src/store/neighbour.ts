import type { Context } from "../context.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { type Installed, installedVersions } from "./installed.ts";
import { layoutOf } from "./layout.ts";
import { readManifest, receiptPath } from "./receipt.ts";
import { type Neighbour, recordedAt } from "./sharing.ts";

/**
 * The installed version whose files a release is likeliest to have too: the nearest patch of its minor, its own platform
 * first (two patches share 9,496 of 9,551 files, two platforms of one release all sources); undefined where there is none.
 */
export function nearestInstalled(release: Release, platform: Platform, installed: readonly Installed[]): Installed | undefined {
	const distance = (each: Installed) =>
		2 * Math.abs(Number(each.release.parsed.patch || -1) - Number(release.parsed.patch || -1)) +
		(each.platform === platform ? 0 : 1);
	const [nearest] = installed
		.filter((each) => each.release.minor === release.minor && !(each.release.name === release.name && each.platform === platform))
		.sort((left, right) => distance(left) - distance(right));
	return nearest;
}

/** What is needed of it to share its files; undefined where it has no manifest. */
export function asNeighbour(context: Context, { key, goroot }: Installed): Neighbour | undefined {
	const layout = layoutOf(context.home);
	const manifest = readManifest(layout, key);
	return manifest && { key, goroot, manifest, recordedAt: recordedAt(receiptPath(layout, key)) };
}

/** As `nearestInstalled`, among all that are installed now. */
export function nearestNow(context: Context, release: Release, platform: Platform): Installed | undefined {
	return nearestInstalled(release, platform, installedVersions(context));
}
