// What gox answers without its TypeScript: current, which and exec, against the program alone; the peers' same commands.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { project } from "./calls.mjs";
import { mainGox } from "./gox.mjs";
import { summary } from "./race.mjs";
import { manyVersions, pinned, seededTools, tinyMirror } from "./seed.mjs";

export async function benchNative(bench) {
	const mirror = await tinyMirror(bench);
	try {
		const own = mainGox(bench.tools);
		const homes = seededTools(
			bench,
			mirror.url,
			bench.tools.filter((tool) => tool === own || tool.which),
		);
		const four = homes.find(({ tool }) => tool === own);
		const many = { tool: own, ...(await manyVersions(bench, own, [300]))[300] };
		const rows = {};
		for (const name of ["current", "which", "exec"]) {
			rows[`${name}-4`] = raceOf(
				bench,
				name,
				four,
				homes.filter(({ tool }) => !tool.own),
			);
			rows[`${name}-300`] = raceOf(bench, name, many, []);
		}
		return { rows };
	} finally {
		await mirror.stop();
	}
}

function raceOf(bench, name, { tool, root, env }, peers) {
	const cwd = project(tool, root, 9, pinned);
	const go = join(tool.goroot(root, pinned), "bin/go");
	const words = { current: ["current"], which: ["which"], exec: ["exec", pinned, "--", go] };
	const path = `${tool.shims(root)}:${env.PATH}`;
	const contenders = {
		direct: { argv: [go], env: { ...env, PWD: cwd }, cwd },
		[tool.name]: { argv: ["gox", ...words[name]], env: { ...env, PATH: path, PWD: cwd }, cwd },
	};
	for (const peer of peers) {
		const argv = name === "exec" ? peer.tool.exec?.(pinned, [go]) : peer.tool[name];
		if (!argv) continue;
		const at = project(peer.tool, peer.root, 9, pinned);
		const peerEnv = { ...peer.env, PWD: at };
		if (spawnSync(argv[0], argv.slice(1), { env: peerEnv, cwd: at, timeout: 20_000 }).status !== 0) continue;
		contenders[peer.tool.name] = { argv, env: peerEnv, cwd: at };
	}
	const runs = bench.race(contenders, bench.rounds(400), 10);
	bench.say(`native: ${name}`);
	return Object.fromEntries(
		Object.entries(runs).map(([who, run]) => [who, run.status === 0 ? summary(run.wall) : { note: `status ${run.status}` }]),
	);
}
