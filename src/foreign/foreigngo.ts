import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { layoutOf } from "../store/layout.ts";
import { identify } from "../verify/goroot.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { type ForeignToolName, foreignTools, type Preferred, unlessUnreadable } from "./tools.ts";

/** A GOROOT on this machine that gox didn't install. */
export interface ForeignGo {
	readonly tool: ForeignToolName;
	/** As the tool knows it. */
	readonly path: string;
	/** Behind any symlinks. */
	readonly goroot: string;
	readonly release: Release;
	readonly platform: Platform;
	/** Whether it is what the tool runs where no project asks for a version. */
	readonly isPreferred: boolean;
}

/** A directory with a VERSION file that can't be adopted. */
export interface NoForeignGo {
	readonly tool: ForeignToolName;
	readonly path: string;
	readonly reason: string;
}

/** Every Go of every tool that gox knows, each GOROOT once, none of gox's own. Reads VERSION files and headers only. */
export function foreignGos(context: Context): readonly (ForeignGo | NoForeignGo)[] {
	const seen = new Set<string>();
	return foreignTools.flatMap((tool) => {
		const preferred = tool.preferred?.(context);
		return (tool.goroots?.(context) ?? []).flatMap((path): (ForeignGo | NoForeignGo)[] => {
			const found = foreignGo(context, tool.name, path);
			if (!found) return [];
			const at = "goroot" in found ? found.goroot : found.path;
			if (seen.has(at)) return [];
			seen.add(at);
			if (!("goroot" in found)) return [found];
			return [{ ...found, isPreferred: preferred !== undefined && isMeant(preferred, found) }];
		});
	});
}

/**
 * The Go in a directory that a person names: a GOROOT, its bin/go, or a prefix with a `libexec`.
 * @throws GoxError `usage` where there is none.
 */
export function foreignGoAt(context: Context, word: string): ForeignGo | NoForeignGo {
	const path = resolve(context.cwd, word);
	const candidates = [path, join(path, "libexec"), join(path, "go"), dirname(dirname(path))];
	const goroot = candidates.find((each) => existsSync(join(each, "VERSION")) && existsSync(join(each, "bin")));
	const found = goroot && foreignGo(context, "path", goroot);
	if (found) return found;
	throw new GoxError("usage", `${path} holds no Go that could be imported`, { hint: "gox import   (shows what there is)" });
}

function foreignGo(context: Context, tool: ForeignToolName, path: string): ForeignGo | NoForeignGo | undefined {
	const goroot = unlessUnreadable(() => realpathSync(path));
	const versions = unlessUnreadable(() => realpathSync(layoutOf(context.home).versions));
	if (goroot === undefined || dirname(goroot) === versions || !existsSync(join(goroot, "VERSION"))) return undefined;
	try {
		return { tool, path, goroot, isPreferred: false, ...identify(goroot, context.host()) };
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		return { tool, path, reason: error.message.replace(`${goroot} can't be proven: `, "") };
	}
}

function isMeant(preferred: Preferred, { goroot, path, release }: ForeignGo): boolean {
	if ("goroot" in preferred) return preferred.goroot === goroot || preferred.goroot === path;
	const word = preferred.word.replace(/^go/, "");
	return word === release.version || word === basename(path) || word === release.version.split(".").slice(0, 2).join(".");
}
