// `gox verify` of an installed GOROOT of 10,000 files, against hashing the same files with find, xargs and sha256sum.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { sizedArchives } from "./archives.mjs";
import { startMirror } from "./mirror.mjs";
import { systemPath } from "./peers.mjs";
import { summary } from "./race.mjs";

export const baseline = "find|xargs -P2 sha256sum";

export async function benchAudit(bench) {
	const directory = join(bench.place.path, "audit");
	const [version] = Object.values(await sizedArchives(directory, bench.nothing, [69]));
	const mirror = await startMirror(directory);
	try {
		const own = bench.tools.filter((tool) => tool.own);
		const [tool] = own;
		const root = bench.place.fresh("audit");
		const env = { ...tool.env(root, mirror.url), GOX_OFFLINE: "1" };
		const argv = tool.install(version);
		const installed = spawnSync(argv[0], argv.slice(1), { env: tool.env(root, mirror.url), cwd: root, encoding: "utf8" });
		if (installed.status !== 0) throw new Error(`gox install ${version}: ${installed.stderr}`);
		const goroot = tool.goroot(root, version);
		const hash = `find '${goroot}' -type f -print0 | xargs -0 -P2 -n 500 sha256sum`;
		const contenders = { [baseline]: { argv: ["sh", "-c", hash], env: { PATH: systemPath, HOME: root }, cwd: root } };
		for (const form of own) contenders[form.name] = { argv: form.verify(version), env, cwd: root };
		const runs = bench.race(contenders, bench.rounds(7), 1);
		const cells = {};
		for (const [name, run] of Object.entries(runs)) {
			if (run.status !== 0) bench.say(`${name} ended with ${run.status}: ${run.log.trim().split("\n").at(-1)}`);
			// 4: nobody could be asked (nothing but the receipt vouches here); the work was done all the same.
			const done = run.status === 0 || run.status === 4;
			cells[name] = done ? summary(run.wall.map((milliseconds) => milliseconds / 1000)) : { note: `status ${run.status}` };
		}
		return { rows: { audit: cells } };
	} finally {
		await mirror.stop();
	}
}
