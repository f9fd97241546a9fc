import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { ArchivePolicy } from "../../src/archive/policy.ts";
import { TarGzUnpacker } from "../../src/archive/targz.ts";
import { TreeWriter } from "../../src/archive/tree.ts";
import { GoxError } from "../../src/errors.ts";
import { type InstallPlan, installVersion } from "../../src/install/install.ts";
import { uninstallVersion } from "../../src/store/abandoned.ts";
import { installedVersions } from "../../src/store/installed.ts";
import { layoutOf } from "../../src/store/layout.ts";
import { setAlias, setDefault } from "../../src/store/links.ts";
import { toolchainHash } from "../../src/verify/dirhash.ts";
import type { Platform } from "../../src/version/platform.ts";
import { parseRelease, type Release } from "../../src/version/release.ts";
import { type GoArchiveOptions, goArchive, sha256 } from "../support/archives.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";

const host: Platform = "linux-amd64";
let context: TestContext;
let killAt: string | undefined;

/** Stands for SIGKILL inside the test's own process: nothing behind it runs but `finally`. */
class Killed extends Error {}

beforeEach(() => {
	const root = freshRoot();
	killAt = undefined;
	context = {
		...testContext({
			root,
			host,
			checkpoint: (name) => {
				if (name === killAt) throw new Killed(name);
			},
		}),
		assets: fakeAssets(root, host),
	};
});

function release(name: string): Release {
	const parsed = parseRelease(name);
	if (!parsed) throw new Error(name);
	return parsed;
}

/** A plan that unpacks a small archive made here. */
function plan(name: string, options: Partial<InstallPlan> & { archive?: Partial<GoArchiveOptions> } = {}): InstallPlan {
	const platform = options.platform ?? host;
	const archive = goArchive({ version: name, platform, ...options.archive });
	return {
		release: release(name),
		platform,
		force: false,
		asDefault: "if-none",
		waiting: () => {},
		build: async ({ staging }) => {
			const goroot = join(staging, "go");
			mkdirSync(goroot);
			const tree = new TreeWriter(goroot);
			const unpacker = new TarGzUnpacker(new ArchivePolicy("go/"), tree);
			await unpacker.write(archive);
			await unpacker.end();
			const digest = sha256(archive);
			return {
				goroot,
				files: tree.files,
				h1: toolchainHash(
					tree.files.map((file) => [file.path, file.sha256] as const),
					release(name),
					platform,
				),
				source: { kind: "archive", from: "memory" },
				archive: { sha256: digest, size: archive.length },
				witnesses: [{ kind: "table", digest }],
				official: true,
			};
		},
		...options,
	};
}

const keys = () => installedVersions(context).map((each) => each.key);
const alias = (name: string) => readlinkSync(join(context.home, "aliases", name));
const inHome = (...parts: string[]) => join(context.home, ...parts);
const leftovers = () => [...readdirSync(inHome("tmp")), ...readdirSync(inHome("locks"))];

