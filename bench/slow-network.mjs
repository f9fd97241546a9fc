// What downloads do on slow and bad networks: `node bench/slow-network.mjs`, or `slowNetwork()` of this module.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { startSlowServer } from "./slow-server.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const megabyte = 1_000_000;
const archiveBytes = 66 * megabyte;
const filename = "archive.tar.gz";

/** `downloadArchive` of the sources, as one module. */
async function loadDownload(directory) {
	const { outputFiles } = await build({
		entryPoints: [join(root, "src/fetch/download.ts")],
		bundle: true,
		write: false,
		platform: "node",
		format: "esm",
		banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
	});
	const path = join(directory, "download.mjs");
	writeFileSync(path, outputFiles[0].contents);
	return (await import(pathToFileURL(path).href)).downloadArchive;
}

/**
 * Measures, with an archive of 66 MB: one connection at 4 MB/s against several; 100 ms of latency and connections that
 * are reset in place of every hundredth piece, with several seeds; a mirror that stalls, with another one behind it.
 * @returns {Promise<{ name: string, value: number, unit: string, goal?: string, ok?: boolean }[]>}
 */
export async function slowNetwork({ bytes = archiveBytes, seeds = [1, 2, 3, 4, 5] } = {}) {
	const directory = mkdtempSync(join(tmpdir(), "gox-bench-"));
	const file = Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(bytes - 2)]);
	const sha256 = createHash("sha256").update(file).digest("hex");
	const rate = 4 * megabyte;
	try {
		const downloadArchive = await loadDownload(directory);
		const context = {
			env: {},
			cacheDir: directory,
			now: () => new Date(),
			pid: process.pid,
			isAlive: () => true,
			signal: new AbortController().signal,
		};
		const seconds = async (servers, timing = {}, note = () => {}) => {
			const began = performance.now();
			const wanted = { filename, mirrors: servers.map(({ mirror }) => mirror), sha256, size: file.length };
			const consume = async (pieces) => {
				for await (const _ of pieces);
			};
			await downloadArchive(context, wanted, consume, { timing, note });
			return (performance.now() - began) / 1000;
		};
		const using = async (options, work) => {
			const server = await startSlowServer(file, options);
			try {
				return await work(server);
			} finally {
				await server.close();
			}
		};
		const single = await using({ rate, ranges: false }, (server) => seconds([server]));
		const parallel = await using({ rate }, (server) => seconds([server]));
		const rows = [
			{ name: "one connection at 4 MB/s", value: single, unit: "s" },
			{ name: "ranges over connections of 4 MB/s each", value: parallel, unit: "s" },
			{
				name: "ranges against one connection",
				value: single / parallel,
				unit: "×",
				goal: ">= 3.5",
				ok: single / parallel >= 3.5,
			},
		];
		for (const seed of seeds) {
			const options = { rate, latencyMs: 100, resets: { seed, chance: 0.01 } };
			await using(options, async (server) => {
				const value = await seconds([server]);
				const { resets } = server.counts;
				const most = server.mostServed();
				const name = `100 ms, 1 % resets, seed ${seed}`;
				rows.push({ name: `${name} (${resets} resets)`, value, unit: "s" });
				rows.push({ name: `${name}: most often sent bytes`, value: most, unit: "times", goal: "<= 2", ok: most <= 2 });
			});
		}
		await using({ rate, stallAfter: 2 * megabyte }, (stalled) =>
			using({}, async (good) => {
				let left;
				const began = performance.now();
				const idleMs = 2_000;
				const note = (text) => {
					if (text.includes("going on at")) left ??= performance.now() - began;
				};
				await seconds([stalled, good], { idleMs }, note);
				// Half a second of it is the time in which it still sent.
				const value = left / 1000;
				rows.push({ name: "a stalled mirror is left (time-out 2 s) after", value, unit: "s", goal: "<= 3", ok: value <= 3 });
			}),
		);
		return rows;
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const rows = await slowNetwork();
	for (const { name, value, unit, goal, ok } of rows) {
		console.log(`${name}: ${value.toFixed(2)} ${unit}${goal ? ` (${goal}: ${ok ? "met" : "MISSED"})` : ""}`);
	}
	process.exitCode = rows.every(({ ok }) => ok !== false) ? 0 : 1;
}
