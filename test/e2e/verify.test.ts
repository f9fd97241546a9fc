import { execFileSync } from "node:child_process";
import {
	appendFileSync,
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { goEntries } from "../support/archives.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";
import { h1Of } from "../support/sumdb/log.ts";
import { sumdbFiles, toolchainProxy } from "../support/sumdb/toolchainproxy.ts";

// A release that no table knows; the mirror's index vouches for its archive, a database of the tests' own for its files.
const published = toolchainProxy("go1.90.1", hostPlatform);
const { log, version, h1 } = published;

let mirror: Mirror;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror([
		{ version: "go1.90.1", platform: hostPlatform },
		{ version: "go1.90.2", platform: hostPlatform },
	]);
	serve("/a", published.files);
	serve("/forked", sumdbFiles(log.fork(300).fill(500, "other").add("golang.org/toolchain", version, h1)));
	serve("/smaller", sumdbFiles(log.fork(400)));
	serve("/lying", sumdbFiles(log.fork(300).add("golang.org/toolchain", version, h1Of("another")).fill(40)));
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox({ ...mirror.env, GOPROXY: `${mirror.server.origin}/a`, GOSUMDB: log.signer.verifierKey });
});

function serve(base: string, files: ReadonlyMap<string, Buffer | string>): void {
	for (const [path, content] of files) mirror.server.put(`${base}/${path}`, content);
}

/** Nothing of the network, and nothing of what was proven before. */
const forgetful = () => ({ GOPROXY: "off", XDG_CACHE_HOME: join(box.root, "empty-cache"), HOME: join(box.root, "other-user") });
const stored = (path = "", name = "go1.90.1") => join(box.home, "versions", name, path);

async function install(...args: string[]): Promise<void> {
	const { status, stderr } = await box.gox(["install", "1.90.1", ...args]);
	expect(status, stderr).toBe(0);
}

async function verify(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
	const { status, stdout, stderr } = await box.gox(["verify", ...words, "--json"], { env });
	return { status, stderr, ...JSON.parse(stdout) };
}

/** One file edited, one deleted, one added, and how `gox verify` says so. */
function damage(goroot: string) {
	const file = join(goroot, "src/fmt/print.go");
	const bytes = readFileSync(file);
	bytes[3] = (bytes[3] ?? 0) ^ 1;
	writeFileSync(file, bytes);
	rmSync(join(goroot, "src/go.mod"));
	writeFileSync(join(goroot, "src/fmt/trojan.go"), "package fmt\n");
	return { changed: ["src/fmt/print.go"], missing: ["src/go.mod"], added: ["src/fmt/trojan.go"] };
}

/** A GOROOT that gox didn't install. */
function foreignTree(name = "usr-local-go"): string {
	const goroot = join(box.root, name);
	for (const { path, content = "", mode = 0o644, type } of goEntries({ version: "go1.90.1", platform: hostPlatform })) {
		const file = join(goroot, path.slice("go/".length));
		if (type === "Directory") continue;
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, content as Uint8Array, { mode });
	}
	return goroot;
}

