import { join } from "node:path";
import { namesIn } from "../fs.ts";

/** The copies of start-up files that set-up left, but for the newest of each. Their names end in the time they were made. */
export function oldBackups(directory: string): readonly string[] {
	const newest = new Map<string, string>();
	const names = namesIn(directory);
	for (const name of names) newest.set(subject(name) ?? name, name);
	return names.filter((name) => newest.get(subject(name) ?? name) !== name).map((name) => join(directory, name));
}

/** What a backup is of; undefined for what isn't named as set-up names them. */
function subject(name: string): string | undefined {
	return /^(.+)\.\d{4}-\d\d-\d\dT[\d-]+\.\d+Z$/.exec(name)?.[1];
}
