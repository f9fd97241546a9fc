import { isAbsolute, join } from "node:path";
import type { Context } from "../context.ts";

/** A file that Neovim reads at its start, whatever plug-ins there are (`:help load-plugins`). */
export function neovimPluginFile({ env, userHome }: Context): string {
	const config = env.XDG_CONFIG_HOME && isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : join(userHome, ".config");
	return join(config, env.NVIM_APPNAME || "nvim", "plugin", "gox.lua");
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
