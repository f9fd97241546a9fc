import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { unpackModuleZip } from "../archive/modulezip.ts";
import { TreeWriter } from "../archive/tree.ts";
import { removeTree } from "../fs.ts";
import { fetchToolchain } from "../proxy/toolchain.ts";
import { DirHash, sha256OfFile, toolchainPrefix } from "../verify/dirhash.ts";
import { vouch } from "../verify/evidence.ts";
import type { Built, Job } from "./built.ts";

/**
 * A release's toolchain module from Go's module proxy → files in `staging/go`, whose dirhash, computed here from
 * the zip's own contents, somebody independent must vouch for.
 * @param keepZip where a copy of the zip is left
 * @throws GoxError `network`, `no-such-release`, `integrity`, `hostile-archive`; file-system errors as they come.
 */
export async function buildFromModule(
	{ context, release, platform, staging, sharing, durable, insecure, listener }: Job,
	keepZip?: string,
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
			signal: context.signal,
			insecure,
			progress: ({ received, total }) => listener.progress(received, total ?? 0),
			note: (text) => listener.note(text),
		}),
	);
	const tree = new TreeWriter(goroot, durable, sharing, stopwatch);
	const zip = { path: fetched.zip, prefix: toolchainPrefix(release, platform) };
	const entries = await stopwatch.waiting("parse", () => unpackModuleZip(zip, tree, context.signal, stopwatch));
	const h1 = stopwatch.busy("hash", () => {
		const hash = new DirHash();
		for (const { name, sha256 } of entries) hash.add(name, sha256);
		return hash.h1();
	});
	const witnesses = vouch(h1, fetched.evidence, release);
	const sha256 = await stopwatch.waiting("hash", () => sha256OfFile(fetched.zip));
	const archive = { sha256, size: statSync(fetched.zip).size };
	if (keepZip !== undefined) copyFileSync(fetched.zip, keepZip);
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
