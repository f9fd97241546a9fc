import { execFileSync } from "node:child_process";
import { chownSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { goxVersion } from "../../src/product.ts";
import { onPath } from "../shell/shells.ts";
import { sha256 } from "../support/archives.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";

// Versions that no table knows, so that the mirror's own index is the only witness.
let mirror: Mirror;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror(
		["go1.90.1", "go1.90.2", "go1.91.0", "go1.92rc1"].map((version) => ({ version, platform: hostPlatform })),
	);
	mirror.add({ version: "go1.90.2", platform: "darwin-arm64" });
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox(mirror.env);
});

const shim = (name = "go") => join(box.home, "shims", name);

describe("gox install", () => {
	it("lays down a version that runs, and says where it came from and who vouches for it", async () => {
		const { status, stderr, stdout } = await box.gox(["install", "1.90.1"]);
		expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
		expect(stderr).toContain("installed go1.90.1 as the default");
		expect(stderr).toContain(`from ${mirror.server.origin}/dl/go1.90.1`);
		expect(stderr).toContain(`vouched for by the index ${mirror.server.origin}`);
		expect(stderr).toContain("gox setup");
		expect(execFileSync(shim(), ["version"], { encoding: "utf8" })).toBe(
			`go version go1.90.1 ${hostPlatform.replace("-", "/")}\n`,
		);
		expect(box.leftovers()).toEqual([]);
	});

	it("says with --timings where the time of each version went, and without it nothing", async () => {
		const ran = await box.gox(["install", "1.90.1", "1.90.2", "--timings", "--json"]);
		const outcomes = JSON.parse(ran.stdout) as { version: string; timings: Record<string, number> }[];
		expect(outcomes.map(({ version }) => version)).toEqual(["go1.90.1", "go1.90.2"]);
		for (const { timings } of outcomes) {
			const { total = 0, ...parts } = timings;
			const alone = Object.keys(parts).filter((part) => part !== "others");
			expect(alone).toEqual(["start", "index", "lock", "download", "gunzip", "parse", "write", "hash", "proof", "commit"]);
			for (const milliseconds of Object.values(timings)) expect(milliseconds).toBeGreaterThanOrEqual(0);
			expect(Math.abs(Object.values(parts).reduce((sum, part) => sum + part) - total)).toBeLessThan(1);
		}
		expect(ran.stderr).toMatch(/^ {2}gunzip +\d+ ms +\d+% {2}waiting for zlib/m);
		const untimed = await box.gox(["install", "1.91.0", "--json"]);
		expect(untimed.stderr).not.toContain("waiting for zlib");
		expect(JSON.parse(untimed.stdout)[0]).not.toHaveProperty("timings");
	});

	it.each([
		["1.90", "go1.90.2"],
		["go1.90.1", "go1.90.1"],
		["latest", "go1.91.0"],
		["oldstable", "go1.90.2"],
		["next", "go1.92rc1"],
		["1.92rc1", "go1.92rc1"],
		[">=1.90 <1.91", "go1.90.2"],
		["~1.90.1", "go1.90.2"],
		["1", "go1.91.0"],
		["1.90.x", "go1.90.2"],
	])("%s means %s, and list --remote says so first", async (request, version) => {
		const installed = await box.gox(["install", request, "--json"]);
		expect(installed.status, installed.stderr).toBe(0);
		expect(JSON.parse(installed.stdout)).toMatchObject([
			{ version, platform: hostPlatform, status: "installed", goroot: join(box.home, "versions", version) },
		]);
		const listed = await box.gox(["list", "--remote", request, "--json"]);
		expect(JSON.parse(listed.stdout)[0]).toMatchObject({
			version,
			platform: hostPlatform,
			installed: true,
			stable: !version.includes("rc"),
		});
		expect(JSON.parse(listed.stdout)[0].sha256).toMatch(/^[0-9a-f]{64}$/);
	});

	it("is content with what is there already", async () => {
		await box.gox(["install", "1.90.1"]);
		const before = mirror.server.requests.length;
		const again = await box.gox(["install", "1.90.1", "--json"]);
		expect(JSON.parse(again.stdout)).toMatchObject([{ status: "already" }]);
		expect(mirror.server.requests.slice(before).filter((each) => each.url.endsWith(".gz"))).toEqual([]);
	});

	it("mod and an alias mean the same to install, list --remote, list and default", async () => {
		box.write({ "m/go.mod": "module m\n\ngo 1.90\n" });
		const first = async (...args: string[]) => JSON.parse((await box.gox([...args, "--json"], { cwd: "m" })).stdout)[0]?.version;
		expect(await first("list", "--remote", "mod")).toBe("go1.90.2");
		expect(await first("install", "mod")).toBe("go1.90.2");
		expect(await first("list", "mod")).toBe("go1.90.2");
		await box.gox(["install", "1.91.0", "1.90.1"]);
		await box.gox(["alias", "work", "1.90.1"]);
		for (const command of [["list", "--remote"], ["list"], ["install"]]) expect(await first(...command, "work")).toBe("go1.90.1");
		await box.gox(["default", "system"]);
		const chosen = await box.gox(["default", "mod", "--json"], { cwd: "m" });
		expect(JSON.parse(chosen.stdout)).toMatchObject({ version: "go1.90.2" });
		expect(await box.gox(["list", "wrok"])).toMatchObject({ status: 2, stdout: "" });
		expect((await box.gox(["list", "1.99", "--json"])).stdout).toBe("[]\n");
	});

	it("--default with another platform's Go is refused before anything is fetched", async () => {
		const foreign = hostPlatform === "darwin-arm64" ? "linux-arm64" : "darwin-arm64";
		const before = mirror.server.requests.length;
		const ran = await box.gox(["install", "1.90.2", "--default", "--platform", foreign]);
		expect(ran).toMatchObject({ status: foreign === "darwin-arm64" ? 2 : 3, stdout: "" });
		expect(mirror.server.requests.slice(before).filter((each) => each.url.endsWith(".gz"))).toEqual([]);
		expect(box.names("versions")).toEqual([]);
	});

	it("--force 1.90 means the newest 1.90, never 1.9", { tags: "fault-25" }, async () => {
		const { status, stderr } = await box.gox(["install", "--force", "1.90"]);
		expect(status, stderr).toBe(0);
		expect(box.names("versions")).toEqual(["go1.90.2"]);
	});

	it("several at once: one default, the first", async () => {
		const { status, stderr } = await box.gox(["install", "1.90.2", "1.91", "1.90.1", "--jobs", "3"]);
		expect(status, stderr).toBe(0);
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.90.2", "go1.91.0"]);
		expect(readlinkSync(join(box.home, "current"))).toBe("versions/go1.90.2");
		expect(box.names("aliases")).toEqual(["1", "1.90", "1.91", "latest"]);
	});

	it("without a version installs what the directory asks for", async () => {
		box.write({ "p/.go-version": "1.90.1\n", "m/go.mod": "module m\n\ngo 1.91\n", "n/x": "" });
		const pinned = await box.gox(["install"], { cwd: "p" });
		expect(pinned.stderr).toContain(`${join(box.root, "p/.go-version")} asks for 1.90.1`);
		expect((await box.gox(["install"], { cwd: "m" })).status).toBe(0);
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.91.0"]);
		const again = await box.gox(["install"], { cwd: "p" });
		expect(again).toMatchObject({ status: 0 });
		expect(again.stderr).toContain("go1.90.1 is installed");
		rmSync(shim("gofmt"));
		expect((await box.gox(["install"], { cwd: "p" })).status).toBe(0);
		expect(box.names("shims")).toContain("gofmt");
		const nothing = await box.gox(["install"], { cwd: "n" });
		expect(nothing.status).toBe(2);
		expect(nothing.stderr).toContain("nothing in this directory says which Go it wants");
	});

	it("several platforms lie side by side; GOX_PLATFORM is the default of --platform", async () => {
		const foreign = hostPlatform === "darwin-arm64" ? "linux-amd64" : "darwin-arm64";
		if (foreign === "linux-amd64") mirror.add({ version: "go1.90.2", platform: foreign });
		await box.gox(["install", "1.90.2"]);
		const { status, stderr } = await box.gox(["install", "1.90"], { env: { GOX_PLATFORM: foreign } });
		expect(status, stderr).toBe(0);
		expect(box.names("versions")).toEqual(["go1.90.2", `go1.90.2@${foreign}`]);
		expect(JSON.parse((await box.gox(["list", "--json"])).stdout).map((each: { platform: string }) => each.platform)).toEqual([
			hostPlatform,
			foreign,
		]);
		expect((await box.gox(["default", `1.90.2@${foreign}`])).status).toBe(2);
		const elsewhere = await box
			.gox(["install", "1.90.1"])
			.then(() => box.gox(["uninstall", "1.90.1"], { env: { GOX_PLATFORM: foreign } }));
		expect(elsewhere).toMatchObject({
			status: 3,
			stderr: `gox: 1.90.1 is not installed for ${foreign}\n  gox uninstall 1.90.1\n`,
		});
		await box.gox(["uninstall", "1.90.1"]);
		expect((await box.gox(["uninstall", "1.90.2"], { env: { GOX_PLATFORM: foreign } })).status).toBe(0);
		expect(box.names("versions")).toEqual(["go1.90.2"]);
		const gone = await box.gox(["uninstall", `1.90.2@${foreign}`]);
		expect(gone).toMatchObject({ status: 3, stderr: expect.stringContaining("gox uninstall 1.90.2\n") });
	});
});

