import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** What a file system that has gone wrong answers. */
export type FaultCode = "ENOSPC" | "EIO" | "EMFILE" | "EROFS" | "EACCES";
export const faultCodes: readonly FaultCode[] = ["ENOSPC", "EIO", "EMFILE", "EROFS", "EACCES"];

const numbers: Readonly<Record<FaultCode, number>> = { ENOSPC: -28, EIO: -5, EMFILE: -24, EROFS: -30, EACCES: -13 };

export interface FaultPlan {
	/** Only calls about paths below it count and fail. */
	readonly root: string;
	readonly code: FaultCode;
	/** The first call that fails, counted from 1; none at 0. */
	readonly at: number;
	/** Whether later calls that change the disk fail as well: it stays full, or read-only. */
	readonly lasting?: boolean;
}

export interface FaultRecord {
	/** Calls so far, about paths below the root. */
	readonly calls: number;
	/** The first call that failed: `renameSync PATH`. */
	readonly failed: string | undefined;
}

/** Of a plan that is in force. */
let active: { plan: FaultPlan; calls: number; failed: string | undefined } | undefined;
const opened = new Map<number, string>();

/** These never throw: they say no. */
const saysNo = new Set(["existsSync"]);
const streams = new Set(["createReadStream", "createWriteStream", "watch", "watchFile", "unwatchFile", "openAsBlob", "exists"]);
const changing =
	/^(write|append|mkdir|mkdtemp|symlink|link|rename|copyFile|cp|chmod|fchmod|chown|fchown|lchown|utimes|futimes|lutimes|truncate|ftruncate|fsync|fdatasync|rm|rmdir|unlink|open)/;
/** A full disk can still remove. */
const removing = /^(rm|rmdir|unlink)/;

type Anything = (...args: unknown[]) => unknown;

/**
 * Runs `work` with a file system whose Nth call about a path below `root` fails as planned: every function of `fs`,
 * synchronous or with a callback, of this program and of its libraries. A failing close closes; a failing removal of
 * a tree has removed a part of it; a failing write has written a part.
 */
export async function withFailingFs<T>(plan: FaultPlan, work: () => Promise<T>): Promise<{ value: T } & FaultRecord> {
	if (active) throw new Error("one plan at a time");
	const mine = { plan, calls: 0, failed: undefined as string | undefined };
	active = mine;
	try {
		const value = await work();
		return { value, calls: mine.calls, failed: mine.failed };
	} finally {
		active = undefined;
	}
}

/** The path that a call is about, if it lies below the root. */
function subject(name: string, args: readonly unknown[], root: string): string | undefined {
	const [first, second] = args;
	if (typeof first === "number") return opened.get(first);
	for (const path of [first, second])
		if (typeof path === "string" && (path === root || path.startsWith(`${root}/`)) && (path === first || !/^symlink/.test(name)))
			return path;
	if (/^symlink/.test(name) && typeof second === "string" && second.startsWith(`${root}/`)) return second;
	return undefined;
}

/** The error that this call ends in, or undefined where it goes through. */
function fault(name: string, args: readonly unknown[]): NodeJS.ErrnoException | undefined {
	if (!active) return undefined;
	const { plan } = active;
	const path = subject(name, args, plan.root);
	if (path === undefined) return undefined;
	active.calls++;
	const hit = active.calls === plan.at;
	const still = plan.lasting === true && plan.at > 0 && active.calls > plan.at && isChange(name, args, plan.code);
	if (!hit && !still) return undefined;
	active.failed ??= `${name} ${path}`;
	const syscall = name.replace(/Sync$/, "").toLowerCase();
	const byPath = typeof args[0] !== "number";
	return Object.assign(new Error(`${plan.code}: injected, ${syscall}${byPath ? ` '${path}'` : ""}`), {
		errno: numbers[plan.code],
		code: plan.code,
		syscall,
		// As Node does: calls on a descriptor know no path.
		...(byPath ? { path } : {}),
	});
}

function isChange(name: string, args: readonly unknown[], code: FaultCode): boolean {
	if (!changing.test(name)) return false;
	if (/^open/.test(name)) return args[1] !== undefined && args[1] !== "r" && args[1] !== fs.constants.O_RDONLY;
	return code !== "ENOSPC" || !removing.test(name);
}

function follow(name: string, args: readonly unknown[], result: unknown): void {
	if (!active) return;
	if (/^open(Sync)?$/.test(name) && typeof result === "number" && typeof args[0] === "string") {
		if (args[0].startsWith(`${active.plan.root}/`) || args[0] === active.plan.root) opened.set(result, args[0]);
	}
	if (/^close(Sync)?$/.test(name) && typeof args[0] === "number") opened.delete(args[0]);
}

/** What a call does although it fails. */
function halfDone(name: string, original: Anything, args: readonly unknown[]): void {
	try {
		if (name === "closeSync") original(...args);
		if (name === "rmSync" && typeof args[0] === "string") removeOneFile(args[0]);
		if (name === "writeSync" && args[1] instanceof Uint8Array && args[1].length > 1) original(args[0], args[1].subarray(0, 1));
	} catch {
		// As if it had failed before.
	}
}

const genuine = { ...fs };

function removeOneFile(path: string): boolean {
	const stat = genuine.lstatSync(path);
	if (!stat.isDirectory()) return false;
	for (const entry of genuine.readdirSync(path, { withFileTypes: true })) {
		if (entry.isDirectory() && removeOneFile(`${path}/${entry.name}`)) return true;
		if (!entry.isDirectory()) {
			genuine.unlinkSync(`${path}/${entry.name}`);
			return true;
		}
	}
	return false;
}

function wrap(name: string, original: Anything): Anything {
	if (name.endsWith("Sync")) {
		return function wrapped(this: unknown, ...args: unknown[]) {
			const error = fault(name, args);
			if (error && saysNo.has(name)) return false;
			if (error) {
				halfDone(name, original, args);
				follow(name, args, undefined);
				throw error;
			}
			const result = original.apply(this, args);
			follow(name, args, result);
			return result;
		};
	}
	return function wrapped(this: unknown, ...args: unknown[]) {
		const callback = args.at(-1);
		if (typeof callback !== "function") return original.apply(this, args);
		const error = fault(name, args);
		if (error && name === "close") return original.call(this, args[0], () => callback(error));
		if (error) return void setImmediate(() => callback(error));
		const done = (failure: unknown, ...results: unknown[]) => {
			if (!failure) follow(name, args, results[0]);
			callback(failure, ...results);
		};
		return original.apply(this, [...args.slice(0, -1), done]);
	};
}

/** Once and for all, before any library takes its copy of `fs`. */
for (const [name, original] of Object.entries(genuine)) {
	if (typeof original !== "function" || /^[A-Z_]/.test(name) || streams.has(name)) continue;
	const wrapped = wrap(name, original as Anything);
	Object.assign(wrapped, original);
	(fs as unknown as Record<string, unknown>)[name] = wrapped;
}
syncBuiltinESMExports();
