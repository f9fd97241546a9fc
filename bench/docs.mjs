// npm run bench:docs: docs/performance.md and the plots beside the figures, out of bench/results/performance.json.
// --check: writes nothing; status 1 when they are not what the figures make.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pages } from "./page.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, "results");
const source = join(results, "performance.json");
if (!existsSync(source)) {
	console.error("there is no bench/results/performance.json: npm run bench");
	process.exit(1);
}
const reasons = JSON.parse(readFileSync(join(here, "reasons.json"), "utf8"));
const made = new Map(
	Object.entries(pages(JSON.parse(readFileSync(source, "utf8")), reasons)).map(([name, text]) => [
		name.endsWith(".svg") ? join(results, name) : resolve(here, "../docs", name),
		text,
	]),
);
if (process.argv.includes("--check")) {
	const stale = [...made].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
	for (const [path] of stale)
		console.error(`${relative(dirname(here), path)} is not what bench/results/performance.json makes: npm run bench:docs`);
	process.exit(stale.length > 0 ? 1 : 0);
}
for (const name of readdirSync(results)) if (name.endsWith(".svg") && !made.has(join(results, name))) rmSync(join(results, name));
for (const [path, text] of made) writeFileSync(path, text);
console.log(`wrote ${made.size} files: docs/performance.md and its plots`);
