// What a call of `go` costs through each tool's shim, beyond the program itself, which does nothing.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { mainGox } from "./gox.mjs";
import { summary } from "./race.mjs";
import { otherPin, seededTools, tinyMirror } from "./seed.mjs";

/** A pinned project in the tool's home, and a directory so many levels below it. */
export function project(tool, root, depth, version = otherPin) {
	const top = join(root, `project-${depth}`);
	mkdirSync(top, { recursive: true });
	tool.pin(top, version);
	const cwd = join(top, ...Array.from({ length: depth }, (_, level) => `d${level % 10}`));
	mkdirSync(cwd, { recursive: true });
	return cwd;
}

export async function benchShims(bench) {
	const mirror = await tinyMirror(bench);
	try {
		const with_ = bench.tools.filter((tool) => tool.shims && (!tool.own || tool === mainGox(bench.tools)));
		const homes = seededTools(bench, mirror.url, with_);
		const rows = { file: {}, variable: {} };
		const commands = { file: {}, variable: {} };
		for (const { tool, root, env } of homes) {
			const shims = tool.shims(root);
			const path = `${shims}:${env.PATH}`;
			const argv = ["go", "version"];
			const deep = project(tool, root, 9);
			commands.file[tool.name] = { argv, env: { ...env, PATH: path, PWD: deep }, cwd: deep };
			commands.variable[tool.name] = { argv, env: { ...env, ...tool.variable(otherPin), PATH: path, PWD: root }, cwd: root };
		}
		const [own] = homes.filter(({ tool }) => tool.own);
		const bare = join(own.tool.goroot(own.root, otherPin), "bin");
		for (const row of ["file", "variable"]) {
			const { env, cwd } = commands[row][own.tool.name];
			commands[row].direct = { argv: ["go", "version"], env: { ...env, PATH: bare }, cwd };
			for (const [name, run] of Object.entries(bench.race(commands[row], bench.rounds(500), 10))) {
				rows[row][name] = run.status === 0 ? summary(run.wall) : { note: `status ${run.status}` };
			}
		}
		return { rows };
	} finally {
		await mirror.stop();
	}
}
