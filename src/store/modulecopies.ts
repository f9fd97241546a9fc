import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { namesIn } from "../fs.ts";
import { goSettings } from "../releases/proxy/gosettings.ts";
import { defaultVersion, type Installed } from "./installed.ts";

/** A toolchain that the go command downloaded, and gox has too. */
export interface ModuleCopy {
	/** `golang.org/toolchain@v0.0.1-go1.22.5.linux-amd64` */
	readonly name: string;
	/** Its read-only tree, and the zip that it was unpacked from. */
	readonly paths: readonly string[];
}

/** The second copies in GOMODCACHE of versions that are installed. What go keeps of their proofs isn't among them. */
export function copiesInModuleCache(context: Context, installed: readonly Installed[]): readonly ModuleCopy[] {
	const goroot = (defaultVersion(context, installed) ?? installed[0])?.goroot;
	const { moduleCache } = goSettings(context, goroot);
	const downloads = join(moduleCache, "cache/download/golang.org/toolchain/@v");
	const versions = new Set(installed.map(({ release, platform }) => `v0.0.1-${release.name}.${platform}`));
	const trees = namesIn(join(moduleCache, "golang.org")).map((name) => name.replace(/^toolchain@/, ""));
	const zips = namesIn(downloads).flatMap((name) => (name.endsWith(".zip") ? [name.slice(0, -4)] : []));
	return [...new Set([...trees, ...zips])]
		.filter((version) => versions.has(version))
		.map((version) => ({
			name: `golang.org/toolchain@${version}`,
			paths: [
				join(moduleCache, "golang.org", `toolchain@${version}`),
				join(downloads, `${version}.zip`),
				join(downloads, `${version}.ziphash`),
			].filter((path) => existsSync(path)),
		}));
}
