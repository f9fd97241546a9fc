import { isOffline } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { Client } from "./client.ts";
import { MirrorTurn, type Wanted } from "./mirrors.ts";
import { type DownloadOptions, Transfer } from "./transfer.ts";

export interface Delivered<T> {
	/** What the consumer returned. */
	readonly value: T;
	/** SHA-256 of the delivered bytes, 64 lower-case hex digits. */
	readonly sha256: string;
	readonly size: number;
	/** The mirror's own address, not the one it redirected to; fit to be printed. */
	readonly url: string;
}

/**
 * Downloads one file and gives its bytes to `consume` as they arrive, without a copy on disk.
 *
 * The contract: `consume` gets the file from byte 0. Cuts, retries, resumes and changes of mirror happen behind the
 * iteration, as long as the bytes already given out are right. If they turn out to be wrong, the iteration throws and
 * `consume` is called again with a new one: it must remove what it made. A consumer may throw in mid-file (gunzip or tar
 * fails on bad bytes) or stop early: the rest is read for its digest. Wrong bytes then lead to a new pass or another
 * mirror, right ones to the consumer's own error.
 * With a `sha256` the promise resolves only if the file had it.
 *
 * @throws DownloadError (`network`; `integrity` when what came was not the wanted file); GoxError `offline`,
 * `interrupted`; whatever `consume` throws.
 */
export async function downloadArchive<T>(
	context: Context,
	wanted: Wanted,
	consume: (bytes: AsyncIterable<Buffer>) => Promise<T>,
	options: DownloadOptions = {},
): Promise<Delivered<T>> {
	const client = new Client(context, options);
	const mirrors = new MirrorTurn(reachable(context, wanted), wanted.filename);
	client.deadline = mirrors.began + client.timing.totalMs;
	try {
		for (;;) {
			const pass = new Transfer(context, client, mirrors, wanted, options);
			const outcome = await consume(pass.bytes()).then(
				(value) => ({ value }),
				(error: unknown) => ({ error }),
			);
			if ("error" in outcome && !pass.ended && !(wanted.sha256 && blamesBytes(outcome.error))) {
				await pass.abandon();
				throw outcome.error;
			}
			const end = await pass.settle();
			if (end.kind === "failed") throw end.error;
			if (end.kind === "again") continue;
			if ("error" in outcome) throw outcome.error;
			return { value: outcome.value, sha256: end.sha256, size: end.size, url: end.url };
		}
	} finally {
		await client.close();
	}
}

/** Whether bad bytes may have caused a consumer's failure, so that the digest is worth reading on for. A full disk is not. */
function blamesBytes(error: unknown): boolean {
	if (error instanceof GoxError) return error.code === "integrity" || error.code === "hostile-archive";
	return /^(?:Z|TAR)_/.test(systemCode(error) ?? "");
}

/** Offline, only `file:` mirrors count. */
function reachable(context: Context, wanted: Wanted): readonly URL[] {
	if (!isOffline(context)) return wanted.mirrors;
	const files = wanted.mirrors.filter((mirror) => mirror.protocol === "file:");
	if (files.length > 0) return files;
	throw new GoxError("offline", `${wanted.filename} is not on this machine, and GOX_OFFLINE forbids the network`, {
		hint: "unset GOX_OFFLINE",
	});
}
