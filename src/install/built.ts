import type { FileSharing, TreeFile } from "../archive/tree.ts";
import type { Context } from "../context.ts";
import type { Stopwatch } from "../stopwatch.ts";
import type { Receipt } from "../store/receipt.ts";
import type { Witness } from "../verify/witness.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";

/** A proven GOROOT in staging, not yet visible to anyone. */
export interface Built {
	/** The directory that becomes `versions/KEY`. */
	readonly goroot: string;
	readonly files: readonly TreeFile[];
	/** The toolchain module's dirhash of the files. */
	readonly h1: string;
	readonly source: Receipt["source"];
	readonly archive?: Receipt["archive"];
	readonly witnesses: readonly Witness[];
	readonly official: boolean;
	/** Why the checksum database isn't among the witnesses. */
	readonly unasked?: string | undefined;
}

/** One version to be built, and where. */
export interface Staging {
	/** Its signal ends the build. */
	readonly context: Context;
	readonly release: Release;
	readonly platform: Platform;
	/** A directory of its own on the store's file system; the GOROOT goes into its `go/`. */
	readonly staging: string;
	/** What it may take over from another version. */
	readonly sharing?: FileSharing | undefined;
	/** Whether every file is fsynced. */
	readonly durable: boolean;
}

/** A build from somewhere outside this machine. */
export interface Job extends Staging {
	/** Whether plain http to other hosts is allowed. */
	readonly insecure: boolean;
	readonly listener: InstallListener;
}

/** What an installation tells of itself while it runs. */
export interface InstallListener {
	/** Bytes received so far of how many (0 where unknown). */
	progress(received: number, total: number): void;
	/** One line for --verbose. */
	note(text: string): void;
	/** One line for everyone. */
	say(text: string): void;
	/** One line that --quiet doesn't silence. */
	warn(text: string): void;
	/** What the work's parts are timed with, for --timings. */
	readonly stopwatch: Stopwatch;
}
