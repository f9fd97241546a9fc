import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { findGo, type GoCommand } from "../releases/proxy/findgo.ts";
import { parseGoEnv, readGoEnvText } from "../releases/proxy/goenvfile.ts";
import { select } from "../select/select.ts";

/** The go that runs here, else any that gox has; undefined where there is none. */
export function goInForce(context: Context): GoCommand | undefined {
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
	const file = join(go.goroot, "go.env");
	const text = readGoEnvText(file);
	if (text !== undefined) {
		const value = parseGoEnv(text).get(name);
		return value ? { value, from: file } : undefined;
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
