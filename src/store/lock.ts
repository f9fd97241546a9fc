import { randomBytes } from "node:crypto";
import { lstatSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Context, LockTimes } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { ifPresent, isThere, makeDirectory, namesIn, naming, readIfPresent } from "../fs.ts";
import { isAbandoned, makerMark, makerShape } from "../maker.ts";
import type { Layout } from "./layout.ts";

/**
 * One lock for each version, so that eight installers of one version make one download.
 *
 * The lock saves work; the rename onto a path that must not exist makes an installation correct. proper-lockfile makes a
 * directory and keeps its mtime fresh. A lock with an old mtime is taken over, and its holder, if it wakes, sees that the lock
 * is compromised and aborts. `KEY.owner` beside it names the holder's process, so that the lock of a killed process of this
 * machine is taken over at once. A process that wants the lock has a claim, `KEY.MAKER.claim`, from before its first attempt
 * until after the release. The holder's claim becomes `KEY.owner`, so a lock with neither an owner nor a living claim belongs
 * to a dead process.
 */
export const lockTimes: LockTimes = { stale: 20_000, update: 5_000, poll: 100, giveUpAfter: 15 * 60_000 };

/** What the work under a lock gets. */
export interface Held {
	/** Aborted if the lock is lost or the command is interrupted. */
	readonly signal: AbortSignal;
	/**
	 * Checks that this process, which may have been stopped for long, still has the lock. Call it before a visible step.
	 * @throws GoxError `locked` if it isn't; the signal's reason.
	 */
	check(): void;
}

/**
 * Runs `work` while this process holds the lock called `key`.
 * @param waiting called once if another process holds it.
 * @throws GoxError `locked` if the wait takes too long or the lock was lost; whatever `work` throws.
 */
export async function withLock<T>(
	context: Context,
	layout: Layout,
	key: string,
	work: (held: Held) => Promise<T>,
	waiting: (owner: string) => void = () => {},
	times: LockTimes = context.lockTimes ?? lockTimes,
): Promise<T> {
	const lost = new AbortController();
	const loss = () =>
		new GoxError(
			"locked",
			`another gox took over the work on ${key}, because this one showed no sign of life for ${times.stale / 1000} s`,
		);
	const claim = newClaim(context, layout, key);
	let mayHold = false;
	try {
		const release = await acquire(context, layout, key, claim, times, waiting, () => lost.abort(loss())).catch(
			(error: unknown) => {
				mayHold = systemCode(error) !== undefined;
				throw error;
			},
		);
		const signal = AbortSignal.any([context.signal, lost.signal]);
		const check = () => {
			signal.throwIfAborted();
			if (readOwner(layout, key)?.mark !== claim.mark) throw loss();
		};
		try {
			return await work({ signal, check });
		} finally {
			if (!lost.signal.aborted) await unlock(context, layout, key, claim, release);
		}
	} finally {
		cleanUp(() => {
			// proper-lockfile removes a lock that it made and couldn't stat, but later: until then the claim says whose it is.
			if (mayHold && isLocked(layout, key) && !readOwner(layout, key)) return;
			rmSync(claim.path, { force: true });
		});
	}
}

async function unlock(context: Context, layout: Layout, key: string, claim: Claim, release: () => Promise<void>): Promise<void> {
	let taken = false;
	cleanUp(() => {
		// A process that took the lock over has its own name on it now.
		taken = readOwner(layout, key)?.mark !== claim.mark;
		if (!taken) renameSync(ownerPath(layout, key), claim.path);
	});
	if (taken) return;
	context.checkpoint("lock:disowned");
	await release().catch(() => cleanUp(() => rmSync(join(layout.locks, `${key}.lock`), { recursive: true, force: true })));
	context.checkpoint("lock:released");
}

/** A failed removal must not fail the work: the next command finds the lock of a dead process. */
function cleanUp(work: () => void): void {
	try {
		work();
	} catch (error) {
		if (systemCode(error) === undefined) throw error;
	}
}

interface Claim {
	readonly path: string;
	/** The maker's and a random part: one process may want several locks, and one lock several times. */
	readonly mark: string;
}

const claimShape = new RegExp(`^(.+)\\.(${makerShape})\\.[0-9a-f]{12}\\.claim$`);

function newClaim(context: Context, layout: Layout, key: string): Claim {
	makeDirectory(layout.locks);
	const mark = `${makerMark(context.pid)}.${randomBytes(6).toString("hex")}`;
	const path = join(layout.locks, `${key}.${mark}.claim`);
	naming(path, () => writeFileSync(path, `${context.pid} ${mark} ${hostname()}\n`, { flag: "wx", mode: 0o644 }));
	context.checkpoint("lock:claimed");
	return { path, mark };
}

