// What the hook costs in zsh, bash and fish: milliseconds beyond the shell's own, and processes.
// node bench/shell.mjs [rounds] prints one JSON document: shell → {start, startProcesses, cd: {inside, outside, entering}, cdProcesses}.
// `npm run build` first: the hook is what `gox setup` writes.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { benchHome } from "./shim.mjs";

const entry = join(dirname(fileURLToPath(import.meta.url)), "../dist/gox.js");
const twelve = Array.from({ length: 11 }, (_, level) => `d${level}`).join("/");

const shells = {
	zsh: {
		start: (hook) => ["-f", "-i", "-c", hook ? `. ${hook}; exit` : "exit"],
		run: (script) => ["-f", "-i", "-c", script],
		loop: (count, before, timed) =>
			`zmodload zsh/datetime; m=1000; for ((i = 0; i < ${count}; i++)); do ${before} 2>/dev/null; a=$EPOCHREALTIME; ${timed} 2>/dev/null; b=$EPOCHREALTIME; (( b - a < m )) && (( m = b - a )); done; print -r -- $(( m * 1000 ))`,
		prompt: "",
	},
	bash: {
		start: (hook) => ["--norc", "-i", "-c", hook ? `. ${hook}; exit` : "exit"],
		run: (script) => ["--norc", "-i", "-c", script],
		loop: (count, before, timed) =>
			`m=999999999; for ((i = 0; i < ${count}; i++)); do { ${before}; } 2>/dev/null; a=\${EPOCHREALTIME/./}; { ${timed}; } 2>/dev/null; b=\${EPOCHREALTIME/./}; (( b - a < m )) && (( m = b - a )); done; echo "\${m}e-3"`,
		// Without a terminal no prompt is shown: what runs before each is called as bash would.
		prompt: '; eval "$PROMPT_COMMAND"',
	},
};

function ask(shell, script, place) {
	const { run } = shells[shell];
	const env = { HOME: place.root, PATH: "/usr/local/bin:/usr/bin:/bin", GOX_HOME: place.home, TERM: "dumb" };
	const { stdout, stderr, status } = spawnSync(shell, run(script), { env, cwd: place.root, encoding: "utf8" });
	if (status !== 0) throw new Error(`${shell}: ${stderr}`);
	return Number(stdout.trim().split("\n").at(-1));
}

/** Milliseconds of a cd, the shortest of many, with the hook and beyond one without. */
function measureCd(shell, place, hook, rounds, from, to) {
	const { loop, prompt } = shells[shell];
	const shortest = (head, more) => ask(shell, `${head}${loop(rounds, `cd ${from}${more}`, `cd ${to}${more}`)}`, place);
	return shortest(`. ${hook}\n`, prompt) - shortest("", "");
}

/** Processes that a script starts, by strace; null without it. */
function countProcesses(shell, place, script) {
	const file = join(place.root, "trace");
	const env = { HOME: place.root, PATH: "/usr/local/bin:/usr/bin:/bin", GOX_HOME: place.home, TERM: "dumb" };
	const traced = spawnSync(
		"strace",
		["-f", "-qq", "-e", "trace=fork,vfork,clone,clone3", "-o", file, shell, ...shells[shell].run(script)],
		{ env, cwd: place.root },
	);
	if (traced.error) return null;
	return Number(execFileSync("/bin/sh", ["-c", `grep -cE 'fork|clone' ${file} || :`], { encoding: "utf8" }));
}

export function benchShell(shell, rounds = 200) {
	const place = benchHome(4);
	try {
		for (const project of ["one", "two"]) {
			mkdirSync(join(place.root, project, twelve, "x"), { recursive: true });
			writeFileSync(join(place.root, project, ".go-version"), "1.22.5\n");
		}
		mkdirSync(join(place.root, "none", twelve, "x"), { recursive: true });
		const hook = join(place.root, "hook");
		writeFileSync(
			hook,
			execFileSync(process.execPath, [entry, "init", shell], {
				env: { HOME: place.root, PATH: process.env.PATH, GOX_HOME: place.home },
			}),
		);
		const start = startTimes(shell, place, hook, rounds);
		const at = (project, more = "") => join(place.root, project, twelve, more);
		const { prompt } = shells[shell];
		const forks = (script) => countProcesses(shell, place, script);
		const idle = forks(":");
		const hooked = forks(`. ${hook}`);
		const counted = (body) =>
			hooked === null
				? null
				: forks(`. ${hook}; cd ${at("one")}${prompt}; ${body}`) - forks(`. ${hook}; cd ${at("one")}${prompt}`);
		return {
			start,
			startProcesses: hooked === null ? null : hooked - idle,
			cd: {
				inside: measureCd(shell, place, hook, rounds, at("one"), at("one", "x")),
				outside: measureCd(shell, place, hook, rounds, at("none"), at("none", "x")),
				entering: measureCd(shell, place, hook, Math.ceil(rounds / 4), at("one"), at("two")),
			},
			cdProcesses: {
				inside: counted(`cd ${at("one", "x")}${prompt}`),
				outside: counted(`cd ${at("none")}${prompt}; cd ${at("none", "x")}${prompt}`),
				entering: counted(`cd ${at("two")}${prompt}`),
			},
		};
	} finally {
		place.remove();
	}
}

/** The start of an interactive shell with the hook, beyond one without. */
function startTimes(shell, place, hook, rounds) {
	const program = execFileSync("/bin/sh", ["-c", `command -v ${shell}`], { encoding: "utf8" }).trim();
	const { start } = shells[shell];
	const words = [String(rounds), program, ...start(undefined), "+", program, ...start(hook)];
	const env = { HOME: place.root, PATH: "/usr/local/bin:/usr/bin:/bin", GOX_HOME: place.home, TERM: "dumb" };
	return JSON.parse(
		execFileSync(join(place.root, "spawn"), words, {
			cwd: place.root,
			env,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}),
	);
}

export function benchShells(rounds = 200) {
	const present = Object.keys(shells).filter((shell) => spawnSync(shell, ["-c", ":"]).status === 0);
	return Object.fromEntries(present.map((shell) => [shell, benchShell(shell, rounds)]));
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
	console.log(JSON.stringify(benchShells(Number(process.argv[2] ?? 200)), null, 2));
}
