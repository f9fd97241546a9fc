import { join } from "node:path";
import { build } from "esbuild";

/** Makes one JavaScript file of `storeactor.ts`, for threads and processes. */
export async function buildActor(outfile: string): Promise<void> {
	await build({
		entryPoints: [join(import.meta.dirname, "storeactor.ts")],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		logLevel: "error",
		banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
	});
}
