import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { readExecutable } from "../go/buildinfo.ts";
import { findGo, type GoCommand } from "../go/command.ts";
import { goSettings } from "../go/settings.ts";
import { archOf, osOf } from "../version/platform.ts";
import { select } from "./select.ts";
import { isPin } from "./selection.ts";

/** The Go that builds tools. */
export interface BuildingGo {
	/** The directory of its tools. */
	readonly bin: string;
	readonly goroot: string | null;
	/** As its own build information says: `go1.22.5`. */
	readonly version: string;
	/** Whether it runs on this machine without translation. */
	readonly native: boolean;
	/** Whether somebody named it, for `strict`. */
	readonly pinned: boolean;
}

/**
 * The Go in force in this directory.
 * @throws GoxError as `select` does, and its failure where that Go isn't installed.
 */
export function goInForce(context: Context): BuildingGo {
	const { bin, goroot, source, failure } = select(context);
	if (bin === null) throw failure ?? new GoxError("no-go", "no Go is in force here", { hint: "gox install latest" });
	return goCommandIn(context, bin, goroot, isPin(source.kind));
}

/** As `goInForce`, or undefined where there is none. */
export function goInForceIfAny(context: Context): BuildingGo | undefined {
	try {
		return goInForce(context);
	} catch (error) {
		if (error instanceof GoxError) return undefined;
		throw error;
	}
}

/** The Go whose tools are in that directory. */
export function goCommandIn(context: Context, bin: string, goroot: string | null, pinned: boolean): BuildingGo {
	const slices = readExecutable(join(bin, "go"));
	const host = context.host();
	const own = slices.find(({ goos, goarch }) => goos === osOf(host) && goarch === archOf(host));
	const version = (own ?? slices[0])?.info?.goVersion ?? "";
	return { bin, goroot, version: version.split(" ", 1)[0] ?? "", native: own !== undefined || slices.length === 0, pinned };
}

/** The go that runs here, else any that gox has; undefined where there is none. */
export function goForSettings(context: Context): GoCommand | undefined {
	try {
		const { installed, bin, goroot, version } = select(context);
		if (installed && bin !== null && goroot !== null) return { path: join(bin, "go"), goroot, version: version ?? "" };
	} catch (error) {
		// A directory that asks for what can't be understood says nothing about Go's settings.
		if (!(error instanceof GoxError)) throw error;
	}
	return findGo(context);
}

/** Where Go's own value of a setting is said. */
export interface ShippedSetting {
	readonly value: string;
	readonly from: string;
}

/** What a Go has for a setting by itself: its go.env says so since 1.21, before it was built in. */
export function shippedBy(context: Context, go: GoCommand | undefined, name: string): ShippedSetting | undefined {
	if (!go) return undefined;
	if (existsSync(join(go.goroot, "go.env"))) {
		const found = goSettings(context, go.goroot).shipped(name);
		return found?.value ? found : undefined;
	}
	const env = { ...context.env, GOENV: "off", GOROOT: go.goroot, GOFLAGS: "", GOTOOLCHAIN: "local", [name]: "" };
	try {
		const value = execFileSync(go.path, ["env", name], {
			env,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
			timeout: 10_000,
		});
		return value.trim() ? { value: value.trim(), from: `built into ${go.version}` } : undefined;
	} catch {
		return undefined;
	}
}
