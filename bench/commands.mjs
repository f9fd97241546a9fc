// Short commands of each tool, as whole processes, all in turn with /bin/true and `node -e 0`.
import { spawnSync } from "node:child_process";
import { plainEnv } from "./peers.mjs";
import { summary } from "./race.mjs";
import { manyVersions, seededTools, tinyMirror } from "./seed.mjs";

export async function benchCommands(bench) {
	const mirror = await tinyMirror(bench);
	try {
		const homes = seededTools(bench, mirror.url);
		const many = (
			await manyVersions(
				bench,
				bench.tools.find(({ own }) => own),
				[300],
			)
		)[300];
		const cwd = bench.place.path;
		const commands = {
			version: ({ tool, env }) => ({ argv: tool.version, env, cwd }),
			list: ({ tool, env }) => ({ argv: tool.list, env, cwd }),
			list300: ({ tool }) => tool.own && { argv: tool.list, env: many.env, cwd },
			remote: ({ tool, env }) => ({ argv: tool.remote, env, cwd }),
		};
		const bare = plainEnv(cwd);
		const rows = {};
		for (const [row, commandOf] of Object.entries(commands)) {
			const contenders = {
				"/bin/true": { argv: ["true"], env: bare, cwd },
				"node -e 0": { argv: [process.execPath, "-e", "0"], env: bare, cwd },
			};
			const cells = {};
			for (const home of homes) {
				const command = commandOf(home);
				if (!command) continue;
				// The first call may fill a cache, and says whether the tool can at all.
				const { status } = spawnSync(command.argv[0], command.argv.slice(1), { env: command.env, cwd, timeout: 60_000 });
				if (status === 0) contenders[home.tool.name] = command;
				else cells[home.tool.name] = { note: `status ${status}` };
			}
			for (const [name, run] of Object.entries(bench.race(contenders, bench.rounds(40), 3))) cells[name] = summary(run.wall);
			rows[row] = cells;
			bench.say(`commands: ${row}`);
		}
		return { rows };
	} finally {
		await mirror.stop();
	}
}
