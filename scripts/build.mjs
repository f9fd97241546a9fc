// Builds dist/: the bundled entry gox.js with its lazily loaded chunks, and the shims.
// npm run build; --watch is not offered: it takes a second.
import { chmodSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { placeShims } from "./build-shims.mjs";
import { bundleForNode } from "./bundle.mjs";

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");

if (!process.argv.includes("--shims")) {
	const { files, bytes } = await bundleForNode(dist);
	chmodSync(join(dist, "gox.js"), 0o755);
	console.log(`dist/gox.js and ${files - 1} chunks, ${Math.round(bytes / 1024)} KB`);
}
await placeShims(dist);
