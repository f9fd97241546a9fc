import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote, systemCode } from "../errors.ts";
import { besideShape, isExecutable, namesIn } from "../fs.ts";
import { type BuildInfo, readExecutable, type Slice } from "../go/buildinfo.ts";
import { archOf, osOf } from "../version/platform.ts";
import { compareGoVersions, parseGoVersion } from "../version/release.ts";

/** A program that `go install` put there. */
export interface Tool {
	readonly name: string;
	readonly path: string;
	/** Of the part that runs on this machine, of a universal file; else of the first. */
	readonly info: BuildInfo;
	/** `linux/arm64`, one for each part of a universal file. */
	readonly architectures: readonly string[];
	/** Whether this machine runs it without translation. */
	readonly native: boolean;
	/** Why it can't be built again from what is published, where it can't. */
	readonly obstacle: string | undefined;
}

/**
 * The programs of those directories that Go built, by directory and name. What can't be read is told to `unreadable`.
 * Starts no process, and reads some kilobytes of each file.
 */
export function toolsIn(
	context: Context,
	directories: readonly string[],
	unreadable: (path: string, why: string) => void = () => {},
): readonly Tool[] {
	return directories.flatMap((directory) =>
		namesIn(directory).flatMap((name) => {
			const path = join(directory, name);
			try {
				return besideShape.test(name) || !isExecutable(path) ? [] : (toolAt(context, path, name) ?? []);
			} catch (error) {
				if (systemCode(error) === undefined) throw error;
				unreadable(path, systemCode(error) ?? "");
				return [];
			}
		}),
	);
}

/** The tool at that path, or undefined where no Go built it. */
export function toolAt(context: Context, path: string, name: string): Tool | undefined {
	const slices = readExecutable(path);
	const [os, arch] = [osOf(context.host()), archOf(context.host())];
	const own = slices.find(({ goos, goarch }) => goos === os && goarch === arch);
	const info = own?.info ?? slices.find((each) => each.info)?.info;
	if (info === undefined) return undefined;
	const isLink = lstatSync(path).isSymbolicLink();
	return {
		name,
		path,
		info,
		architectures: slices.map(inWords),
		native: own !== undefined,
		obstacle: isLink ? "is a link to a file elsewhere" : obstacleOf(info),
	};
}

/**
 * The tools of those names, or import paths.
 * @throws GoxError `usage` for a name that none has
 */
export function toolsNamed(tools: readonly Tool[], names: readonly string[]): readonly Tool[] {
	if (names.length === 0) return tools;
	const found = names.flatMap((name) => {
		const hits = tools.filter((each) => each.name === name || each.info.path === name);
		if (hits.length > 0) return hits;
		throw new GoxError("usage", `there is no Go tool called ${quote(name)}`, {
			hint: `gox tools\ngox tools default add ${name}`,
		});
	});
	return [...new Set(found)];
}

/** The Go that built it, without experiments: `go1.22.5`; undefined for a development build. */
export function goOf(info: BuildInfo): string | undefined {
	const [word = ""] = info.goVersion.split(" ", 1);
	return word.startsWith("go") && parseGoVersion(word.slice(2)) ? word : undefined;
}

/** Whether it was built by an older Go than that one; of development builds nobody knows. */
export function isOlder(info: BuildInfo, version: string): boolean {
	const built = goOf(info);
	return built !== undefined && version.startsWith("go") && compareGoVersions(built.slice(2), version.slice(2)) < 0;
}

function inWords({ goos, goarch }: Slice): string {
	return `${goos ?? "?"}/${goarch ?? "?"}`;
}

/**
 * `go install PATH@VERSION` records a version and a checksum of the module, and nothing of a repository; since Go 1.24 a
 * build in a working directory has a version as well, from its tags.
 */
function obstacleOf({ path, main, settings }: BuildInfo): string | undefined {
	if (main === undefined) return "was built without modules";
	if (path === "" || path === "command-line-arguments") return "was built from single files";
	// They come out of a file, and stand in a command line of Go's.
	if ([path, main.path, main.version].some((word) => /^-|[\s@]/.test(word))) return "names a package as no Go does";
	if (main.replace !== undefined) return "was built from a replacement of its module";
	const fromRepository = main.sum === "" && settings.some(([key]) => key === "vcs" || key.startsWith("vcs."));
	if (!main.version.startsWith("v") || fromRepository) return "was built in a working directory";
	return undefined;
}
