import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { expectSound } from "../support/oracle.ts";
import { Sandbox } from "../support/sandbox.ts";

// Versions that no table knows, so that the mirror's own index is the only witness.
let mirror: Mirror;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror(
		["go1.90.1", "go1.90.2", "go1.90.3", "go1.91.0", "go1.91.1", "go1.92.0"].map((version) => ({
			version,
			platform: hostPlatform,
		})),
	);
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox({ ...mirror.env, XDG_CACHE_HOME: undefined });
});

const current = () => readlinkSync(join(box.home, "current"));

/** A project that asks for a version, seen by gox. */
async function project(name: string, files: Readonly<Record<string, string>>): Promise<void> {
	for (const [file, content] of Object.entries(files)) box.write({ [`${name}/${file}`]: content });
	expect((await box.gox(["why"], { cwd: name })).status).toBe(0);
}

describe("gox outdated", () => {
	it("says what is newer and what is past its end, and never fails for it", async () => {
		await box.gox(["install", "1.90.1", "1.92.0"]);
		const { status, stdout } = await box.gox(["outdated"]);
		expect({ status, stdout }).toEqual({
			status: 0,
			stdout: [
				"go1.90.1 (default): end of life; 1.90.3 is newer",
				"  the newest 1.90: gox upgrade 1.90",
				"  a Go that still gets fixes: gox install latest",
				"",
			].join("\n"),
		});
		const json = JSON.parse((await box.gox(["outdated", "--json"])).stdout);
		expect(json).toMatchObject([
			{ version: "go1.92.0", endOfLife: false, newer: null, vulnerabilities: [] },
			{ version: "go1.90.1", platform: hostPlatform, default: true, endOfLife: true, newer: "go1.90.3", newerInstalled: false },
		]);
	});

	it("names vulnerabilities, CVEs and the fixing releases", async () => {
		mirror.add({ version: "go1.22.5", platform: hostPlatform });
		await box.gox(["install", "1.22.5", "--unofficial"]);
		const { stdout } = await box.gox(["outdated", "1.22.5"]);
		// What the mirror doesn't offer is no advice.
		expect(stdout).toMatch(/^go1\.22\.5 \(default\): end of life; \d\d known vulnerabilities\n/);
		expect(stdout).toMatch(/GO-20\d\d-\d+ +CVE-20\d\d-\d+ +fixed in go1\.\d+\.\d+ /);
		const all = await box.gox(["outdated", "1.22", "--verbose"]);
		expect(all.stdout.match(/^ {2}GO-/gm)?.length).toBeGreaterThan(60);
		expect((await box.gox(["list"])).stdout).toMatch(/default; end of life; \d\d known vulnerabilities\n/);
		expect((await box.gox(["outdated", "1.80"])).stderr).toContain("no installed Go matches 1.80");
	});
});

