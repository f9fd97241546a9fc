import { basename, dirname, join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { hasPrefix } from "../releases/resolve.ts";
import { parseTeamLock, type TeamLock, teamLockName } from "../verify/teamlock.ts";
import type { Release } from "../version/release.ts";
import { parseRequest } from "../version/request.ts";
import { findModFile, satisfies } from "./floor.ts";
import { readFile } from "./openfile.ts";
import { select } from "./select.ts";
import { isFile, isPin } from "./source.ts";
import { startOf, upward } from "./start.ts";
import { wordFor } from "./toolchain.ts";

export interface FoundLock {
	readonly path: string;
	readonly lock: TeamLock;
}

/**
 * The nearest gox.lock from where the command was started upward.
 * @throws GoxError `bad-version-file` for one that can't be understood, `file-system` for one that can't be read.
 */
export function findTeamLock(context: Context): FoundLock | undefined {
	const start = startOf(context);
	for (const directory of start === undefined ? [] : upward(start)) {
		const path = join(directory, teamLockName);
		const bytes = readFile(path, { limit: 65_536, limitText: "64 KiB", hint: "gox pin 1.22.5 --lock" });
		if (bytes) return { path, lock: parseTeamLock(bytes.toString("utf8"), path) };
	}
	return undefined;
}

/**
 * What to install where a file of this directory asks for a Go and a lock is there: the locked release, as a word, or
 * undefined where the lock has no say: there is none, a variable asks, or a version file that is nearer than the lock.
 * @param asking the file that asks; null for a variable
 * @param word what it asks for
 * @throws GoxError `usage` naming both files when they contradict each other.
 */
export function lockedWord(context: Context, asking: string | null, word: string): string | undefined {
	const kind = asking === null ? undefined : basename(asking);
	if (asking === null || !(kind === ".go-version" || kind === ".tool-versions" || kind === "go.mod" || kind === "go.work"))
		return undefined;
	const found = findTeamLock(context);
	if (!found) return undefined;
	const isFloor = kind === "go.mod" || kind === "go.work";
	if (!isFloor && isBelow(dirname(asking), dirname(found.path))) return undefined;
	const { release } = found.lock;
	if (!(isFloor ? satisfiesFloor(context, release.name) : admits(word, found.lock))) {
		throw new GoxError("usage", `${found.path} locks ${release.name}, but ${asking} asks for ${word}`, {
			hint: `gox pin ${wordFor(release.name)} --lock\ngox pin ${word} --lock`,
		});
	}
	const platform = /@.+$/.exec(word)?.[0] ?? "";
	return `${wordFor(release.name)}${platform}`;
}

/**
 * Refuses a release that the command line names where another is locked. GOX_VERSION, and a version file that is nearer
 * than the lock, have the say over it.
 * @throws GoxError `integrity`
 */
export function refuseUnlocked(context: Context, release: Release): void {
	const found = findTeamLock(context);
	if (!found || found.lock.release.name === release.name || context.env.GOX_VERSION?.trim()) return;
	const nearest = nearestPin(context);
	if (nearest !== undefined && isBelow(dirname(nearest), dirname(found.path))) return;
	const { name } = found.lock.release;
	throw new GoxError("integrity", `${found.path} locks ${name}, and nothing else is installed from here: not ${release.name}`, {
		hint: `gox install\ngox pin ${wordFor(release.name)} --lock\n(cd / && gox install ${wordFor(release.name)})`,
	});
}

/** The version file that has the say here; a broken one has none. */
function nearestPin(context: Context): string | undefined {
	try {
		const { source } = select(context);
		return isFile(source) && isPin(source.kind) ? source.path : undefined;
	} catch (error) {
		if (error instanceof GoxError) return undefined;
		throw error;
	}
}

/** A prefix leaves room for the lock to choose; `latest` and the names of aliases mean something else on each machine. */
function admits(word: string, lock: TeamLock): boolean {
	const request = parseRequest(word);
	if (request.kind === "exact") return request.release.name === lock.release.name;
	return request.kind === "prefix" && lock.release.stable && hasPrefix(lock.release, request.prefix);
}

function satisfiesFloor(context: Context, name: string): boolean {
	const start = startOf(context);
	const floor = start === undefined ? undefined : findModFile(context, start)?.floor;
	return !floor || satisfies(name, floor);
}

function isBelow(directory: string, above: string): boolean {
	return directory !== above && directory.startsWith(above === "/" ? "/" : `${above}/`);
}
