import { join } from "node:path";
import { type Context, xdgHome } from "../context.ts";
import { GoxError } from "../errors.ts";
import { osOf } from "../version/platform.ts";
import type { JsoncText, KeyPath } from "./jsonc.ts";

/** The user's settings of VS Code (code.visualstudio.com/docs/configure/settings, "User settings.json location"). */
export function vscodeUserSettings(context: Context): string {
	if (osOf(context.host()) === "darwin") return join(context.userHome, "Library/Application Support/Code/User/settings.json");
	return join(xdgHome(context, "config"), "Code/User/settings.json");
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

/** The element that GoLand keeps a project's GOROOT in, in `.idea/workspace.xml`. */
const element = /([ \t]*)<component name="GOROOT"(?:\s+url="([^"]*)")?\s*(?:\/>|>\s*<\/component>)/;

/** The GOROOT that the project is set to, as a URL; undefined where none is. */
export function golandGoroot(workspace: string): string | undefined {
	return element.exec(workspace)?.[2];
}

/**
 * The text of a `.idea/workspace.xml` with that GOROOT; every other byte stays.
 * @throws GoxError `bad-config` for what isn't a project's file
 */
export function withGolandGoroot(workspace: string, goroot: string, path: string): string {
	const wanted = `<component name="GOROOT" url="file://${goroot}" />`;
	if (element.test(workspace)) return workspace.replace(element, (_, indent: string) => indent + wanted);
	const end = workspace.lastIndexOf("</project>");
	if (end < 0 || !workspace.includes("<project"))
		throw new GoxError("bad-config", `${path} is not a project's workspace.xml; nothing was changed`, {
			hint: "open the project in GoLand once",
		});
	const eol = workspace.includes("\r\n") ? "\r\n" : "\n";
	const start = workspace.slice(0, end).trimEnd().length;
	return `${workspace.slice(0, start)}${eol}  ${wanted}${eol}${workspace.slice(end)}`;
}

/** A file that Neovim reads at its start, whatever plug-ins there are (`:help load-plugins`). */
export function neovimPluginFile(context: Context): string {
	return join(xdgHome(context, "config"), context.env.NVIM_APPNAME || "nvim", "plugin", "gox.lua");
}

/**
 * What makes gopls, dlv and `:!go` of Neovim use the shims: they are first on its PATH, where it was started from a
 * desktop as well; and no GOROOT holds them to one version.
 * @param shims a path without quotes and backslashes (store/home.ts)
 */
export function neovimSnippet(shims: string): string {
	return [
		"-- gox: the Go that each directory asks for. Written by `gox editor neovim`.",
		`local shims = "${shims}"`,
		'local path = vim.env.PATH or ""',
		'if not vim.startswith(path, shims .. ":") then',
		'  vim.env.PATH = shims .. ":" .. path',
		"end",
		"vim.env.GOROOT = nil",
		"",
	].join("\n");
}