describe("gox upgrade", () => {
	it("installs the newest patch and moves the default along", async () => {
		await box.gox(["install", "1.90.1", "1.91.0"]);
		const planned = await box.gox(["upgrade", "--dry-run", "--prune"]);
		expect(planned.stderr).toContain("Go 1.90: install go1.90.3, make it the default, remove go1.90.1");
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.91.0"]);
		const { status, stderr } = await box.gox(["upgrade"]);
		expect({ status, default: current() }, stderr).toEqual({ status: 0, default: "versions/go1.90.3" });
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.90.3", "go1.91.0"]);
		expect((await box.gox(["upgrade"])).stderr).toContain("go1.90.3 is the newest Go 1.90");
	});

	it("--all --prune leaves the newest of each minor, and what somebody needs", async () => {
		await box.gox(["install", "1.90.1", "1.90.2", "1.91.0"]);
		await box.gox(["alias", "work", "1.90.2"]);
		await project("app", { "go.mod": "module app\n\ngo 1.91\n" });
		const { status, stdout, stderr } = await box.gox(["upgrade", "--all", "--prune", "--json"]);
		expect(status, stderr).toBe(0);
		expect(JSON.parse(stdout)).toEqual([
			{
				version: "go1.91.1",
				platform: hostPlatform,
				from: ["go1.91.0"],
				status: "installed",
				default: false,
				removed: ["go1.91.0"],
			},
			{
				version: "go1.90.3",
				platform: hostPlatform,
				from: ["go1.90.2", "go1.90.1"],
				status: "installed",
				default: true,
				removed: ["go1.90.1"],
			},
		]);
		expect(box.names("versions")).toEqual(["go1.90.2", "go1.90.3", "go1.91.1"]);
		expect(current()).toBe("versions/go1.90.3");
	});

	it("a default of another minor stays, and wrong words are told", async () => {
		await box.gox(["install", "1.91.0", "1.90.1"]);
		await box.gox(["upgrade", "1.90"]);
		expect(current()).toBe("versions/go1.91.0");
		expect(await box.gox(["upgrade", "1.80"])).toMatchObject({ status: 3, stderr: expect.stringContaining("gox install 1.80") });
		expect(await box.gox(["upgrade", "1.90", "--all"])).toMatchObject({ status: 2 });
	});

	it("fails whole where the site is down: the old one stays the default", async () => {
		const path = mirror.path("go1.91.1");
		await box.gox(["install", "1.91.0"]);
		mirror.server.failAlways(path, { status: 404 });
		const { status } = await box.gox(["upgrade", "--prune"]);
		mirror.server.failAlways(path, undefined);
		expect(status).toBe(4);
		expect(current()).toBe("versions/go1.91.0");
		expect(box.names("versions")).toEqual(["go1.91.0"]);
	});
});

describe("SIGKILL at every checkpoint of upgrade", { tags: "fault-17" }, () => {
	it.each([
		"install:built",
		"install:renamed",
		"upgrade:installed",
		"default:link",
		"upgrade:default",
		"uninstall:renamed",
		"upgrade:pruned",
	])("killed at %s, the next one goes on", async (checkpoint) => {
		await box.gox(["install", "1.91.0"]);
		const killed = await box.gox(["upgrade", "--prune"], { env: { GOX_CHECKPOINT: checkpoint } });
		expect(killed.signal).toBe("SIGKILL");
		expect(existsSync(join(box.home, "current", "bin/go"))).toBe(true);
		expect((await box.gox(["list"])).status).toBe(0);
		expectSound(box.home);
		const again = await box.gox(["upgrade", "--prune"]);
		expect(again.status, again.stderr).toBe(0);
		expect(current()).toBe("versions/go1.91.1");
		expect((await box.gox(["prune", "--yes"])).status).toBe(0);
		expect(box.names("versions")).toEqual(["go1.91.1"]);
		expectSound(box.home);
	});
});

