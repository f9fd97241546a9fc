import { appendFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Context } from "../context.ts";
import { readIfPresent, writeFileAtomic } from "../fs.ts";
import { layoutOf } from "./layout.ts";

/** More than anyone has. Above it the oldest are dropped. */
const most = 2_000;

/**
 * Notes, in GOX_HOME/projects, that a file of this directory chose a Go, so that `prune` can ask it again. One short line,
 * appended in one write; nothing where it is noted already. A store that can't be written to is no reason to fail.
 * @param file the version file, go.mod or go.work that chose a Go
 */
export function rememberProject(context: Context, file: string): void {
	const path = layoutOf(context.home).projects;
	const line = `${JSON.stringify(dirname(file))}\n`;
	try {
		const text = readIfPresent(path) ?? "";
		if (text.startsWith(line) || text.includes(`\n${line}`)) return;
		appendFileSync(path, text === "" || text.endsWith("\n") ? line : `\n${line}`);
	} catch {}
}

/** The noted directories, oldest first. Malformed lines are skipped. */
export function rememberedProjects(context: Context): readonly string[] {
	const lines = (readIfPresent(layoutOf(context.home).projects) ?? "").split("\n");
	return [...new Set(lines.flatMap(directoryOf))].slice(-most);
}

/** Forgets all others. */
export function keepProjects(context: Context, directories: readonly string[]): void {
	writeFileAtomic(layoutOf(context.home).projects, directories.map((each) => `${JSON.stringify(each)}\n`).join(""));
}

function directoryOf(line: string): string[] {
	try {
		const value: unknown = JSON.parse(line);
		return typeof value === "string" && value.startsWith("/") ? [value] : [];
	} catch {
		return [];
	}
}
