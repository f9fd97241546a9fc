import { dirname, join } from "node:path";
import { type Context, once } from "../context.ts";
import { originOf } from "../foreign/tools.ts";
import { programsOnPath } from "../fs.ts";
import type { Executable } from "../go/builtfor.ts";
import { goSettings } from "../go/settings.ts";
import { select } from "../select/select.ts";
import type { Selection } from "../select/selection.ts";
import { type Installed, storedVersions } from "../store/installed.ts";
import { type Layout, layoutOf } from "../store/layout.ts";
import { type Mac, macOf } from "./mac.ts";
import type { Probes } from "./probes.ts";
import { type GoSetting, type StartupText, settingsNamed, startupTexts } from "./settings.ts";

/** The machine under examination. What several checks want to know is found out once, by the first that asks. */
export interface Machine {
	readonly context: Context;
	readonly layout: Layout;
	readonly probes: Probes;
	/** Whether the network must not be asked. */
	readonly offline: boolean;
	/** Undefined on anything but macOS. */
	mac(): Mac | undefined;
	/** What is in versions/, complete or not, newest first. */
	stored(): readonly Installed[];
	gosOnPath(): readonly GoOnPath[];
	startup(): readonly StartupText[];
	/** Everywhere that one of Go's settings is made, the one in force first. */
	settings(name: string): readonly GoSetting[];
	/** The Go in force in this directory. @throws GoxError as `select`. */
	inForce(): Selection;
}

export function machineUnder(context: Context, probes: Probes, offline: boolean): Machine {
	const startup = once(() => startupTexts(context, probes));
	return {
		context,
		layout: layoutOf(context.home),
		probes,
		offline,
		mac: once(() => macOf(context, probes)),
		stored: once(() => storedVersions(context)),
		gosOnPath: once(() => gosOnPath(context, probes)),
		startup,
		settings: (name) => settingsNamed(context, name, probes, startup),
		inForce: once(() => select(context)),
	};
}

/** A program called `go` on PATH. */
export interface GoOnPath {
	readonly path: string;
	/** Of gox: this one's shim, or another GOX_HOME's. */
	readonly shim: "own" | "other" | undefined;
	/** Behind its symlinks. */
	readonly real: string;
	/** Undefined where the program doesn't lie in a GOROOT. */
	readonly goroot: string | undefined;
	/** The first line of GOROOT/VERSION; undefined for a wrapper. */
	readonly version: string | undefined;
	/** Undefined for a script. */
	readonly executable: Executable | undefined;
	/** Who put it there, in words; undefined where nothing tells. */
	readonly origin: string | undefined;
}

/** Every `go` on PATH, in its order; a directory that is on it twice counts once. */
export function gosOnPath(context: Context, probes: Probes, path = context.env.PATH ?? ""): readonly GoOnPath[] {
	const own = probes.realPath(join(context.home, "shims"));
	const isProgram = (program: string) => probes.stat(program)?.executable === true;
	return [...new Set(programsOnPath("go", path, isProgram))].map((program): GoOnPath => {
		const real = probes.realPath(program) ?? program;
		const found = { path: program, real, executable: probes.executable(program) };
		if (probes.isShim(program)) {
			const shim = own !== undefined && probes.realPath(dirname(program)) === own ? "own" : "other";
			return { ...found, shim, goroot: undefined, version: undefined, origin: "gox" };
		}
		const goroot = dirname(dirname(real));
		const version = probes.readText(join(goroot, "VERSION"))?.split("\n", 1)[0]?.trim();
		return {
			...found,
			shim: undefined,
			goroot: version === undefined ? undefined : goroot,
			version,
			origin: originOf(real) ?? originOf(program),
		};
	});
}

/** `/usr/local/bin/go: go1.26.1, Mach-O x86_64, Homebrew`. */
export function goInWords(go: GoOnPath): string {
	if (go.shim === "own") return `${go.path}: gox's shim`;
	if (go.shim === "other") return `${go.path}: the shim of another gox`;
	const words = [go.version ?? "version unknown", go.executable?.words ?? "a script", go.origin && `from ${go.origin}`];
	return `${go.path}: ${words.filter(Boolean).join(", ")}`;
}

/** Where `go install` puts programs. */
export function goToolDirectories({ context, probes }: Machine): readonly string[] {
	return goSettings(context, null, probes.readText).toolDirectories;
}
