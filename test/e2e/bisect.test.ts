import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { printingProgram, versionLine } from "../support/fakego.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";

/** Oldest first, by Go's order; `go` exits 1 before 1.92rc1, and 0 since then. */
const line = [
	"1.90.0",
	"1.90.1",
	"1.91rc1",
	"1.91.0",
	"1.91.1",
	"1.91.2",
	"1.92beta1",
	"1.92rc1",
	"1.92.0",
	"1.92.1",
	"1.93.0",
].map((each) => `go${each}`);
const since = line.indexOf("go1.92rc1");

let mirror: Mirror;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror(
		line.map((version, at) => ({
			version,
			platform: hostPlatform,
			program: printingProgram(hostPlatform, versionLine(version, hostPlatform), at < since ? 1 : 0),
		})),
	);
	// Offered, but not for this machine.
	mirror.add({ version: "go1.92.2", platform: hostPlatform === "linux-arm64" ? "linux-amd64" : "linux-arm64" });
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox(mirror.env);
});

const bisect = (...words: string[]) => box.gox(["bisect", ...words]);
const sh = (script: string) => ["--", "sh", "-c", script];

interface Told {
	readonly first: string | null;
	readonly tried: readonly {
		readonly version: string;
		readonly verdict: string;
		readonly runs: number;
		readonly milliseconds: number;
	}[];
}
const told = (stdout: string): Told => JSON.parse(stdout);

