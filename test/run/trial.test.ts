import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Options } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { newestPatches, runEach } from "../../src/commands/exec.ts";
import { outputInWords, runTrial, shellStatus, tailOf, trialEnvironment } from "../../src/run/trial.ts";
import { parseRelease, type Release } from "../../src/version/release.ts";
import { layOut } from "../shim/case.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";

let root: string;
let context: TestContext;
beforeEach(() => {
	root = freshRoot("gox-trial-");
	context = testContext({ root });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const output = () => join(root, "output");
const trial = (script: string, stop?: AbortSignal) => ({
	argv: ["sh", "-c", script],
	env: context.env,
	output: output(),
	...(stop && { stop }),
});

describe("a trial", () => {
	it.each([
		["echo out; echo err >&2; echo out again", 0, null, "out\nerr\nout again\n"],
		["cat; exit 7", 7, null, ""],
		["echo dying; kill -KILL $$", null, "SIGKILL", "dying\n"],
	])("%s", async (script, status, signal, said) => {
		const ending = await runTrial(context, trial(script));
		expect(ending).toEqual({ status, signal, stopped: false, milliseconds: expect.any(Number) });
		expect(readFileSync(output(), "utf8")).toBe(said);
	});

	it.each([
		[["nonesuch"], 127, "nonesuch: command not found\n"],
		[["./output"], 126, "./output: Permission denied\n"],
		[["./broken"], 126, /^\.\/broken: /],
	])("a command that can't be started: %j", async (argv, status, said) => {
		writeFileSync(join(root, "broken"), "#!/nonexistent/interpreter\n", { mode: 0o755 });
		writeFileSync(output(), "of the last run");
		expect(await runTrial(context, { argv, env: context.env, output: output() })).toMatchObject({ status, signal: null });
		expect(readFileSync(output(), "utf8")).toMatch(said);
	});

	it("what was stopped before it began never begins", async () => {
		const ending = await runTrial(context, trial("touch ran", AbortSignal.abort()));
		expect(ending).toMatchObject({ status: null, signal: null, stopped: true });
		context.interrupt();
		expect(await runTrial(context, trial("touch ran"))).toMatchObject({ stopped: true });
		expect(() => readFileSync(join(root, "ran"))).toThrow(/ENOENT/);
	});

	it("what doesn't heed SIGTERM is killed, with all that it started", async () => {
		execFileSync("mkfifo", [join(root, "ready"), join(root, "held")]);
		const stop = new AbortController();
		const deaf = "trap '' TERM; exec 9>held; sleep 1000 & echo x >ready; while :; do wait; done";
		const ran = runTrial(context, trial(deaf, stop.signal), 20);
		const held = readFile(join(root, "held"));
		await readFile(join(root, "ready"));
		stop.abort();
		expect(await ran).toMatchObject({ status: null, signal: "SIGKILL", stopped: true });
		expect((await held).length, "nobody holds it any more").toBe(0);
	});

	it("what a command leaves in the background may go on, if nobody stopped it", async () => {
		execFileSync("mkfifo", [join(root, "gate"), join(root, "done")]);
		expect(await runTrial(context, trial("(read line <gate; echo went on >done) & exit 0"))).toMatchObject({ status: 0 });
		const done = readFile(join(root, "done"), "utf8");
		writeFileSync(join(root, "gate"), "go\n");
		expect(await done).toBe("went on\n");
	});

	it.each([
		[undefined, "local"],
		["", "local"],
		["auto", "auto"],
		["go1.22.5", "go1.22.5"],
	])("GOTOOLCHAIN=%s becomes %s", (given, expected) => {
		const env = { GOTOOLCHAIN: given, GOROOT: "/stale", PATH: "/bin" };
		const made = trialEnvironment({ ...context, env }, `${context.home}/versions/go1.20/bin`);
		expect(made).toEqual({
			GOTOOLCHAIN: expected,
			GOX_VERSION: "1.20.0",
			PATH: `${context.home}/versions/go1.20/bin:${context.home}/shims:/bin`,
		});
	});

	it("a shell's status", () => {
		expect(shellStatus({ status: 3, signal: null })).toBe(3);
		expect(shellStatus({ status: null, signal: "SIGTERM" })).toBe(143);
	});
});

describe("the tail of an output", () => {
	it("is whole lines of the end, and all of it where that fits", () => {
		const lines = fc.array(
			fc.string({ unit: "grapheme", maxLength: 40 }).map((line) => line.replaceAll(/[\n\r]/g, "")),
			{ maxLength: 60 },
		);
		fc.assert(
			fc.property(lines, fc.integer({ min: 1, max: 400 }), (all, limit) => {
				const whole = all.map((line) => `${line}\n`).join("");
				writeFileSync(output(), whole);
				const { text, omitted } = tailOf(output(), limit);
				const kept = Buffer.byteLength(text);
				expect(omitted + kept).toBe(Buffer.byteLength(whole));
				expect(kept).toBeLessThanOrEqual(limit);
				expect(whole.endsWith(text)).toBe(true);
				expect(omitted === 0 || whole.slice(0, whole.length - text.length).endsWith("\n")).toBe(true);
				const next = all.at(-text.split("\n").length) ?? "";
				if (omitted > 0) expect(kept + Buffer.byteLength(next) + 1, "no line more fits").toBeGreaterThan(limit - 1);
			}),
			{ numRuns: 300 },
		);
	});

	it("reads in pieces what is larger than one", () => {
		const whole = Array.from({ length: 40_000 }, (_, at) => `line ${at}\n`).join("");
		writeFileSync(output(), whole);
		expect(tailOf(output())).toEqual({ text: whole, omitted: 0 });
		const { text, omitted } = tailOf(output(), 200_000);
		expect(whole.slice(omitted)).toBe(text);
		expect(text.length).toBeGreaterThan(199_950);
	});

	it.each([
		[{ text: "", omitted: 0 }, ["heading, no output"]],
		[{ text: "a\n\nb", omitted: 0 }, ["heading", "a", "", "b"]],
		[{ text: "b\n", omitted: 5_000_000 }, ["heading", "(5 MB before this are left out)", "b"]],
	])("in words: %j", (tail, lines) => {
		expect(outputInWords("heading", tail)).toEqual(lines);
	});
});

describe("a matrix", () => {
	it("of a range is the newest of each minor, oldest first", () => {
		const releases = ["1.23rc2", "1.22.1", "1.22.0", "1.22rc1", "1.20.14", "1.20"].map((word) => ({
			release: parseRelease(word) as Release,
		}));
		expect(newestPatches(releases).map(({ release }) => release.name)).toEqual(["go1.20.14", "go1.22.1", "go1.23rc2"]);
		expect(newestPatches([])).toEqual([]);
	});

	it("on a terminal shows one line that says how far it is, and no line for each", async () => {
		const { env } = layOut(
			{
				name: "each",
				installed: ["1.21.13", "1.22.5"],
				cwd: "p",
				files: {},
				expect: { error: "", exit: 0, message: "", hint: null },
			},
			root,
			(path) => writeFileSync(path, "#!/bin/sh\n# gox-shim-marker\nexit 99\n", { mode: 0o755 }),
		);
		const on = testContext({ root, env: { ...env, PATH: `${env.PATH}:/usr/bin:/bin` }, isTTY: true });
		const report = reportOn(on, { json: false, quiet: false, verbose: false });
		const options = new Options({ jobs: "1" });
		const invocation = { context: on, report, args: [], options, rest: [], name: "exec", commands: [] };
		const status = await runEach(invocation, "1.21.13,1.22.5", [
			"sh",
			"-c",
			"[ $GOX_VERSION = 1.22.5 ] || { echo broken; exit 4; }",
		]);
		expect(status).toBe(4);
		const frames = on.err().split("\r\u001b[K").filter(Boolean);
		expect(frames[0]).toMatch(/^0 of 2 done {3}go1\.21\.13 \d+ ms$/);
		expect(frames).toContainEqual(expect.stringMatching(/^1 of 2 done, 1 failed {3}go1\.22\.5 \d+ ms$/));
		expect(frames.at(-1)).toBe("2 of 2 done, 1 failed");
		expect(on.err().endsWith("\r\u001b[K"), "the line goes in the end").toBe(true);
		const plain = on.out().replaceAll(/\u001b\[\d+m/g, "");
		expect(plain).toMatch(
			/^go1\.21\.13: exit 4\nbroken\nversion +result +time\ngo1\.21\.13 +exit 4 +\d+ ms\ngo1\.22\.5 +ok +\d+ ms\n$/,
		);
	});
});
