import { createWriteStream, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type BundledToolchain, partOf } from "../archive/bundle.ts";
import { sitesOf } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { downloadArchive } from "../fetch/download.ts";
import { DownloadError } from "../fetch/mirrors.ts";
import { named, removeTree } from "../fs.ts";
import type { Chosen } from "../releases/catalog.ts";
import { mirrorsOf } from "../releases/mirrors.ts";
import { expectArchive } from "../verify/witness.ts";
import type { SourceChoice } from "./acquire.ts";
import type { InstallListener } from "./built.ts";
import { buildFromModule } from "./frommodule.ts";

export interface BundlingSource {
	readonly source: SourceChoice;
	readonly insecure: boolean;
	readonly signal: AbortSignal;
}

/** A toolchain fetched for a bundle, proven, and the file that holds it. */
export interface FetchedPart {
	readonly toolchain: BundledToolchain;
	readonly path: string;
}

/**
 * Fetches a toolchain as it shall lie in a bundle: the official archive with the SHA-256 that the table or the index
 * publishes; or, where no download site can be reached, the toolchain module's zip, whose h1 somebody vouched for.
 * @param directory of ours, for files
 * @throws GoxError as installing does.
 */
export async function fetchPart(
	context: Context,
	chosen: Chosen,
	how: BundlingSource,
	directory: string,
	listener: InstallListener,
): Promise<FetchedPart> {
	const { release, platform, hashes } = chosen;
	const known = hashes.table ?? hashes.index;
	if (how.source !== "proxy" && known !== undefined) {
		try {
			return await fetchArchive(context, chosen, how, directory, listener);
		} catch (error) {
			const elsewhere = error instanceof DownloadError && error.code === "network" && (error.noneReached || error.missing);
			if (how.source === "download" || !elsewhere) throw error;
			listener.say(`${release.name} for ${platform}: no download site has it; trying the Go module proxy`);
			listener.note(error.message);
		}
	}
	if (how.source === "download")
		throw new GoxError("integrity", `nobody has published a SHA-256 of ${release.name} for ${platform}, so it can't be proven`, {
			hint: `gox bundle ${release.word} --source proxy`,
		});
	return fetchModule(context, chosen, how, directory, listener);
}

async function fetchArchive(
	context: Context,
	{ release, platform, archive, hashes }: Chosen,
	{ insecure, signal }: BundlingSource,
	directory: string,
	listener: InstallListener,
): Promise<FetchedPart> {
	const { sha256 } = expectArchive(release, platform, hashes, false);
	const path = join(directory, `${release.name}.${platform}.tar.gz`);
	const delivered = await downloadArchive(
		{ ...context, signal },
		{ filename: archive.filename, mirrors: mirrorsOf(sitesOf(context).mirrors, { insecure }), sha256, size: archive.size },
		(bytes) =>
			pipeline(bytes, createWriteStream(path, { mode: 0o600 })).catch((error: unknown) => {
				throw named(path, error);
			}),
		{
			insecure,
			progress: ({ received, total }) => listener.progress(received, total ?? 0),
			note: (text) => listener.note(text),
		},
	);
	return { path, toolchain: describe(release, platform, "archive", delivered.sha256, delivered.size) };
}

/** Unpacked once, so that what goes into the bundle is known to be what the checksum database vouches for. */
async function fetchModule(
	context: Context,
	{ release, platform }: Chosen,
	{ insecure, signal }: BundlingSource,
	directory: string,
	listener: InstallListener,
): Promise<FetchedPart> {
	const staging = join(directory, `${release.name}.${platform}`);
	const path = join(directory, `${release.name}.${platform}.zip`);
	mkdirSync(staging, 0o755);
	const job = { context: { ...context, signal }, release, platform, staging, durable: false, insecure, listener };
	const built = await buildFromModule(job, path);
	removeTree(staging);
	return {
		path,
		toolchain: { ...describe(release, platform, "module", built.archive.sha256, statSync(path).size), h1: built.h1 },
	};
}

function describe(
	release: Chosen["release"],
	platform: Chosen["platform"],
	kind: BundledToolchain["kind"],
	sha256: string,
	size: number,
): BundledToolchain {
	return { release, platform, kind, file: partOf(release, platform, kind), sha256, size };
}
