import { createHash } from "node:crypto";
import { readModuleZip } from "../archive/modulezip.ts";
import type { Context } from "../context.ts";
import { removeTree } from "../fs.ts";
import { fetchToolchain } from "../releases/moduleproxy.ts";
import type { Manifest } from "../verify/differences.ts";
import type { Identity } from "../verify/goroot.ts";
import { isInModule, passesForGoMod, toolchainHash, toolchainPrefix } from "../verify/toolchain.ts";
import { openHome } from "./home.ts";
import { layoutOf, versionKey } from "./layout.ts";
import { readManifest } from "./receipt.ts";
import { makeStaging } from "./staging.ts";

/** The files that a GOROOT should have, proven by the hash that they make up. */
export interface Pristine {
	readonly files: Manifest;
	/** Whether it lists api, doc, misc and test too, which the hash doesn't cover. */
	readonly whole: boolean;
}

/** The manifest of an installation, if it makes up that hash. */
export function pristineManifest(context: Context, { release, platform }: Identity, h1: string): Pristine | undefined {
	const files = readManifest(layoutOf(context.home), versionKey(release.name, platform, context.host()));
	if (!files || [...files.keys()].some(passesForGoMod) || toolchainHash(files, release, platform) !== h1) return undefined;
	return { files, whole: [...files.keys()].some((path) => !isInModule(path)) };
}

/**
 * The files of the release's toolchain module, from the module cache or the module proxy; nothing in `goroot` is run.
 * @returns undefined when they don't make up that hash.
 * @throws GoxError as `fetchToolchain`.
 */
export async function pristineModule(
	context: Context,
	{ release, platform, goroot }: Identity & { readonly goroot: string },
	h1: string,
): Promise<Pristine | undefined> {
	const dir = makeStaging(context, openHome(context), versionKey(release.name, platform, context.host()));
	try {
		const { zip } = await fetchToolchain(context, release, platform, { dir, distrusted: goroot });
		const files = new Map<string, string>();
		await readModuleZip({ path: zip, prefix: toolchainPrefix(release, platform) }, context.signal, ({ path }, content) =>
			files.set(path, createHash("sha256").update(content).digest("hex")),
		);
		return toolchainHash(files, release, platform) === h1 ? { files, whole: false } : undefined;
	} finally {
		removeTree(dir);
	}
}
