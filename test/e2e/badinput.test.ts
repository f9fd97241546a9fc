import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { goArchive, goEntries, type TarEntry, tar, tarGz } from "../support/archives.ts";
import { printingProgram } from "../support/fakego.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { type Ran, Sandbox } from "../support/sandbox.ts";

let mirror: Mirror;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
});
afterAll(() => mirror.close());
beforeEach(async () => {
	box = new Sandbox(mirror.env);
});

/** One clear message: `gox: …`, no stack trace, and nothing on stdout. */
function expectFailure(ran: Ran, exit: number, message: RegExp): void {
	expect(ran.status, ran.stderr).toBe(exit);
	expect(ran.stdout).toBe("");
	expect(ran.stderr).toMatch(message);
	expect(ran.stderr).toMatch(/^gox: |\ngox: /);
	expect(ran.stderr).not.toMatch(/\n {4}at |undefined|\[object/);
}

describe("version words", () => {
	it.each<[string, number, RegExp]>([
		["1.22.99", 3, /there is no Go 1\.22\.99; the nearest is go1\.22\.\d+[\s\S]*gox list --remote 1\.22/],
		["1.91.2", 3, /there is no Go 1\.91\.2/],
		["latst", 2, /"latst" is not a Go version[\s\S]*did you mean `latest`/],
		["1.22.5.6", 2, /"1\.22\.5\.6" is not a Go version/],
		["../x", 2, /"\.\.\/x" is not a Go version/],
		["", 2, /an empty word is not a Go version/],
		["1".repeat(10_000), 2, /is not a Go version: it is 10000 characters long/],
		["1.22d", 2, /"1\.22d" is not a Go version/],
		["1.22.4--alpine3.20", 2, /is not a Go version/],
		["go1.999-/../../x", 2, /is not a Go version/],
		["\u001b[31m1.22", 2, /"\\u001b\[31m1\.22" is not a Go version/],
		["system", 2, /not gox's to install/],
		["1.90.1@plan9-arm", 2, /"plan9-arm" is not a platform/],
	])("install %j: exit %i", async (word, exit, message) => {
		expectFailure(await box.gox(["install", word]), exit, message);
		expect(box.names("versions")).toEqual([]);
		expect(box.leftovers()).toEqual([]);
	});

	it("a release that never had the platform: says so, names the nearest, and the way by Rosetta", async () => {
		const ran = await box.gox(["install", "1.15.15", "--platform", "darwin-arm64"]);
		expectFailure(ran, 3, /go1\.15\.15 was never published for darwin-arm64; the nearest release that was is go1\.16\b/);
		expect(ran.stderr).toContain("gox install 1.15.15 --platform darwin-amd64");
		expectFailure(
			await box.gox(["install", "1.15"], { env: { GOX_PLATFORM: "darwin-arm64" } }),
			3,
			/Go 1\.15 was never published for darwin-arm64/,
		);
	});

	it.each<[string[], RegExp]>([
		[["instal", "1.22"], /no command "instal"[\s\S]*gox install --help/],
		[["1.22.5"], /is a version, not a command[\s\S]*gox install 1\.22\.5/],
		[["--version", "now"], /version: "now" is one word too many/],
		[["install", "--plaform", "x"], /no option --plaform/],
		[["install", "1.22", "--platform", "windows-amd64"], /"windows-amd64" is not a platform/],
		[["install", "1.22", "--jobs", "many"], /--jobs/],
		[["install", "1.22", "--source", "moon"], /--source can't be "moon"/],
		[["use", "1.22"], /no hook[\s\S]*gox setup[\s\S]*export GOX_VERSION=1\.22/],
		[["init", "tcsh"], /tcsh/],
		[["default", "nosuch"], /no alias has that name/],
		[["alias", "1.22", "1.90.1"], /not installed|no installed|can't be an alias/],
		[["config", "colour", "red"], /no setting "colour"/],
	])("%j is refused with exit 2 or 3 and a way on", async (args, message) => {
		const ran = await box.gox(args);
		expectFailure(ran, ran.status === 3 ? 3 : 2, message);
	});

	it("an option in front of the command is refused too, in JSON where that is it", async () => {
		const { status, stdout, stderr } = await box.gox(["--json", "list"]);
		expect(stderr).toMatch(/a command comes first[\s\S]*gox list --json/);
		expect({ status, code: JSON.parse(stdout).error.code }).toEqual({ status: 2, code: "usage" });
	});
});

describe("version files", { tags: "fault-25" }, () => {
	it.each<[string, string, string]>([
		["a BOM", "\ufeff1.90.1\n", "go1.90.1"],
		["CRLF", "1.90.1\r\n", "go1.90.1"],
		["a comment", "# ours\n1.90.1 # pinned\n", "go1.90.1"],
		["blank lines", "\n\n1.90.1\n\n", "go1.90.1"],
		["a go prefix", "go1.90.1\n", "go1.90.1"],
		["trailing space", "1.90.1  \t\n", "go1.90.1"],
		["no newline", "1.90.1", "go1.90.1"],
	])("%s is read", async (_, text, version) => {
		box.write({ ".go-version": text });
		const { status, stderr } = await box.gox(["install"]);
		expect(status, stderr).toBe(0);
		expect(box.names("versions")).toEqual([version]);
	});

	it.each<[string, string | Buffer, RegExp]>([
		["garbage", "\u0001\u0002", /:1: "\\u0001\\u0002" is not a Go version/],
		["two versions", "1.22.5\n1.21.0\n", /one version is wanted/],
		["merge markers", "<<<<<<< HEAD\n1.22.5\n=======\n1.21.0\n>>>>>>> x\n", /:1: "<<<<<<< HEAD" is not a Go version/],
		["a command", "gox install 1.22\n", /"gox install 1\.22" is not a Go version/],
		["a path", "../../x\n", /is not a Go version/],
		["a NUL", Buffer.from("1.22\0.5\n"), /NUL/],
		["10 MB", "1".repeat(10_000_000), /larger than 64 KiB/],
	])("%s is refused, naming the file", async (_, text, message) => {
		box.write({ ".go-version": text });
		const ran = await box.gox(["install"]);
		expectFailure(ran, 2, message);
		expect(ran.stderr).toContain(join(box.root, ".go-version"));
		expect(box.names("versions")).toEqual([]);
	});

	it("an empty one says nothing, and the next source is asked", async () => {
		box.write({ ".go-version": "\n# nothing yet\n", "go.mod": "module m\n\ngo 1.90\n" });
		expect((await box.gox(["install"])).status).toBe(0);
		expect(box.names("versions")).toEqual(["go1.90.1"]);
	});
});

describe("archives", { tags: "fault-16" }, () => {
	const entries = goEntries({ version: "go1.90.3", platform: hostPlatform });
	const withEntry = (entry: TarEntry) => tarGz([...entries, entry]);
	const good = goArchive({ version: "go1.90.3", platform: hostPlatform });

	it.each<[string, () => Buffer, RegExp]>([
		["..", () => withEntry({ path: "go/../../evil", content: "x" }), /climbs out/],
		["an absolute path", () => withEntry({ path: "/tmp/gox-evil", content: "x" }), /absolute/],
		[
			"a link out of the tree",
			() => withEntry({ path: "go/out", type: "SymbolicLink", linkpath: "../../.." }),
			/link out of the tree/,
		],
		[
			"a write through a link",
			() => tarGz([...entries, { path: "go/l", type: "SymbolicLink", linkpath: "src" }, { path: "go/l/x", content: "x" }]),
			/through/,
		],
		["a device", () => withEntry({ path: "go/null", type: "CharacterDevice" }), /CharacterDevice/],
		["another top directory", () => withEntry({ path: "evil/x", content: "x" }), /outside go\//],
		["set-uid", () => withEntry({ path: "go/su", content: "x", mode: 0o4755 }), /set-uid/],
		["no VERSION", () => tarGz(entries.filter((each) => each.path !== "go/VERSION")), /no go\/VERSION/],
		[
			"another VERSION",
			() => goArchive({ version: "go1.90.3", platform: hostPlatform, versionFile: "go1.90.2" }),
			/VERSION says "go1\.90\.2"/,
		],
		["no bin/go", () => tarGz(entries.filter((each) => each.path !== "go/bin/go")), /no go\/bin\/go/],
		[
			"an x86-64 Mach-O for bin/go",
			() => goArchive({ version: "go1.90.3", platform: hostPlatform, program: printingProgram("darwin-amd64", "x") }),
			hostPlatform === "darwin-amd64" ? /never/ : /Mach-O x86_64, not for/,
		],
		["a truncated archive, told truly", () => good.subarray(0, good.length - 100), /gzip|tar/],
		["a tar that isn't gzipped", () => tar(entries), /not proper gzip/],
		["a bomb", () => gzipSync(tar([...entries, { path: "go/zeros", content: Buffer.alloc(260_000_000) }])), /200 times/],
	])("%s: exit 5, and nothing is left", async (_, make, message) => {
		const hostile = await startMirror();
		try {
			hostile.add({ version: "go1.90.3", platform: hostPlatform, bytes: make() });
			expectFailure(await box.gox(["install", "1.90.3", "--source", "download"], { env: hostile.env }), 5, message);
			expect(box.names("versions")).toEqual([]);
			expect(box.names("receipts")).toEqual([]);
			expect(box.leftovers()).toEqual([]);
		} finally {
			await hostile.close();
		}
	});

	it("one that is cut off by the server again and again: exit 4", async () => {
		const cutting = await startMirror();
		try {
			cutting.add({ version: "go1.90.3", platform: hostPlatform, bytes: good });
			cutting.server.fail(mirror.path("go1.90.3"), ...Array.from({ length: 20 }, () => ({ reset: true })));
			expectFailure(
				await box.gox(["install", "1.90.3", "--source", "download"], { env: cutting.env }),
				4,
				/go1\.90\.3.* could not be downloaded/,
			);
			expect(box.leftovers()).toEqual([]);
		} finally {
			await cutting.close();
		}
	});
});

describe("the list of releases", { tags: "fault-11" }, () => {
	it.each<[string, string, RegExp]>([
		["HTML", "<!doctype html><p>please log in</p>", /a web page came instead/],
		["truncated", '[{"version":"go1.22.5","stable":true,"fi', /cut off/],
		["empty", "", /empty/],
		["an empty list", "[]", /the list is empty/],
		[
			"a path in a file name",
			JSON.stringify([
				{
					version: "go1.90.1",
					stable: true,
					files: [
						{
							filename: "../../evil.tar.gz",
							os: "linux",
							arch: "amd64",
							version: "go1.90.1",
							sha256: "0".repeat(64),
							size: 1,
							kind: "archive",
						},
					],
				},
			]),
			/is not a file name/,
		],
	])("as %s: exit 4, naming the address", async (_, body, message) => {
		const bad = await startMirror();
		try {
			bad.server.putIndex(body);
			const ran = await box.gox(["install", "latest"], { env: bad.env });
			expectFailure(ran, 4, message);
			expect(ran.stderr).toContain(bad.server.origin);
			expect(box.names("versions")).toEqual([]);
		} finally {
			await bad.close();
		}
	});

	it("an address that can't be asked: exit 2", async () => {
		expectFailure(await box.gox(["list", "--remote"], { env: { GOX_INDEX: "ftp://example.org/x" } }), 2, /GOX_INDEX/);
		expectFailure(await box.gox(["install", "1.22.5"], { env: { GOX_MIRRORS: "http://example.org/dl" } }), 2, /GOX_MIRRORS|http/);
	});
});

describe("a machine that can't", () => {
	it("no network: exit 4, naming what was tried, and the way by the proxy", async () => {
		const dead = { GOX_INDEX: "http://127.0.0.1:9/dl", GOX_MIRRORS: "http://127.0.0.1:9/dl" };
		const ran = await box.gox(["install", "1.22.5"], { env: dead });
		expect(ran.status).toBe(4);
		expect(ran.stderr).toContain("127.0.0.1:9");
		expect(ran.stderr).toMatch(/proxy/);
		expect(box.leftovers()).toEqual([]);
		const empty = await box.gox(["install", "1.22.5"], { env: { ...dead, GOPROXY: `file://${join(box.root, "no-proxy")}` } });
		expect(empty.status).toBe(4);
		expect(empty.stderr).toMatch(/127\.0\.0\.1:9[\s\S]*and from the Go module proxy: file:.*no-proxy has no /);
		const offline = await box.gox(["install", "1.22.5"], { env: { GOX_OFFLINE: "1" } });
		expect(offline.status).toBe(4);
		expect(offline.stderr).toContain("GOX_OFFLINE");
	});

	it("a HOME with a space: exit 2 with the reason, and nothing is written", { tags: "fault-24" }, async () => {
		mkdirSync(join(box.root, "my user"));
		const ran = await box.gox(["install", "1.90.1"], { env: { HOME: join(box.root, "my user"), GOX_HOME: undefined } });
		expectFailure(ran, 2, /a space in a GOROOT's path[\s\S]*export GOX_HOME=/);
		const elsewhere = await box.gox(["install", "1.90.1"], { env: { HOME: join(box.root, "my user") } });
		expect(elsewhere.status, elsewhere.stderr).toBe(0);
	});

	it.runIf(process.getuid?.() === 0 && process.platform === "linux")(
		"a full disk: exit 6, and nothing is left",
		{ tags: "fault-18" },
		async (test) => {
			const { execFileSync } = await import("node:child_process");
			const place = join(box.root, "small");
			mkdirSync(place);
			try {
				execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=755", "tmpfs", place]);
			} catch {
				test.skip("this container may not mount");
			}
			try {
				const large = await startMirror([
					{
						version: "go1.90.4",
						platform: hostPlatform,
						more: [{ path: "go/large", content: Buffer.from(Array.from({ length: 8_000_000 }, (_, i) => (i * 7919) >> 5)) }],
					},
				]);
				try {
					const ran = await box.gox(["install", "1.90.4"], { env: { ...large.env, GOX_HOME: join(place, "home") } });
					expectFailure(ran, 6, /no space is left/);
					const after = execFileSync("find", [place, "-name", "large"], { encoding: "utf8" });
					expect(after).toBe("");
				} finally {
					await large.close();
				}
			} finally {
				execFileSync("umount", [place]);
			}
		},
	);

	it("a home that can't be written: exit 6", async () => {
		const place = process.platform === "darwin" ? "/System/gox" : "/sys/gox";
		expectFailure(await box.gox(["install", "1.90.1"], { env: { GOX_HOME: place } }), 6, new RegExp(place));
	});

	it("the root directory as GOX_HOME: exit 2", async () => {
		expectFailure(
			await box.gox(["install", "1.90.1"], { env: { GOX_HOME: "/" } }),
			2,
			/^gox: \/ can't be gox's home[\s\S]*export/,
		);
	});

	it("a GOX_HOME that is a file, or a dangling link: one clear message", async () => {
		box.write({ file: "" });
		expectFailure(await box.gox(["install", "1.90.1"], { env: { GOX_HOME: join(box.root, "file") } }), 2, /is not a directory/);
		symlinkSync("/nonexistent/place", join(box.root, "dangling"));
		const ran = await box.gox(["install", "1.90.1"], { env: { GOX_HOME: join(box.root, "dangling") } });
		expectFailure(ran, 6, /dangling/);
	});
});
