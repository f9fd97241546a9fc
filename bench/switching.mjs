// What each tool's hook costs in zsh and bash: a cd, the start, and the processes they start (counted by strace).
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mainGox } from "./gox.mjs";
import { plainEnv, systemPath } from "./peers.mjs";
import { findProgram, summary } from "./race.mjs";
import { otherPin, pinned, seededTools, tinyMirror } from "./seed.mjs";

/** What runs before a prompt is called after each cd, as a shell with a terminal would. */
const shells = {
	zsh: {
		argv: (script) => ["zsh", "-f", "-i", "-c", script],
		prompt: "_prompt() { local _f; for _f in $precmd_functions; do $_f; done }\nzmodload zsh/datetime\n",
		clock: "$EPOCHREALTIME",
		spent: "_times+=( $(( (_b - _a) * 1000 )) )",
		print: 'print -r -- "times $_times"',
	},
	bash: {
		argv: (script) => ["bash", "--norc", "-i", "-c", script],
		// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
		prompt: '_prompt() { local _f; for _f in "${PROMPT_COMMAND[@]}"; do eval "$_f"; done; }\n',
		// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
		clock: "${EPOCHREALTIME/[.,]/}",
		spent: '_times+=( "$(( _b - _a ))e-3" )',
		// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
		print: 'echo "times ${_times[*]}"',
	},
};

/** A script that goes to and fro between two directories, so many times, and prints what each cd took. */
function trips(shell, startup, from, to, count) {
	const { prompt, clock, spent, print } = shells[shell];
	const one = (directory) => `_a=${clock}; cd "${directory}"; _prompt; _b=${clock}; ${spent}`;
	return `${startup}\n${prompt}_times=()\ncd "${from}"; _prompt; cd "${to}"; _prompt; cd "${from}"; _prompt\n_times=()
for ((_i = 0; _i < ${count}; _i++)); do ${one(to)}; ${one(from)}; done 2>/dev/null\n${print}\n`;
}

/** The directories: two pinned projects, a directory further down in the first, and two in none. */
function directories(root, pin) {
	const at = (...parts) => join(root, "src", ...parts);
	const below = ["a", "b", "c"];
	const places = {
		one: at("one", ...below),
		two: at("two", ...below),
		deeper: at("one", ...below, "d"),
		none: at("none", ...below),
		none2: at("none", ...below, "d"),
	};
	for (const place of Object.values(places)) mkdirSync(place, { recursive: true });
	pin?.(at("one"), pinned);
	pin?.(at("two"), otherPin);
	return { between: [places.one, places.two], within: [places.one, places.deeper], outside: [places.none, places.none2] };
}

/** Processes that a script starts; undefined without strace. */
function forks(argv, env, cwd) {
	const strace = findProgram("strace", systemPath);
	if (!strace) return undefined;
	const trace = join(cwd, ".trace");
	spawnSync(strace, ["-f", "-qq", "-e", "trace=fork,vfork,clone,clone3", "-o", trace, ...argv], {
		env,
		cwd,
		stdio: "ignore",
		timeout: 60_000,
	});
	return readFileSync(trace, "utf8")
		.split("\n")
		.filter((line) => /\b(v?fork|clone3?)\(/.test(line) && !line.includes("CLONE_THREAD")).length;
}

export async function benchSwitching(bench) {
	const mirror = await tinyMirror(bench);
	try {
		const tools = bench.tools.filter((tool) => !tool.own || tool === mainGox(bench.tools));
		const homes = seededTools(bench, mirror.url, tools);
		const rows = {};
		for (const shell of Object.keys(shells)) {
			if (findProgram(shell, systemPath)) Object.assign(rows, measureShell(bench, shell, homes));
			else bench.say(`${shell} isn't there: its rows are left out`);
		}
		return { rows };
	} finally {
		await mirror.stop();
	}
}

function contendersOf(bench, shell, homes) {
	const root = bench.place.fresh("no-hook");
	mkdirSync(join(root, "tmp"));
	const bare = { name: "no hook", root, env: plainEnv(root), startup: ":", hook: ":", places: directories(root) };
	const others = homes.map(({ tool, root, env }) => {
		const startup = tool.startup(shell, root, env);
		const hook = tool.own ? startup : tool.hook?.(shell, root);
		return { name: tool.name, root, env, startup, hook, places: directories(root, tool.pin) };
	});
	return [bare, ...others];
}

function measureShell(bench, shell, homes) {
	const contenders = contendersOf(bench, shell, homes);
	const hooked = contenders.filter(({ hook }) => hook !== undefined);
	const { argv } = shells[shell];
	const rows = {};
	const cell = (row, name, value) => {
		rows[`${row}-${shell}`] ??= {};
		rows[`${row}-${shell}`][name] = value;
	};
	const times = {};
	const rounds = bench.rounds(5);
	for (let round = 0; round <= rounds; round++) {
		for (const { name, root, env, hook, places } of hooked) {
			for (const [trip, [from, to]] of Object.entries(places)) {
				const count = trip === "between" && name !== "no hook" ? 20 : 200;
				const taken = cdTimes(argv(trips(shell, hook, from, to, count)), env, root);
				if (!taken) bench.say(`${shell}: ${name}'s hook did not get through`);
				else if (round > 0) {
					times[trip] ??= {};
					times[trip][name] ??= [];
					times[trip][name].push(...taken);
				}
			}
		}
		bench.say(`${shell}: round ${round} of ${rounds}`);
	}
	for (const [trip, byName] of Object.entries(times)) {
		for (const [name, taken] of Object.entries(byName)) cell(trip, name, summary(taken));
	}
	for (const { name, root, env, hook, places } of hooked) {
		for (const [trip, [from, to]] of Object.entries(places)) {
			const counted = (count) => forks(argv(trips(shell, hook, from, to, count)), env, root);
			const [few, many] = [counted(1), counted(3)];
			if (few !== undefined) cell(`${trip}-processes`, name, { ...summary([(many - few) / 4]), runs: 1 });
		}
	}
	const starts = {};
	for (const { name, root, env, startup } of contenders) {
		const file = join(root, `start.${shell}`);
		writeFileSync(file, `${startup}\n`);
		starts[name] = { argv: argv(`. "${file}"; exit`), env, cwd: root };
	}
	for (const [name, run] of Object.entries(bench.race(starts, bench.rounds(60), 3))) cell("start", name, summary(run.wall));
	const idle = forks(starts["no hook"].argv, starts["no hook"].env, starts["no hook"].cwd);
	for (const [name, { argv, env, cwd }] of Object.entries(starts)) {
		if (idle !== undefined) cell("start-processes", name, { ...summary([forks(argv, env, cwd) - idle]), runs: 1 });
	}
	return rows;
}

/** Milliseconds of each cd; undefined when the shell failed. */
function cdTimes([program, ...args], env, cwd) {
	try {
		const text = execFileSync(program, args, {
			env,
			cwd,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
			timeout: 120_000,
		});
		const line = text.split("\n").findLast((found) => found.startsWith("times "));
		return line?.split(" ").slice(1).map(Number);
	} catch {
		return undefined;
	}
}
