import { dirname, join } from "node:path";
import { readIfPresent } from "../fs.ts";
import type { Evidence } from "./evidence.ts";
import { isH1 } from "./record.ts";

/**
 * What the nearest go.sum from `start` upward that lists a module version says about it; nothing where none does.
 * Several lines that differ are all given: they can't all be right.
 */
export function goSumEvidence(start: string, path: string, version: string): Evidence[] {
	for (let directory = start; ; directory = dirname(directory)) {
		const file = join(directory, "go.sum");
		const found = hashesIn(textOf(file), path, version);
		if (found.length > 0) return found.map((h1) => ({ kind: "go.sum", h1, path: file }));
		if (dirname(directory) === directory) return [];
	}
}

/** A go.sum that can't be read (a directory, no permission) is no witness, and no reason to stop. */
function textOf(file: string): string {
	try {
		return readIfPresent(file) ?? "";
	} catch {
		return "";
	}
}

function hashesIn(text: string, path: string, version: string): string[] {
	const hashes = text
		.split("\n")
		.map((line) => line.trim().split(/\s+/))
		.filter((words) => words.length === 3 && words[0] === path && words[1] === version && isH1(words[2] ?? ""))
		.map((words) => words[2] ?? "");
	return [...new Set(hashes)];
}
