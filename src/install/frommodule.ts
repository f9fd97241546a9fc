import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { unpackModuleZip } from "../archive/modulezip.ts";
import { type FileSharing, TreeWriter } from "../archive/tree.ts";
import type { Context } from "../context.ts";
import { removeTree } from "../fs.ts";
import { fetchToolchain } from "../proxy/toolchain.ts";
import { DirHash, sha256OfFile, toolchainPrefix } from "../verify/dirhash.ts";
import { vouch } from "../verify/evidence.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import type { Built, InstallListener } from "./built.ts";

export interface ModuleSource {
	readonly insecure: boolean;
	readonly durable: boolean;
	/** What it may take over from another version. */
	readonly sharing?: FileSharing | undefined;
	readonly signal: AbortSignal;
	/** Where a copy of the zip shall be left. */
	readonly keepZip?: string;
}

/**
 * A release's toolchain module from Go's module proxy → files in `staging/go`, whose dirhash, computed here from
 * the zip's own contents, somebody independent must vouch for.
 * @throws GoxError `network`, `no-such-release`, `integrity`, `hostile-archive`; file-system errors as they come.
 */
export async function buildFromModule(
	context: Context,
	release: Release,
	platform: Platform,
	source: ModuleSource,
	staging: string,
	listener: InstallListener,
): Promise<Built & { readonly archive: NonNullable<Built["archive"]> }> {
	const goroot = join(staging, "go");
	const dir = join(staging, "module");
	removeTree(goroot);
	mkdirSync(goroot, 0o755);
	mkdirSync(dir, 0o755);
	const { stopwatch } = listener;
	const fetched = await stopwatch.waiting("download", () =>
		fetchToolchain(context, release, platform, {
			dir,
			signal: source.signal,
			insecure: source.insecure,
			progress: ({ received, total }) => listener.progress(received, total ?? 0),
			note: (text) => listener.note(text),
		}),
	);
	const tree = new TreeWriter(goroot, source.durable, source.sharing, stopwatch);
	const zip = { path: fetched.zip, prefix: toolchainPrefix(release, platform) };
	const entries = await stopwatch.waiting("parse", () => unpackModuleZip(zip, tree, source.signal, stopwatch));
	const h1 = stopwatch.busy("hash", () => {
		const hash = new DirHash();
		for (const { name, sha256 } of entries) hash.add(name, sha256);
		return hash.h1();
	});
	const witnesses = vouch(h1, fetched.evidence, release);
	const sha256 = await stopwatch.waiting("hash", () => sha256OfFile(fetched.zip));
	const archive = { sha256, size: statSync(fetched.zip).size };
	if (source.keepZip !== undefined) copyFileSync(fetched.zip, source.keepZip);
	removeTree(dir);
	const way = {
		"module cache": "the module cache",
		"go command": "the Go module proxy, by the go command:",
		goproxy: "the Go module proxy",
	}[fetched.via];
	return {
		goroot,
		files: tree.files,
		h1,
		source: { kind: "module", from: `${way} ${fetched.from}` },
		archive,
		witnesses,
		official: true,
	};
}