describe("installing", () => {
	it("lays down the tree, its receipt and manifest, aliases, shims and the first default", async () => {
		const outcome = await installVersion(context, plan("go1.22.5"));
		expect(outcome).toMatchObject({
			status: "installed",
			isDefault: true,
			installed: { key: "go1.22.5", goroot: inHome("versions/go1.22.5") },
		});
		expect(readlinkSync(inHome("current"))).toBe("versions/go1.22.5");
		expect([alias("1.22"), alias("1"), alias("latest")]).toEqual(Array(3).fill("../versions/go1.22.5"));
		expect(readlinkSync(inHome("shims/go1.22.5"))).toBe("../versions/go1.22.5/bin/go");
		expect(statSync(inHome("shims/go1.22.5")).mode & 0o111).not.toBe(0);
		expect(readdirSync(inHome("shims")).sort()).toEqual(["go", "go1.22.5", "gofmt", "gox"]);
		expect(readFileSync(inHome("launcher"), "utf8")).toBe(context.self.map((word) => `${word}\n`).join(""));
		const receipt = JSON.parse(readFileSync(inHome("receipts/go1.22.5.json"), "utf8"));
		expect(receipt).toMatchObject({
			version: "go1.22.5",
			platform: host,
			official: true,
			files: 10,
			witnesses: [{ kind: "table" }],
		});
		const manifest = readFileSync(inHome("receipts/go1.22.5.files"), "utf8").trim().split("\n");
		expect(manifest.length).toBe(10);
		for (const line of manifest)
			expect(sha256(readFileSync(inHome("versions/go1.22.5", line.slice(66))))).toBe(line.slice(0, 64));
		expect(leftovers()).toEqual([]);
	});

	it("a second time does nothing, and builds nothing", async () => {
		await installVersion(context, plan("go1.22.5"));
		const again = await installVersion(context, plan("go1.22.5", { build: () => Promise.reject(new Error("must not build")) }));
		expect(again.status).toBe("already");
	});

	it("aliases follow the newest release, never a pre-release; the default stays", async () => {
		for (const name of ["go1.21.13", "go1.22rc1", "go1.21.1", "go1.20"]) await installVersion(context, plan(name));
		expect([alias("1.21"), alias("1.20"), alias("latest"), alias("1")]).toEqual([
			"../versions/go1.21.13",
			"../versions/go1.20",
			"../versions/go1.21.13",
			"../versions/go1.21.13",
		]);
		expect(existsSync(inHome("aliases/1.22"))).toBe(false);
		expect(readlinkSync(inHome("current"))).toBe("versions/go1.21.13");
		expect(keys()).toEqual(["go1.22rc1", "go1.21.13", "go1.21.1", "go1.20"]);
	});

	it("another platform's copy lies beside, without alias, shim or default", async () => {
		await installVersion(context, plan("go1.22.5", { platform: "darwin-arm64" }));
		expect(keys()).toEqual(["go1.22.5@darwin-arm64"]);
		expect(existsSync(inHome("current"))).toBe(false);
		expect(readdirSync(inHome("aliases"))).toEqual([]);
		expect(readdirSync(inHome("shims")).sort()).toEqual(["go", "gofmt", "gox"]);
	});

	it.each<[string, Partial<GoArchiveOptions>, RegExp]>([
		["another release inside", { versionFile: "go1.22.4" }, /VERSION says "go1.22.4", not go1.22.5/],
		["another machine's bin/go", { platform: "linux-arm64" }, /ELF aarch64, not for linux-amd64/],
		["a script for bin/go", { program: Buffer.from("#!/bin/sh\n") }, /neither ELF nor Mach-O/],
	])("%s is refused, and nothing is left", async (_, archive, message) => {
		const attempt = installVersion(context, plan("go1.22.5", { archive }));
		await expect(attempt).rejects.toThrow(message);
		await expect(attempt).rejects.toMatchObject({ exit: 5 });
		expect(keys()).toEqual([]);
		expect(leftovers()).toEqual([]);
		expect(readdirSync(inHome("receipts"))).toEqual([]);
	});

	it("eight installers of one version build it once", async () => {
		let builds = 0;
		const one = plan("go1.22.5");
		const counted = plan("go1.22.5", {
			build: (...args) => {
				builds++;
				return one.build(...args);
			},
		});
		const outcomes = await Promise.all(Array.from({ length: 8 }, () => installVersion(context, counted)));
		expect(builds).toBe(1);
		expect(outcomes.map((each) => each.status).sort()).toEqual([...Array(7).fill("already"), "installed"]);
	});

	it("--force replaces the tree, and one that fails leaves the old one", async () => {
		await installVersion(context, plan("go1.22.5"));
		writeFileSync(inHome("versions/go1.22.5/VERSION"), "spoiled");
		await expect(installVersion(context, plan("go1.22.5", { force: true, archive: { versionFile: "go1" } }))).rejects.toThrow(
			GoxError,
		);
		expect(readFileSync(inHome("versions/go1.22.5/VERSION"), "utf8")).toBe("spoiled");
		await installVersion(context, plan("go1.22.5", { force: true }));
		expect(readFileSync(inHome("versions/go1.22.5/VERSION"), "utf8")).toMatch(/^go1\.22\.5\n/);
		expect(leftovers()).toEqual([]);
	});

	it.each(["install:staged", "install:built", "install:receipt", "install:renamed", "links:aliases", "links:shims"])(
		"ended at %s, the next install makes it whole",
		async (name) => {
			await installVersion(context, plan("go1.21.13"));
			killAt = name;
			await expect(installVersion(context, plan("go1.22.5", { asDefault: "always" }))).rejects.toBeInstanceOf(Killed);
			for (const key of keys()) expect(existsSync(inHome("versions", key, "VERSION"))).toBe(true);
			killAt = undefined;
			await installVersion(context, plan("go1.22.5", { asDefault: "always" }));
			expect(keys()).toEqual(["go1.22.5", "go1.21.13"]);
			expect(alias("latest")).toBe("../versions/go1.22.5");
			expect(readlinkSync(inHome("current"))).toBe("versions/go1.22.5");
			expect(leftovers()).toEqual([]);
		},
	);

	it("a --force that died between its two renames puts the old tree back", async () => {
		await installVersion(context, plan("go1.22.5"));
		writeFileSync(inHome("versions/go1.22.5/mark"), "old");
		killAt = "install:moved-old";
		await expect(installVersion(context, plan("go1.22.5", { force: true }))).rejects.toBeInstanceOf(Killed);
		killAt = undefined;
		const later = { ...context, isAlive: () => false };
		await installVersion(later, plan("go1.21.13"));
		expect(readFileSync(inHome("versions/go1.22.5/mark"), "utf8")).toBe("old");
		expect(leftovers()).toEqual([]);
	});
});

