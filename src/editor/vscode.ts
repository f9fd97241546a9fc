import { isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";
import { osOf } from "../version/platform.ts";
import type { JsoncText, KeyPath } from "./jsonc.ts";

/** The user's settings of VS Code (code.visualstudio.com/docs/configure/settings, "User settings.json location"). */
export function vscodeUserSettings(context: Context): string {
	const { XDG_CONFIG_HOME } = context.env;
	if (osOf(context.host()) === "darwin") return join(context.userHome, "Library/Application Support/Code/User/settings.json");
	const config = XDG_CONFIG_HOME && isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(context.userHome, ".config");
	return join(config, "Code/User/settings.json");
}

/** A setting, and what it is to be. */
export interface WantedSetting {
	readonly key: KeyPath;
	readonly value: string | boolean;
	readonly why: string;
}

/**
 * What makes the Go extension use the shims: they decide in each directory anew. It would put GOROOT/bin of one version in
 * front of PATH in its terminals, and so in front of the shims (its addGoRuntimeBaseToPATH), unless it is told not to.
 */
export function vscodeSettings(shims: string): readonly WantedSetting[] {
	return [
		{ key: ["go.alternateTools", "go"], value: join(shims, "go"), why: "the Go that each directory asks for" },
		{ key: ["go.terminal.activateEnvironment"], value: false, why: "terminals keep the shims in front" },
	];
}

/** A setting that holds the extension to one GOROOT, whatever a directory asks for. */
export interface StaleSetting {
	readonly key: KeyPath;
	readonly value: unknown;
}

const fixed: readonly KeyPath[] = [
	["go.goroot"],
	["go.toolsEnvVars", "GOROOT"],
	["go.toolsEnvVars", "GOTOOLDIR"],
	["terminal.integrated.env.osx", "GOROOT"],
	["terminal.integrated.env.linux", "GOROOT"],
];

/** The settings that fix a GOROOT; an empty one fixes nothing. */
export function staleSettings(settings: JsoncText): readonly StaleSetting[] {
	return fixed
		.map((key) => ({ key, value: settings.get(key) }))
		.filter(({ value }) => value !== undefined && value !== null && value !== "");
}
