import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { printingProgram, versionLine } from "../support/fakego.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";

/** What the fake go of each release exits with. */
const statuses = { "go1.90.0": 1, "go1.90.1": 0, "go1.91.0": 3, "go1.91.2": 0, "go1.92.0": 4, "go1.93rc1": 0 };

let mirror: Mirror;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror(
		Object.entries(statuses).map(([version, status]) => ({
			version,
			platform: hostPlatform,
			program: printingProgram(hostPlatform, versionLine(version, hostPlatform), status),
		})),
	);
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox(mirror.env);
});

const each = (list: string, ...words: string[]) => box.gox(["exec", "--each", list, ...words]);
const shown = (version: string) => versionLine(version, hostPlatform);
/** The rows of the table that ends the output, without their times. */
const rows = (stdout: string) => {
	const lines = stdout.trimEnd().split("\n");
	return lines
		.slice(lines.findIndex((line) => /^version +result +time$/.test(line)) + 1)
		.map((line) => line.replace(/ {2,}[\d.]+ m?s$/, "").split(/ {2,}/));
};

describe("gox exec --each", () => {
	it("installs what is missing, runs all, shows the output of those that fail, and ends with a table", async () => {
		const { status, stdout, stderr } = await each("1.90,1.91.0,1.92", "--", "go", "test");
		expect(rows(stdout)).toEqual([
			["go1.90.1", "ok"],
			["go1.91.0", "exit 3"],
			["go1.92.0", "exit 4"],
		]);
		expect(status, "that of the first in the list that failed").toBe(3);
		expect(stdout).toContain(`go1.91.0: exit 3\n${shown("go1.91.0")}`);
		expect(stdout).toContain(`go1.92.0: exit 4\n${shown("go1.92.0")}`);
		expect(stdout).not.toContain(shown("go1.90.1"));
		expect(stderr).toMatch(/installed go1\.91\.0[\s\S]*go1\.90\.1: ok \(/);
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.91.0", "go1.92.0"]);
		expect(box.names("aliases"), "none becomes the default").not.toContain("current");
		expect((await box.gox(["default"])).stdout).not.toContain("go1.9");
		expect(box.leftovers()).toEqual([]);
		const again = mirror.server.requests.length;
		expect((await each("1.90.1,1.91.0", "--", "go")).status).toBe(3);
		expect(mirror.server.requests.length, "named exactly and installed: nobody is asked").toBe(again);
	});

	it.each([
		[">=1.90", ["go1.90.1", "go1.91.2", "go1.92.0"]],
		["latest,>=1.90 <1.92,1.90.1", ["go1.92.0", "go1.90.1", "go1.91.2"]],
		["1.90.x, go1.90 ,1.93rc1", ["go1.90.1", "go1.93rc1"]],
		["next,oldstable", ["go1.93rc1", "go1.91.2"]],
	])("%s means %j", async (list, versions) => {
		const { stdout, stderr } = await each(list, "--json", "--", "true");
		expect(
			JSON.parse(stdout || "[]").map(({ version }: { version: string }) => version),
			stderr,
		).toEqual(versions);
	});

	it("--json: one value, with the output of those that fail; --verbose: of all", async () => {
		const { status, stdout } = await each("1.90,1.91.0", "--json", "--", "go", "test");
		expect(status).toBe(3);
		expect(JSON.parse(stdout)).toEqual([
			{ version: "go1.90.1", result: "ok", status: 0, signal: null, milliseconds: expect.any(Number) },
			{
				version: "go1.91.0",
				result: "failed",
				status: 3,
				signal: null,
				milliseconds: expect.any(Number),
				output: shown("go1.91.0"),
			},
		]);
		const verbose = await each("1.90", "--json", "--verbose", "--", "go", "test");
		expect(JSON.parse(verbose.stdout)).toMatchObject([{ result: "ok", output: shown("go1.90.1") }]);
		expect((await each("1.90", "--verbose", "--", "go")).stdout).toContain(`go1.90.1: ok\n${shown("go1.90.1")}`);
	});

	it("each runs with its own go first, GOTOOLCHAIN local, and no GOROOT; all share one cache; nobody reads stdin", async () => {
		const script =
			'echo "$(command -v go) $GOX_VERSION $GOTOOLCHAIN $(printenv GOROOT) $(printenv GOFLAGS) $(printenv GOCACHE) $(cat)"';
		const seen = async (env: Record<string, string>) => {
			const { stdout } = await box.gox(["exec", "--each", "1.90,1.91", "--json", "--verbose", "sh", "-c", script], {
				env: { GOROOT: "/stale", ...env },
				input: "from the person",
			});
			return JSON.parse(stdout).map(({ output }: { output: string }) => output.replace("\n", ""));
		};
		const go = (version: string) => `${box.home}/versions/go${version}/bin/go ${version}`;
		expect(await seen({ GOCACHE: "/c" })).toEqual([`${go("1.90.1")} local   /c `, `${go("1.91.2")} local   /c `]);
		expect(await seen({ GOTOOLCHAIN: "auto", GOFLAGS: "-v" })).toEqual([
			`${go("1.90.1")} auto  -v  `,
			`${go("1.91.2")} auto  -v  `,
		]);
	});

	it("a signal, a command that isn't there, and one that can't run", async () => {
		const died = await each("1.90", "--", "sh", "-c", "kill -SEGV $$");
		expect(rows(died.stdout)).toEqual([["go1.90.1", "SIGSEGV"]]);
		expect(died.status).toBe(139);
		const missing = await each("1.90,1.91", "--", "nonesuch");
		expect(missing.stdout).toContain("go1.90.1: exit 127\nnonesuch: command not found\n");
		expect(missing.status).toBe(127);
		box.write({ "bad/tool": "#!/nonexistent/interpreter\n" });
		execFileSync("chmod", ["+x", join(box.root, "bad/tool")]);
		const bad = await each("1.90", "--", "./bad/tool");
		expect(bad.status).toBe(126);
		expect(bad.stdout).toContain("./bad/tool: ");
	});

	it("where one can't be had, none is run", async () => {
		const { status, stderr } = await each("1.90,1.99", "--", "touch", "ran");
		expect(status).toBe(3);
		expect(stderr).toContain("1.99");
		mirror.server.failAlways(mirror.path("go1.91.0"), { status: 404 });
		const gone = await each("1.90,1.91.0", "--", "touch", "ran");
		mirror.server.failAlways(mirror.path("go1.91.0"), undefined);
		expect(gone.status).toBe(4);
		expect(() => box.read("ran")).toThrow(/ENOENT/);
		expect(box.leftovers()).toEqual([]);
	});

	it("aliases, what go.mod asks for, and the system's go", async () => {
		await box.gox(["install", "1.90.0"]);
		await box.gox(["alias", "work", "1.90.0"]);
		box.write({ "p/go.mod": "module p\n\ngo 1.91\n", "bin/go": '#!/bin/sh\necho "go $1"\n' });
		execFileSync("chmod", ["+x", join(box.root, "bin/go")]);
		const { stdout } = await box.gox(["exec", "--each", "work,mod,system", "--", "go", "version"], {
			cwd: "p",
			env: { PATH: `${box.root}/bin:/usr/bin:/bin` },
		});
		expect(rows(stdout)).toEqual([
			["go1.90.0", "exit 1"],
			["go1.91.2", "ok"],
			["system", "ok"],
		]);
	});

	it("offline, what is installed stands in for what there is", async () => {
		await box.gox(["install", "1.90.0", "1.91.0"]);
		const offline = { env: { GOX_OFFLINE: "1" } };
		const ran = await box.gox(["exec", "--each", "1.90,>=1.90", "--json", "--", "true"], offline);
		expect(JSON.parse(ran.stdout).map(({ version }: { version: string }) => version)).toEqual(["go1.90.0", "go1.91.0"]);
	});

	it.each([
		[["--each", "1.90,,1.91", "--", "go"], "--each wants versions with commas"],
		[["--each", "1.90", "1.91", "--", "go"], '"1.91" can\'t be run; --each takes one list'],
		[["--each", "1.90"], "there is no command to run"],
		[["--each", "1.90", "--jobs", "0", "--", "go"], "--jobs wants a number"],
		[["--each", "1.9d", "--", "go"], '"1.9d" is not a Go version'],
		[["--fail-fast", "--", "go"], "--fail-fast is for --each"],
	])("usage: exec %j", async (words, message) => {
		const { status, stderr } = await box.gox(["exec", ...words]);
		expect(stderr).toContain(message);
		expect(status).toBe(2);
	});
});

describe("ending early", () => {
	beforeEach(async () => {
		expect((await box.gox(["install", "1.90.0", "1.90.1", "1.91.0"])).status).toBe(0);
		execFileSync(
			"mkfifo",
			["ready1.90.0", "ready1.90.1", "held", "got"].map((name) => join(box.root, name)),
		);
	});

	/** `held` stays open for writing until the last process that a run started has ended; `readyVERSION` says that one runs. */
	const blocked = "exec 9>held; sleep 1000 & echo x >ready$GOX_VERSION; wait";
	const ended = () => readFile(join(box.root, "held"), "utf8");
	const isReady = (version: string) => readFile(join(box.root, `ready${version}`));

	it("--fail-fast ends what runs, with all that it started, and starts no more", async () => {
		const script = `case $GOX_VERSION in 1.90.1) ${blocked};; 1.90.0) read line <ready1.90.1; exit 7;; *) touch ran;; esac`;
		const [ran, held] = await Promise.all([
			each("1.90.1,1.90.0,1.91.0", "--fail-fast", "--jobs", "2", "--json", "--", "sh", "-c", script),
			ended(),
		]);
		expect(held).toBe("");
		expect(ran.status, "what was ended didn't fail").toBe(7);
		expect(JSON.parse(ran.stdout)).toMatchObject([
			{ version: "go1.90.1", result: "stopped", status: null, signal: "SIGTERM" },
			{ version: "go1.90.0", result: "failed", status: 7 },
			{ version: "go1.91.0", result: "not run", status: null, signal: null },
		]);
		expect(() => box.read("ran")).toThrow(/ENOENT/);
	});

	it("without --fail-fast the others go on", async () => {
		const { stdout, status } = await each("1.91.0,1.90.1,1.90.0", "--jobs", "1", "--", "go");
		expect(rows(stdout)).toEqual([
			["go1.91.0", "exit 3"],
			["go1.90.1", "ok"],
			["go1.90.0", "exit 1"],
		]);
		expect(status).toBe(3);
	});

	it.each(["SIGINT", "SIGTERM"] as const)("%s ends all of it, and leaves nothing", async (signal) => {
		let gox = 0;
		const ran = box.gox(["exec", "--each", "1.90.0,1.90.1", "--jobs", "2", "--", "sh", "-c", blocked], {
			started: (pid) => (gox = pid),
		});
		const held = ended();
		await Promise.all([isReady("1.90.0"), isReady("1.90.1")]);
		process.kill(gox, signal);
		expect(await ran).toMatchObject({ status: 130, stdout: "", stderr: expect.stringContaining(`interrupted (${signal})`) });
		expect(await held).toBe("");
		expect(box.leftovers()).toEqual([]);
	});

	it("a second Ctrl-C ends at once what doesn't heed the first", async () => {
		let gox = 0;
		const deaf = `trap 'echo x >got' INT; exec 9>held; echo x >ready$GOX_VERSION; while :; do sleep 1000 & wait; done`;
		const ran = box.gox(["exec", "--each", "1.90.0", "--", "sh", "-c", deaf], { started: (pid) => (gox = pid) });
		const held = ended();
		await isReady("1.90.0");
		process.kill(gox, "SIGINT");
		await readFile(join(box.root, "got"));
		process.kill(gox, "SIGINT");
		expect((await ran).status).toBe(130);
		expect(await held).toBe("");
		await box.gox(["install", "1.91.2"]);
		expect(box.leftovers(), "the next command sweeps").toEqual([]);
	});
});
