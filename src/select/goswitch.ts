import { isAbsolute, join } from "node:path";
import { attempt } from "../boundedfile.ts";
import type { Context } from "../context.ts";
import { quote } from "../errors.ts";
import { isExecutable } from "../fs.ts";
import { goSettings } from "../go/settings.ts";
import { layoutOf } from "../store/layout.ts";
import { compareParsed, type GoVersion, isLanguageVersion, parseGoVersion, parseRelease } from "../version/release.ts";
import { findModFile, type LinesThatAsk, type ModFile } from "./modfile.ts";
import { keyLinkedAt, type Selection, switchVariable, toolchainOf } from "./selection.ts";
import { startOf } from "./start.ts";
import { findSystemGo } from "./system.ts";

/** What the selected Go will do: run itself, switch to another toolchain, or refuse. */
export interface GoSwitch {
	/** GOTOOLCHAIN as that Go sees it, and where it is set. */
	readonly gotoolchain: string;
	readonly from: string;
	/** The toolchain that Go switches to, `go1.23.0`; null if it doesn't. */
	readonly toolchain: string | null;
	/** What asks for it: a file and its line, or GOTOOLCHAIN; or what keeps Go from asking. */
	readonly because: string | null;
	/** Its path on PATH, from which Go runs it; null if it isn't there. */
	readonly path: string | null;
	/** Whether Go would take it from the module cache or download it, if it isn't on PATH. */
	readonly download: boolean;
	/** Why Go refuses to run, in words; null if it runs. */
	readonly refusal: string | null;
}

/** What has to be known of the Go that is asked. */
export type AskedGo = Pick<Selection, "version" | "goroot" | "installed">;

/** The Go that would run if gox didn't read go.mod, and what it would do. */
export interface GoInstead {
	readonly version: string;
	/** `the default`, or the path of the system's go. */
	readonly at: string;
	/** As `goSwitch`; undefined for one that never switches. */
	readonly next: GoSwitch | undefined;
}

interface Wish {
	readonly toolchain: string;
	readonly version: GoVersion;
	readonly because: string;
}

/** GOTOOLCHAIN parsed: the least version that it names, and whether go.mod may ask for a newer one. */
interface Setting {
	readonly named: Wish | undefined;
	readonly mode: "auto" | "path" | "";
}

const firstThatSwitches: GoVersion = { major: "1", minor: "21", patch: "", kind: "", pre: "" };
/** Up to this version Go follows a toolchain line even if it names the Go that runs. */
const firstThatNeedsMore: GoVersion = { major: "1", minor: "22", patch: "", kind: "", pre: "" };

/**
 * What Go itself will do after gox has chosen it (cmd/go's `toolchain.Select`). Undefined for a Go before
 * 1.21, which never switches, and for one of unknown version or that isn't installed.
 */
export function goSwitch(context: Context, asked: AskedGo): GoSwitch | undefined {
	const local = parseRelease(asked.version ?? "")?.parsed;
	if (!local || !asked.installed || !canSwitch(local)) return undefined;
	const found = goSettings(context, asked.goroot).find("GOTOOLCHAIN");
	if (!found?.value) return undefined;
	const stays = { toolchain: null, because: null, path: null, download: false, refusal: null };
	const base = { gotoolchain: found.value, from: found.from, ...stays };
	const off = withoutModules(context, asked.goroot);
	if (off !== undefined) return { ...base, because: off };
	const setting = settingIn(found.value);
	if (!setting) return { ...base, refusal: `GOTOOLCHAIN=${quote(found.value)} is not local, auto, path or a toolchain's name` };
	const target = context.env[switchVariable];
	if (target) {
		// Another Go has switched to this one, which doesn't switch again.
		const refusal = target === asked.version ? null : `it was to be ${target}`;
		return { ...base, because: `${switchVariable}=${target}`, refusal };
	}
	const file = modFileHere(context);
	const wish = wishOf(local, setting, file);
	if (!wish || wish.toolchain === asked.version) return { ...base, refusal: wish ? null : tooOld(local, file) };
	const { toolchain, version, because } = wish;
	const path = onPath(context, toolchain);
	const download = setting.mode !== "path";
	const refusal =
		path === null && download && wish === setting.named && isLanguageVersion(version)
			? `${toolchain} is a language version, and no toolchain has that name`
			: null;
	return { ...base, toolchain, because, path, download: download && refusal === null, refusal };
}

