import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ArchivePolicy } from "../archive/policy.ts";
import { TarGzUnpacker } from "../archive/targz.ts";
import { TreeWriter } from "../archive/tree.ts";
import { GoxError } from "../errors.ts";
import { downloadArchive } from "../fetch/download.ts";
import { removeTree } from "../fs.ts";
import type { ArchiveSignature } from "../releases/signature.ts";
import { toolchainHash } from "../verify/dirhash.ts";
import type { Signer } from "../verify/signature.ts";
import type { Expectation, Witness } from "../verify/witness.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import type { Built, Job } from "./built.ts";

export interface ArchiveSource {
	readonly filename: string;
	/** Bytes, where known. */
	readonly size?: number | undefined;
	readonly mirrors: readonly URL[];
	readonly expectation: Expectation;
	/** Must be good over the archive's bytes, where there is one. */
	readonly signature?: ArchiveSignature | undefined;
}

/**
 * One pass: the bytes of an official archive → digest, gunzip, tar, policy → files in `staging/go`.
 * Resolves only when the archive had the SHA-256 that was expected and a signature, if it has one, is good.
 * @throws DownloadError; GoxError `hostile-archive`, `integrity`; file-system errors as they come.
 */
export async function buildFromArchive(
	{ context, release, platform, staging, sharing, durable, insecure, listener }: Job,
	{ filename, size, mirrors, expectation, signature }: ArchiveSource,
): Promise<Built> {
	const goroot = join(staging, "go");
	const { stopwatch } = listener;
	if (expectation.sha256 === undefined && !signature) throw unproven(release, platform);
	const delivered = await downloadArchive(
		context,
		{ filename, mirrors, sha256: expectation.sha256, size },
		async (bytes) => {
			// A pass that starts over finds what the one before it made.
			removeTree(goroot);
			mkdirSync(goroot, 0o755);
			const tree = new TreeWriter(goroot, durable, sharing, stopwatch);
			const unpacker = new TarGzUnpacker(new ArchivePolicy("go/"), tree, stopwatch);
			const check = await signature?.check();
			try {
				for await (const chunk of stopwatch.arriving("download", bytes)) {
					await check?.write(chunk);
					await unpacker.write(chunk);
				}
				await unpacker.end();
				return { files: tree.files, signer: await check?.end() };
			} finally {
				check?.abandon();
				unpacker.abandon();
			}
		},
		{
			insecure,
			progress: ({ received, total }) => listener.progress(received, total ?? 0),
			note: (text) => listener.note(text),
		},
	);
	const { files, signer } = delivered.value;
	const hashes = files.map((file) => [file.path, file.sha256] as const);
	return {
		goroot,
		files,
		h1: stopwatch.busy("hash", () => toolchainHash(hashes, release, platform)),
		source: { kind: "archive", from: delivered.url },
		archive: { sha256: delivered.sha256, size: delivered.size },
		witnesses: [...expectation.witnesses, ...(signer ? [signatureWitness(signer, delivered.sha256)] : [])],
		official: expectation.official,
	};
}

function signatureWitness({ primary, subkey, signedAt }: Signer, sha256: string): Witness {
	return { kind: "pgp", digest: sha256, fingerprint: primary, subkey, signedAt: signedAt.toISOString() };
}

function unproven(release: Release, platform: Platform): GoxError {
	return new GoxError("integrity", `nobody has published a SHA-256 of ${release.name} for ${platform}, so it can't be proven`, {
		hint: `gox install ${release.word} --verify pgp\ngox install ${release.word} --source proxy`,
	});
}