async function acquire(
	context: Context,
	layout: Layout,
	key: string,
	claim: Claim,
	times: LockTimes,
	waiting: (owner: string) => void,
	onCompromised: () => void,
): Promise<() => Promise<void>> {
	// A bundled CommonJS package has no names of its own, only a default export.
	const { lock } = (await import("proper-lockfile")).default;
	const file = join(layout.locks, key);
	const deadline = performance.now() + times.giveUpAfter;
	for (let told = false; ; ) {
		context.signal.throwIfAborted();
		try {
			const release = await lock(file, { realpath: false, stale: times.stale, update: times.update, onCompromised });
			context.checkpoint("lock:taken");
			try {
				renameSync(claim.path, ownerPath(layout, key));
			} catch (error) {
				await release().catch(() => {});
				throw error;
			}
			context.checkpoint("lock:owned");
			return release;
		} catch (error) {
			if (systemCode(error) !== "ELOCKED") throw error;
		}
		if (breakDeadLock(context, layout, key, claim)) continue;
		if (performance.now() > deadline) {
			throw new GoxError("locked", `${readOwner(layout, key)?.words ?? "another gox"} has been at work on ${key} for too long`, {
				hint: `if it isn't running any more: rm -r ${file}.lock`,
			});
		}
		if (!told) waiting(readOwner(layout, key)?.words ?? "another gox");
		told = true;
		await delay(times.poll, undefined, { signal: context.signal }).catch(() => context.signal.throwIfAborted());
	}
}

/** Removes the locks and claims of dead processes of this machine. */
export function sweepLocks(context: Context, layout: Layout): void {
	const keys = new Set<string>();
	for (const name of namesIn(layout.locks)) {
		const key = claimShape.exec(name)?.[1] ?? /^(.+)\.(?:lock|owner)$/.exec(name)?.[1];
		if (key !== undefined) keys.add(key);
	}
	for (const key of keys) breakDeadLock(context, layout, key);
}

/** Whether this entry of `locks/` belongs to a dead process. */
export function isAbandonedLock(context: Pick<Context, "isAlive">, layout: Layout, name: string): boolean {
	const path = join(layout.locks, name);
	const mark = claimShape.exec(name)?.[2];
	if (mark !== undefined) return isAbandoned(context.isAlive, mark, path);
	const key = /^(.+)\.(?:lock|owner)$/.exec(name)?.[1];
	if (key === undefined) return false;
	const owner = readOwner(layout, key);
	return owner ? isAbandoned(context.isAlive, owner.maker, ownerPath(layout, key)) : isStale(path);
}

/** Whether a process that may be alive holds the lock. */
export function isLocked(layout: Layout, key: string): boolean {
	return isThere(join(layout.locks, `${key}.lock`));
}

/**
 * Removes the lock of a dead holder. Its owner file goes first, in a rename that only one process can make, so that the next
 * holder is not taken for the dead one.
 */
function breakDeadLock(context: Context, layout: Layout, key: string, own?: Claim): boolean {
	const owner = readOwner(layout, key);
	const lock = join(layout.locks, `${key}.lock`);
	const claims = namesIn(layout.locks).filter((name) => claimShape.exec(name)?.[1] === key && !isClaim(own, name));
	const dead = claims.filter((name) => isAbandonedLock(context, layout, name));
	// It died between taking the lock and writing its name, or between removing the name and the lock.
	const unheld = !owner && claims.length === dead.length && (dead.length > 0 || isStale(lock));
	if (unheld) rmSync(lock, { recursive: true, force: true });
	for (const name of dead) rmSync(join(layout.locks, name), { force: true });
	if (!owner) return unheld;
	if (!isAbandoned(context.isAlive, owner.maker, ownerPath(layout, key))) return false;
	const aside = join(layout.locks, `${key}.${makerMark(context.pid)}.${randomBytes(6).toString("hex")}.claim`);
	if (!ifPresent(() => renamed(ownerPath(layout, key), aside))) return false;
	rmSync(lock, { recursive: true, force: true });
	rmSync(aside, { force: true });
	return true;
}

function ownerPath(layout: Layout, key: string): string {
	return join(layout.locks, `${key}.owner`);
}

function isClaim(claim: Claim | undefined, name: string): boolean {
	return claim !== undefined && basename(claim.path) === name;
}

/** Whether a lock's directory is older than a lock stays valid. */
function isStale(path: string): boolean {
	const touched = ifPresent(() => lstatSync(path).mtimeMs);
	return touched !== undefined && Date.now() - touched > lockTimes.stale;
}

interface Owner {
	readonly maker: string;
	/** Of the claim that it was before. */
	readonly mark: string;
	readonly words: string;
}

const ownerShape = new RegExp(`^(\\d+) ((${makerShape})\\.[0-9a-f]{12}) (.+)\n$`);

function readOwner(layout: Layout, key: string): Owner | undefined {
	const found = ownerShape.exec(readIfPresent(ownerPath(layout, key)) ?? "");
	return found?.[2] && found[3]
		? { mark: found[2], maker: found[3], words: `another gox (process ${found[1]} on ${found[4]})` }
		: undefined;
}

function renamed(from: string, to: string): true {
	renameSync(from, to);
	return true;
}
