// Homes with Gos in them, put there by each tool itself, out of archives whose `go` does nothing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { seededVersions, tinyArchives } from "./archives.mjs";
import { startMirror } from "./mirror.mjs";

export const pinned = "1.22.5";
export const otherPin = "1.23.4";

function run(argv, options) {
	const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: "utf8", timeout: 300_000, ...options });
	return { status, text: `${stdout ?? ""}${stderr ?? ""}` };
}

/** A mirror of tiny archives, made once a run of the benchmark. */
export async function tinyMirror(bench) {
	bench.kept.tiny ??= await tinyArchives(join(bench.place.path, "tiny"), bench.nothing);
	return startMirror(bench.kept.tiny);
}

/**
 * A tool's home with four versions, 1.22.5 the default; kept for the whole run of the benchmark.
 * @returns {{ root: string, env: Record<string, string> } | string} the reason where the tool can't
 */
export function seeded(bench, tool, url) {
	bench.kept[`seeded ${tool.name}`] ??= seed(bench, tool, url);
	return bench.kept[`seeded ${tool.name}`];
}

function seed(bench, tool, url) {
	const root = bench.place.fresh(tool.name);
	const env = tool.env(root, url);
	try {
		tool.prepare(root, url);
	} catch (error) {
		return `can't be prepared: ${error.message.split("\n")[0]}`;
	}
	for (const version of seededVersions) {
		const { status, text } = run(tool.install(version), { env, cwd: root });
		if (!existsSync(join(tool.goroot(root, version), "bin/go"))) {
			return `did not install go${version} (status ${status}): ${text.trim().split("\n").at(-1)}`;
		}
	}
	const chosen = run(tool.select(pinned), { env, cwd: root });
	if (chosen.status !== 0) return `did not take go${pinned} as its default: ${chosen.text.trim().split("\n").at(-1)}`;
	if (tool.refresh) run(tool.refresh, { env, cwd: root });
	return { root, env };
}

/** Each tool with its home; what can't be seeded is said and left out. */
export function seededTools(bench, url, tools = bench.tools) {
	const ready = [];
	for (const tool of tools) {
		const home = seeded(bench, tool, url);
		if (typeof home === "string") bench.say(`${tool.name} is left out: ${home}`);
		else ready.push({ tool, ...home });
	}
	return ready;
}

/** A home of gox's with so many versions: go1.22.5 and go1.40.0, go1.40.1, …, all in one call of `gox install`. */
export async function manyVersions(bench, tool, counts) {
	const most = Math.max(...counts);
	const names = (count) => [pinned, ...Array.from({ length: count - 1 }, (_, at) => `1.${40 + Math.floor(at / 10)}.${at % 10}`)];
	bench.kept.many ??= await tinyArchives(join(bench.place.path, "many"), bench.nothing, names(Math.max(300, most)));
	const homes = {};
	const mirror = await startMirror(bench.kept.many);
	try {
		for (const count of counts) {
			const key = `many ${count}`;
			if (!bench.kept[key]) {
				const root = bench.place.fresh(key);
				const env = tool.env(root, mirror.url);
				const { status, text } = run(tool.installAll(names(count)), { env, cwd: root });
				if (status !== 0) throw new Error(`gox install of ${count} versions: ${text}`);
				run(tool.select(pinned), { env, cwd: root });
				bench.kept[key] = { root, env };
			}
			homes[count] = bench.kept[key];
		}
	} finally {
		await mirror.stop();
	}
	return homes;
}
