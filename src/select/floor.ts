import { join } from "node:path";
import type { Context } from "../context.ts";
import { installedVersions } from "../store/installed.ts";
import type { Layout } from "../store/layout.ts";
import { compareParsed, minorOf } from "../version/goversion.ts";
import { parseRelease } from "../version/release.ts";
import { goSetting } from "./goenv.ts";
import { type Floor, floorOf, keepsToolchain, type LinesThatAsk, linesThatAsk, readModFile } from "./modfile.ts";
import { upward } from "./start.ts";
import { keyLinkedAt, type Toolchain, toolchainOf } from "./toolchain.ts";

/** The go.work or go.mod that speaks for a directory. */
export interface ModFile {
	readonly kind: "go.work" | "go.mod";
	readonly path: string;
	/** Undefined when it has neither a go nor a toolchain line. */
	readonly floor: Floor | undefined;
	readonly lines: LinesThatAsk;
	/** It says `toolchain default`: Go itself never switches because of this file. */
	readonly keepsToolchain: boolean;
}

/**
 * The nearest go.work (GOWORK honoured, be it written by `go env -w`), else the nearest go.mod.
 * @throws GoxError `bad-version-file`, `file-system`
 */
export function findModFile(context: Context, start: string): ModFile | undefined {
	return findWorkFile(context, start) ?? nearest("go.mod", start);
}

function findWorkFile(context: Context, start: string): ModFile | undefined {
	const named = goSetting(context, "GOWORK", null)?.value || "auto";
	if (named === "auto") return nearest("go.work", start);
	return named.startsWith("/") ? modFileAt("go.work", named) : undefined;
}

function nearest(kind: ModFile["kind"], start: string): ModFile | undefined {
	for (const directory of upward(start)) {
		const found = modFileAt(kind, join(directory, kind));
		if (found) return found;
	}
	return undefined;
}

function modFileAt(kind: ModFile["kind"], path: string): ModFile | undefined {
	const text = readModFile(path);
	if (text === undefined) return undefined;
	const lines = linesThatAsk(text, path);
	return { kind, path, floor: floorOf(lines), lines, keepsToolchain: keepsToolchain(text) };
}

/** Whether a toolchain is at least what the floor asks for; not when its version is unknown. */
export function satisfies(version: string, floor: Floor): boolean {
	const release = parseRelease(version);
	return release !== undefined && compareParsed(release.parsed, floor.version) >= 0;
}

/**
 * The installed Go for a floor: the default if it satisfies it, else the newest of the floor's minor (an old Go that is
 * asked for `go 1.26` would insist on exactly go1.26.0), else the oldest newer one.
 */
export function pickForFloor(context: Context, layout: Layout, floor: Floor): Toolchain | undefined {
	const minor = minorOf(floor.version);
	for (const link of [layout.current, join(layout.aliases, minor)]) {
		const key = keyLinkedAt(link);
		const linked = key === undefined ? undefined : toolchainOf(layout, key);
		if (linked && satisfies(linked.version, floor)) return linked;
	}
	const enough = installedVersions(context).filter(
		(each) => each.platform === context.host() && satisfies(each.release.name, floor),
	);
	const previews = floor.version.kind === "" ? [] : enough.filter((each) => !each.release.stable && each.release.minor === minor);
	const [newestPreview] = previews;
	const found = newestPreview ?? enough.findLast((each) => each.release.stable);
	return found && toolchainOf(layout, found.key);
}

/** What to install for a floor: the newest patch of its minor; a pre-release itself. */
export function requestFor(floor: Floor): string {
	return floor.version.kind === "" ? minorOf(floor.version) : floor.text;
}
