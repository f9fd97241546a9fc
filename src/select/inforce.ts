import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { readExecutable } from "../go/buildinfo.ts";
import { findGo, type GoCommand } from "../go/command.ts";
import { type GoSetting, goSettings } from "../go/settings.ts";
import { archOf, osOf } from "../version/platform.ts";
import { select } from "./select.ts";
import { isPin } from "./selection.ts";

/**
 * The Go in force in this directory.
 * @throws GoxError as `select` does, and its failure where that Go isn't installed.
 */
export function goInForce(context: Context): GoCommand {
	const { bin, goroot, version, source, failure } = select(context);
	if (bin === null) throw failure ?? new GoxError("no-go", "no Go is in force here", { hint: "gox install latest" });
	return goCommandIn(context, { bin, goroot, version: version ?? "", pinned: isPin(source.kind) });
}

/** As `goInForce`, or undefined where there is none. */
export function goInForceIfAny(context: Context): GoCommand | undefined {
	try {
		return goInForce(context);
	} catch (error) {
		if (error instanceof GoxError) return undefined;
		throw error;
	}
}

/** As `goInForce`, but any other Go of 1.21 or later where it isn't installed, or what is asked for can't be understood. */
export function goForSettings(context: Context): GoCommand | undefined {
	const go = goInForceIfAny(context);
	return go && go.goroot !== null && existsSync(go.path) ? go : findGo(context);
}

interface GoIn {
	/** The directory of its tools. */
	readonly bin: string;
	readonly goroot: string | null;
	/** For a program that carries no build information. */
	readonly version: string;
	readonly pinned: boolean;
}

/** The go of a directory of tools; its version is what its build information says. */
export function goCommandIn(context: Context, { bin, goroot, version, pinned }: GoIn): GoCommand {
	const path = join(bin, "go");
	const slices = readExecutable(path);
	const host = context.host();
	const own = slices.find(({ goos, goarch }) => goos === osOf(host) && goarch === archOf(host));
	const built = (own ?? slices[0])?.info?.goVersion.split(" ", 1)[0];
	return { path, goroot, version: built ?? version, native: own !== undefined || slices.length === 0, pinned };
}

/** What a Go has for a setting by itself: its go.env says so since 1.21, before it was built in. */
export function shippedBy(
	context: Context,
	go: GoCommand | undefined,
	name: string,
): Pick<GoSetting, "value" | "from"> | undefined {
	if (!go || go.goroot === null) return undefined;
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
