// Times whole processes through a small C program (race.c): a spawn from Node costs a millisecond of its own.
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** @returns {string | undefined} the absolute path of a program */
export function findProgram(name, path) {
	if (isAbsolute(name)) return existsSync(name) ? name : undefined;
	return path
		.split(delimiter)
		.filter((directory) => isAbsolute(directory))
		.map((directory) => join(directory, name))
		.find((candidate) => isExecutable(candidate));
}

function isExecutable(file) {
	try {
		const { mode } = statSync(file);
		return (mode & 0o170000) === 0o100000 && (mode & 0o111) !== 0;
	} catch {
		return false;
	}
}

/** The C compiler, `CC` or `cc`; undefined where there is none. */
function compiler() {
	return findProgram(process.env.CC ?? "cc", process.env.PATH ?? "");
}

/** @throws Error without a C compiler */
export function compile(directory, name, source, options = [], cc = compiler()) {
	if (!cc) throw new Error("a C compiler is needed: install one, or name it with CC");
	const program = join(directory, name);
	execFileSync(cc, ["-O2", ...options, source, "-o", program], { stdio: ["ignore", "ignore", "inherit"] });
	return program;
}

/** A program that does nothing, static where that is possible: a `go` that costs least. */
export function compileNothing(directory) {
	const source = join(directory, "nothing.c");
	writeFileSync(source, "int main(void) { return 0; }\n");
	// musl's start-up code is the shorter one, and the same as the shim's.
	const musl = findProgram("musl-gcc", process.env.PATH ?? "");
	const program = compile(directory, "nothing", source, process.platform === "linux" ? ["-static"] : [], musl ?? compiler());
	// A real `go` has megabytes: one that is as small as a shim would be looked into, to see that it is none. (Behind a
	// Mach-O's signature nothing may follow.)
	if (process.platform === "linux") appendFileSync(program, Buffer.alloc(640 * 1024));
	return program;
}

/**
 * @typedef {{ argv: string[], env: Record<string, string>, cwd: string }} Command
 * @typedef {{ wall: number[], cpu: number[], memory: number, status: number, log: string }} Run milliseconds of each
 * round, the greatest memory of one process in bytes, the last exit status, and what all of them printed
 */

/** @returns {(commands: Record<string, Command>, rounds: number, warmup?: number) => Record<string, Run>} */
export function raceIn(directory) {
	const program = compile(directory, "race", join(here, "race.c"));
	const spec = join(directory, "race.spec");
	const log = join(directory, "race.log");
	return (commands, rounds, warmup = 1) => {
		writeFileSync(spec, Object.values(commands).map(specOf).join(""));
		rmSync(log, { force: true });
		const answer = execFileSync(program, [spec, String(rounds), String(warmup), log], {
			encoding: "utf8",
			maxBuffer: 2 ** 30,
		});
		const printed = existsSync(log) ? readFileSync(log, "utf8") : "";
		const runs = answer
			.trim()
			.split("\n")
			.map((line) => ({ ...JSON.parse(line), log: printed }));
		return Object.fromEntries(Object.keys(commands).map((name, at) => [name, runs[at]]));
	};
}

function specOf({ argv, env, cwd }) {
	const program = findProgram(argv[0], env.PATH ?? "");
	if (!program) throw new Error(`${argv[0]} isn't there`);
	const lines = [`D ${cwd}`, `P ${program}`, ...argv.map((word) => `A ${word}`)];
	for (const [name, value] of Object.entries(env)) lines.push(`E ${name}=${value}`);
	for (const line of lines) if (line.includes("\n")) throw new Error(`a line break in ${JSON.stringify(line)}`);
	return `${lines.join("\n")}\n.\n`;
}

/** Least and median, rounded to a tenth of a microsecond. */
export function summary(values) {
	const sorted = [...values].sort((left, right) => left - right);
	const round = (value) => Number(value.toPrecision(5));
	return { min: round(sorted[0]), median: round(sorted[Math.floor(sorted.length / 2)]), runs: sorted.length };
}