describe("uninstalling", () => {
	it("takes away the tree, its receipt, its links, and aliases that pointed at it", async () => {
		await installVersion(context, plan("go1.21.13"));
		const { installed } = await installVersion(context, plan("go1.22.5", { asDefault: "always" }));
		setAlias(context, "work", installed);
		const outcome = await uninstallVersion(context, installed);
		expect(outcome).toEqual({ wasDefault: true, removedAliases: ["work"] });
		expect(keys()).toEqual(["go1.21.13"]);
		expect(alias("latest")).toBe("../versions/go1.21.13");
		expect(lstatSync(inHome("aliases")).isDirectory() && readdirSync(inHome("aliases")).sort()).toEqual(["1", "1.21", "latest"]);
		expect(existsSync(inHome("current"))).toBe(false);
		expect(readdirSync(inHome("shims")).sort()).toEqual(["go", "go1.21.13", "gofmt", "gox"]);
		expect(readdirSync(inHome("receipts")).sort()).toEqual(["go1.21.13.files", "go1.21.13.json"]);
		expect(leftovers()).toEqual([]);
	});

	it("the default must be for this machine", async () => {
		const { installed } = await installVersion(context, plan("go1.22.5", { platform: "darwin-amd64" }));
		expect(() => setDefault(context, installed)).toThrow(/for darwin-amd64/);
	});
});

describe("a home that can't hold a GOROOT", () => {
	it.each([
		["/tmp/my home", /a space/],
		["/tmp/gö", /non-ASCII/],
		["/tmp/a:b", /":"/],
		["/tmp/a$b", /"\$"/],
		["/tmp/a'b", /"'"/],
		["/tmp/a\nb", /character/],
	])("%j is refused with the reason", async (home, message) => {
		const attempt = installVersion({ ...context, home, env: { ...context.env, GOX_HOME: home } }, plan("go1.22.5"));
		await expect(attempt).rejects.toThrow(message);
		await expect(attempt).rejects.toMatchObject({ exit: 2 });
		expect(existsSync(home)).toBe(false);
	});

	it("one that every user can write to is refused", async () => {
		mkdirSync(layoutOf(context.home).home, { mode: 0o777 });
		const { chmodSync } = await import("node:fs");
		chmodSync(context.home, 0o777);
		await expect(installVersion(context, plan("go1.22.5"))).rejects.toThrow(/every user/);
	});
});

describe("the shims", () => {
	it("fall back to the sh script where the native one doesn't run", async () => {
		context = { ...context, assets: fakeAssets(freshRoot(), host, false) };
		await installVersion(context, plan("go1.22.5"));
		expect(readFileSync(inHome("shims/go"), "utf8")).toContain("echo sh");
	});

	it("cover every tool of an old release's bin", async () => {
		await installVersion(
			context,
			plan("go1.12.17", { archive: { more: [{ path: "go/bin/godoc", content: "x", mode: 0o755 }] } }),
		);
		expect(readdirSync(inHome("shims")).sort()).toEqual(["go", "go1.12.17", "godoc", "gofmt", "gox"]);
	});
});
