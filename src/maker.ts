import { createHash } from "node:crypto";
import { lstatSync, readFileSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Whoever makes something that is to go again (a temporary file, a tree in `tmp/`, a lock, a journal entry) puts its mark
 * into the name: `PID-START-HOST`. So a later process can tell what a dead one left from what a live one works on.
 * START are clock ticks since the machine's start (proc(5), field 22), where the system tells: process ids are used again,
 * and in a container they are nearly always the same few. HOST is a hash, because a home may be shared by machines.
 */
export const makerShape = "\\d+-\\d+-[0-9a-f]{8}";

/** Milliseconds after which what another machine's process left counts as left for good: its life can't be seen from here. */
const foreignPatience = 24 * 60 * 60_000;

/** The mark of a process of this machine. */
export function makerMark(pid: number): string {
	return `${pid}-${startOf(pid) ?? 0}-${hostMark()}`;
}

/**
 * Whether what bears this mark has lost its maker: a process of this machine that is dead, or another machine's that
 * hasn't touched it for a day.
 * @param path what was made
 */
export function isAbandoned(isAlive: (pid: number) => boolean, mark: string, path: string): boolean {
	const [pid = "", start = "", host] = mark.split("-");
	if (host !== hostMark()) return isOld(path);
	if (!isAlive(Number(pid))) return true;
	const now = startOf(Number(pid));
	return start !== "0" && now !== undefined && now !== start;
}

function isOld(path: string): boolean {
	try {
		return Date.now() - lstatSync(path).mtimeMs > foreignPatience;
	} catch {
		return false;
	}
}

function hostMark(): string {
	return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

function startOf(pid: number): string | undefined {
	try {
		// The second field is the program's name in parentheses, which may hold anything.
		return readFileSync(`/proc/${pid}/stat`, "utf8")
			.replace(/^.*\) /s, "")
			.split(" ")[19];
	} catch {
		return undefined;
	}
}
