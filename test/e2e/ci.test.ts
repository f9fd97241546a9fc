import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkSyntax, readAction, runAction } from "../support/actionrunner.ts";
import { versionLine } from "../support/fakego.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";

const repo = resolve(import.meta.dirname, "../..");

let mirror: Mirror;
let box: Sandbox;
beforeAll(async () => {
	mirror = await startMirror(["go1.90.1", "go1.90.2", "go1.91.0"].map((version) => ({ version, platform: hostPlatform })));
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox(mirror.env);
});

const goVersion = (path: string, env: Readonly<Record<string, string | undefined>>) =>
	execFileSync(path, ["version"], { encoding: "utf8", env: { ...env } as NodeJS.ProcessEnv });

describe("in a container: no shell hook, no terminal, PATH and HOME and nothing else", () => {
	it("gox install lays down what the directory asks for, and the shim runs it", async () => {
		const bare = Object.fromEntries(Object.keys({ ...box.env, PWD: "" }).map((name) => [name, undefined]));
		const env = { ...bare, PATH: "/usr/bin:/bin", HOME: join(box.root, "user") };
		box.write({
			"user/.config/gox/config": `index = ${mirror.server.index}\nmirrors = ${mirror.server.mirror}\n`,
			"p/.go-version": "1.90\n",
		});
		const installed = await box.gox(["install"], { env, cwd: "p" });
		expect(installed.status, installed.stderr).toBe(0);
		expect(installed.stdout).toBe("");
		const shim = join(box.root, "user/.gox/shims/go");
		const ran = await box.run(shim, ["version"], { env, cwd: "p" });
		expect(ran.stdout).toBe(versionLine("go1.90.2", hostPlatform));
		const matrix = await box.gox(["exec", "--each", "1.90.1,1.91", "--", "go"], { env, cwd: "p" });
		expect(matrix.status, matrix.stderr).toBe(0);
	});
});

describe("gox env --ci", () => {
	const files = () => ({ GITHUB_PATH: join(box.root, "path"), GITHUB_ENV: join(box.root, "env") });

	it("tells the runner, and says where; other steps' lines stay", async () => {
		await box.gox(["install", "1.90.1"]);
		box.write({ path: "/other", env: "A=b\n" });
		const { status, stdout, stderr } = await box.gox(["env", "1.90", "--ci"], { env: files() });
		expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
		expect(stderr).toBe(
			`written to ${box.root}/path, for the steps that follow\nwritten to ${box.root}/env, for the steps that follow\n`,
		);
		expect(box.read("path")).toBe(`/other\n${box.home}/shims\n`);
		expect(box.read("env")).toBe(`A=b\nGOX_HOME=${box.home}\nGOX_VERSION=1.90.1\n`);
	});

	it("without a version exports none; what the runner has no file for is printed", async () => {
		const { stdout } = await box.gox(["env", "--ci"], { env: { GITHUB_PATH: files().GITHUB_PATH } });
		expect(stdout).toBe(`export GOX_HOME='${box.home}'\n`);
		const elsewhere = await box.gox(["env", "--ci"], { env: { GOROOT: "/stale" } });
		expect(elsewhere.stdout).toBe(`export GOX_HOME='${box.home}'\nexport PATH='${box.home}/shims':"$PATH"\n`);
		expect(existsSync(join(box.home, "shims/go")), "the directory is there").toBe(true);
	});

	it("--json says what was written", async () => {
		const { stdout } = await box.gox(["env", "--ci", "--json"], { env: files() });
		expect(JSON.parse(stdout)).toEqual({
			GOX_HOME: box.home,
			shims: `${box.home}/shims`,
			GOX_VERSION: null,
			written: Object.values(files()),
		});
	});

	it("a runner's file that can't be written is a failure", async () => {
		const { status, stderr } = await box.gox(["env", "--ci"], { env: { GITHUB_PATH: join(box.root, "no/such/file") } });
		expect(status).toBe(6);
		expect(stderr).toContain("no/such/file");
	});
});

