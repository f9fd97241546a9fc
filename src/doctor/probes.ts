import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync, readlinkSync, realpathSync, statfsSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { namesIn } from "../fs.ts";
import { readExecutable, type Slice } from "../go/buildinfo.ts";
import { carriesShimMarker, type Executable, executableAt } from "../go/builtfor.ts";

/** How a tool answered. */
export interface ToolAnswer {
	/** Null when it was ended by a signal or the time was up. */
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface ToolOptions {
	/** Instead of the environment of this process. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	readonly cwd?: string;
	/** Milliseconds; 5,000 by default. */
	readonly timeout?: number;
}

/** What is at the end of a path, symlinks followed. */
export interface PathStat {
	readonly kind: "file" | "directory" | "other";
	/** Bytes. */
	readonly size: number;
	/** Permission bits. */
	readonly mode: number;
	readonly executable: boolean;
	readonly uid: number;
}

/**
 * Everything that the doctor asks of a machine. The real one is machineprobes.ts; a recorded one plays another
 * machine on this one. Paths are absolute; nothing throws for what isn't there.
 */
export interface Probes {
	/** Runs a program by its absolute path, without a shell or input; undefined where it isn't there or can't be started. */
	run(tool: string, args: readonly string[], options?: ToolOptions): ToolAnswer | undefined;
	/** The text of a file (UTF-8); undefined where there is none that can be read. */
	readText(path: string): string | undefined;
	/** The names in a directory, sorted; none where there is none that can be read. */
	names(path: string): readonly string[];
	stat(path: string): PathStat | undefined;
	/** Where a symlink points to, as written; undefined for anything else. */
	linkAt(path: string): string | undefined;
	/** The path without symlinks; undefined where it leads nowhere. */
	realPath(path: string): string | undefined;
	/** What the header of an executable says; undefined for a script or no file. */
	executable(path: string): Executable | undefined;
	/** Each part of a program, with what Go's linker left in it; none for a script or no file. */
	slices(path: string): readonly Slice[];
	/** Whether the program is a gox shim. */
	isShim(path: string): boolean;
	/** Whether this process may write there. */
	isWritable(path: string): boolean;
	/** Bytes that this user may still write where the path lies, and of how many. */
	space(path: string): { readonly free: number; readonly size: number } | undefined;
	/** What an address answers within the time (milliseconds): its status, or why it didn't. Redirects are followed. */
	reach(url: URL, timeout: number): Promise<{ readonly status: number } | { readonly failure: string; readonly hint?: string }>;
}

const timeoutMs = 5_000;
/** No start-up file, receipt or VERSION is as large: bytes. */
const largestText = 4 << 20;

/** The probes of the machine that this runs on. */
export function machineProbes(context: Context): Probes {
	return {
		run: (tool, args, options = {}) => {
			if (!isAbsolute(tool)) return undefined;
			const { error, status, stdout, stderr } = spawnSync(tool, args, {
				encoding: "utf8",
				stdio: ["ignore", "pipe", "pipe"],
				timeout: options.timeout ?? timeoutMs,
				killSignal: "SIGKILL",
				maxBuffer: 16 << 20,
				env: defined(options.env ?? context.env),
				...(options.cwd !== undefined && { cwd: options.cwd }),
			});
			// A program whose time was up, or that said too much, was started all the same.
			const started = !error || stdout !== null;
			return started ? { status, stdout: stdout ?? "", stderr: stderr ?? "" } : undefined;
		},
		readText: (path) => quietly(() => (isSmallFile(path) ? readFileSync(path, "utf8") : undefined)),
		names: (path) => quietly(() => namesIn(path)) ?? [],
		stat: (path) =>
			quietly(() => {
				const stat = statSync(path);
				const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other";
				const mode = stat.mode & 0o7777;
				return { kind, size: stat.size, mode, executable: kind === "file" && isExecutable(path), uid: stat.uid } as const;
			}),
		linkAt: (path) => quietly(() => readlinkSync(path)),
		realPath: (path) => quietly(() => realpathSync(path)),
		executable: (path) => quietly(() => (statSync(path).isFile() ? executableAt(path) : undefined)),
		slices: (path) => quietly(() => (statSync(path).isFile() ? readExecutable(path) : [])) ?? [],
		isShim: (path) => quietly(() => carriesShimMarker(path, statSync(path).size)) ?? false,
		isWritable: (path) => may(path, constants.W_OK),
		space: (path) =>
			quietly(() => {
				const { bavail, blocks, bsize } = statfsSync(path);
				return { free: bavail * bsize, size: blocks * bsize };
			}),
		reach: (url, timeout) => reach(context, url, timeout),
	};
}

async function reach(context: Context, url: URL, timeout: number): ReturnType<Probes["reach"]> {
	const { Client } = await import("../fetch/client.ts");
	const limit = AbortSignal.timeout(timeout);
	const client = new Client({ ...context, signal: AbortSignal.any([context.signal, limit]) });
	try {
		const reply = await client.get(url);
		reply.cancel();
		return { status: reply.status };
	} catch (error) {
		context.signal.throwIfAborted();
		if (limit.aborted) return { failure: `no answer within ${timeout / 1000} s` };
		const hint = error instanceof GoxError ? error.hint : undefined;
		return { failure: error instanceof Error ? error.message : String(error), ...(hint && { hint }) };
	} finally {
		await client.close().catch(() => {});
	}
}

function isSmallFile(path: string): boolean {
	const stat = statSync(path);
	return stat.isFile() && stat.size <= largestText;
}

function isExecutable(path: string): boolean {
	return may(path, constants.X_OK);
}

function may(path: string, what: number): boolean {
	return (
		quietly(() => {
			accessSync(path, what);
			return true;
		}) ?? false
	);
}

/** What can't be looked at is told by the check that needs it. */
function quietly<T>(look: () => T): T | undefined {
	try {
		return look();
	} catch {
		return undefined;
	}
}

function defined(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
	return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
