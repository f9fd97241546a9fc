import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ArchivePolicy } from "../archive/policy.ts";
import { TarGzUnpacker } from "../archive/targz.ts";
import { TreeWriter } from "../archive/tree.ts";
import type { Context } from "../context.ts";
import { downloadArchive } from "../fetch/download.ts";
import { removeTree } from "../fs.ts";
import type { Expectation } from "../verify/expectation.ts";
import { toolchainHash } from "../verify/toolchain.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import type { Built, InstallListener } from "./built.ts";

export interface ArchiveSource {
	readonly filename: string;
	/** Bytes, where known. */
	readonly size?: number | undefined;
	readonly mirrors: readonly URL[];
	readonly expectation: Expectation;
	readonly insecure: boolean;
	readonly durable: boolean;
	readonly signal: AbortSignal;
}

/**
 * One pass: the bytes of an official archive → digest, gunzip, tar, policy → files in `staging/go`.
 * Resolves only when the archive had the SHA-256 that was expected.
 * @throws DownloadError; GoxError `hostile-archive`, `integrity`; file-system errors as they come.
 */
export async function buildFromArchive(
	context: Context,
	release: Release,
	platform: Platform,
	source: ArchiveSource,
	staging: string,
	listener: InstallListener,
): Promise<Built> {
	const goroot = join(staging, "go");
	const { filename, size, mirrors, expectation } = source;
	const delivered = await downloadArchive(
		{ ...context, signal: source.signal },
		{ filename, mirrors, sha256: expectation.sha256, size },
		async (bytes) => {
			// A pass that starts over finds what the one before it made.
			removeTree(goroot);
			mkdirSync(goroot);
			const tree = new TreeWriter(goroot, source.durable);
			const unpacker = new TarGzUnpacker(new ArchivePolicy("go/"), tree);
			try {
				for await (const chunk of bytes) await unpacker.write(chunk);
				await unpacker.end();
			} finally {
				unpacker.abandon();
			}
			return tree.files;
		},
		{
			insecure: source.insecure,
			progress: ({ received, total }) => listener.progress(received, total ?? 0),
			note: (text) => listener.note(text),
		},
	);
	return {
		goroot,
		files: delivered.value,
		h1: toolchainHash(
			delivered.value.map((file) => [file.path, file.sha256] as const),
			release,
			platform,
		),
		source: { kind: "archive", from: delivered.url },
		archive: { sha256: delivered.sha256, size: delivered.size },
		witnesses: expectation.witnesses,
		official: expectation.official,
	};
}
