import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { archiveFromZip, realToolchains } from "../support/realgo.ts";
import { Sandbox } from "../support/sandbox.ts";

const toolchains = realToolchains();
if (!toolchains) console.warn("skipped: no go that reaches its module proxy, so no real toolchains");
const prefix = (version: string) => `golang.org/toolchain@v0.0.1-${version}.${hostPlatform}/`;

describe.skipIf(!toolchains)("two real toolchains from a local mirror", () => {
	let mirror: Mirror;
	let box: Sandbox;
	beforeAll(async () => {
		mirror = await startMirror();
		for (const { version, zip } of toolchains ?? []) {
			// What a build needs and no more: the whole tree is installed from the module proxy below.
			const bytes = await archiveFromZip(zip, prefix(version), (path) => !/(^|\/)testdata\/|_test\.go$/.test(path));
			mirror.add({ version, platform: hostPlatform, bytes });
		}
		box = new Sandbox({ ...mirror.env, GOX_UNOFFICIAL: "1", GOTOOLCHAIN: "local" });
		const { status, stderr } = await box.gox(["install", "1.22.5", "1.21.13"]);
		expect(status, stderr).toBe(0);
		box.write({ "A/.go-version": "1.22.5\n", "B/.go-version": "1.21\n" });
		await box.gox(["setup", "--shell", "bash", "--yes"]);
	});
	afterAll(() => mirror.close());

	const path = () => `${join(box.home, "shims")}:/usr/bin:/bin`;
	const inShell = async (shell: string, script: string) => {
		const ran = await box.run(shell, ["-c", script], { env: { PATH: path() }, cwd: "A" });
		expect(ran.status, ran.stderr).toBe(0);
		return ran.stdout
			.trim()
			.split("\n")
			.map((line) => /go1\.\d+\.\d+/.exec(line)?.[0]);
	};

	it("compile and run a program, each as itself", async () => {
		box.write({
			"A/go.mod": "module a\n\ngo 1.21\n",
			"A/main.go": 'package main\n\nimport (\n\t"fmt"\n\t"runtime"\n)\n\nfunc main() { fmt.Println(runtime.Version()) }\n',
		});
		for (const version of ["1.22.5", "1.21.13"]) {
			const ran = await box.gox(["exec", version, "--", "go", "run", "."], {
				cwd: "A",
				env: { GOCACHE: join(box.root, "cache"), GOFLAGS: "-buildvcs=false" },
			});
			expect(ran.status, ran.stderr).toBe(0);
			expect(ran.stdout).toBe(`go${version}\n`);
		}
	});

	it("sh -c 'cd B && go version' is right each time", async () => {
		expect(await inShell("sh", "go version; cd ../B && go version; cd ../A && go version; (cd ../B; go version)")).toEqual([
			"go1.22.5",
			"go1.21.13",
			"go1.22.5",
			"go1.21.13",
		]);
	});

	it("go env says the GOROOT of the store, a stale GOROOT in the environment does no harm, GOPATH stays", async () => {
		const ran = await box.run("sh", ["-c", "go env GOROOT GOPATH GOVERSION"], {
			env: { PATH: path(), GOROOT: "/usr/lib/go-1.4", GOPATH: "/tmp/my-gopath" },
			cwd: "B",
		});
		expect(ran.stdout).toBe(`${box.home}/versions/go1.21.13\n/tmp/my-gopath\ngo1.21.13\n`);
	});

	it("Go's own switching runs gox's copy: nothing is downloaded", async () => {
		box.write({ "S/go.mod": "module s\n\ngo 1.21\n\ntoolchain go1.22.5\n", "S/.go-version": "1.21.13\n" });
		for (const GOTOOLCHAIN of ["auto", "path"]) {
			const ran = await box.run("go", ["version"], {
				env: { PATH: path(), GOTOOLCHAIN, GOPROXY: "off", GOMODCACHE: join(box.root, "empty") },
				cwd: "S",
			});
			expect(ran.status, ran.stderr).toBe(0);
			expect(ran.stdout).toContain("go1.22.5");
		}
		const down = await box.run("go", ["version"], { env: { PATH: path(), GOTOOLCHAIN: "go1.21.13", GOPROXY: "off" }, cwd: "A" });
		expect(down.stdout).toContain("go1.21.13");
	});
});

describe.skipIf(!toolchains)("the module proxy as a source", () => {
	const real = toolchains?.[0];
	const proxy = `file://${real?.proxy}`;
	const noSites = { GOX_INDEX: "", GOX_MIRRORS: "http://127.0.0.1:9/dl" };

	it("by gox's own client, from a directory, proven by the checksum database's recorded answers", async () => {
		const box = new Sandbox({ ...noSites, GOPROXY: proxy });
		const { status, stderr, stdout } = await box.gox(["install", "1.22.5", "--json"]);
		expect(status, stderr).toBe(0);
		const [installed] = JSON.parse(stdout);
		expect(installed).toMatchObject({ version: "go1.22.5", status: "installed", official: true, source: { kind: "module" } });
		expect(installed.witnesses[0]).toMatchObject({ kind: "sumdb", where: "sum.golang.org", digest: real?.h1 });
		expect(installed.witnesses[0].recordNumber).toBeGreaterThan(0);
		const ran = await box.run(join(box.home, "shims/go"), ["version"]);
		expect(ran.stdout).toBe(`go version go1.22.5 ${hostPlatform.replace("-", "/")}\n`);
		const vet = await box.run(join(box.home, "versions/go1.22.5/bin/go"), ["tool", "compile", "-V"]);
		expect(vet.stdout, "the tools have their execute bits").toContain("go1.22.5");
		expect(box.leftovers()).toEqual([]);
	});

	it("by the go command on the machine, tried by itself when no download site can be reached", async () => {
		const go = spawnSync("sh", ["-c", "command -v go"], { encoding: "utf8" }).stdout.trim();
		const box = new Sandbox({ ...noSites, GOPROXY: undefined, PATH: `${dirname(go)}:/usr/bin:/bin` });
		const { status, stderr } = await box.gox(["install", "1.21.13"]);
		expect(status, stderr).toBe(0);
		expect(stderr).toContain("trying the Go module proxy");
		expect(stderr).toContain("by the go command");
		expect(stderr).toContain("vouched for by Go's checksum database");
		expect(box.names("versions")).toEqual(["go1.21.13"]);
		expect(box.leftovers()).toEqual([]);
	});
});