describe("the other commands of the store", () => {
	beforeEach(async () => {
		expect((await box.gox(["install", "1.90.1", "1.91.0"])).status).toBe(0);
	});

	it("list marks the default", async () => {
		expect((await box.gox(["list"])).stdout).toBe("   go1.91.0\n*  go1.90.1    default; 1.90.2 is newer\n");
		const json = JSON.parse((await box.gox(["ls", "--json"])).stdout);
		expect(json).toMatchObject([
			{ version: "go1.91.0", default: false },
			{ version: "go1.90.1", default: true, goroot: join(box.home, "versions/go1.90.1"), platform: hostPlatform },
		]);
	});

	it("default, alias, current, which, exec and uninstall agree with each other", async () => {
		expect((await box.gox(["default", "1.91"])).stderr).toContain("the default is now go1.91.0");
		expect((await box.gox(["alias", "work", "1.90"])).status).toBe(0);
		expect((await box.gox(["current"])).stdout).toBe("go1.91.0 (default)\n");
		expect((await box.gox(["which"], { env: { GOX_VERSION: "work" } })).stdout).toBe(`${box.home}/versions/go1.90.1/bin/go\n`);
		expect((await box.gox(["exec", "work", "--", "go", "version"])).stdout).toContain("go1.90.1");
		expect((await box.gox(["exec", "1.91", "go", "version"])).stdout).toContain("go1.91.0");
		const gone = await box.gox(["uninstall", "1.90.1"]);
		expect(gone.stderr).toContain("removed the alias work");
		expect((await box.gox(["which"], { env: { GOX_VERSION: "1.90.1" } })).status).toBe(3);
		expect(box.leftovers()).toEqual([]);
	});

	it("uninstall takes what is left of a damaged version, and names each of several so that pasting removes that one", async () => {
		rmSync(join(box.home, "versions/go1.90.1/bin/go"));
		expect((await box.gox(["list"])).stdout).not.toContain("go1.90.1");
		expect((await box.gox(["uninstall", "1.90.1"])).stderr).toContain("removed go1.90.1\n");
		expect(box.names("versions")).toEqual(["go1.91.0"]);
		expect(box.names("receipts").filter((name) => name.startsWith("go1.90.1"))).toEqual([]);
		await box.gox(["install", "1.90.1", "1.90.2"]);
		expect(await box.gox(["uninstall", "1.90"])).toMatchObject({
			status: 2,
			stderr: "gox: 1.90 matches go1.90.2, go1.90.1\n  gox uninstall 1.90.2\n  gox uninstall 1.90.1\n",
		});
	});

	it("a first release of an old minor is named so that it is not the whole minor", async () => {
		const old = await startMirror(["go1.20", "go1.20.1"].map((version) => ({ version, platform: hostPlatform })));
		try {
			const env = { ...old.env, GOX_UNOFFICIAL: "1" };
			expect((await box.gox(["install", "1.20.0", "1.20.1"], { env })).status).toBe(0);
			expect((await box.gox(["uninstall", "1.20"])).stderr).toContain("gox uninstall 1.20.1\n  gox uninstall 1.20.0\n");
		} finally {
			await old.close();
		}
	});

	it("pin writes what was meant", async () => {
		const pinned = async (word: string) => {
			const { status, stderr } = await box.gox(["pin", word], { cwd: "user" });
			expect(status, stderr).toBe(0);
			return box.read("user/.go-version");
		};
		expect(await pinned("go1.90.1")).toBe("1.90.1\n");
		expect(await pinned("1.90")).toBe("1.90\n");
		expect(await pinned("latest")).toBe("1.91.0\n");
		expect(await pinned(">=1.90 <1.91")).toBe("1.90.2\n");
		expect(await pinned("1.20.0")).toBe("1.20.0\n");
		expect(await pinned("system")).toBe("system\n");
		const refused = await box.gox(["pin", "1.91.77"], { cwd: "user" });
		expect(refused.status).toBe(3);
		expect(box.read("user/.go-version")).toBe("system\n");
		expect(JSON.parse((await box.gox(["pin", "--json"], { cwd: "user" })).stdout)).toEqual({
			path: join(box.root, "user/.go-version"),
			pin: "system",
		});
	});

	it("what changes something says with --json what it is now", async () => {
		const said = async (...args: string[]) => JSON.parse((await box.gox([...args, "--json"], { cwd: "user" })).stdout);
		expect(await said("alias", "work", "1.90.1")).toEqual({ work: "go1.90.1" });
		expect(await said("alias", "work", "--remove")).toEqual({ work: null });
		expect(await said("config", "strict", "on")).toBe("on");
		expect(await said("config", "strict", "--unset")).toBe("off");
		expect(await said("default", "1.91")).toMatchObject({ version: "go1.91.0" });
		expect(await said("pin", "system")).toMatchObject({ pin: "system" });
		expect(await said("install")).toEqual([]);
		expect(await said("version")).toEqual({ version: goxVersion });
		expect(await said("instal")).toMatchObject({ error: { code: "usage", hint: "gox install --help" } });
	});

	it("config is read back, and a mistake in it is named", async () => {
		expect((await box.gox(["config", "auto_install", "yes"])).status).toBe(0);
		expect((await box.gox(["config", "auto_install"])).stdout).toBe("yes\n");
		expect((await box.gox(["config", "auto_install", "perhaps"])).status).toBe(2);
		expect((await box.gox(["config", "mirrors", "ftp://example.org"])).stderr).toContain("https, http or file, not ftp:");
		expect((await box.gox(["config", "index", "somewhere"])).stderr).toContain('gox config index: "somewhere" is not a URL');
		expect((await box.gox(["config", "mirrors", "http://go.corp.example/dl,file:///srv/go"])).status).toBe(0);
		expect((await box.gox(["config", "mirrors", "--unset"])).status).toBe(0);
		box.write({ "odd.conf": "# mine\nauto_install = perhaps\n" });
		const { status, stderr } = await box.gox(["install", "1.90.2"], { env: { GOX_CONFIG: join(box.root, "odd.conf") } });
		expect(status).toBe(2);
		expect(stderr).toContain('odd.conf:2: auto_install can\'t be "perhaps"');
	});

	it("auto_install = yes installs on the first go, and no says what to type", async () => {
		box.write({ "p/.go-version": "1.90.2\n" });
		const refused = await box.run(shim(), ["version"], { cwd: "p" });
		expect(refused.status).toBe(3);
		expect(refused.stderr).toBe(
			`gox: go1.90.2 is not installed (asked for by ${join(box.root, "p/.go-version")})\n  gox install 1.90.2\n`,
		);
		await box.gox(["config", "auto_install", "yes"]);
		const ran = await box.run(shim(), ["version"], { cwd: "p" });
		expect(ran.status, ran.stderr).toBe(0);
		expect(ran.stdout).toBe(`go version go1.90.2 ${hostPlatform.replace("-", "/")}\n`);
	});

	it("where no installed Go is enough for go.mod, a no says what Go would do by itself", async () => {
		box.write({ "p/go.mod": "module m\n\ngo 1.92rc1\n" });
		const mod = join(box.root, "p/go.mod");
		const missing = `gox: ${mod} asks for go 1.92rc1; no installed Go satisfies it\n  gox install 1.92rc1\n`;
		const said = async (GOTOOLCHAIN: string) => {
			const { status, stderr } = await box.run(shim(), ["-C", "p", "version"], { env: { GOTOOLCHAIN } });
			expect(status).toBe(3);
			expect(stderr.slice(-missing.length)).toBe(missing);
			return stderr.slice(0, -missing.length);
		};
		const start = (value: string) => `Go by itself (the default): GOTOOLCHAIN=${value} (the environment): go1.90.1`;
		const becomes = `becomes go1.92rc1 (${mod}: go 1.92rc1), which is not on PATH`;
		expect(await said("auto")).toBe(`${start("auto")} ${becomes}: Go downloads it, unless its module cache has it\n`);
		expect(await said("path")).toBe(`${start("path")} ${becomes}, and so fails\n`);
		expect(await said("local")).toBe(`${start("local")} stays itself, and refuses: ${mod}: go 1.92rc1\n`);
		await box.gox(["config", "auto_install", "no"]);
		expect(await said("path")).toBe(`${start("path")} ${becomes}, and so fails\n`);
		await box.gox(["config", "auto_install", "yes"]);
		const ran = await box.run(shim(), ["-C", "p", "version"], { env: { GOTOOLCHAIN: "auto" } });
		expect(ran.stdout, ran.stderr).toContain("go1.92rc1");
		expect(ran.stderr).not.toContain("Go by itself");
	});

	it.skipIf(onPath("tmux") === undefined)(
		"auto_install = ask asks on a terminal, and an Enter is a yes (needs tmux)",
		async () => {
			box.write({ "p/.go-version": "1.90.2\n" });
			// A server of its own for each question: the last one may still be ending.
			let server = 0;
			const tmux = (...args: string[]) => box.run("tmux", ["-S", join(box.root, `tmux${server}`), "-f", "/dev/null", ...args]);
			const answered = async (keys: string) => {
				server++;
				const script = `cd p && GOX_HOME='${box.home}' ../goxhome/shims/go version >../out; echo "$?" >../status; tmux -S ../tmux${server} wait-for -S asked`;
				const started = await tmux("new-session", "-d", "-x", "200", "-y", "50", "-c", box.root, "sh", "-c", script);
				expect(started.stderr).toBe("");
				if (keys !== "") await tmux("send-keys", "-l", keys);
				await tmux("send-keys", "Enter");
				expect((await tmux("wait-for", "asked")).status).toBe(0);
				return [Number(box.read("status")), box.read("out")];
			};
			expect(await answered("n")).toEqual([3, ""]);
			expect(box.names("versions")).not.toContain("go1.90.2");
			expect(await answered("")).toEqual([0, `go version go1.90.2 ${hostPlatform.replace("-", "/")}\n`]);
			await tmux("kill-server");
		},
	);

	it.skipIf(process.getuid?.() !== 0)(
		"auto_install = yes installs nothing because another user's file asks (skipped unless root, who alone can give files away)",
		async () => {
			box.write({ "p/.go-version": "1.90.2\n" });
			const file = join(box.root, "p/.go-version");
			chownSync(file, 1234, 1234);
			await box.gox(["config", "auto_install", "yes"]);
			const why = "that file is another user's (uid 1234), so gox installs nothing for it by itself\n  gox install 1.90.2\n";
			const ran = await box.run(shim(), ["version"], { cwd: "p" });
			expect(ran).toMatchObject({ status: 3, stderr: `gox: go1.90.2 is not installed (asked for by ${file}); ${why}` });
			const asked = await box.gox(["auto-install", "1.90.2", "--asked-by", file], { cwd: "p" });
			expect(asked).toMatchObject({ status: 3, stderr: `gox: ${file} asks for go1.90.2; ${why}` });
			expect(box.names("versions")).not.toContain("go1.90.2");
			expect((await box.gox(["install", "1.90.2"], { cwd: "p" })).status).toBe(0);
			expect((await box.run(shim(), ["version"], { cwd: "p" })).status).toBe(0);
		},
	);
});