describe("gox prune", () => {
	it("shows what would go and what stays, and why; without --yes and a terminal nothing goes", async () => {
		await box.gox(["install", "1.91.1", "1.90.1", "1.90.2", "1.90.3", "1.91.0"]);
		await project("pinned", { ".go-version": "1.90.2\n" });
		await box.gox(["default", "1.91.0"]);
		for (const args of [["prune"], ["prune", "--dry-run"], ["prune", "--dry-run", "--yes"]]) {
			const { status, stdout } = await box.gox(args);
			expect({ status, stdout: stdout.replace(/ +\d+ [KM]?B /g, " SIZE ").replace(/ {2,}/g, "  ") }).toEqual({
				// Without a terminal to ask on, nothing is removed.
				status: args.length === 1 ? 2 : 0,
				stdout: [
					"remove  go1.90.1 SIZE  nothing asks for it",
					"keep  go1.91.1  the newest 1.91 here",
					"keep  go1.91.0  the default",
					"keep  go1.90.3  the newest 1.90 here",
					`keep  go1.90.2  ${join(box.root, "pinned/.go-version")}: 1.90.2`,
					"",
				].join("\n"),
			});
		}
		expect(box.names("versions")).toHaveLength(5);
		rmSync(join(box.root, "pinned"), { recursive: true });
		const gone = await box.gox(["prune", "--yes", "--json"]);
		expect(JSON.parse(gone.stdout)).toMatchObject({ done: true, versions: [{ version: "go1.90.2" }, { version: "go1.90.1" }] });
		expect(box.names("versions")).toEqual(["go1.90.3", "go1.91.0", "go1.91.1"]);
		expect(box.read("goxhome/projects")).toBe("");
		await box.gox(["prune", "--unused", "--yes"]);
		expect(box.names("versions")).toEqual(["go1.91.0"]);
	});

	it("keeps what this directory and the home ask for, though gox has seen neither", async () => {
		await box.gox(["install", "1.90.3", "1.90.2", "1.90.1"]);
		box.write({ "unseen/.go-version": "1.90.1\n", "user/.tool-versions": "nodejs 20.1.0\ngolang 1.90.2\n" });
		rmSync(join(box.home, "projects"), { force: true });
		const { stdout } = await box.gox(["prune", "--json"], { cwd: "unseen" });
		expect(JSON.parse(stdout)).toMatchObject({
			versions: [],
			kept: [
				{ version: "go1.90.3" },
				{ version: "go1.90.2", why: [`${join(box.root, "user/.tool-versions")}: 1.90.2`] },
				{ version: "go1.90.1", why: [`${join(box.root, "unseen/.go-version")}: 1.90.1`] },
			],
		});
	});

	it("takes second copies in Go's module cache only on request, with their zips", async () => {
		await box.gox(["install", "1.90.3"]);
		const cache = join(box.root, "user/go/pkg/mod");
		const version = (name: string) => `v0.0.1-${name}.${hostPlatform}`;
		for (const name of ["go1.90.3", "go1.90.2"]) {
			const tree = join(cache, `golang.org/toolchain@${version(name)}/bin`);
			mkdirSync(tree, { recursive: true });
			writeFileSync(join(tree, "go"), "go", { mode: 0o555 });
			const downloads = join(cache, "cache/download/golang.org/toolchain/@v");
			mkdirSync(downloads, { recursive: true });
			for (const end of ["zip", "ziphash", "info"]) writeFileSync(join(downloads, `${version(name)}.${end}`), "x");
		}
		expect((await box.gox(["prune"])).stderr).toContain("gox prune --modcache");
		await box.gox(["prune", "--yes"]);
		expect(existsSync(join(cache, `golang.org/toolchain@${version("go1.90.3")}`))).toBe(true);
		await box.gox(["prune", "--modcache", "--yes"]);
		expect(existsSync(join(cache, `golang.org/toolchain@${version("go1.90.3")}`))).toBe(false);
		const left = (name: string, end: string) =>
			existsSync(join(cache, `cache/download/golang.org/toolchain/@v/${version(name)}.${end}`));
		expect([left("go1.90.3", "zip"), left("go1.90.3", "ziphash"), left("go1.90.3", "info")]).toEqual([false, false, true]);
		expect([left("go1.90.2", "zip"), existsSync(join(cache, `golang.org/toolchain@${version("go1.90.2")}`))]).toEqual([
			true,
			true,
		]);
	});

	it("keeps the newest backup of each start-up file", async () => {
		await box.gox(["install", "1.90.3"]);
		const names = [
			".zshrc.2026-01-01T00-00-00.000Z",
			".zshrc.2026-02-01T00-00-00.000Z",
			".bashrc.2026-01-01T00-00-00.000Z",
			"note.txt",
		];
		for (const name of names) box.write({ [`goxhome/backup/${name}`]: "x" });
		await box.gox(["prune", "--yes"]);
		expect(box.names("backup")).toEqual(names.slice(1).sort());
	});

	it("warns of a project that can't be understood", async () => {
		await box.gox(["install", "1.90.3"]);
		await project("odd", { ".go-version": "1.90\n" });
		box.write({ "odd/.go-version": "<<<<<<< HEAD\n" });
		const { status, stderr } = await box.gox(["prune"]);
		expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining("odd/.go-version:1") });
	});
});

