import { statSync } from "node:fs";
import { resolve } from "node:path";
import { Bundle } from "../archive/bundle.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { ifPresent } from "../fs.ts";
import type { Chosen } from "../releases/catalog.ts";
import type { IndexRelease } from "../releases/index.ts";
import { matching } from "../releases/resolve.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { newestFirst } from "../version/release.ts";
import type { Request } from "../version/request.ts";

/**
 * The bundle that `--source` names: a path with a slash, a `.bundle`, or the name of a file here. Undefined for any
 * other word.
 * @throws GoxError as `Bundle.open`.
 */
export function bundleNamed(context: Context, word: string | undefined): Bundle | undefined {
	if (word === undefined || ["any", "download", "proxy"].includes(word)) return undefined;
	const path = resolve(context.cwd, word);
	const isPath = word.includes("/") || word.endsWith(".bundle") || ifPresent(() => statSync(path)) !== undefined;
	return isPath ? Bundle.open(path) : undefined;
}

/**
 * The toolchain of a bundle that a request means: the newest in it.
 * @throws GoxError `no-such-release`, saying what the bundle has.
 */
export async function chooseBundled(bundle: Bundle, request: Request, platform: Platform): Promise<Chosen> {
	const wanted = request.platform ?? platform;
	const [found] = matching(request, releasesIn(bundle), wanted);
	const bundled = bundle.toolchains.find((each) => each.release.name === found?.release.name && each.platform === wanted);
	if (!bundled) {
		throw new GoxError(
			"no-such-release",
			`${bundle.path} has no ${request.text.trim()} for ${wanted}; it has ${contentsInWords(bundle)}`,
			{
				hint: `gox bundle --list ${bundle.path}`,
			},
		);
	}
	const { builtInTable } = await import("../releases/table.ts");
	const { release, kind, size } = bundled;
	const table = builtInTable()
		.releases.find((each) => each.release.name === release.name)
		?.archives.get(wanted)?.sha256;
	return {
		release,
		platform: wanted,
		archive: { filename: bundled.file, sha256: table, size },
		hashes: table && kind === "archive" ? { table } : {},
	};
}

/** `go1.22.5 (darwin-arm64, linux-amd64), go1.21.13 (linux-amd64)` */
export function contentsInWords(bundle: Bundle): string {
	const releases = releasesIn(bundle).map(({ release, archives }) => `${release.name} (${[...archives.keys()].join(", ")})`);
	return releases.join(", ") || "nothing";
}

function releasesIn({ toolchains }: Bundle): readonly IndexRelease[] {
	const names = [...new Set(toolchains.map(({ release }) => release.name))];
	return names
		.flatMap((name) => {
			const editions = toolchains.filter(({ release }) => release.name === name);
			const release = editions[0]?.release;
			if (!release) return [];
			const sorted = platforms.flatMap((platform) => editions.find((each) => each.platform === platform) ?? []);
			const archives = new Map(
				sorted.map(({ platform, file, sha256, size }) => [platform, { filename: file, sha256, size }] as const),
			);
			return [{ release, stable: release.stable, archives }];
		})
		.sort((left, right) => newestFirst(left.release, right.release));
}
