// npm run bench:docs: docs/performance.md and docs/performance/*.svg, out of docs/performance.json.
// --check: writes nothing; status 1 when they are not what the figures make.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { pages } from "./bench/page.mjs";

const docs = resolve(dirname(fileURLToPath(import.meta.url)), "../docs");
const source = join(docs, "performance.json");
if (!existsSync(source)) {
	console.error("there is no docs/performance.json: npm run bench");
	process.exit(1);
}
const reasons = JSON.parse(readFileSync(new URL("./bench/reasons.json", import.meta.url), "utf8"));
const made = pages(JSON.parse(readFileSync(source, "utf8")), reasons);
if (process.argv.includes("--check")) {
	const stale = Object.entries(made).filter(
		([name, text]) => !existsSync(join(docs, name)) || readFileSync(join(docs, name), "utf8") !== text,
	);
	for (const [name] of stale) console.error(`docs/${name} is not what docs/performance.json makes: npm run bench:docs`);
	process.exit(stale.length > 0 ? 1 : 0);
}
const plots = join(docs, "performance");
mkdirSync(plots, { recursive: true });
for (const name of readdirSync(plots)) if (!(`performance/${name}` in made)) rmSync(join(plots, name));
for (const [name, text] of Object.entries(made)) writeFileSync(join(docs, name), text);
console.log(`wrote ${Object.keys(made).length} files: docs/performance.md and its plots`);
