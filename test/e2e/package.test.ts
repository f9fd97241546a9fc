import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goxVersion } from "../../src/product.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";

const clone = resolve(import.meta.dirname, "../..");

describe("the npm package", () => {
	let mirror: Mirror;
	let box: Sandbox;
	let files: string[];
	const npm = (...args: string[]) => box.run("npm", [...args, "--no-audit", "--no-fund", "--offline"], { cwd: "npm" });

	beforeAll(async () => {
		mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
		box = new Sandbox({
			...mirror.env,
			PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
		});
		mkdirSync(join(box.root, "npm"));
		// What another build left beside it is not to be published.
		mkdirSync(join(clone, "dist/standalone/probe"), { recursive: true });
		writeFileSync(join(clone, "dist/standalone/probe/gox"), "");
		const packed = await npm("pack", clone, "--ignore-scripts", "--json");
		rmSync(join(clone, "dist/standalone/probe"), { recursive: true });
		expect(packed.status, packed.stderr).toBe(0);
		const [{ filename, files: listed }] = JSON.parse(packed.stdout);
		files = listed.map(({ path }: { path: string }) => path);
		const installed = await npm("install", "--global", "--prefix", join(box.root, "prefix"), `./${filename}`);
		expect(installed.status, installed.stderr).toBe(0);
	});
	afterAll(() => mirror.close());

	it("holds the program, the four shims, the documents and the notices of what it contains, and nothing else", () => {
		const rest = files.filter((path) => !path.startsWith("dist/chunks/") && !path.startsWith("docs/"));
		expect(rest.sort()).toEqual([
			"CHANGELOG.md",
			"CONTRIBUTING.md",
			"LICENSE",
			"README.md",
			"SECURITY.md",
			"dist/NOTICES.txt",
			"dist/gox.js",
			"dist/package.json",
			"dist/shims/darwin-amd64/gox-shim",
			"dist/shims/darwin-arm64/gox-shim",
			"dist/shims/gox-shim.sh",
			"dist/shims/linux-amd64/gox-shim",
			"dist/shims/linux-arm64/gox-shim",
			"package.json",
		]);
		const notices = readFileSync(join(clone, "dist/NOTICES.txt"), "utf8");
		for (const name of ["undici", "tar", "semver", "cac", "proper-lockfile", "env-paths", "openpgp", "musl", "CC-BY"])
			expect(notices).toContain(name);
	});

	it("has every document that its README points to", () => {
		const readme = readFileSync(join(clone, "README.md"), "utf8");
		const targets = [...readme.matchAll(/\]\(([^):#]+)\)/g)].map(([, target = ""]) => target);
		expect(targets.length).toBeGreaterThan(10);
		for (const target of targets) expect(files).toContain(target);
	});

	it("installed globally, is a gox that needs nothing else: it installs, and the shims find it again", async () => {
		const gox = join(box.root, "prefix/bin/gox");
		expect((await box.run(gox, ["--version"])).stdout).toBe(`gox ${goxVersion}\n`);
		const ran = await box.run(gox, ["install", "1.90.1"]);
		expect(ran.status, ran.stderr).toBe(0);
		const shims = join(box.home, "shims");
		expect(execFileSync(join(shims, "go"), ["version"], { encoding: "utf8" })).toContain("go1.90.1");
		const handed = await box.run(join(shims, "gox"), ["list", "--json"]);
		expect(JSON.parse(handed.stdout)).toMatchObject([{ version: "go1.90.1", default: true }]);
	});
});
