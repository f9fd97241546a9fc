// How the costs grow: installing and its memory with the archive, reading the index with the releases, `list` and
// `doctor` with the versions, and the shim with the directory's depth.
import { mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { sizedArchives } from "./archives.mjs";
import { project } from "./calls.mjs";
import { mainGox } from "./gox.mjs";
import { baseline } from "./install.mjs";
import { startMirror } from "./mirror.mjs";
import { plainEnv } from "./peers.mjs";
import { summary } from "./race.mjs";
import { manyVersions, otherPin, seededTools, tinyMirror } from "./seed.mjs";

const repository = resolve(dirname(fileURLToPath(import.meta.url)), "..");

export async function benchGrowth(bench) {
	const { time, memory } = await growInstall(bench);
	bench.say("growth: index");
	const index = await growIndex(bench);
	bench.say("growth: list and doctor");
	const versions = await growVersions(bench);
	bench.say("growth: depth");
	const depth = await growDepth(bench);
	return { curves: [time, memory, index, versions, depth] };
}

const series = (points) => Object.entries(points).map(([name, values]) => ({ name, points: values }));

/** The least of some installations of made archives of 5 to 200 MB, with the greatest memory. */
async function growInstall(bench) {
	const directory = join(bench.place.path, "sizes");
	const sizes = bench.scale < 0.3 ? [5, 20, 66] : [5, 10, 20, 50, 100, 200];
	bench.say("growth: making the archives …");
	const versions = await sizedArchives(directory, bench.nothing, sizes);
	const mirror = await startMirror(directory);
	const time = {};
	const memory = {};
	try {
		const { arch, os } = { os: process.platform, arch: { x64: "amd64" }[process.arch] ?? process.arch };
		for (const [megabytes, version] of Object.entries(versions)) {
			const x = Number(Number(megabytes).toFixed(1));
			const url = `${mirror.url}/dl/go${version}.${os}-${arch}.tar.gz`;
			const script = `curl -sf '${url}' | tee p | tar xz; wait`;
			const piped = ["bash", "-c", `mkfifo p; sha256sum <p >sum & ${script}`];
			const walls = {};
			const peaks = {};
			for (let round = 0; round <= bench.rounds(4); round++) {
				const once = (name, argv, env, root) => {
					const { it } = bench.race({ it: { argv, env, cwd: root } }, 1, 0);
					if (it.status !== 0) throw new Error(`${name}: ${argv.join(" ")}: ${it.log}`);
					bench.place.done(root);
					if (round === 0) return;
					walls[name] = Math.min(walls[name] ?? Number.POSITIVE_INFINITY, it.wall[0] / 1000);
					peaks[name] = Math.max(peaks[name] ?? 0, it.memory / 1e6);
				};
				const root = bench.place.fresh("piped");
				once(baseline, piped, plainEnv(root), root);
				for (const tool of bench.tools.filter(({ own }) => own)) {
					const root = bench.place.fresh(tool.name);
					once(tool.name, tool.install(version), tool.env(root, mirror.url), root);
				}
			}
			for (const [name, wall] of Object.entries(walls)) {
				time[name] ??= [];
				time[name].push([x, Number(wall.toPrecision(4))]);
				if (name === baseline) continue;
				memory[name] ??= [];
				memory[name].push([x, Number(peaks[name].toPrecision(4))]);
			}
			bench.say(`growth: ${x} MB`);
		}
	} finally {
		await mirror.stop();
		bench.place.done(directory);
	}
	const x = { label: "archive", unit: "MB" };
	return {
		time: {
			id: "install-time",
			title: "Install time over the archive's size",
			x,
			y: { label: "time", unit: "s" },
			series: series(time),
		},
		memory: {
			id: "install-memory",
			title: "Peak memory over the archive's size",
			x,
			y: { label: "memory", unit: "MB" },
			series: series(memory),
		},
	};
}

/** Decoding an index of so many releases, as go.dev gives them, and finding a request in it: the sources, in this process. */
async function growIndex(bench) {
	const entry = `export { decodeIndex } from "./src/releases/list.ts";
export { resolve } from "./src/releases/catalog.ts";
export { parseRequest } from "./src/version/request.ts";`;
	const { outputFiles } = await build({
		stdin: { contents: entry, resolveDir: repository, loader: "ts" },
		bundle: true,
		write: false,
		platform: "node",
		format: "esm",
		banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
	});
	const module = join(mkdtempSync(join(bench.place.path, "module-")), "index.mjs");
	writeFileSync(module, outputFiles[0].contents);
	const { decodeIndex, resolve, parseRequest } = await import(pathToFileURL(module).href);
	const points = { decode: [], resolve: [] };
	for (const count of [10, 30, 100, 300, 1000, 3000, 10_000]) {
		const text = madeIndex(count);
		const request = parseRequest("1.1");
		const decoding = [];
		const resolving = [];
		for (let round = -3; round < bench.rounds(20); round++) {
			const began = performance.now();
			const { releases } = decodeIndex(text, "made up");
			const decoded = performance.now();
			resolve(request, releases, "linux-amd64");
			const resolved = performance.now();
			if (round < 0) continue;
			decoding.push(decoded - began);
			resolving.push(resolved - decoded);
		}
		points.decode.push([count, summary(decoding).min]);
		points.resolve.push([count, summary(resolving).min]);
	}
	return {
		id: "index",
		title: "Reading the index over the number of releases",
		x: { label: "releases", unit: "", log: true },
		y: { label: "time", unit: "ms", log: true },
		series: series(points),
	};
}

/** An index of go.dev's shape: 17 files a release, as go1.22.5 has. */
function madeIndex(count) {
	const platforms = [
		"darwin-amd64",
		"darwin-arm64",
		"linux-amd64",
		"linux-arm64",
		"linux-386",
		"linux-ppc64le",
		"linux-s390x",
		"freebsd-amd64",
		"windows-amd64",
	];
	const list = Array.from({ length: count }, (_, at) => {
		const version = `go1.${1 + Math.floor(at / 20)}.${1 + (at % 20)}`;
		const files = platforms.flatMap((platform) => {
			const [os, arch] = platform.split("-");
			const common = { os, arch, version, sha256: (at + 1).toString(16).padStart(64, "0"), size: 66_000_000 };
			const archive = { ...common, filename: `${version}.${platform}.tar.gz`, kind: "archive" };
			return os === "darwin" || os === "windows"
				? [archive, { ...common, filename: `${version}.${platform}.pkg`, kind: "installer" }]
				: [archive];
		});
		return { version, stable: true, files };
	});
	return JSON.stringify(list);
}

/** `list` and `doctor` with 1 to 300 versions installed. */
async function growVersions(bench) {
	const own = bench.tools.filter((tool) => tool.own);
	const homes = await manyVersions(bench, own[0], [1, 10, 50, 100, 200, 300]);
	const points = {};
	for (const [count, { root, env }] of Object.entries(homes)) {
		const offline = { ...env, GOX_OFFLINE: "1" };
		const contenders = {};
		for (const tool of own) {
			for (const command of ["list", "doctor"]) {
				contenders[`${command}, ${tool.name}`] = { argv: tool[command], env: offline, cwd: root };
			}
		}
		for (const [name, run] of Object.entries(bench.race(contenders, bench.rounds(15), 2))) {
			points[name] ??= [];
			points[name].push([Number(count), summary(run.wall).min]);
		}
	}
	return {
		id: "versions",
		title: "`list` and `doctor` over the number of installed versions",
		x: { label: "installed versions", unit: "" },
		y: { label: "time", unit: "ms" },
		series: series(points),
	};
}

/** A call of `go` beyond the program's own time, with the version file 1 to 64 levels up. */
async function growDepth(bench) {
	const mirror = await tinyMirror(bench);
	try {
		const main = mainGox(bench.tools);
		const homes = seededTools(bench, mirror.url, [main, ...bench.tools.filter(({ own, shims }) => !own && shims)]);
		const points = {};
		for (const depth of [1, 2, 4, 8, 16, 32, 64]) {
			const contenders = {};
			for (const { tool, root, env } of homes) {
				const cwd = project(tool, root, depth);
				contenders[tool.name] = {
					argv: ["go", "version"],
					env: { ...env, PATH: `${tool.shims(root)}:${env.PATH}`, PWD: cwd },
					cwd,
				};
				if (!tool.own) continue;
				contenders.direct = {
					argv: ["go", "version"],
					env: { ...env, PATH: join(tool.goroot(root, otherPin), "bin"), PWD: cwd },
					cwd,
				};
			}
			const runs = bench.race(contenders, bench.rounds(300), 10);
			const bare = summary(runs.direct.wall).min;
			for (const { tool } of homes) {
				points[tool.name] ??= [];
				points[tool.name].push([depth, Number((summary(runs[tool.name].wall).min - bare).toPrecision(4))]);
			}
		}
		return {
			id: "depth",
			title: "The shim over the directory's depth below the version file",
			x: { label: "levels", unit: "", log: true },
			y: { label: "extra time", unit: "ms", log: true },
			series: series(points),
		};
	} finally {
		await mirror.stop();
	}
}