describe("an installed version", () => {
	it("is proven by the database, on one line", async () => {
		await install();
		const { status, stdout, stderr } = await box.gox(["verify", "1.90"]);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).toBe("go1.90.1: proven by Go's checksum database log.example.org (record 300 of 701)\n");
		expect(await verify(["1.90.1"])).toMatchObject({
			ok: true,
			verdict: "proven",
			version: "go1.90.1",
			platform: hostPlatform,
			goroot: stored(),
			h1,
			witnesses: [{ kind: "sumdb", digest: h1, treeSize: 701, recordNumber: 300 }],
			changed: [],
			missing: [],
			added: [],
			uncovered: 0,
			notes: [],
		});
	});

	it("with a byte edited, a file deleted and one added: exactly those three, and exit 5", async () => {
		await install();
		const three = damage(stored());
		expect(await verify(["1.90.1"])).toMatchObject({ status: 5, ok: false, verdict: "wrong", ...three });
		const { stdout, stderr } = await box.gox(["verify", "1.90.1"]);
		expect(stdout).toBe(
			[
				"go1.90.1: not what was published, says Go's checksum database log.example.org (record 300 of 701)",
				"  changed  src/fmt/print.go",
				"  missing  src/go.mod",
				"  added    src/fmt/trojan.go",
				"",
			].join("\n"),
		);
		expect(stderr).toContain("gox verify 1.90.1 --repair");
	});

	it("what the module's hash doesn't cover is held against the manifest", async () => {
		await install();
		appendFileSync(stored("test/empty.go"), "// more\n");
		rmSync(stored("api"), { recursive: true });
		expect(await verify(["1.90.1"])).toMatchObject({
			status: 5,
			h1,
			changed: ["test/empty.go"],
			missing: ["api/go1.txt"],
			added: [],
		});
	});

	it("is as it was installed, where the database can't be asked", async () => {
		await install("--verify", "index");
		const offline = await verify(["1.90.1"], forgetful());
		expect(offline).toMatchObject({ status: 0, ok: true, verdict: "recorded", witnesses: [{ kind: "index" }] });
		expect(offline.notes).toEqual([expect.stringContaining("GOPROXY is off")]);
		const { stdout } = await box.gox(["verify"], { env: forgetful() });
		expect(stdout).toMatch(/^go1\.90\.1: unchanged since it was installed, vouched for then by the index /);
		const three = damage(stored());
		expect(await verify(["1.90.1"], forgetful())).toMatchObject({ status: 5, ...three, witnesses: [{ kind: "index" }] });
	});

	it("the database proves it again offline, by what it said before", async () => {
		await install();
		expect(await verify(["1.90.1"], { GOX_OFFLINE: "1" })).toMatchObject({ status: 0, verdict: "proven" });
	});

	it("an edited manifest hides nothing: the published module names the file", async () => {
		await install();
		const three = damage(stored());
		const manifest = join(box.home, "receipts/go1.90.1.files");
		writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/^.*src\/fmt\/print\.go\n/m, ""));
		expect(await verify(["1.90.1"])).toMatchObject({ status: 5, ...three, uncovered: 4 });
	});

	it("nor does an edited receipt", async () => {
		await install();
		damage(stored());
		const receipt = join(box.home, "receipts/go1.90.1.json");
		writeFileSync(receipt, readFileSync(receipt, "utf8").replaceAll(h1, h1Of("evil")));
		const audit = await verify(["1.90.1"]);
		expect(audit).toMatchObject({ status: 5, changed: ["src/fmt/print.go"] });
		expect(audit.notes).toEqual([expect.stringContaining(h1Of("evil"))]);
	});

	it("without a receipt it is still proven, but for what the hash doesn't cover", async () => {
		await install();
		rmSync(join(box.home, "receipts"), { recursive: true });
		expect(await verify(["1.90.1"])).toMatchObject({ status: 0, verdict: "proven", uncovered: 4 });
		expect(await verify(["1.90.1"], forgetful())).toMatchObject({ status: 4, ok: false, verdict: "unknown" });
	});

	it("a command that lost its execute bit is changed", async () => {
		await install();
		chmodSync(stored("bin/gofmt"), 0o644);
		const audit = await verify(["1.90.1"]);
		expect(audit).toMatchObject({ status: 5, h1, changed: ["bin/gofmt"] });
		expect(audit.notes).toEqual(["bin/gofmt can't be run: it lost its execute bit"]);
	});

	it("symlinks are never followed", async () => {
		await install();
		renameSync(stored("src/fmt/print.go"), join(box.root, "print.go"));
		symlinkSync(join(box.root, "print.go"), stored("src/fmt/print.go"));
		symlinkSync(box.root, stored("src/outside"));
		expect(await verify(["1.90.1"])).toMatchObject({
			status: 5,
			changed: ["src/fmt/print.go"],
			missing: [],
			added: ["src/outside"],
		});
	});

	it("a _go.mod doesn't pass for a go.mod", async () => {
		await install();
		renameSync(stored("src/go.mod"), stored("src/_go.mod"));
		expect(await verify(["1.90.1"])).toMatchObject({ status: 5, missing: ["src/go.mod"], added: ["src/_go.mod"], changed: [] });
	});

	it("a database that contradicts an installation is believed, and names what it can", async () => {
		await install("--verify", "index");
		const audit = await verify(["1.90.1"], { GOPROXY: `${mirror.server.origin}/lying` });
		expect(audit).toMatchObject({ status: 5, verdict: "wrong", h1, changed: [], witnesses: [{ digest: h1Of("another") }] });
		expect(audit.notes.join()).toContain("which files differ can't be told");
	});

	it.each([
		["with two histories", "/forked", "shows two histories"],
		["that went back to a smaller tree", "/smaller", "went back to a smaller tree"],
	])("a database %s stops everything, and both heads are shown", async (_, at, why) => {
		await install();
		const other = join(box.root, "other");
		const env = { GOPROXY: `${mirror.server.origin}${at}`, XDG_CACHE_HOME: other, HOME: other };
		for (const words of [["verify"], ["install", "1.90.1", "--force"], ["pin", "1.90.1", "--lock"]]) {
			const { status, stderr } = await box.gox(words, { env });
			expect(status, words.join(" ")).toBe(5);
			expect(stderr).toContain(why);
			expect(stderr.match(/^\s*go\.sum database tree$/gm)).toHaveLength(2);
			expect(stderr).toContain("\t701\n");
		}
		expect(box.names("versions")).toEqual(["go1.90.1"]);
		expect(await verify(["1.90.1"])).toMatchObject({ status: 0, verdict: "proven" });
	});

	it("an unofficial build is as it was installed", async () => {
		const mine = await startMirror([{ version: "go1.22.5", platform: hostPlatform }]);
		try {
			expect((await box.gox(["install", "1.22.5", "--unofficial"], { env: mine.env })).status).toBe(0);
			const audit = await verify(["1.22.5"]);
			expect(audit).toMatchObject({ status: 0, verdict: "recorded", witnesses: [{ kind: "unofficial index" }] });
			expect(audit.notes).toEqual([expect.stringContaining("unofficial")]);
			writeFileSync(stored("VERSION", "go1.22.5"), "go1.22.6\n");
			expect(await verify(["1.22.5", "--repair"], mine.env)).toMatchObject({ status: 0, verdict: "recorded" });
		} finally {
			await mine.close();
		}
	});
});

