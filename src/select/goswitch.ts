import { isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { layoutOf } from "../store/layout.ts";
import { compareParsed, type GoVersion, isLanguageVersion, parseGoVersion } from "../version/goversion.ts";
import { parseRelease } from "../version/release.ts";
import { findModFile } from "./floor.ts";
import { goSetting } from "./goenv.ts";
import type { Floor } from "./modfile.ts";
import type { Selection } from "./source.ts";
import { startOf } from "./start.ts";
import { isExecutable } from "./system.ts";

/** What the selected Go will do next about toolchains: run itself, or become another. */
export interface GoSwitch {
	/** GOTOOLCHAIN as that Go sees it, and where it is set. */
	readonly gotoolchain: string;
	readonly from: string;
	/** The toolchain that Go becomes, `go1.23.0`; null when it stays. */
	readonly toolchain: string | null;
	/** Who asks for it: a file and its line, or GOTOOLCHAIN. */
	readonly because: string | null;
	/** Where it is on PATH, and so will be run; null when it isn't. */
	readonly path: string | null;
	/** Whether Go would look for it in the module cache and download it, when it isn't on PATH. */
	readonly download: boolean;
}

interface Wish {
	readonly toolchain: string;
	readonly version: GoVersion;
	readonly because: string;
}

const firstThatSwitches: GoVersion = { major: "1", minor: "21", patch: "", kind: "", pre: "" };

/**
 * What Go itself will do after gox has chosen it (cmd/go's `toolchain.Select`). Undefined where nothing can be said:
 * a Go before 1.21 never switches, and one of unknown version or that isn't installed is not asked.
 */
export function goSwitch(context: Context, selection: Selection): GoSwitch | undefined {
	const local = parseRelease(selection.version ?? "")?.parsed;
	if (!local || !selection.installed || compareParsed(local, firstThatSwitches) < 0) return undefined;
	const setting = goSetting(context, "GOTOOLCHAIN", selection.goroot);
	if (!setting?.value) return undefined;
	const { value, from } = setting;
	const [least = "", mode = ""] = value === "auto" || value === "path" ? ["local", value] : value.split("+", 2);
	const wish = strongest(local, namedWish(least, value), mode === "auto" || mode === "path" ? fileWish(context) : undefined);
	const stays = !wish || wish.toolchain === selection.version;
	return {
		gotoolchain: value,
		from,
		toolchain: stays ? null : wish.toolchain,
		because: stays ? null : wish.because,
		path: stays ? null : onPath(context, wish.toolchain),
		download: !stays && mode !== "path",
	};
}

/** GOTOOLCHAIN=go1.22.5, with or without +auto: that one, be it older. */
function namedWish(name: string, value: string): Wish | undefined {
	const version = parseGoVersion(name.replace(/^go/, "").replace(/[- \t].*$/s, ""));
	return version && name.startsWith("go") ? { toolchain: name, version, because: `GOTOOLCHAIN=${value}` } : undefined;
}

/** The line of go.work or go.mod; undefined with `toolchain default`, which forbids switching. */
function fileWish(context: Context): Wish | undefined {
	const start = startOf(context);
	try {
		const file = start === undefined ? undefined : findModFile(context, start);
		if (!file?.floor || file.keepsToolchain) return undefined;
		return { toolchain: toolchainFor(file.floor), version: file.floor.version, because: `${file.path}: ${file.floor.line}` };
	} catch (error) {
		if (error instanceof GoxError) return undefined;
		throw error;
	}
}

function strongest(local: GoVersion, named: Wish | undefined, file: Wish | undefined): Wish | undefined {
	return file && compareParsed(file.version, named?.version ?? local) > 0 ? file : named;
}

/** Since 1.21 a language version's first release is its `.0`. */
function toolchainFor({ line, version, text }: Floor): string {
	if (line.startsWith("toolchain ")) return line.slice("toolchain ".length);
	return `go${text}${isLanguageVersion(version) ? ".0" : ""}`;
}

/** The shim puts `shims/` behind PATH when it isn't on it. */
function onPath(context: Context, name: string): string | null {
	const directories = (context.env.PATH ?? "").split(":").filter((each) => isAbsolute(each));
	const found = [...directories, layoutOf(context.home).shims].find((each) => isExecutable(join(each, name)));
	return found === undefined ? null : join(found, name);
}
