import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import {
	besideName,
	besideShape,
	ifPresent,
	linkTarget,
	namesIn,
	naming,
	readIfPresent,
	removeTree,
	replaceSymlink,
	writeFileAtomic,
} from "../fs.ts";
import { makeHome, makeStaging, openHome } from "./home.ts";
import { type Installed, installedVersions } from "./installed.ts";
import { announced } from "./journal.ts";
import type { Layout } from "./layout.ts";

export interface ShimReport {
	/** What runs as `go`: the native program, or the sh script if the native one can't run here. */
	readonly kind: "native" | "sh";
	/** What was written or replaced, by name. */
	readonly changed: readonly string[];
}

/** The shims that exist whatever is installed. */
const fixedTools = ["go", "gofmt", "gox"];
const toolName = /^[a-z][a-z0-9_-]*$/;

/**
 * Makes `shims/` complete: the native shim under the name of every tool of every installed GOROOT/bin,
 * one symlink for each installed version, and the launcher that starts this program. Idempotent; it doesn't
 * touch what is right. New shims are written beside the old ones and renamed: Apple Silicon kills a running
 * signed program that is overwritten in place.
 * @throws GoxError `file-system` when this build of gox has no shim for the machine.
 */
export function completeShims(context: Context): ShimReport {
	const layout = openHome(context);
	makeHome(layout);
	return announced(context, layout, () => placeShims(context, layout, installedVersions(context)));
}

/** As `completeShims`, for a caller that has the change in the journal already. */
export function placeShims(context: Context, layout: Layout, all: readonly Installed[]): ShimReport {
	const changed = new Set<string>();
	const installed = all.filter((each) => each.platform === context.host());
	const tools = new Set([
		...fixedTools,
		...installed.flatMap((each) => namesIn(join(each.goroot, "bin")).filter((name) => toolName.test(name))),
	]);
	const kind = placePrograms(context, layout, [...tools], changed);
	linkVersions(context, layout, new Set(installed.map((each) => each.key)), changed);
	removeUnusedShims(layout, tools);
	writeLauncher(context, layout, changed);
	if (markStrict(context, layout)) changed.add("strict");
	return { kind, changed: [...changed] };
}

function placePrograms(context: Context, layout: Layout, tools: readonly string[], changed: Set<string>): ShimReport["kind"] {
	const native = join(context.assets, "shims", context.host(), "gox-shim");
	const script = join(context.assets, "shims", "gox-shim.sh");
	if (existsSync(native) && placeNative(context, layout, tools, native, changed)) return "native";
	if (existsSync(script)) {
		placeAll(context, layout, missingFrom(layout, tools, script), script, changed);
		return "sh";
	}
	throw new GoxError(
		"file-system",
		`this gox has no shim for ${context.host()}: ${join(context.assets, "shims")} is incomplete`,
		{
			hint: "npm install -g gox-cli",
		},
	);
}

/** False if the native program can't run here. It is tried before it gets a name on PATH. */
function placeNative(context: Context, layout: Layout, tools: readonly string[], source: string, changed: Set<string>): boolean {
	const missing = missingFrom(layout, tools, source);
	if (missing.length === 0) return true;
	const trial = makeStaging(context, layout, "shim");
	try {
		const program = join(trial, "gox-shim");
		copyProgram(source, program);
		if (!runsHere(program)) return false;
		placeAll(context, layout, missing, program, changed);
		return true;
	} finally {
		removeTree(trial);
	}
}

function missingFrom(layout: Layout, tools: readonly string[], source: string): string[] {
	const bytes = readWhole(source);
	return tools.filter((tool) => {
		const path = join(layout.shims, tool);
		return !(ifPresent(() => lstatSync(path))?.isFile() && readWhole(path).equals(bytes));
	});
}

function readWhole(path: string): Buffer {
	return naming(path, () => readFileSync(path));
}

function placeAll(context: Context, layout: Layout, tools: readonly string[], source: string, changed: Set<string>): void {
	for (const tool of tools) {
		const path = join(layout.shims, tool);
		const beside = besideName(path);
		try {
			copyProgram(source, beside);
			context.checkpoint("shims:copied");
			renameSync(beside, path);
		} finally {
			rmSync(beside, { force: true });
		}
		context.checkpoint("shims:placed");
		changed.add(tool);
	}
}

/** Copies the bytes: in the self-contained gox the source is inside the executable, where copyfile can't read it. */
function copyProgram(source: string, destination: string): void {
	naming(destination, () => writeFileSync(destination, readWhole(source), { mode: 0o755 }));
	chmodSync(destination, 0o755);
}

/** Runs the shim's self-test. On macOS a program that the system refuses is signed again, ad hoc. */
function runsHere(program: string): boolean {
	if (selfTest(program)) return true;
	if (!existsSync("/usr/bin/codesign")) return false;
	return spawnSync("/usr/bin/codesign", ["-f", "-s", "-", program], { stdio: "ignore" }).status === 0 && selfTest(program);
}

function selfTest(program: string): boolean {
	const { status, stdout } = spawnSync(program, ["--shim-self-test"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
	return status === 0 && stdout.startsWith("gox-shim ok ");
}

/** `shims/go1.22.5 -> ../versions/go1.22.5/bin/go`, for Go's own switching. Links of removed versions are removed. */
function linkVersions(context: Context, layout: Layout, keys: ReadonlySet<string>, changed: Set<string>): void {
	for (const key of keys) {
		const path = join(layout.shims, key);
		const target = `../versions/${key}/bin/go`;
		if (linkTarget(path) === target) continue;
		replaceSymlink(target, path, () => context.checkpoint("shims:link-made"));
		context.checkpoint("shims:linked");
		changed.add(key);
	}
	for (const name of namesIn(layout.shims)) {
		if (/^go\d/.test(name) && !keys.has(name)) {
			rmSync(join(layout.shims, name), { force: true });
			context.checkpoint("shims:unlinked");
			changed.add(name);
		}
	}
}

/** Removes shims of tools that no installed version has. Temporary files belong to the process that writes them. */
function removeUnusedShims(layout: Layout, tools: ReadonlySet<string>): void {
	for (const name of namesIn(layout.shims)) {
		if (!/^go\d/.test(name) && !besideShape.test(name) && !tools.has(name))
			rmSync(join(layout.shims, name), { force: true, recursive: true });
	}
}

function writeLauncher(context: Context, layout: Layout, changed: Set<string>): void {
	const text = context.self.map((word) => `${word}\n`).join("");
	if (readIfPresent(layout.launcher) === text) return;
	writeFileAtomic(layout.launcher, text, 0o644, () => context.checkpoint("shims:launcher"));
	changed.add("launcher");
}

/**
 * Creates or removes the marker that tells the shims of `strict` in the config. Tells whether that changed anything.
 * Throws as `loadConfig`.
 */
export function markStrict(context: Context, layout: Layout): boolean {
	const { strict } = loadConfig(context);
	const marked = readIfPresent(layout.strict) !== undefined;
	if (strict === marked) return false;
	if (strict) writeFileAtomic(layout.strict, "");
	else rmSync(layout.strict, { force: true });
	return true;
}