describe("gox dedupe, list --sizes and cache", () => {
	it("share, and say so", async () => {
		await box.gox(["install", "1.90.1"]);
		const { stderr } = await box.gox(["install", "1.90.2", "--dedupe"]);
		expect(stderr).toMatch(/shares \d+ B with go1\.90\.1/);
		const json = JSON.parse((await box.gox(["list", "--json"])).stdout);
		expect(json[0].sharedSize).toBeGreaterThan(0);
		expect(json[1]).toMatchObject({ version: "go1.90.1", sharedSize: 0 });
		expect((await box.gox(["list", "--sizes"])).stdout).toMatch(/go1\.90\.2 .* B shared/);
		await box.gox(["install", "1.90.3"]);
		const shared = await box.gox(["dedupe", "--json"]);
		expect(JSON.parse(shared.stdout)).toMatchObject([
			{ version: "go1.90.2", with: "go1.90.1" },
			{ version: "go1.90.3", with: "go1.90.2" },
		]);
		for (const name of ["go1.90.2", "go1.90.3"]) {
			expect((await box.gox(["uninstall", name])).status).toBe(0);
			expect((await box.gox(["exec", "1.90.1", "--", "go", "version"])).stdout).toContain("go1.90.1");
		}
		expect(JSON.parse((await box.gox(["list", "--json"])).stdout)[0].sharedSize).toBe(0);
	});

	it("share every equal file, those too that come out of the archive in pieces", async () => {
		const more = [...Array.from({ length: 30 }, (_, index) => 60_000 + 7_919 * index), 1_500_000].map((size, index) => ({
			path: `go/src/large/file${index}.go`,
			content: randomBytes(size),
		}));
		const bytes = more.reduce((sum, { content }) => sum + content.length, 0);
		for (const version of ["go1.80.1", "go1.80.2"]) mirror.add({ version, platform: hostPlatform, more });
		await box.gox(["install", "1.80.1"]);
		expect((await box.gox(["install", "1.80.2", "--dedupe"])).status).toBe(0);
		const [neighbour] = JSON.parse((await box.gox(["list", "--json"])).stdout);
		expect(neighbour.version).toBe("go1.80.2");
		expect(neighbour.sharedSize).toBeGreaterThanOrEqual(bytes);
		// Only what has the version in it is its own.
		expect(neighbour.size - neighbour.sharedSize).toBeLessThan(0.02 * neighbour.size);
		const path = (version: string, file: string) => join(box.home, "versions", version, file.replace(/^go\//, ""));
		for (const { path: file, content } of more) expect(readFileSync(path("go1.80.2", file)).equals(content)).toBe(true);
		// An edit, as editors write it, is seen in one of them alone.
		const [{ path: file, content } = { path: "", content: Buffer.of() }] = more;
		writeFileSync(`${path("go1.80.1", file)}.new`, "edited");
		renameSync(`${path("go1.80.1", file)}.new`, path("go1.80.1", file));
		expect(readFileSync(path("go1.80.2", file)).equals(content)).toBe(true);
		expect(box.leftovers()).toEqual([]);
	});

	it("the cache is shown, and cleaned", async () => {
		await box.gox(["list", "--remote"]);
		const shown = JSON.parse((await box.gox(["cache", "--json"])).stdout);
		expect(shown).toMatchObject({ path: (await box.gox(["cache", "path"])).stdout.trim(), entries: [{ name: "index" }] });
		expect(JSON.parse((await box.gox(["cache", "size", "--json"])).stdout)).toBe(shown.bytes);
		expect((await box.gox(["cache", "clean"])).stderr).toContain("removed");
		expect(JSON.parse((await box.gox(["cache", "--json"])).stdout)).toMatchObject({ bytes: 0, entries: [] });
		expect(await box.gox(["cache", "empty"])).toMatchObject({ status: 2 });
	});
});
