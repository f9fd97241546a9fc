import type { Part, Timings } from "../stopwatch.ts";
import { columns, timeInWords } from "../ui/table.ts";

const meanings: Readonly<Record<Part, string>> = {
	start: "until the command ran",
	index: "to learn what exists",
	lock: "to get the lock and clear up",
	download: "waiting for bytes, and their digest",
	gunzip: "waiting for zlib, which works on another thread",
	parse: "what is in the archive, and whether it may be",
	write: "files and directories",
	hash: "every file, and the tree",
	fsync: "every file (durable)",
	proof: "waiting for the checksum database",
	others: "busy with other versions",
	commit: "receipt, rename, aliases, shims",
};

/** Where an installation's time went: each part with its share of the whole. */
export function timetable(timings: Timings): string[] {
	const { spent, total } = timings;
	const row = (name: string, milliseconds: number, meaning: string) => {
		const share = total > 0 ? Math.round((milliseconds / total) * 100) : 0;
		return ["", name, timeInWords(milliseconds).padStart(7), `${share}%`.padStart(4), meaning];
	};
	return columns([...spent.map(([part, milliseconds]) => row(part, milliseconds, meanings[part])), row("total", total, "")]);
}

/** The same for --json: milliseconds. */
export function timingsAsJson(timings: Timings): Readonly<Record<string, number>> {
	const tenths = (milliseconds: number) => Math.round(milliseconds * 10) / 10;
	return Object.fromEntries([...timings.spent, ["total", timings.total] as const].map(([name, value]) => [name, tenths(value)]));
}
