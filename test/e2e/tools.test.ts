import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { excerptBytes, excerptNamed, writeExcerpt } from "../support/excerpts.ts";
import { addModule } from "../support/goproxy.ts";
import { hostPlatform, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";

const real = (() => {
	try {
		const printed = execFileSync("go", ["env", "GOROOT", "GOCACHE", "GOVERSION"], {
			encoding: "utf8",
			env: { ...process.env, GOTOOLCHAIN: "local" },
		});
		const [goroot = "", cache = "", version = ""] = printed.split("\n");
		return { goroot, cache, version };
	} catch {
		return undefined;
	}
})();

const main = (word: string) => `package main\n\nfunc main() { println("${word}") }\n`;
const tool = "example.com/stringy/cmd/stringy";

let box: Sandbox;
let bin: string;
beforeEach(() => {
	box = new Sandbox({ PATH: "/usr/bin:/bin" });
	bin = join(box.root, "user/go/bin");
	mkdirSync(bin, { recursive: true });
});

const outcome = async (args: readonly string[], env = {}) => {
	const { status, stdout, stderr } = await box.gox([...args, "--json"], { env });
	return { status, stderr, json: JSON.parse(stdout) };
};

describe("gox tools, without a go", () => {
	it("lists what Go built, and says what is wrong with each", async () => {
		writeExcerpt(excerptNamed("go1.20.14-linux-amd64"), join(bin, "intel"));
		writeExcerpt(excerptNamed("go1.21.13-darwin-arm64"), join(bin, "silicon"));
		writeFileSync(join(bin, "script"), "#!/bin/sh\n", { mode: 0o755 });
		writeFileSync(join(bin, "text"), "no program");
		writeFileSync(join(bin, "empty"), "", { mode: 0o755 });
		mkdirSync(join(bin, "linux_arm64"));
		symlinkSync("nowhere", join(bin, "broken"));
		symlinkSync("intel", join(bin, "link"));
		execFileSync("mkfifo", [join(bin, "fifo")]);
		const { status, json } = await outcome(["tools"]);
		expect(status).toBe(0);
		const native = (platform: string) => platform === hostPlatform;
		expect(json).toMatchObject([
			{
				name: "intel",
				package: "example.com/tool",
				version: "(devel)",
				go: "go1.20.14",
				architectures: ["linux/amd64"],
				native: native("linux-amd64"),
			},
			{ name: "link", upgradable: false, obstacle: "is a link to a file elsewhere" },
			{
				name: "silicon",
				go: "go1.21.13",
				native: native("darwin-arm64"),
				endOfLife: true,
				obstacle: "was built in a working directory",
			},
		]);
		expect(json[0].vulnerabilities).toBeGreaterThan(20);
		const { stdout, stderr } = await box.gox(["tools"]);
		expect(stdout).toMatch(/^silicon +example\.com\/tool@\(devel\) +go1\.21\.13 +darwin\/arm64 .*end of life/m);
		expect(stderr).toContain(`3 tools in ${bin}`);
	});

	it("builds nothing whose package is an option of Go's", async () => {
		const bytes = excerptBytes(excerptNamed("go1.20.14-linux-amd64"));
		const at = bytes.indexOf("path\texample.com/tool") + "path\t".length;
		expect(at).toBeGreaterThan("path\t".length);
		bytes.write("-toolexec=/e/tl0", at, "latin1");
		writeFileSync(join(bin, "crafted"), bytes, { mode: 0o755 });
		const { json } = await outcome(["tools"]);
		expect(json).toMatchObject([
			{ name: "crafted", package: "-toolexec=/e/tl0", upgradable: false, obstacle: "names a package as no Go does" },
		]);
	});

	it("looks in GOBIN, every GOPATH entry, and where go env -w says", async () => {
		for (const directory of ["gobin", "one/bin", "two/bin", "written/bin"]) {
			mkdirSync(join(box.root, directory), { recursive: true });
			writeExcerpt(excerptNamed("go1.22.5-linux-amd64"), join(box.root, directory, directory.replace("/", "-")));
		}
		const names = async (env: Readonly<Record<string, string>>) =>
			(await outcome(["tools"], env)).json.map(({ name }: { name: string }) => name);
		const GOPATH = `${box.root}/one:relative:${box.root}/two`;
		expect(await names({ GOPATH, GOBIN: join(box.root, "gobin") })).toEqual(["gobin", "one-bin", "two-bin"]);
		box.write({
			"user/.config/go/env": `GOPATH=${box.root}/written\n`,
			"user/Library/Application Support/go/env": `GOPATH=${box.root}/written\n`,
		});
		expect(await names({})).toEqual(["written-bin"]);
	});

	it("wrong words", async () => {
		expect(await box.gox(["tools", "polish"])).toMatchObject({ status: 2, stderr: expect.stringContaining("gox tools rebuild") });
		expect(await box.gox(["tools", "list", "gopls"])).toMatchObject({
			status: 2,
			stderr: expect.stringContaining('called "gopls"'),
		});
		expect(await box.gox(["tools", "upgrade", "--all"])).toMatchObject({ status: 2 });
		expect(await box.gox(["tools", "default", "add", "--dry-run", "a.b/c"])).toMatchObject({ status: 2 });
		expect(await box.gox(["tools", "rebuild"])).toMatchObject({
			status: 3,
			stderr: expect.stringContaining("gox install latest"),
		});
		expect(await outcome(["tools"])).toMatchObject({ status: 0, json: [] });
	});

	it("the list of default tools keeps comments, and refuses what is no path", async () => {
		const config = join(box.root, "user/config");
		const env = { GOX_CONFIG: config };
		const file = join(dirname(config), "default-tools");
		writeFileSync(file, "# mine\ngolang.org/x/tools/gopls@v0.16.0 # pinned\n\n");
		const words = ["github.com/go-delve/delve/cmd/dlv", "golang.org/x/tools/gopls@latest"];
		expect(await box.gox(["tools", "default", "add", ...words], { env })).toMatchObject({ status: 0 });
		expect(readFileSync(file, "utf8")).toBe(
			"# mine\ngolang.org/x/tools/gopls@latest\n\ngithub.com/go-delve/delve/cmd/dlv@latest\n",
		);
		expect(await box.gox(["tools", "default", "remove", "gopls"], { env })).toMatchObject({ status: 0 });
		expect(readFileSync(file, "utf8")).toBe("# mine\n\ngithub.com/go-delve/delve/cmd/dlv@latest\n");
		expect((await outcome(["tools", "default"], env)).json).toEqual({
			file,
			withEachGo: false,
			tools: [{ package: "github.com/go-delve/delve/cmd/dlv", version: "latest", installed: null }],
		});
		for (const word of ["-o", "gopls", "../x/y", "a.b/c@", "a.b/c d", "a.b/c@v1 -x", "a.b/$(x)"])
			expect((await box.gox(["tools", "default", "add", "--", word], { env })).status, word).toBe(2);
		expect(await box.gox(["tools", "default", "remove", "gopls"], { env })).toMatchObject({ status: 2 });
		writeFileSync(file, "a.b/c@latest\nrm -rf /\n");
		expect(await box.gox(["tools", "default"], { env })).toMatchObject({
			status: 2,
			stderr: expect.stringContaining(`${file}:2: "rm -rf /"`),
		});
	});
});

describe.skipIf(real === undefined)("gox tools, with a real go (where there is one)", () => {
	const { goroot, cache, version } = real ?? { goroot: "", cache: "", version: "" };
	let proxy: string;
	let env: Record<string, string>;
	/** Says of a program that an older Go of as many letters built it. */
	const age = (path: string) => {
		const bytes = readFileSync(path);
		const older = version.replace(/^go1\.\d\d/, "go1.19");
		for (let at = bytes.indexOf(version); at >= 0; at = bytes.indexOf(version, at + 1)) bytes.write(older, at);
		writeFileSync(path, bytes);
		return older;
	};
	const names = () => readdirSync(bin).sort();

	beforeAll(() => {
		proxy = join(new Sandbox().root, "proxy");
		for (const [number, text] of [
			["v1.0.0", main("one")],
			["v1.1.0", main("two")],
		] as const)
			addModule(proxy, "example.com/stringy", number, { "cmd/stringy/main.go": text });
		addModule(proxy, "example.com/broken", "v1.0.0", { "main.go": main("works") });
		addModule(proxy, "example.com/broken", "v1.1.0", { "main.go": "package main\n\nfunc main() { no such thing }\n" });
	});
	afterAll(() => rmSync(dirname(proxy), { recursive: true, force: true }));
	beforeEach(() => {
		env = {
			PATH: `${goroot}/bin:/usr/bin:/bin`,
			GOPROXY: `file://${proxy}`,
			GOSUMDB: "off",
			GOCACHE: cache,
			GOTOOLCHAIN: "local",
			GOMODCACHE: join(box.root, "modcache"),
			GOFLAGS: "-modcacherw",
		};
	});
	const install = (what: string, ...flags: string[]) => box.run(join(goroot, "bin/go"), ["install", ...flags, what], { env });

	it("rebuild: the same version and flags, by the Go in force; upgrade: the latest", async () => {
		expect(await install(`${tool}@v1.0.0`, "-tags=one,two", "-ldflags=-s -w")).toMatchObject({ status: 0 });
		const older = age(join(bin, "stringy"));
		expect((await outcome(["tools"], env)).json).toMatchObject([
			{ name: "stringy", version: "v1.0.0", go: older, olderThanGoInForce: true, upgradable: true },
		]);
		const planned = await outcome(["tools", "rebuild", "--dry-run"], env);
		expect(planned).toMatchObject({ status: 0, json: [{ status: "planned" }] });
		const rebuilt = await outcome(["tools", "rebuild"], env);
		expect(rebuilt, rebuilt.stderr).toMatchObject({
			status: 0,
			json: [
				{
					name: "stringy",
					package: tool,
					status: "built",
					from: { version: "v1.0.0", go: older },
					to: { version: "v1.0.0", go: version },
				},
			],
		});
		const [listed] = (await outcome(["tools"], env)).json;
		expect(listed).toMatchObject({ go: version, settings: { "-tags": "one,two", "-ldflags": "-s -w" } });
		expect(await outcome(["tools", "rebuild"], env)).toMatchObject({ json: [{ status: "fine" }] });
		expect(await outcome(["tools", "upgrade", "stringy"], env)).toMatchObject({
			status: 0,
			json: [{ status: "built", from: { version: "v1.0.0" }, to: { version: "v1.1.0" } }],
		});
		expect(await outcome(["tools", "upgrade"], env)).toMatchObject({ status: 0, json: [{ status: "fine" }] });
		expect((await box.run(join(bin, "stringy"), [])).stderr).toBe("two\n");
		expect(names()).toEqual(["stringy"]);
	});

	it("a build that fails leaves the old program, and the others go on", async () => {
		await install("example.com/broken@v1.0.0");
		await install(`${tool}@v1.0.0`);
		const before = readFileSync(join(bin, "broken"));
		const { status, stderr, json } = await outcome(["tools", "upgrade"], env);
		expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining("syntax error") });
		expect(json).toMatchObject([
			{ name: "broken", status: "failed", reason: expect.stringContaining("example.com/broken@v1.1.0 failed (exit status 1)") },
			{ name: "stringy", status: "built" },
		]);
		expect(readFileSync(join(bin, "broken")).equals(before)).toBe(true);
		expect(names()).toEqual(["broken", "stringy"]);
	});

	it("killed between building and placing: the old program runs, and the next one tidies up", async () => {
		await install(`${tool}@v1.0.0`);
		const killed = await box.gox(["tools", "upgrade"], { env: { ...env, GOX_CHECKPOINT: "tools:built" } });
		expect(killed.signal).toBe("SIGKILL");
		expect(names()).toHaveLength(2);
		expect((await box.run(join(bin, "stringy"), [])).stderr).toBe("one\n");
		expect((await outcome(["tools"], env)).json).toHaveLength(1);
		expect(await outcome(["tools", "upgrade"], env)).toMatchObject({ status: 0 });
		expect(names()).toEqual(["stringy"]);
	});

	it("default tools: installed where they are missing, and with each new Go if wanted", async () => {
		await box.gox(["tools", "default", "add", tool], { env });
		expect(await outcome(["tools", "default", "install"], env)).toMatchObject({
			status: 0,
			json: [{ status: "installed", version: "v1.1.0" }],
		});
		expect(await outcome(["tools", "default", "install"], env)).toMatchObject({ status: 0, json: [{ status: "already" }] });
		await box.gox(["tools", "default", "add", "example.com/broken"], { env });
		expect(await outcome(["tools", "default", "install"], env)).toMatchObject({ status: 1 });
		expect(names()).toEqual(["stringy"]);
		// A Go that can't build anything: it is installed, and the tools are told of.
		const mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
		try {
			rmSync(join(bin, "stringy"));
			await box.gox(["config", "default_tools", "on"], { env });
			const { status, stderr } = await box.gox(["install", "1.90.1"], { env: { ...env, ...mirror.env } });
			expect({ status, stderr }).toMatchObject({
				status: 0,
				stderr: expect.stringContaining(`${tool}@latest was not installed`),
			});
			expect(existsSync(join(box.home, "versions/go1.90.1"))).toBe(true);
		} finally {
			await mirror.close();
		}
	});
});
