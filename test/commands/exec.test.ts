import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Options } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run } from "../../src/commands/exec.ts";
import type { Context } from "../../src/context.ts";
import { GoxError } from "../../src/errors.ts";
import { hasForeignFormat } from "../../src/run/program.ts";
import { layOut } from "../shim/case.ts";
import { freshRoot, testContext } from "../support/context.ts";

const installed = ["1.20", "1.20.14", "1.21.13", "1.22.4", "1.22.5", "1.23rc1"];
let root: string;
let context: Context;

beforeEach(() => {
	root = freshRoot("gox-exec-");
	const { cwd, env } = layOut(
		{
			name: "exec",
			installed,
			aliases: { work: "1.21.13", gone: "1.19.1" },
			default: "1.22.5",
			system: "1.26.8",
			cwd: "p",
			files: { "p/sub/go.mod": "module m\n\ngo 1.21\ntoolchain go1.21.9\n" },
			expect: { error: "", exit: 0, message: "", hint: null },
		},
		root,
		(path) => writeFileSync(path, "#!/bin/sh\n# gox-shim-marker\nexit 99\n", { mode: 0o755 }),
	);
	context = testContext({ root, cwd, env: { ...env, PATH: `${env.PATH}:/usr/bin:/bin`, GOROOT: "/stale" } });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function exec(words: readonly string[], command: readonly string[], on: Context = context): Promise<number> {
	const report = reportOn(on, { json: false, quiet: false, verbose: false });
	return (
		(await run({ context: on, report, args: words, options: new Options({}), rest: command, name: "exec", commands: [] })) ?? 0
	);
}

/** What a command printed, by way of a file: its stdout is the test's own. */
async function printed(words: readonly string[], script: string, on: Context = context): Promise<string> {
	const file = join(root, "printed");
	const status = await exec(words, ["sh", "-c", `{ ${script}\n} > "$0"`, file], on);
	expect(status).toBe(0);
	return readFileSync(file, "utf8").trim();
}

describe("gox exec", () => {
	it.each([
		["1.21", "go1.21.13"],
		["1.22.4", "go1.22.4"],
		["go1.22", "go1.22.5"],
		["latest", "go1.22.5"],
		["work", "go1.21.13"],
		["system", "go1.26.8"],
		["oldstable", "go1.21.13"],
		["next", "go1.23rc1"],
		[">=1.20 <1.22", "go1.21.13"],
		["~1.22.3", "go1.22.5"],
	])("%s runs %s", async (word, version) => {
		expect(await printed([word], "go version")).toBe(`go ${version} version`);
	});

	it("without a version runs what is in force", async () => {
		expect(await printed([], "go version")).toBe("go go1.22.5 version");
		const sub = { ...context, cwd: join(root, "p/sub"), env: { ...context.env, PWD: join(root, "p/sub"), GOX_VERSION: "1.20" } };
		expect(await printed([], "go version", sub)).toBe("go go1.20.14 version");
	});

	it("mod runs what go.mod asks for, whatever else is in force", async () => {
		rmSync(join(root, "gox/current"));
		const sub = { ...context, cwd: join(root, "p/sub"), env: { ...context.env, PWD: join(root, "p/sub"), GOX_VERSION: "1.20" } };
		expect(await printed(["mod"], "go version", sub)).toBe("go go1.21.13 version");
		await expect(exec(["mod"], ["true"])).rejects.toMatchObject({ code: "no-such-release" });
	});

	it("sets PATH and GOX_VERSION, and drops GOROOT", async () => {
		const home = join(root, "gox");
		expect(await printed(["1.21"], 'echo "$PATH|$GOX_VERSION|$GOROOT"')).toBe(
			`${home}/versions/go1.21.13/bin:${home}/shims:${context.env.PATH}|1.21.13|`,
		);
		expect(await printed(["system"], 'echo "$GOX_VERSION"')).toBe("system");
		expect(await printed(["1.20.0"], 'echo "$GOX_VERSION"')).toBe("1.20.0");
	});

	it("leaves no empty entry on PATH, which would be the working directory", async () => {
		const { PATH: _, ...env } = context.env;
		const home = join(root, "gox");
		const file = join(root, "printed");
		expect(await exec(["1.21"], ["/bin/sh", "-c", 'echo "$PATH" > "$0"', file], { ...context, env })).toBe(0);
		expect(readFileSync(file, "utf8")).toBe(`${home}/versions/go1.21.13/bin:${home}/shims\n`);
	});

	it.each([
		["exit 0", 0],
		["exit 7", 7],
		["exit 255", 255],
		["kill -TERM $$", 143],
		["kill -KILL $$", 137],
	])("ends as the command does: %s", async (script, status) => {
		expect(await exec(["1.21"], ["sh", "-c", script])).toBe(status);
	});

	it("runs the command in the working directory, with its own name and words", async () => {
		expect(await printed(["1.21"], "pwd")).toBe(join(root, "p"));
		writeFileSync(join(root, "p/tool"), '#!/bin/sh\nprintf "%s," "$@" > args\n', { mode: 0o755 });
		expect(await exec(["1.21"], ["./tool", "a b", "", "--", "-x", "*"])).toBe(0);
		expect(readFileSync(join(root, "p/args"), "utf8")).toBe("a b,,--,-x,*,");
	});

	it.each([
		["no such command", ["nonesuch"], "command-not-found", 127, "nonesuch: command not found"],
		["no such file", ["./nonesuch"], "command-not-found", 127, "./nonesuch: command not found"],
		["an empty name", [""], "command-not-found", 127, ": command not found"],
		["a directory", ["./sub"], "not-executable", 126, "./sub: Permission denied"],
		["a file that can't be executed", ["./sub/go.mod"], "not-executable", 126, "./sub/go.mod: Permission denied"],
		["no command", [], "usage", 2, "exec: there is no command to run"],
	])("%s", async (_, command, code, exit, message) => {
		const failure = await failureOf(["1.21"], command);
		expect(failure).toMatchObject({ code, exit, message });
	});

	it("starts no other platform's program, and gives it to no sh either, unless the kernel has emulators", async () => {
		const script = Buffer.from("\n: > ran\n");
		const elf = arch() === "arm64" && process.platform === "linux" ? "3e" : "b7";
		const starts = {
			...(process.platform === "linux" && { macho: Buffer.from("cffaedfe0c000001000000000200000000000000", "hex") }),
			elf: Buffer.from(`7f454c460201010000000000000000000200${elf}00`, "hex"),
			text: Buffer.from("echo"),
		};
		const machineRoot = join(root, "machine");
		for (const [name, start] of Object.entries(starts)) {
			writeFileSync(join(root, "p", name), Buffer.concat([start, script]), { mode: 0o755 });
			const failure = await failureOf(["1.21"], [`./${name}`], { ...context, machineRoot });
			expect(failure).toMatchObject({ code: "not-executable", exit: 126, message: `./${name}: Exec format error` });
			expect(existsSync(join(root, "p/ran"))).toBe(false);
		}
		const emulators = join(machineRoot, "proc/sys/fs/binfmt_misc");
		mkdirSync(emulators, { recursive: true });
		writeFileSync(join(emulators, "status"), "enabled\n");
		expect(hasForeignFormat({ ...context, machineRoot }, join(root, "p/elf"))).toBe(true);
		writeFileSync(join(emulators, "qemu-other"), "enabled\n");
		expect(hasForeignFormat({ ...context, machineRoot }, join(root, "p/elf"))).toBe(false);
		expect(hasForeignFormat({ ...context, machineRoot }, process.execPath)).toBe(false);
	});

	it("a program in the version's place: how to run it is shown", async () => {
		const failure = await failureOf(["sh"], ["-c", ":"]);
		expect(failure).toMatchObject({ code: "not-a-version", hint: "gox exec -- sh -c :" });
	});

	it.each([
		["1.19.1", "not-installed", "go1.19.1 is not installed (asked for by the command line)", "gox install 1.19.1"],
		["1.19", "not-installed", "no Go 1.19 is installed (asked for by the command line)", "gox install 1.19"],
		["gone", "not-installed", "go1.19.1 is not installed (asked for by the command line)", "gox install 1.19.1"],
		["latst", "not-a-version", '"latst" is not a Go version, and no alias has that name', "did you mean `latest`?"],
		["1.22d", "not-a-version", '"1.22d" is not a Go version', undefined],
		[">=1.24", "not-installed", undefined, "gox install '>=1.24'"],
	])("a version that can't be had: %s", async (word, code, message, hint) => {
		const failure = await failureOf([word], ["true"]);
		expect(failure.code).toBe(code);
		if (message !== undefined) expect(failure.message).toBe(message);
		if (hint !== undefined) expect(failure.hint).toBe(hint);
	});

	async function failureOf(words: readonly string[], command: readonly string[], on: Context = context): Promise<GoxError> {
		try {
			await exec(words, command, on);
		} catch (error) {
			if (error instanceof GoxError) return error;
			throw error;
		}
		throw new Error("it ran");
	}
});

describe("signals during gox exec", () => {
	/** Says when it is ready. SIGTERM and SIGHUP end it; after SIGINT it waits to be told, and tells how many it got. */
	const listener = `
		const { readFile, writeFileSync } = require("node:fs");
		let got = 10;
		process.on("SIGINT", () => { got += 1; });
		process.on("SIGTERM", () => process.exit(20));
		process.on("SIGHUP", () => process.exit(30));
		writeFileSync("ready", "x");
		if (process.argv[1] === "SIGINT") readFile("end", () => setImmediate(() => process.exit(got)));
		else setInterval(() => {}, 60_000);
	`;

	async function interrupted(signal: string, interactive: boolean): Promise<number> {
		for (const name of ["ready", "end"]) execFileSync("mkfifo", [join(context.cwd, name)]);
		const controller = new AbortController();
		const on = { ...context, interactive, signal: controller.signal };
		const status = exec(["1.21"], [process.execPath, "-e", listener, signal], on);
		await readFile(join(context.cwd, "ready"));
		controller.abort(new GoxError("interrupted", `interrupted (${signal})`, { cause: signal }));
		if (signal === "SIGINT") await writeFile(join(context.cwd, "end"), "x");
		return status;
	}

	it.each([
		["SIGTERM is passed on", "SIGTERM", false, 20],
		["SIGHUP is passed on", "SIGHUP", false, 30],
		["SIGINT is passed on", "SIGINT", false, 11],
		["SIGINT that a terminal has sent to both is not sent twice", "SIGINT", true, 10],
	])("%s", async (_, signal, interactive, status) => {
		expect(await interrupted(signal, interactive)).toBe(status);
	});
});