describe("gox bisect", () => {
	it("names the first release that passes, and leaves the store as it was", async () => {
		await box.gox(["install", "1.91.1"]);
		const { status, stdout, stderr } = await bisect("--bad", "1.90.0", "--good", "latest", "--", "go", "test");
		expect(stdout).toBe("go1.92rc1 is the first release with which the command passes; with go1.92beta1 it fails\n");
		expect(status, stderr).toBe(0);
		expect(stderr).toContain("checking both ends: go1.90.0 and go1.93.0");
		expect(stderr).toContain("9 releases left, about 4 steps");
		expect(stderr).toMatch(/go1\.91\.2: bad \(exit 1, \d+ ms\)\n4 releases left, about 3 steps\n/);
		expect(box.names("versions")).toEqual(["go1.91.1"]);
		expect(box.names("receipts").filter((name) => name.endsWith(".json"))).toEqual(["go1.91.1.json"]);
		expect(box.names("aliases")).toEqual(["1", "1.91", "latest"]);
		expect(box.leftovers()).toEqual([]);
	});

	it("names the first release that fails, too; --json tells what was tried", async () => {
		const { status, stdout } = await bisect("--good", "1.90", "--bad", "1.92", "--json", ...sh("go; test $? = 1"));
		expect(status).toBe(0);
		expect(told(stdout)).toEqual({
			first: "go1.92rc1",
			verdict: "bad",
			last_good: "go1.92beta1",
			candidates: ["go1.92rc1"],
			skipped: [],
			flaky: [],
			tried: expect.any(Array),
		});
		const { tried } = told(stdout);
		expect(tried.slice(0, 2)).toMatchObject([
			{ version: "go1.90.1", verdict: "good", runs: 2, milliseconds: expect.any(Number) },
			{ version: "go1.92.1", verdict: "bad", runs: 2 },
		]);
		expect(tried.length).toBeLessThanOrEqual(2 + 3);
		expect(box.names("versions")).toEqual([]);
	});

	it("--stable leaves out pre-releases, --keep keeps what was brought, --once asks once", async () => {
		const { stdout } = await bisect("--bad", "1.91", "--good", "1.93", "--stable", "--keep", "--once", "--json", "--", "go");
		expect(told(stdout)).toMatchObject({ first: "go1.92.0", last_bad: "go1.91.2" });
		expect(told(stdout).tried.map(({ version, runs }) => [version, runs])).toEqual([
			["go1.91.2", 1],
			["go1.93.0", 1],
			["go1.92.1", 1],
			["go1.92.0", 1],
		]);
		expect(box.names("versions")).toEqual(["go1.91.2", "go1.92.0", "go1.92.1", "go1.93.0"]);
		expect((await box.gox(["default"])).stdout, "none becomes the default").not.toContain("go1.9");
	});

	it("exit 125 skips a release and asks its neighbour", async () => {
		const { status, stdout } = await bisect(
			"--bad",
			"1.90.0",
			"--good",
			"1.93",
			"--json",
			...sh("case $GOX_VERSION in 1.91.2) exit 125;; esac; go"),
		);
		expect(status).toBe(0);
		expect(told(stdout)).toMatchObject({ first: "go1.92rc1", last_bad: "go1.92beta1", skipped: ["go1.91.2"] });
		expect(told(stdout).tried[2]).toMatchObject({ version: "go1.91.2", verdict: "skip", runs: 1 });
	});

	it("says which are left where only skipped ones are", async () => {
		const script = "case $GOX_VERSION in 1.92rc1|1.92beta1) exit 125;; esac; go";
		const { status, stdout } = await bisect("--bad", "1.91", "--good", "1.92", ...sh(script));
		expect(status).toBe(125);
		expect(stdout).toBe(
			"the first release with which the command passes is one of: go1.92beta1, go1.92rc1, go1.92.0\n" +
				"(go1.92beta1, go1.92rc1 were skipped; with go1.91.2 it fails)\n",
		);
	});

	it("a flaky verdict is asked for a third time, and reported", async () => {
		// With 1.91.2 it passes the first time and never again.
		const script = "if [ $GOX_VERSION = 1.91.2 ] && mkdir first 2>/dev/null; then exit 0; fi; go";
		const { status, stdout, stderr } = await bisect("--bad", "1.90.0", "--good", "1.93", "--json", ...sh(script));
		expect(status).toBe(0);
		expect(stderr).toContain("warning: go1.91.2 is flaky: good, then bad, then bad; taken for bad");
		expect(told(stdout)).toMatchObject({ first: "go1.92rc1", flaky: ["go1.91.2"] });
		expect(told(stdout).tried[2]).toMatchObject({ version: "go1.91.2", verdict: "bad", runs: 3 });
	});

	it.each([
		["exit 127", 127, "with go1.90.0 the command ended with exit 127"],
		["exit 126", 126, "with go1.90.0 the command ended with exit 126"],
		["exit 200", 2, "with go1.90.0 the command ended with exit 200, which is no verdict"],
		["kill -SEGV $$", 2, "with go1.90.0 the command ended with SIGSEGV, which is no verdict"],
	])("%s is no verdict: it shows what was said and stops", async (script, exit, message) => {
		const { status, stdout, stderr } = await bisect(
			"--good",
			"1.90.0",
			"--bad",
			"1.93",
			...sh(`echo "what is wrong"; ${script}`),
		);
		expect({ status, stdout }).toEqual({ status: exit, stdout: "" });
		expect(stderr).toContain(message);
		expect(stderr).toContain("what is wrong\n");
		expect(box.names("versions")).toEqual([]);
		expect(box.leftovers()).toEqual([]);
	});

	it.each([
		[
			["--good", "1.90", "--bad", "1.93", "--", "go"],
			"--good 1.90: go1.90.1 was to be good, and the command fails there (exit 1)",
		],
		[
			["--bad", "1.90.0", "--good", "1.91", "--", "go"],
			"--good 1.91: go1.91.2 was to be good, and the command fails there (exit 1)",
		],
		[["--bad", "1.92", "--good", "1.93", "--", "go"], "--bad 1.92: go1.92.1 was to be bad, and the command succeeds there (ok)"],
		[["--good", "1.93", "--bad", "1.90", ...sh("exit 125")], "the command can't tell (exit 125)"],
		[["--good", "1.93", "--bad", "latest", "--", "go"], "are the same release, go1.93.0"],
		[["--good", "1.93", "--", "go"], "--bad is missing"],
		[["--good", "1.93", "--bad", "1.90"], "there is no command to test with"],
		[["--good", "1.9d", "--bad", "1.90", "--", "go"], '"1.9d" is not a Go version'],
		[["--good", "system", "--bad", "1.90", "--", "go"], "the system's go is not gox's to install"],
	])("usage: bisect %j", async (words, message) => {
		const { status, stderr } = await bisect(...words);
		expect(stderr).toContain(message);
		expect(status).toBe(2);
		expect(box.names("versions")).toEqual([]);
	});

	it("a release that can't be had ends it", async () => {
		mirror.server.failAlways(mirror.path("go1.91.2"), { status: 404 });
		const { status, stderr } = await bisect("--bad", "1.90.0", "--good", "1.93", "--", "go");
		mirror.server.failAlways(mirror.path("go1.91.2"), undefined);
		expect(status).toBe(4);
		expect(stderr).toContain("go1.91.2");
		expect((await bisect("--bad", "1.90.0", "--good", "1.99", "--", "go")).status).toBe(3);
		expect(box.names("versions")).toEqual([]);
		expect(box.leftovers()).toEqual([]);
	});

	it("Ctrl-C ends the command, removes what was brought, and exits 130", async () => {
		execFileSync(
			"mkfifo",
			["ready", "held"].map((name) => join(box.root, name)),
		);
		let gox = 0;
		const ran = box.gox(["bisect", "--bad", "1.90.0", "--good", "1.93", ...sh("exec 9>held; sleep 1000 & echo x >ready; wait")], {
			started: (pid) => {
				gox = pid;
			},
		});
		const held = readFile(join(box.root, "held"));
		await readFile(join(box.root, "ready"));
		expect(box.names("versions")).toEqual(["go1.90.0"]);
		process.kill(gox, "SIGINT");
		expect(await ran).toMatchObject({ status: 130, stdout: "", stderr: expect.stringContaining("interrupted (SIGINT)") });
		expect((await held).length).toBe(0);
		expect(box.names("versions")).toEqual([]);
		expect(box.leftovers()).toEqual([]);
	});
});
