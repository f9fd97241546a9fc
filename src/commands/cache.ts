import { join } from "node:path";
import type { Invocation } from "../cli/command.ts";
import { bytesInWords, columns } from "../cli/text.ts";
import type { Context } from "../context.ts";
import { namesIn, removeTree } from "../fs.ts";
import { spaceOf } from "../store/space.ts";

/*
 * Everything in the cache can be fetched again. The signed tree heads seen before, on which trust rests, are in GOX_HOME.
 */

/** What each name in the cache is for. */
const purposes: Readonly<Record<string, string>> = {
	index: "lists of releases",
	partial: "interrupted downloads, to be resumed",
	sumdb: "proofs of Go's checksum database",
	"release-key.pub": "the key that signs Go's releases",
};

export function show({ context, report }: Invocation): undefined {
	const entries = entriesOf(context);
	if (report.asJson) report.json({ path: context.cacheDir, bytes: totalOf(entries), entries });
	else {
		for (const line of columns(entries.map(({ name, bytes, what }) => [name, bytesInWords(bytes), what]))) report.line(line);
		report.say(`${bytesInWords(totalOf(entries))} in ${context.cacheDir}`);
	}
	return undefined;
}

export function path({ context, report }: Invocation): undefined {
	if (report.asJson) report.json(context.cacheDir);
	else report.line(context.cacheDir);
	return undefined;
}

export function size({ context, report }: Invocation): undefined {
	const bytes = totalOf(entriesOf(context));
	if (report.asJson) report.json(bytes);
	else report.line(bytesInWords(bytes));
	return undefined;
}

export function clean({ context, report }: Invocation): undefined {
	const { cacheDir } = context;
	const entries = entriesOf(context);
	for (const { name } of entries) removeTree(join(cacheDir, name));
	const freed = totalOf(entries);
	if (report.asJson) report.json({ path: cacheDir, freed });
	report.say(entries.length === 0 ? `${cacheDir} is empty` : `removed ${bytesInWords(freed)} from ${cacheDir}`);
	return undefined;
}

interface Entry {
	readonly name: string;
	readonly files: number;
	readonly bytes: number;
	readonly what: string;
}

function entriesOf({ cacheDir }: Context): readonly Entry[] {
	return namesIn(cacheDir).map((name) => {
		const { bytes, files } = spaceOf([join(cacheDir, name)]);
		return { name, files, bytes, what: purposes[name] ?? "" };
	});
}

function totalOf(entries: readonly Entry[]): number {
	return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}
