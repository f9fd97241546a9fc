/**
 * One lock for each version, so that eight installers of one version make one download.
 *
 * The lock saves work; the rename onto a path that must not exist is what makes an installation correct.
 * proper-lockfile makes a directory and keeps its mtime fresh; a lock whose mtime is old is taken over, and its
 * holder, should it wake, sees that it is compromised and aborts. Beside it, `KEY.owner` names the holder's
 * process, so that a lock left by a killed process on this machine is taken over at once.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { besideName, ifPresent, isThere, makeDirectory, namesIn, readIfPresent } from "../fs.ts";
import type { Layout } from "./layout.ts";

export interface LockTimes {
	/** Milliseconds without a sign of life after which a lock is taken over. */
	readonly stale: number;
	/** Milliseconds between two signs of life. */
	readonly update: number;
	/** Milliseconds between two attempts. */
	readonly poll: number;
	/** Milliseconds after which waiting ends in `locked`. */
	readonly patience: number;
}

export const lockTimes: LockTimes = { stale: 20_000, update: 5_000, poll: 100, patience: 15 * 60_000 };

/**
 * Runs `work` while this process holds the lock called `key`. `work` gets a signal that is aborted when the
 * lock is lost or the command is interrupted.
 * @param waiting called once if another process holds it.
 * @throws GoxError `locked` when patience runs out or the lock was lost; whatever `work` throws.
 */
export async function withLock<T>(
	context: Context,
	layout: Layout,
	key: string,
	work: (signal: AbortSignal) => Promise<T>,
	waiting: (owner: string) => void = () => {},
	times: LockTimes = lockTimes,
): Promise<T> {
	const lost = new AbortController();
	const release = await acquire(context, layout, key, times, waiting, () => {
		lost.abort(
			new GoxError(
				"locked",
				`another gox took over the work on ${key}, because this one showed no sign of life for ${times.stale / 1000} s`,
			),
		);
	});
	try {
		return await work(AbortSignal.any([context.signal, lost.signal]));
	} finally {
		if (!lost.signal.aborted) await unlock(layout, key, release);
	}
}

/** What can't be removed fails nothing that was done: the next command finds the lock of a process that is gone. */
async function unlock(layout: Layout, key: string, release: () => Promise<void>): Promise<void> {
	try {
		rmSync(ownerPath(layout, key), { force: true });
		await release().catch(() => rmSync(join(layout.locks, `${key}.lock`), { recursive: true, force: true }));
	} catch {
		// As above.
	}
}

async function acquire(
	context: Context,
	layout: Layout,
	key: string,
	times: LockTimes,
	waiting: (owner: string) => void,
	onCompromised: () => void,
): Promise<() => Promise<void>> {
	const { lock } = await import("./lockfile.ts");
	makeDirectory(layout.locks);
	const file = join(layout.locks, key);
	const deadline = performance.now() + times.patience;
	for (let told = false; ; ) {
		try {
			const release = await lock(file, { realpath: false, stale: times.stale, update: times.update, onCompromised });
			try {
				writeFileSync(ownerPath(layout, key), `${context.pid} ${hostname()}\n`);
			} catch (error) {
				await unlock(layout, key, release);
				throw error;
			}
			return release;
		} catch (error) {
			if (systemCode(error) !== "ELOCKED") throw error;
		}
		if (breakDeadLock(context, layout, key)) continue;
		if (!told) waiting(readOwner(layout, key)?.words ?? "another gox");
		told = true;
		if (performance.now() > deadline) {
			throw new GoxError("locked", `${readOwner(layout, key)?.words ?? "another gox"} has been at work on ${key} for too long`, {
				hint: `if it isn't running any more: rm -r ${file}.lock`,
			});
		}
		await delay(times.poll, undefined, { signal: context.signal });
	}
}

/** Removes the locks of processes of this machine that died holding them. */
export function sweepLocks(context: Context, layout: Layout): void {
	for (const name of namesIn(layout.locks)) {
		const key = /^(.+)\.(?:lock|owner)$/.exec(name)?.[1];
		if (key !== undefined) breakDeadLock(context, layout, key);
	}
}

/** Whether a process that may be alive holds the lock. */
export function isLocked(layout: Layout, key: string): boolean {
	return isThere(join(layout.locks, `${key}.lock`));
}

/**
 * Removes the lock of a holder that is dead. The name of the dead holder goes first, in one rename that only one
 * process can make: whoever holds the lock afterwards is not taken for the dead one.
 */
function breakDeadLock(context: Context, layout: Layout, key: string): boolean {
	const owner = readOwner(layout, key);
	if (!owner || owner.host !== hostname() || owner.pid === context.pid || context.isAlive(owner.pid)) return false;
	const aside = besideName(ownerPath(layout, key));
	if (!ifPresent(() => renamed(ownerPath(layout, key), aside))) return false;
	rmSync(aside, { force: true });
	rmSync(join(layout.locks, `${key}.lock`), { recursive: true, force: true });
	return true;
}

function ownerPath(layout: Layout, key: string): string {
	return join(layout.locks, `${key}.owner`);
}

function readOwner(layout: Layout, key: string): { pid: number; host: string; words: string } | undefined {
	const found = /^(\d+) (.+)\n$/.exec(readIfPresent(ownerPath(layout, key)) ?? "");
	return found?.[1] && found[2]
		? { pid: Number(found[1]), host: found[2], words: `another gox (process ${found[1]} on ${found[2]})` }
		: undefined;
}

function renamed(from: string, to: string): true {
	renameSync(from, to);
	return true;
}