describe("every installed version", () => {
	it("is audited, those without a bin/go too", async () => {
		await install();
		expect((await box.gox(["install", "1.90.2", "--verify", "index"])).status).toBe(0);
		rmSync(stored("bin/go"));
		const { status, stdout } = await box.gox(["verify", "--json"]);
		expect(status).toBe(5);
		expect(JSON.parse(stdout)).toMatchObject([
			{ ok: true, version: "go1.90.2", verdict: "recorded" },
			{ ok: false, version: "go1.90.1", missing: ["bin/go"] },
		]);
		expect(await verify(["1.90.1"])).toMatchObject({ status: 5, missing: ["bin/go"] });
		expect((await box.gox(["verify", "--repair"])).status).toBe(0);
		expect((await box.gox(["exec", "1.90.1", "--", "go", "version"])).stdout).toContain("go1.90.1");
	});

	it("none: says so", async () => {
		const { status, stdout, stderr } = await box.gox(["verify"]);
		expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
		expect(stderr).toContain("no version is installed");
		expect((await box.gox(["verify", "--json"])).stdout).toBe("[]\n");
	});
});

describe("--repair", () => {
	it("installs again what is broken; the default and aliases stay", async () => {
		expect((await box.gox(["install", "1.90.2", "1.90.1", "--verify", "index"])).status).toBe(0);
		expect((await box.gox(["alias", "work", "1.90.1"])).status).toBe(0);
		damage(stored());
		const { status, stdout } = await box.gox(["verify", "work", "--repair"]);
		expect(status).toBe(0);
		expect(stdout).toMatch(/^go1\.90\.1: not what was published.*\n {2}changed .*\n.*\n.*\ngo1\.90\.1: proven by /);
		expect(readlinkSync(join(box.home, "current"))).toBe("versions/go1.90.2");
		expect(readlinkSync(join(box.home, "aliases/work"))).toBe("../versions/go1.90.1");
		expect(box.leftovers()).toEqual([]);
	});

	it("leaves alone what is right", async () => {
		await install();
		const before = mirror.server.requests.length;
		expect((await box.gox(["verify", "--repair"])).status).toBe(0);
		expect(mirror.server.requests.slice(before).filter(({ url }) => url.startsWith("/dl/"))).toEqual([]);
	});

	it("that fails leaves what was there", async () => {
		await install();
		damage(stored());
		const { status, stderr } = await box.gox(["verify", "1.90.1", "--repair"], {
			env: { GOX_MIRRORS: "http://127.0.0.1:9/dl", GOPROXY: "off" },
		});
		expect(status, stderr).toBe(4);
		expect(existsSync(stored("src/fmt/trojan.go"))).toBe(true);
		expect(box.leftovers()).toEqual([]);
	});
});

