import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { defaultVersion, type Installed } from "../store/installed.ts";
import { userAliases } from "../store/links.ts";
import { keepProjects, rememberedProjects } from "../store/projects.ts";
import { parseRequest } from "../version/request.ts";
import { goSwitch } from "./goswitch.ts";
import { lockedWord } from "./goxlock.ts";
import { select } from "./select.ts";
import { isFile } from "./selection.ts";

/** Which installed versions are needed, and what needs them. */
export interface Usage {
	/** In words, by key: `the default`, `the alias work`, `/src/app/.go-version: 1.22.5`; no entry for a version that nothing needs. */
	readonly needs: ReadonlyMap<string, readonly string[]>;
	/** Projects whose files can't be read, so that they may need any version. */
	readonly unclear: readonly string[];
}

/**
 * Asks the default, the user's aliases, this shell and directory, the home directory, and every known project, by their
 * present files. Forgets projects that are gone or no longer ask for a version.
 */
export function usageOf(context: Context, installed: readonly Installed[]): Usage {
	const needs = new Map<string, string[]>();
	const need = (key: string | undefined, who: string) => {
		if (key === undefined) return;
		const all = needs.get(key) ?? [];
		if (!all.includes(who)) needs.set(key, [...all, who]);
	};
	need(defaultVersion(context, installed)?.key, "the default");
	for (const [name, key] of userAliases(context)) need(key, `the alias ${name}`);
	const unclear: string[] = [];
	const shell = attempt(() => select(context), unclear);
	if (shell?.source.kind === "GOX_VERSION")
		for (const key of keysOf(context, shell, installed)) need(key, "this shell (GOX_VERSION)");
	const seen = rememberedProjects(context);
	// gox may never have noted this directory and the home, whose .tool-versions asdf and mise use everywhere.
	const asking = [...new Set([...seen, context.cwd, context.userHome])].flatMap((directory) => {
		if (!existsSync(directory)) return [];
		const there = inDirectory(context, directory);
		const selection = attempt(() => select(there), unclear);
		if (selection === undefined) return seen.includes(directory) ? [directory] : [];
		const { source } = selection;
		if (!isFile(source)) return [];
		for (const key of keysOf(there, selection, installed)) need(key, `${source.path}: ${source.text}`);
		return [dirname(source.path)];
	});
	if (asking.join("\n") !== seen.join("\n")) keepProjects(context, [...new Set(asking)]);
	return { needs, unclear: [...new Set(unclear)] };
}

/** The context of a shell in that directory that has chosen no version. */
function inDirectory(context: Context, directory: string): Context {
	const env = { ...context.env, PWD: directory, GOX_VERSION: undefined, GOTOOLCHAIN_INTERNAL_SWITCH_VERSION: undefined };
	return { ...context, cwd: directory, env };
}

/** The chosen version, the one that gox.lock names, and the one that Go itself would switch to. */
function keysOf(context: Context, selection: ReturnType<typeof select>, installed: readonly Installed[]): string[] {
	const { goroot, source, request } = selection;
	const chosen = installed.filter((each) => each.goroot === goroot);
	const locked = attempt(() => lockedWord(context, source.path, request), []);
	const named = locked === undefined ? undefined : attempt(() => parseRequest(locked), []);
	const next = attempt(() => goSwitch(context, selection), [])?.toolchain;
	const release = named?.kind === "exact" ? named.release.name : undefined;
	const others = installed.filter(
		(each) => each.platform === context.host() && (each.release.name === release || each.release.name === next),
	);
	return [...chosen, ...others].map(({ key }) => key);
}

function attempt<T>(work: () => T, failures: string[]): T | undefined {
	try {
		return work();
	} catch (error) {
		if (!(error instanceof GoxError)) throw error;
		failures.push(error.message);
		return undefined;
	}
}
