import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Context } from "../context.ts";
import { exitCodes, GoxError, quote } from "../errors.ts";
import { writeFileAtomic } from "../fs.ts";
import { type ForeignFile, foreignFileIn } from "../select/foreignfile.ts";
import type { Invocation } from "./command.ts";

/** Directories deep and in number: a tree of projects, not a whole disk. */
const limits = { depth: 6, directories: 50_000 } as const;

interface Found {
	readonly directory: string;
	readonly file: ForeignFile;
}

/**
 * `gox import --files [directory…]`: a `.go-version` beside each version file that only another tool reads. That file stays.
 * Exit status 2 when one of them can't be understood.
 */
export async function importFiles({ context, report, args, options }: Invocation): Promise<number> {
	const roots = (args.length > 0 ? args : ["."]).map((word) => resolve(context.cwd, word));
	const absent = roots.find((root) => !existsSync(root));
	if (absent !== undefined) throw new GoxError("usage", `${absent} doesn't exist`, { hint: "gox import --files ~/projects" });
	const found = roots.flatMap((root) => foreignFilesBelow(root));
	const fresh = found.filter(({ file }) => file.pin !== undefined);
	const odd = found.filter(({ file }) => file.pin === undefined);
	const isDry = options.has("dryRun");
	for (const { directory, file } of fresh)
		report.say(`${join(directory, ".go-version")}: ${file.pin}   (${file.path} says ${quote(file.said)})`);
	for (const { file } of odd)
		report.warn(`${file.path} says ${quote(file.said)}, which is no version that a .go-version can name`);
	const writing = !isDry && fresh.length > 0 && (await agreed(context, fresh.length, options.has("yes")));
	if (writing) for (const { directory, file } of fresh) writePin(context, directory, file.pin ?? "");
	if (report.asJson)
		report.json(
			found.map(({ directory, file }) => ({
				directory,
				file: file.path,
				said: file.said,
				pin: file.pin ?? null,
				written: writing && file.pin !== undefined,
			})),
		);
	if (found.length === 0) report.say("every project here has a version file that gox reads, or none at all");
	else if (writing) report.say(`wrote ${fresh.length === 1 ? "it" : `${fresh.length} files`}; the other tools' own files stay`);
	return odd.length > 0 ? exitCodes["bad-version-file"] : 0;
}

async function agreed(context: Context, count: number, yes: boolean): Promise<boolean> {
	if (yes || !context.interactive) return true;
	const answer = await context.ask(`write ${count === 1 ? "it" : `these ${count} files`}? [Y/n] `);
	return /^(?:y|yes|)$/i.test(answer.trim());
}

function writePin(context: Context, directory: string, pin: string): void {
	context.checkpoint("import:version-file");
	writeFileAtomic(join(directory, ".go-version"), `${pin}\n`);
}

function foreignFilesBelow(root: string): readonly Found[] {
	const found: Found[] = [];
	const directories = [{ path: root, depth: 0 }];
	for (let seen = 0; seen < limits.directories; seen++) {
		const next = directories.shift();
		if (!next) break;
		const file = foreignFileIn(next.path);
		if (file) found.push({ directory: next.path, file });
		if (next.depth === limits.depth) continue;
		for (const name of subdirectories(next.path)) directories.push({ path: join(next.path, name), depth: next.depth + 1 });
	}
	return found;
}

function subdirectories(path: string): readonly string[] {
	try {
		return readdirSync(path, { withFileTypes: true })
			.filter((entry) => entry.isDirectory() && !/^(?:\..*|node_modules|vendor|testdata)$/.test(entry.name))
			.map(({ name }) => name)
			.sort();
	} catch {
		return [];
	}
}