describe("what is trusted", () => {
	it("an archive that the release table contradicts is refused, however consistently index and mirror lie", async () => {
		const liar = await startMirror([
			{ version: "go1.22.5", platform: hostPlatform, more: [{ path: "go/trojan", content: "horse" }] },
		]);
		const trojan = await fetch(`${liar.server.origin}${liar.path("go1.22.5")}`);
		liar.server.put(`${liar.path("go1.22.5")}.sha256`, sha256(new Uint8Array(await trojan.arrayBuffer())));
		try {
			const { status, stderr } = await box.gox(["install", "1.22.5"], { env: liar.env });
			expect(status).toBe(5);
			expect(stderr).toContain("contradict each other about go1.22.5");
			const mirrorOnly = await box.gox(["install", "1.22.5"], { env: { ...liar.env, GOX_INDEX: "" } });
			expect(mirrorOnly.status).toBe(5);
			expect(mirrorOnly.stderr).toContain("SHA-256");
			expect(box.names("versions")).toEqual([]);
			expect(box.leftovers()).toEqual([]);
			const mine = await box.gox(["install", "1.22.5"], { env: { ...liar.env, GOX_UNOFFICIAL: "1" } });
			expect(mine.status, mine.stderr).toBe(0);
			expect(mine.stderr).toContain("not what the Go project published");
			expect(JSON.parse(box.read("goxhome/receipts/go1.22.5.json"))).toMatchObject({
				official: false,
				witnesses: [{ kind: "unofficial index" }],
			});
		} finally {
			await liar.close();
		}
	});

	it("wrong bytes are deleted; a second mirror that has the right ones takes over", async () => {
		const bad = await startMirror();
		bad.server.put(mirror.path("go1.90.1"), Buffer.from("not an archive at all"));
		try {
			const alone = await box.gox(["install", "1.90.1"], { env: { GOX_MIRRORS: bad.server.mirror } });
			expect(alone.status).toBe(5);
			expect(box.names("versions")).toEqual([]);
			const both = await box.gox(["install", "1.90.1"], { env: { GOX_MIRRORS: `${bad.server.mirror},${mirror.server.mirror}` } });
			expect(both.status, both.stderr).toBe(0);
			expect(box.leftovers()).toEqual([]);
		} finally {
			await bad.close();
		}
	});
});
