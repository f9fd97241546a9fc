import type { Slice } from "../verify/buildinfo/buildinfo.ts";
import type { Machine } from "../verify/machine.ts";

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
	machine(path: string): Machine | undefined;
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