describe("action.yml", () => {
	const action = readAction(join(repo, "action.yml"));

	it("is a composite action whose shell steps bash can read, and whose inputs never stand in a script", () => {
		expect(action.runs.using).toBe("composite");
		expect(Object.keys(action.inputs)).toEqual(["version", "directory", "verify", "cache"]);
		expect(Object.keys(action.outputs)).toEqual(["version", "goroot"]);
		for (const input of Object.values(action.inputs))
			expect(input).toMatchObject({ description: expect.any(String), default: expect.any(String) });
		for (const { run, shell } of action.runs.steps) {
			if (run === undefined) continue;
			expect(shell).toBe("bash");
			expect(run).not.toContain("${{");
		}
		checkSyntax(action);
	});

	it("installs what .go-version asks for, tells later steps, and says which it is", async () => {
		box.write({ ".go-version": "1.90\n" });
		const { last, outputs, env, called } = await runAction(box, action, repo);
		expect(last.status, last.stderr).toBe(0);
		const goroot = `${box.home}/versions/go1.90.2`;
		expect(outputs).toEqual({ version: "go1.90.2", goroot });
		expect(env).toMatchObject({ GOX_HOME: box.home, PATH: `${box.home}/shims:/usr/bin:/bin` });
		expect(env.GOX_VERSION).toBeUndefined();
		expect(env.GOROOT).toBeUndefined();
		expect((await box.run("bash", ["-c", "go version"], { env })).stdout).toBe(versionLine("go1.90.2", hostPlatform));
		expect(called).toMatchObject([
			{ uses: expect.stringMatching(/^actions\/cache@/), with: { path: `${box.home}/versions\n${box.home}/receipts\n` } },
		]);
	});

	it("installs what go.mod asks for, in another directory", async () => {
		box.write({ "sub/go.mod": "module m\n\ngo 1.91\n" });
		const { last, outputs } = await runAction(box, action, repo, { directory: "sub", cache: "false" });
		expect(last.status, last.stderr).toBe(0);
		expect(outputs.version).toBe("go1.91.0");
	});

	it.each([
		["1.90.1", "go1.90.1"],
		[">=1.90 <1.91", "go1.90.2"],
		["latest", "go1.91.0"],
	])("version: %s wins over the files, in later steps too", async (version, expected) => {
		box.write({ ".go-version": "1.90.2\n" });
		const { last, outputs, env, called } = await runAction(box, action, repo, { version, cache: "false" });
		expect(last.status, last.stderr).toBe(0);
		expect(outputs.version).toBe(expected);
		expect(called).toEqual([]);
		expect((await box.run("bash", ["-c", "go version"], { env })).stdout).toBe(versionLine(expected, hostPlatform));
	});

	it("a version that the workflow names wins over a gox.lock, too, which holds for the release that it locks", async () => {
		const h1 = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
		const gox = JSON.stringify({ lock: 1, version: "go1.90.1", platforms: { [hostPlatform]: { h1 } } });
		box.write({ ".go-version": "1.90.1\n", "gox.lock": gox });
		expect((await runAction(box, action, repo, { version: "1.91.0", cache: "false" })).outputs.version).toBe("go1.91.0");
		const { last } = await runAction(box, action, repo, { version: "1.90.1", cache: "false" });
		expect(last.status).toBe(5);
		expect(last.stderr).toContain("is not what");
	});

	it("a restored cache is used: nothing is downloaded, and the shims are made", async () => {
		box.write({ ".go-version": "1.90.1\n" });
		const first = await runAction(box, action, repo);
		for (const name of ["shims", "aliases", "current", "launcher"]) rmSync(join(box.home, name), { recursive: true });
		const before = mirror.server.requests.length;
		const second = await runAction(box, action, repo);
		expect(second.last.status, second.last.stderr).toBe(0);
		expect(mirror.server.requests.length).toBe(before);
		expect(goVersion(join(box.home, "shims/go"), { ...box.env, ...second.env, GOX_VERSION: "1.90.1" })).toContain("go1.90.1");
		const key = (run: typeof first) => run.called[0]?.with?.key;
		expect(key(second)).toBe(key(first));
		box.write({ ".go-version": "1.90.2\n" });
		expect(key(await runAction(box, action, repo))).not.toBe(key(first));
		expect(key(await runAction(box, action, repo, { verify: "index" }))).not.toBe(key(first));
	});

	it("what was restored is audited, and installed again if it isn't what was published", async () => {
		box.write({ ".go-version": "1.90.1\n" });
		await runAction(box, action, repo);
		const source = join(box.home, "versions/go1.90.1/src/fmt/print.go");
		const published = readFileSync(source, "utf8");
		writeFileSync(source, "package other\n");
		const restored = () => runAction(box, action, repo, {}, {}, { "steps.cache.outputs.cache-hit": "true" });
		const { last, outputs } = await restored();
		expect(last.status, last.stderr).toBe(0);
		expect(last.stdout).toContain("changed  src/fmt/print.go");
		expect(readFileSync(source, "utf8")).toBe(published);
		expect(outputs.version).toBe("go1.90.1");
		expect((await restored()).last.stdout).toContain("unchanged");
	});

	it("passes verify on", async () => {
		const { last } = await runAction(box, action, repo, { version: "1.90.1", verify: "table" });
		expect(last.status).toBe(5);
		expect(last.stderr).toContain("verify = table");
	});

	it("what an input says is never a command", async () => {
		const { last } = await runAction(box, action, repo, { version: "1.90.1; touch hacked $(touch hacked)" });
		expect(last.status).toBe(2);
		expect(existsSync(join(box.root, "hacked"))).toBe(false);
	});

	it("builds gox where it isn't built, and wants Node", async () => {
		const copy = join(box.root, "action");
		mkdirSync(join(box.root, "bin"));
		mkdirSync(copy);
		const npm = `#!/bin/sh\necho "$PWD $*" >>${box.root}/npm-calls\n[ "$*" != "run build" ] || { mkdir dist; echo 'import ${JSON.stringify(box.entry)};' >dist/gox.js; }\n`;
		writeFileSync(join(box.root, "bin/npm"), npm, { mode: 0o755 });
		const { last, outputs } = await runAction(
			box,
			action,
			copy,
			{ version: "1.90.1" },
			{ PATH: `${box.root}/bin:${box.env.PATH}` },
		);
		expect(last.status, last.stderr).toBe(0);
		expect(outputs.version).toBe("go1.90.1");
		expect(readFileSync(join(box.root, "npm-calls"), "utf8")).toBe(`${copy} ci --no-audit --no-fund\n${copy} run build\n`);
		const without = await runAction(box, action, copy, {}, { PATH: join(box.root, "user") });
		expect(without.last).toMatchObject({ status: 1, stdout: expect.stringContaining("::error::gox needs Node") });
	});

	it("fails where nothing says which Go is wanted", async () => {
		const { last } = await runAction(box, action, repo);
		expect(last.status).toBe(2);
		expect(last.stderr).toContain("nothing in this directory says which Go it wants");
	});
});