describe("a GOROOT that gox didn't install", () => {
	it("is proven, with what can't be said of it", async () => {
		const goroot = foreignTree();
		const { status, stdout } = await box.gox(["verify", goroot]);
		expect(status).toBe(0);
		expect(stdout).toBe(
			[
				`go1.90.1 for ${hostPlatform} in ${goroot}: proven by Go's checksum database log.example.org (record 300 of 701)`,
				"  4 of its 10 files, in api, doc, misc and test, are not covered",
				"",
			].join("\n"),
		);
	});

	it("one edited file is named, by comparing with the module that the proxy has", async () => {
		const goroot = foreignTree();
		writeFileSync(join(goroot, "go.env"), "GOPROXY=https://proxy.example\n");
		expect(await verify([goroot])).toMatchObject({ status: 5, changed: [], missing: [], added: ["go.env"], uncovered: 4 });
		rmSync(join(goroot, "go.env"));
		const three = damage(goroot);
		expect(await verify([goroot])).toMatchObject({ status: 5, ...three });
		expect(box.leftovers()).toEqual([]);
	});

	it("or with an installed version, without any network; then api, doc, misc and test are compared too", async () => {
		await install();
		const goroot = foreignTree();
		expect(await verify([goroot], { GOX_OFFLINE: "1" })).toMatchObject({ status: 0, verdict: "proven", uncovered: 0 });
		appendFileSync(join(goroot, "doc/go_spec.html"), "more");
		const three = damage(goroot);
		expect(await verify([goroot], { GOX_OFFLINE: "1" })).toMatchObject({
			status: 5,
			...three,
			changed: ["doc/go_spec.html", ...three.changed],
		});
		for (const name of ["api", "doc", "misc", "test"]) rmSync(join(goroot, name), { recursive: true });
		expect(await verify([goroot], { GOX_OFFLINE: "1" })).toMatchObject({ status: 5, ...three });
	});

	it("where the database can't be asked, it is held against what gox installed, and that is what is said", async () => {
		await install("--verify", "index");
		const goroot = foreignTree();
		const { status, stdout } = await box.gox(["verify", goroot], { env: forgetful() });
		expect(status).toBe(0);
		expect(stdout).toContain(
			`go1.90.1 for ${hostPlatform} in ${goroot}: the same as what gox installed as go1.90.1, vouched for then by the index `,
		);
		const three = damage(goroot);
		expect(await verify([goroot], forgetful())).toMatchObject({ status: 5, ...three, witnesses: [{ kind: "index" }] });
	});

	it("is not judged where nobody can say what it should be", async () => {
		const audit = await verify([foreignTree()], forgetful());
		expect(audit).toMatchObject({ status: 4, ok: false, verdict: "unknown", witnesses: [], changed: [] });
		expect(audit.notes.join()).toContain("GOPROXY is off");
	});

	it("nothing of it is run, even where it is the go on PATH", async () => {
		const goroot = foreignTree();
		const marker = join(box.root, "was-run");
		writeFileSync(join(goroot, "bin/go"), `#!/bin/sh\ntouch ${marker}\n`);
		const audit = await verify([goroot], { PATH: `${goroot}/bin:/usr/bin:/bin` });
		expect(audit).toMatchObject({ status: 5, platform: hostPlatform, changed: ["bin/go"] });
		expect(existsSync(marker)).toBe(false);
	});

	it("is found by its bin/go, by a symlink, and by Homebrew's prefix", async () => {
		const goroot = foreignTree("Cellar/go/1.90.1/libexec");
		mkdirSync(join(box.root, "bin"));
		symlinkSync(join(goroot, "bin/go"), join(box.root, "bin/go"));
		symlinkSync("Cellar/go/1.90.1", join(box.root, "go"));
		for (const path of [join(box.root, "bin/go"), "./go", goroot, join(goroot, ".")])
			expect(await verify([path])).toMatchObject({ status: 0, goroot });
	});

	it("a path into the store is that version", async () => {
		await install();
		for (const path of [stored(), join(box.home, "current"), stored("bin/go")])
			expect(await verify([path])).toMatchObject({ status: 0, goroot: stored(), uncovered: 0 });
	});
});

