import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { readIfPresent, writeFileAtomic } from "../fs.ts";
import { openHome } from "../store/home.ts";
import { announced } from "../store/journal.ts";
import { layoutOf } from "../store/layout.ts";
import { bash } from "./bash.ts";
import { fish } from "./fish.ts";
import type { HookPlace, HookSettings, Shell, ShellName } from "./shell.ts";
import { zsh } from "./zsh.ts";

const shells: readonly Shell[] = [zsh, bash, fish];

export const shellNames: readonly ShellName[] = shells.map((shell) => shell.name);

/** The shell of that name, which may be a path or a login shell's (`/bin/zsh`, `-zsh`). */
export function shellCalled(name: string): Shell | undefined {
	const bare = name.replace(/^.*\//, "").replace(/^-/, "");
	return shells.find((shell) => shell.name === bare);
}

/** `GOX_HOME/hook.zsh`. */
export function hookFile(context: Context, shell: Shell): string {
	return join(context.home, `hook.${shell.name}`);
}

/** @throws GoxError `bad-home`, `bad-config` */
export function hookSettings(context: Context): HookSettings {
	openHome(context);
	return { home: context.home, isDefaultHome: isDefaultHome(context), announce: loadConfig(context).announce };
}

/** Throws as `hookSettings`. */
export function hookText(context: Context, shell: Shell): string {
	return shell.hook(hookSettings(context));
}

/**
 * Hook and shims as start-up files name them: `$HOME` stays a variable, for files that several machines share. Any other
 * home has only characters that need no escape (store/home.ts).
 */
export function hookPlace(context: Context, shell: Shell): HookPlace {
	const home = isDefaultHome(context) ? "$HOME/.gox" : context.home;
	return { hook: `"${home}/hook.${shell.name}"`, shims: `"${home}/shims"` };
}

/** Writes the shell's hook where it isn't as it should be, under an entry in the journal; true if anything was written. */
export function writeHook(context: Context, shell: Shell): boolean {
	const path = hookFile(context, shell);
	const text = hookText(context, shell);
	if (readIfPresent(path) === text) return false;
	announced(context, layoutOf(context.home), () =>
		writeFileAtomic(path, text, 0o644, () => context.checkpoint("setup-hook-written")),
	);
	return true;
}

/** Brings the hooks that are there up to date, after a setting or gox itself changed; their shells' names. */
export function refreshHooks(context: Context): readonly string[] {
	return shellNames.filter((name) => {
		const shell = shellCalled(name);
		return shell !== undefined && existsSync(hookFile(context, shell)) && writeHook(context, shell);
	});
}

export function removeHook(context: Context, shell: Shell): void {
	rmSync(hookFile(context, shell), { force: true });
}

function isDefaultHome(context: Context): boolean {
	return context.home === join(context.userHome, ".gox");
}
