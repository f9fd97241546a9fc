import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshRoot } from "../support/context.ts";
import { type Machine, machineOf, nativeShim, type Setup } from "./native.ts";

let base: string;
let shim: string;
let count = 0;

beforeAll(() => {
	base = freshRoot("gox-face-");
	shim = nativeShim(join(base, "built"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

function machine(setup: Setup = {}): Machine {
	return machineOf(
		{ installed: ["1.22.5", "1.20", "1.20.14"], default: "1.22.5", cwd: "p", ...setup },
		join(base, String(count++)),
		shim,
	);
}

/** A launcher that shows what was handed over. */
function launched(here: Machine): Machine {
	script(join(here.root, "launch"), 'printf "<%s>" "$@"');
	writeFileSync(join(here.root, "gox/launcher"), join(here.root, "launch"));
	return here;
}

function script(path: string, text: string): void {
	writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

describe("gox which", () => {
	it("says where a tool is", () => {
		const here = machine();
		const bin = join(here.root, "gox/versions/go1.22.5/bin");
		expect(here.run("gox", ["which"])).toMatchObject({ status: 0, stderr: "", stdout: `${bin}/go\n` });
		expect(here.run("gox", ["which", "gofmt"]).stdout).toBe(`${bin}/gofmt\n`);
		const answer = { tool: "gofmt", path: `${bin}/gofmt`, version: "go1.22.5", goroot: join(here.root, "gox/versions/go1.22.5") };
		expect(here.run("gox", ["which", "--json", "gofmt"]).stdout).toBe(`${JSON.stringify(answer)}\n`);
	});

	it("says when there is none", () => {
		const here = machine();
		const failure = { status: 127, stderr: "gox: go1.22.5 has no vet\n" };
		expect(here.run("gox", ["which", "vet"])).toMatchObject({ ...failure, stdout: "" });
		const error = { code: "command-not-found", message: "go1.22.5 has no vet", hint: null };
		expect(here.run("gox", ["which", "vet", "--json"])).toMatchObject({ ...failure, stdout: `${JSON.stringify({ error })}\n` });
	});
});

describe("gox exec", () => {
	const show = ["/bin/sh", "-c", 'echo "$GOX_VERSION $PATH $GOROOT"'];

	it.each([
		[[], "go1.22.5", "1.22.5"],
		[["1.20.0"], "go1.20", "1.20.0"],
		[["1.20"], "go1.20.14", "1.20.14"],
		[["latest"], "go1.22.5", "1.22.5"],
	])("%j runs a command with that version first on PATH", (pin, version, word) => {
		const here = machine();
		const path = `${here.root}/gox/versions/${version}/bin:${here.root}/gox/shims:${here.env.PATH}`;
		expect(here.run("gox", ["exec", ...pin, "--", ...show], { GOROOT: "/stale" })).toMatchObject({
			status: 0,
			stdout: `${word} ${path} \n`,
		});
		expect(here.run("gox", ["exec", ...pin, "--", "go", "x"]).stdout).toBe(`go ${version} x\n`);
	});

	it("keeps the version for the shims below", () => {
		const here = machine();
		const inner = join(here.root, "gox/shims/go");
		expect(here.run("gox", ["exec", "1.20.0", "--", inner, "x"]).stdout).toBe("go go1.20 x\n");
	});

	it("without PATH and GOX_VERSION in the environment", () => {
		const here = machine();
		const env = { GOX_HOME: join(here.root, "gox") };
		const options = { cwd: here.cwd, env, encoding: "utf8" } as const;
		const bin = join(here.root, "gox/versions/go1.22.5/bin");
		expect(spawnSync(join(here.root, "gox/shims/gox"), ["exec", "--", ...show], options).stdout).toBe(
			`1.22.5 ${bin}:${here.root}/gox/shims \n`,
		);
	});

	it("with the system's go, which the shims below find again", () => {
		const here = machine({ system: "1.26.8" });
		const run = here.run("gox", ["exec", "system", "--", join(here.root, "gox/shims/go"), "x"]);
		expect(run).toMatchObject({ status: 0, stdout: "go go1.26.8 x\n" });
		expect(here.run("gox", ["exec", "system", "--", ...show]).stdout).toMatch(/^system /);
	});

	it("says 127 and 126 as exec does", () => {
		const here = machine();
		writeFileSync(join(here.root, "p/plain"), "x");
		mkdirSync(join(here.root, "p/directory"));
		const run = (command: string, path = `/usr/bin:${here.root}/p`) => here.run("gox", ["exec", "--", command], { PATH: path });
		expect(run("nothing")).toMatchObject({ status: 127, stderr: "gox: nothing: command not found\n" });
		expect(run("./nothing")).toMatchObject({ status: 127, stderr: "gox: ./nothing: command not found\n" });
		expect(run("")).toMatchObject({ status: 127 });
		expect(run("plain")).toMatchObject({ status: 126, stderr: "gox: plain: Permission denied\n" });
		expect(run("./directory")).toMatchObject({ status: 126, stderr: "gox: ./directory: Permission denied\n" });
		chmodSync(join(here.root, "p/plain"), 0o755);
		expect(run("./plain")).toMatchObject({ status: 126, stderr: "gox: ./plain: Exec format error\n" });
		writeFileSync(join(here.root, "p/plain"), "#!/nowhere/sh\n");
		expect(run("./plain")).toMatchObject({
			status: 126,
			stderr: "gox: ./plain: the loader or interpreter that it names is missing\n",
		});
	});

	it("fails for what is not installed, naming the command line", () => {
		const here = machine();
		const failure = "gox: go1.19 is not installed (asked for by the command line)\n  gox install 1.19.0\n";
		expect(here.run("gox", ["exec", "1.19.0", "--", "go"])).toMatchObject({ status: 3, stdout: "", stderr: failure });
	});

	it("passes signals on", () => {
		expect(machine().run("gox", ["exec", "--", "/bin/sh", "-c", "kill -INT $$"])).toMatchObject({ signal: "SIGINT" });
	});
});

describe("what gox doesn't answer itself", () => {
	const lines: readonly (readonly string[])[] = [
		["current", "--why"],
		["current", "x"],
		["which", "go", "gofmt"],
		["which", "--all"],
		["which", "../go"],
		["which", ""],
		["exec", "1.22"],
		["exec", "--"],
		["exec", "1.22", "1.21", "--", "go"],
		["exec", ">=1.21", "--", "go"],
		["exec", "oldstable", "--", "go"],
		["exec", "no-such-alias", "--", "go"],
		["exec", "--each", "1.21,1.22", "--", "go", "test"],
		["use", "1.22"],
		["--version"],
		["--shim-self-test", "x"],
	];

	for (const args of lines) {
		it(`${JSON.stringify(args)} is handed over`, () => {
			expect(launched(machine()).run("gox", args).stdout).toBe(args.map((each) => `<${each}>`).join(""));
		});
	}
});

describe("answers that can't be written", () => {
	it.skipIf(process.platform !== "linux")("say so on a full disk", () => {
		const here = machine();
		const full = openSync("/dev/full", "w");
		const { cwd, env } = here;
		const gox = join(here.root, "gox/shims/gox");
		expect(spawnSync(gox, ["current"], { cwd, env, encoding: "utf8", stdio: ["ignore", full, "pipe"] })).toMatchObject({
			status: 6,
			stderr: "gox: standard output: No space left on device\n",
		});
	});

	it("end with a failure when stdout or stderr is closed", () => {
		const here = machine({ files: { "q/.go-version": "banana\n" } });
		const run = (line: string) =>
			spawnSync("/bin/sh", ["-c", line, join(here.root, "gox/shims/gox")], { cwd: here.cwd, env: here.env }).status;
		expect(run('"$0" current >&-')).toBe(6);
		expect(run('cd ../q && "$0" current 2>&- <&-')).toBe(2);
		expect(run('cd ../q && "$0" current 2>&- <&- >&-')).toBe(2);
	});
});

describe("a path with control characters", () => {
	it("is escaped for eyes and whole in JSON", () => {
		const odd = "p/a\u001b[31m\nb";
		const here = machine({ cwd: odd, files: { [`${odd}/.go-version`]: "1.20\n" } });
		const escaped = `${here.root}/p/a\\u001b[31m\\nb/.go-version`;
		expect(here.run("gox", ["current"]).stdout).toBe(`go1.20.14 (${escaped}: 1.20)\n`);
		expect(JSON.parse(here.run("gox", ["current", "--json"]).stdout).source.path).toBe(join(here.cwd, ".go-version"));
		writeFileSync(join(here.cwd, ".go-version"), "1.19\n");
		expect(here.run("go", []).stderr).toBe(`gox: no Go 1.19 is installed (asked for by ${escaped})\n  gox install 1.19\n`);
	});
});
