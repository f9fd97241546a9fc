import { join } from "node:path";
import type { Platform } from "../version/platform.ts";

/** The tree under GOX_HOME (design §2), as names only: nothing here touches the disk. */
export interface Layout {
	readonly home: string;
	readonly versions: string;
	readonly aliases: string;
	/** The default: a symlink `versions/goX.Y.Z`. */
	readonly current: string;
	readonly shims: string;
	readonly receipts: string;
	readonly tmp: string;
	readonly locks: string;
	readonly journal: string;
	/** The directories whose files chose a Go, one JSON string on each line. */
	readonly projects: string;
	/** How the native `gox` starts the rest of the program, one argv word on each line. */
	readonly launcher: string;
	/** Exists while the config says `strict`, for the shims, which don't read the config. */
	readonly strict: string;
}

export function layoutOf(home: string): Layout {
	return {
		home,
		versions: join(home, "versions"),
		aliases: join(home, "aliases"),
		current: join(home, "current"),
		shims: join(home, "shims"),
		receipts: join(home, "receipts"),
		tmp: join(home, "tmp"),
		locks: join(home, "locks"),
		journal: join(home, "journal"),
		projects: join(home, "projects"),
		launcher: join(home, "launcher"),
		strict: join(home, "strict"),
	};
}

/** The name of a version's directory, receipt and lock: `go1.22.5`, or `go1.15.15@darwin-amd64` for a platform that isn't the host's. */
export function versionKey(release: string, platform: Platform, host: Platform): string {
	return platform === host ? release : `${release}@${platform}`;
}

/** The inverse of `versionKey`: undefined for a name that is not of that form. */
export function parseVersionKey(key: string, host: Platform): { release: string; platform: Platform } | undefined {
	const found = /^(go\d[a-z0-9.]*)(?:@((?:darwin|linux)-(?:arm64|amd64)))?$/.exec(key);
	if (!found?.[1] || found[2] === host) return undefined;
	return { release: found[1], platform: (found[2] as Platform | undefined) ?? host };
}
