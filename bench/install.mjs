// Installing go1.22.5 into an empty home, each tool in turn, from the loopback mirror. Nothing is deleted meanwhile.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { installArchives } from "./archives.mjs";
import { startMirror } from "./mirror.mjs";
import { plainEnv, systemPath } from "./peers.mjs";
import { findProgram, summary } from "./race.mjs";

/** A pipeline that hashes the archive on its way into tar, and checks the hash; a fifo, so that the shell can wait for it. */
function pipeline(url, sha256, unpack) {
	const script = `set -e -o pipefail; mkfifo p; sha256sum <p >sum & curl -sf '${url}' | tee p | ${unpack}; wait; grep -q '^${sha256} ' sum`;
	return ["bash", "-c", script];
}

export const baseline = "curl|tee(sha256sum)|tar xz";

export async function benchInstall(bench) {
	const directory = join(bench.place.path, "install");
	bench.say("making the archives …");
	const archives = await installArchives(directory, bench.nothing, { four: true });
	bench.note(`install: ${archives.origin}, ${(archives.size / 1e6).toFixed(1)} MB, ${archives.files} files`);
	const index = JSON.parse(readFileSync(join(directory, "index.json"), "utf8"));
	const { filename, sha256 } = index.find(({ version }) => version === `go${archives.version}`).files[0];
	const mirror = await startMirror(directory);
	try {
		const address = `${mirror.url}/dl/${filename}`;
		const contenders = { [baseline]: pipeline(address, sha256, "tar xz") };
		if (findProgram("igzip", systemPath)) contenders["…|igzip|tar x"] = pipeline(address, sha256, "igzip -dc | tar x");
		const runs = {};
		const add = (name, run) => {
			runs[name] ??= { wall: [], cpu: [], memory: 0 };
			runs[name].wall.push(run.wall[0] / 1000);
			runs[name].cpu.push(run.cpu[0] / 1000);
			runs[name].memory = Math.max(runs[name].memory, run.memory / 1e6);
		};
		const once = (argv, cwd, env) => bench.race({ it: { argv, env, cwd } }, 1, 0).it;
		const out = new Map();
		/** One installation by a tool; false, with the reason kept, when it can't. */
		const install = (tool, argv, version) => {
			const root = bench.place.fresh(tool.name);
			const env = tool.env(root, mirror.url);
			try {
				tool.prepare(root, mirror.url);
			} catch (error) {
				out.set(tool.name, "can't be prepared");
				bench.say(`${tool.name} is left out: it can't be prepared: ${error.message.split("\n")[0]}`);
				return undefined;
			}
			const run = once(argv, root, env);
			const there = existsSync(join(tool.goroot(root, version), "bin/go"));
			bench.place.done(root);
			if (there) return run;
			out.set(tool.name, "does not install it");
			bench.say(`${tool.name} is left out: ${argv.join(" ")} ended with ${run.status}: ${run.log.trim().split("\n").at(-1)}`);
			return undefined;
		};
		const rounds = bench.rounds(7);
		for (let round = 0; round <= rounds; round++) {
			for (const [name, argv] of Object.entries(contenders)) {
				const cwd = bench.place.fresh("baseline");
				const run = once(argv, cwd, plainEnv(cwd));
				if (run.status !== 0) throw new Error(`${name} ended with ${run.status}: ${run.log}`);
				bench.place.done(cwd);
				if (round > 0) add(name, run);
			}
			for (const tool of bench.tools) {
				if (out.has(tool.name)) continue;
				const run = install(tool, tool.install(archives.version), archives.version);
				if (run && round > 0) add(tool.name, run);
			}
			bench.say(`install: round ${round} of ${rounds}`);
		}
		const rows = { wall: {}, cpu: {}, memory: {}, four: {} };
		for (const [name, { wall, cpu, memory }] of Object.entries(runs)) {
			rows.wall[name] = summary(wall);
			rows.cpu[name] = summary(cpu);
			rows.memory[name] = { ...summary([memory]), runs: 1 };
		}
		for (const [name, why] of out) rows.wall[name] = { note: why };
		rows.four = measureFour(bench, archives.four, install, out);
		return { rows };
	} finally {
		await mirror.stop();
	}
}

/** Four of one size at once, against one of them, by the tools that take several at once. */
function measureFour(bench, four, install, out) {
	const cells = {};
	const tools = bench.tools.filter((tool) => tool.installAll);
	const times = Object.fromEntries(tools.map(({ name }) => [name, { one: [], all: [] }]));
	const rounds = bench.rounds(3);
	for (let round = 0; round <= rounds; round++) {
		for (const tool of tools) {
			if (out.has(tool.name)) continue;
			const one = install(tool, tool.install(four[0]), four[0]);
			const all = one && install(tool, tool.installAll(four), four[3]);
			if (round === 0 || !all) continue;
			times[tool.name].one.push(one.wall[0]);
			times[tool.name].all.push(all.wall[0]);
		}
		bench.say(`four at once: round ${round} of ${rounds}`);
	}
	for (const [name, { one, all }] of Object.entries(times)) {
		if (all.length === 0) continue;
		const [single, whole] = [summary(one), summary(all)];
		cells[name] = { min: whole.min / single.min, median: whole.median / single.median, runs: all.length };
	}
	return cells;
}
