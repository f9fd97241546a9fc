// What becomes of src/: for Node small files of CommonJS, for the self-contained executable modules.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { noticesFor } from "./notices.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The entry and its lazily loaded chunks: what commands share is in chunks of its own. */
const options = {
	absWorkingDir: root,
	entryPoints: { gox: "src/gox.ts" },
	bundle: true,
	splitting: true,
	format: "esm",
	platform: "node",
	target: "node20.19",
	// Its entry for CommonJS requires its own files by names that are made at run time.
	alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
	chunkNames: "chunks/[name]-[hash]",
	legalComments: "linked",
	minifySyntax: true,
	minifyWhitespace: true,
	logLevel: "warning",
};

/**
 * dist/gox.js and its chunks as CommonJS: Node finds, reads and links forty modules in the time of a whole small
 * command, and the same as CommonJS in a third of that. What every command loads, and `gox list`, is one file. The files'
 * number, and their bytes all together.
 */
export async function bundleForNode(dist) {
	const { outputFiles, metafile } = await build({ ...options, outdir: dist, write: false, metafile: true });
	const common = commonChunks(metafile.outputs);
	const files = new Map();
	const shared = [];
	for (const { path, text } of outputFiles) {
		const name = basename(path);
		if (common.has(name)) shared.push(moduleOfCommon(name, await asCommonJs(text, common)));
		else if (!name.endsWith(".js")) files.set(path, text);
		else
			files.set(path, `"use strict";${lazily}${loaderOfCommon(path === join(dist, "gox.js"))}${await asCommonJs(text, common)}`);
	}
	files.set(join(dist, "chunks", commonFile), `"use strict";${lazily}${commonLoader}const modules={${shared.join(",")}};`);
	files.set(join(dist, "gox.js"), `#!/usr/bin/env node\n${files.get(join(dist, "gox.js"))}`);
	// The chunks of the last build go when there are new ones, not before: a mistake in src/ leaves a gox that runs.
	rmSync(join(dist, "chunks"), { recursive: true, force: true });
	mkdirSync(join(dist, "chunks"), { recursive: true });
	for (const [path, content] of files) writeFileSync(path, content);
	writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
	writeFileSync(join(dist, "NOTICES.txt"), noticesFor(root, Object.keys(metafile.inputs)));
	return { files: files.size, bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0) };
}

const commonFile = "common.js";

/** The names of the chunks that every command loads, and `gox list`, without those that `gox --version` does. */
function commonChunks(outputs) {
	const closure = (entry, found = new Set()) => {
		found.add(entry);
		for (const { path, kind } of outputs[entry].imports)
			if (kind === "import-statement" && path in outputs && !found.has(path)) closure(path, found);
		return found;
	};
	const of = (source) => closure(Object.keys(outputs).find((path) => outputs[path].entryPoint === source));
	const first = of("src/gox.ts");
	const common = [...of("src/main.ts"), ...of("src/commands/list.ts")].filter((path) => !first.has(path));
	return new Set(common.map((path) => basename(path)));
}

/** Parentheses have V8 compile the function at once: it is about to be called. */
function moduleOfCommon(name, code) {
	return `${JSON.stringify(name)}:(function(module,exports){${code}})`;
}

const commonLoader =
	"const loaded={};module.exports=__common;function __common(name){let module=loaded[name];if(!module){module=loaded[name]={exports:{}};modules[name](module,module.exports)}return module.exports}";

function loaderOfCommon(isEntry) {
	return `const __common=name=>require("${isEntry ? "./chunks" : "."}/${commonFile}")(name);`;
}

/** @param common the chunks that are in one file */
async function asCommonJs(module, common) {
	const { code } = await transform(module, {
		format: "cjs",
		platform: "node",
		target: "node20.19",
		minifySyntax: true,
		minifyWhitespace: true,
		supported: { "dynamic-import": false },
		define: { "import.meta.url": "__ownUrl" },
		logLevel: "warning",
	});
	const ownUrl = code.includes("__ownUrl") ? 'const __ownUrl=require("node:url").pathToFileURL(__filename).href;' : "";
	const inCommon = code.replace(/\brequire\("\.(?:\/chunks)?\/([^"/]+)"\)/g, (whole, name) =>
		common.has(name) ? `__common(${JSON.stringify(name)})` : whole,
	);
	return `${ownUrl}${loadedWhenUsed(inCommon)}`;
}

const lazily =
	"const __lazily=load=>{let found;return new Proxy({},{get:(_,name)=>(found??=load())[name],has:(_,name)=>name in(found??=load())})};";

/**
 * What a module imports is loaded when it first uses it: a command that has nothing to download reads neither undici nor
 * node:tls. No module of src/ does anything but define, so the order in which they are loaded is all the same. Those
 * of Node's own that are there from the start, and called for each of ten thousand files, are left alone.
 */
function loadedWhenUsed(code) {
	return code.replace(
		/\b(\w+)=((?:__toESM\()?require\("(node:(?!fs"|path")\w[^"]*|\.[^"]+)"\)(?:,1\))?\)?)(?=[,;])/g,
		(whole, name, load) => (name.startsWith("import_") || load.startsWith("__toESM") ? `${name}=__lazily(()=>${load})` : whole),
	);
}

/** Of Node's own, what takes the self-contained gox longer to load than a small command runs. */
const heavy = ["node:child_process", "node:crypto", "node:timers/promises", "node:tty"];

/** What src/ imports of those is loaded when it is first called: their functions and classes are wrapped. */
const lazyBuiltIns = {
	name: "lazy-built-ins",
	setup(building) {
		building.onResolve({ filter: /^node:/ }, ({ path, importer }) =>
			heavy.includes(path) && importer.endsWith(".ts") ? { path, namespace: "lazy" } : undefined,
		);
		building.onLoad({ filter: /.*/, namespace: "lazy" }, async ({ path }) => {
			const own = await import(path);
			const names = Object.keys(own).filter((name) => name !== "default" && typeof own[name] === "function");
			const wrap = (name) =>
				`export function ${name}(...words){const found=load().${name};return new.target?new found(...words):found(...words)}`;
			return { contents: [`let own;const load=()=>own??=require(${JSON.stringify(path)});`, ...names.map(wrap)].join("\n") };
		});
	},
};

/** The same as modules, for a bundler that makes one executable of them and knows `require` in modules too. */
export async function bundleAsModules(outdir) {
	await build({
		...options,
		outdir,
		plugins: [lazyBuiltIns],
	});
}