describe("a toolchain in the module cache", () => {
	/** As cmd/go unpacks it: no execute bits, every go.mod called _go.mod, nothing outside the module. */
	function cached(): string {
		const goroot = foreignTree("mod/golang.org/toolchain@v0.0.1");
		for (const name of ["api", "doc", "misc", "test"]) rmSync(join(goroot, name), { recursive: true });
		for (const name of readdirSync(join(goroot, "bin"))) chmodSync(join(goroot, "bin", name), 0o444);
		renameSync(join(goroot, "src/go.mod"), join(goroot, "src/_go.mod"));
		return goroot;
	}

	it("is proven, before Go first runs it and after", async () => {
		const goroot = cached();
		expect(await verify([goroot])).toMatchObject({ status: 0, verdict: "proven", uncovered: 0 });
		writeFileSync(join(goroot, "src/go.mod"), readFileSync(join(goroot, "src/_go.mod")));
		expect(await verify([goroot])).toMatchObject({ status: 0, verdict: "proven" });
	});

	it.each(["src/go.mod", "src/_go.mod"])("an edited %s is seen", async (edited) => {
		const goroot = cached();
		writeFileSync(join(goroot, "src/go.mod"), readFileSync(join(goroot, "src/_go.mod")));
		appendFileSync(join(goroot, edited), "// more\n");
		expect(await verify([goroot])).toMatchObject({ status: 5, changed: ["src/go.mod"], missing: [], added: [] });
	});
});

describe("what can't be verified", () => {
	it.each<[string, string, number, RegExp]>([
		["a version that isn't installed", "1.90.7", 3, /go1\.90\.7 is not installed/],
		["no version and no alias", "nonsense", 2, /no alias has that name/],
		["a path that isn't there", "./nowhere", 2, /nowhere doesn't exist/],
		["a directory that is no GOROOT", "./empty", 2, /is no GOROOT: it has no VERSION/],
		["a Go from its repository", "./devel", 5, /VERSION says "devel go1\.91-abcdef"/],
		["a language version", "./language", 5, /VERSION says "go1\.22"/],
	])("%s", async (_what, word, wanted, words) => {
		box.write({ "empty/x": "", "devel/VERSION": "devel go1.91-abcdef\n", "language/VERSION": "go1.22\n" });
		const { status, stderr } = await box.gox(["verify", word]);
		expect(status).toBe(wanted);
		expect(stderr).toMatch(words);
	});

	it("a FIFO or a directory in place of VERSION or bin/go is waited for by nobody", async () => {
		const goroot = foreignTree();
		for (const name of ["bin/go", "VERSION"]) {
			const path = join(goroot, name);
			for (const make of [() => execFileSync("mkfifo", [path]), () => mkdirSync(path)]) {
				rmSync(path, { recursive: true });
				make();
				const { status, stdout, stderr } = await box.gox(["verify", goroot]);
				expect(status, stderr).toBe(name === "VERSION" ? 2 : 5);
				if (name === "VERSION") expect(stderr).toContain("it has no VERSION");
				else expect(stdout).toMatch(/^ {2}(changed|missing) {2}bin\/go$/m);
			}
		}
		execFileSync("mkfifo", [join(box.root, "fifo.bundle")]);
		expect((await box.gox(["install", "1.90.1", "--source", "fifo.bundle"])).status).toBe(6);
	});

	it("another's GOROOT is not gox's to repair", async () => {
		const goroot = foreignTree();
		const three = damage(goroot);
		const { status, stderr } = await box.gox(["verify", goroot, "--repair"]);
		expect(status).toBe(2);
		expect(stderr).toContain("gox install 1.90.1");
		expect(existsSync(join(goroot, three.added[0] ?? ""))).toBe(true);
	});
});
