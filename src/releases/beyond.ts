import type { Context } from "../context.ts";
import type { Platform } from "../version/platform.ts";
import { newestFirst } from "../version/release.ts";
import type { Archive, IndexRelease } from "./index.ts";
import { type ListedToolchain, listToolchains } from "./moduleproxy.ts";
import type { ReleaseTable } from "./table.ts";

/**
 * What exists where only the Go module proxy is let through: the built-in table and what the proxy lists beyond it.
 * Nobody has published a SHA-256 of those archives, so they come as modules, which the checksum database vouches for.
 * @param dir a private temporary directory.
 * @returns newest first; the table's own where no proxy answers.
 */
export async function releasesBeyond(
	context: Context,
	table: ReleaseTable,
	options: { readonly dir: string; readonly insecure: boolean },
): Promise<readonly IndexRelease[]> {
	const listed: readonly ListedToolchain[] = await listToolchains(context, options).catch(() => []);
	const merged = new Map(table.releases.map((each) => [each.release.name, each]));
	for (const { release, platform } of listed) {
		const before = merged.get(release.name);
		if (before?.archives.has(platform)) continue;
		const archive: Archive = { filename: `${release.name}.${platform}.tar.gz`, sha256: undefined, size: 0 };
		const archives = new Map<Platform, Archive>(before?.archives).set(platform, archive);
		merged.set(release.name, { release, stable: release.stable, archives });
	}
	return [...merged.values()].sort((left, right) => newestFirst(left.release, right.release));
}
