import { realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "./errors.ts";
import { ifPresent, namesIn } from "./fs.ts";

/** Something that other users than its owner and root can change. */
export interface Exposure {
	readonly path: string;
	/** "every user of this machine", or "the group 100". */
	readonly writers: string;
	/** The command that ends it. */
	readonly fix: string;
}

type Owned = Pick<Stats, "mode" | "uid" | "gid">;

/**
 * Who else may write to something, by its mode. A group whose number is its owner's is the owner's own ("user private
 * groups", as useradd makes them), and group 0 is root's. Access control lists are not looked at.
 */
export function otherWriters({ mode, uid, gid }: Owned): string | undefined {
	if (mode & 0o002) return "every user of this machine";
	return mode & 0o020 && gid !== 0 && gid !== uid ? `the group ${gid}` : undefined;
}

/** Whether what lies at `path` is this user's or root's, and only they can change it; true where nothing is. */
export function isPrivate(path: string, uid: number): boolean {
	const stat = statOf(path);
	return !stat || (otherWriters(stat) === undefined && (stat.uid === uid || stat.uid === 0));
}

/**
 * Whose a file also is, and the command that ends it; undefined where it is private, or isn't there. Root may use what
 * another user owns: in a container that is the rule.
 */
export function strangerAt(path: string, uid: number): { readonly reason: string; readonly fix: string } | undefined {
	const stat = statOf(path);
	if (!stat) return undefined;
	const writers = otherWriters(stat);
	if (writers !== undefined) return { reason: `${writers} can write to it`, fix: `chmod go-w ${path}` };
	if (uid === 0 || stat.uid === 0 || stat.uid === uid) return undefined;
	return { reason: `it belongs to the user ${stat.uid}`, fix: `sudo chown ${uid} ${path}` };
}

/**
 * The first of a directory, what lies directly in it, and the directories above it, by its name and by where its links
 * lead, that somebody else could put something of his own into. Above it a sticky bit (/tmp) is protection enough.
 */
export function exposureOf(directory: string): Exposure | undefined {
	const inside = namesIn(directory).filter((name) => !name.startsWith("."));
	for (const path of [directory, ...inside.map((name) => join(directory, name))]) {
		const found = exposedAt(path, 0);
		if (found) return found;
	}
	for (const path of directoriesAbove(directory)) {
		const found = exposedAt(path, 0o1000);
		if (found) return found;
	}
	return undefined;
}

/** The directory itself where it exists, else the nearest above it that does. */
export function nearestExisting(directory: string): { readonly path: string; readonly uid: number } {
	for (let path = directory; ; path = dirname(path)) {
		const stat = statOf(path);
		if (stat || path === dirname(path)) return { path, uid: stat?.uid ?? 0 };
	}
}

function exposedAt(path: string, excused: number): Exposure | undefined {
	const stat = statOf(path);
	const writers = stat && !(stat.mode & excused) ? otherWriters(stat) : undefined;
	return writers === undefined ? undefined : { path, writers, fix: `chmod go-w ${path}` };
}

function directoriesAbove(directory: string): Set<string> {
	const real = ifPresent(() => realpathSync(nearestExisting(directory).path)) ?? directory;
	const all = new Set<string>();
	for (const start of [directory, join(real, "itself")])
		for (let path = dirname(start); ; path = dirname(path)) {
			if (path !== directory && path !== real) all.add(path);
			if (path === dirname(path)) break;
		}
	return all;
}

/** Undefined where nothing is, also behind a link that leads nowhere or in a circle. */
function statOf(path: string): Stats | undefined {
	try {
		return ifPresent(() => statSync(path));
	} catch (error) {
		if (systemCode(error) === "ELOOP") return undefined;
		throw error;
	}
}