/** What Go itself would do about a go.mod or go.work that no installed Go satisfies; undefined for any other selection. */
export function goInstead(context: Context, { installed, source }: Selection): GoInstead | undefined {
	if (installed || (source.kind !== "go.mod" && source.kind !== "go.work")) return undefined;
	const layout = layoutOf(context.home);
	const key = keyLinkedAt(layout.current);
	const byDefault = key === undefined ? undefined : toolchainOf(layout, key);
	const system = byDefault ? undefined : findSystemGo(context, layout);
	const found = byDefault ?? system;
	if (!found) return undefined;
	const next = goSwitch(context, { version: found.version, goroot: found.goroot, installed: true });
	return { version: found.version, at: system?.path ?? "the default", next };
}

/** Whether a Go of this version can switch to another. */
function canSwitch(version: GoVersion): boolean {
	return compareParsed(version, firstThatSwitches) >= 0;
}

/** GO111MODULE=off, or `auto` with no go.mod: then Go asks neither GOTOOLCHAIN nor a file (cmd/go's `WillBeEnabled`). */
function withoutModules(context: Context, goroot: string | null): string | undefined {
	const modules = goSettings(context, goroot).find("GO111MODULE");
	if (!modules || modules.value === "on" || modules.value === "") return undefined;
	if (modules.value === "auto" && hasGoMod(context)) return undefined;
	return `GO111MODULE=${modules.value} (${modules.from})`;
}

function hasGoMod(context: Context): boolean {
	const start = startOf(context);
	const alone = { ...context, env: { ...context.env, GOWORK: "off" } };
	return start !== undefined && attempt(() => findModFile(alone, start) !== undefined, true);
}

function settingIn(value: string): Setting | undefined {
	if (value === "auto" || value === "path") return { named: undefined, mode: value };
	const plus = value.indexOf("+");
	const least = plus < 0 ? value : value.slice(0, plus);
	const mode = plus < 0 ? "" : value.slice(plus + 1);
	if (plus >= 0 && mode !== "auto" && mode !== "path") return undefined;
	if (least === "local") return { named: undefined, mode: mode as Setting["mode"] };
	const version =
		least.startsWith("go") && !/[\\/]/.test(least) ? parseGoVersion(least.slice(2).replace(/[- \t].*$/s, "")) : undefined;
	// Go runs nothing from PATH whose name doesn't begin like this.
	if (!version || !least.startsWith("go1")) return undefined;
	return { named: { toolchain: least, version, because: `GOTOOLCHAIN=${value}` }, mode: mode as Setting["mode"] };
}

/** The go.work or go.mod that Go reads. Other commands report one that gox can't read. */
function modFileHere(context: Context): ModFile | undefined {
	const start = startOf(context);
	return start === undefined ? undefined : attempt(() => findModFile(context, start), undefined);
}

/** GOTOOLCHAIN's version, even if it is older; then the toolchain line and the go line, if they are newer than that. */
function wishOf(local: GoVersion, { named, mode }: Setting, file: ModFile | undefined): Wish | undefined {
	if (mode === "" || !file || file.keepsToolchain) return named;
	const { toolchain, go }: LinesThatAsk = file.lines;
	const least = compareParsed(local, firstThatNeedsMore) < 0 ? 0 : 1;
	let wish = named;
	if (toolchain && compareParsed(toolchain.version, wish?.version ?? local) >= least) {
		wish = {
			toolchain: toolchain.line.slice("toolchain ".length),
			version: toolchain.version,
			because: because(file, toolchain),
		};
	}
	if (go && compareParsed(go.version, wish?.version ?? local) > 0) {
		// A language version's first release is its `.0`.
		wish = {
			toolchain: `go${go.text}${isLanguageVersion(go.version) ? ".0" : ""}`,
			version: go.version,
			because: because(file, go),
		};
	}
	return wish;
}

function because({ path }: ModFile, { line }: { readonly line: string }): string {
	return `${path}: ${line}`;
}

/** A Go that may not switch refuses a module that asks for a newer one. */
function tooOld(local: GoVersion, file: ModFile | undefined): string | null {
	const go = file?.lines.go;
	return file && go && compareParsed(go.version, local) > 0 ? because(file, go) : null;
}

/** The shim puts `shims/` behind PATH when it isn't on it. */
function onPath(context: Context, name: string): string | null {
	const directories = (context.env.PATH ?? "").split(":").filter((each) => isAbsolute(each));
	const found = [...directories, layoutOf(context.home).shims].find((each) => isExecutable(join(each, name)));
	return found === undefined ? null : join(found, name);
}
