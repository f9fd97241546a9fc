// Builds dist/: the bundled entry gox.js with its lazily loaded chunks, and the shims.
// npm run build; --watch is not offered: it takes a second.
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { placeShims } from "./build-shims.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const shimsOnly = process.argv.includes("--shims");

if (!shimsOnly) {
	rmSync(join(dist, "chunks"), { recursive: true, force: true });
	const result = await build({
		absWorkingDir: root,
		entryPoints: { gox: "src/cli.ts" },
		outdir: "dist",
		bundle: true,
		splitting: true,
		format: "esm",
		platform: "node",
		target: "node20.19",
		chunkNames: "chunks/[name]-[hash]",
		legalComments: "linked",
		minifySyntax: true,
		minifyWhitespace: true,
		metafile: true,
		// CommonJS dependencies (undici, semver, proper-lockfile) call require for Node's own modules.
		banner: {
			js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
		},
		logLevel: "warning",
	});
	const entry = join(dist, "gox.js");
	writeFileSync(entry, `#!/usr/bin/env node\n${readFileSync(entry, "utf8")}`);
	chmodSync(entry, 0o755);
	const bytes = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
	console.log(`dist/gox.js and ${Object.keys(result.metafile.outputs).length - 1} chunks, ${Math.round(bytes / 1024)} KB`);
}
await placeShims(dist);
