import { readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { ifPresent, isExecutable, isSameFile, programsOnPath } from "../fs.ts";
import { carriesShimMarker } from "../go/builtfor.ts";
import type { Layout } from "../store/layout.ts";
import type { Toolchain } from "./selection.ts";

/** The next `go` on PATH that isn't gox's. */
export interface SystemGo extends Toolchain {
	/** As found on PATH. */
	readonly path: string;
}

/** The first `go` of PATH that is not a shim of this or another gox; undefined when there is none. Starts no process. */
export function findSystemGo(context: Context, layout: Layout): SystemGo | undefined {
	const [path] = programsOnPath("go", context.env.PATH, (program) => isForeignProgram(context, layout, program));
	return path === undefined ? undefined : systemGoAt(path);
}

/** Whether the path is a program, and not a shim of this or another gox. */
export function isForeignProgram(context: Context, layout: Layout, path: string): boolean {
	if (!isExecutable(path) || isSameFile(path, join(layout.shims, basename(path)))) return false;
	const stat = ifPresent(() => statSync(path));
	return stat !== undefined && (!mayLoop(stat) || (shimDepth(context) < deepest && !isShim(path, stat)));
}

/** Whether the program is so small that it may be another manager's shim, which searches PATH and finds gox's again. */
export function mayLoop({ size }: Pick<Stats, "size">): boolean {
	return size < 1 << 20;
}

/** How many shims ran each other before this process; at `deepest` no small program counts as a system go. */
export function shimDepth({ env }: Pick<Context, "env">): number {
	const { shimDepth: depth } = variablesIn(env);
	if (!depth) return 0;
	return /^\d$/.test(depth) ? Number(depth) : deepest;
}

const deepest = 8;

function systemGoAt(path: string): SystemGo {
	const goroot = dirname(dirname(realpathSync.native(path)));
	const bin = join(goroot, "bin");
	if (isExecutable(join(bin, "go"))) return { path, goroot, bin, version: versionIn(goroot) };
	return { path, goroot: null, bin: dirname(path), version: "system" };
}

/** The first line of GOROOT/VERSION, when it is a Go version's. */
function versionIn(goroot: string): string {
	try {
		const [line = ""] = readFileSync(join(goroot, "VERSION"), "utf8").split("\n", 1);
		return line.startsWith("go") ? line : "system";
	} catch {
		return "system";
	}
}

function isShim(path: string, stat: Stats): boolean {
	try {
		return carriesShimMarker(path, stat.size);
	} catch {
		return false;
	}
}
