import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DirHash, parseToolchainVersion, toolchainHash, toolchainName, toolchainVersion } from "../../src/verify/dirhash.ts";
import { platforms } from "../../src/version/platform.ts";
import { parseRelease, type Release } from "../../src/version/release.ts";

const sha256 = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");
const release = (text: string): Release => parseRelease(text) ?? expect.unreachable(text);

describe("h1", () => {
	it("is the hash of the sorted lines", () => {
		const hash = new DirHash();
		hash.add("xyz", sha256("data for xyz"));
		hash.add("abc", sha256("data for abc"));
		const lines = `${sha256("data for abc")}  abc\n${sha256("data for xyz")}  xyz\n`;
		expect(hash.h1()).toBe(`h1:${createHash("sha256").update(lines).digest("base64")}`);
	});

	it("of no files is SHA-256 of nothing", () => {
		expect(new DirHash().h1()).toBe("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	});

	it("sorts names as bytes, not as UTF-16", () => {
		const names = ["\u{10000}", "\uffff", "é", "z", "a/b", "a-b", "a"];
		const hash = new DirHash();
		for (const name of names) hash.add(name, sha256(name));
		const sorted = [...names].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
		const lines = sorted.map((name) => `${sha256(name)}  ${name}\n`).join("");
		expect(hash.h1()).toBe(`h1:${createHash("sha256").update(lines).digest("base64")}`);
	});

	it("doesn't depend on the order of adding", () => {
		const files = fc.uniqueArray(fc.stringMatching(/^[a-z/é\u{1f600}.-]{1,8}$/u), { minLength: 1, maxLength: 20 });
		fc.assert(
			fc.property(files, (names) => {
				const h1 = (order: readonly string[]) => {
					const hash = new DirHash();
					for (const name of order) hash.add(name, sha256(name));
					return hash.h1();
				};
				expect(h1([...names].reverse())).toBe(h1(names));
			}),
		);
	});

	it("refuses newlines in names, a name twice, and what isn't a digest", () => {
		const hash = new DirHash();
		hash.add("a", sha256(""));
		expect(() => hash.add("b\nc", sha256(""))).toThrow("newline");
		expect(() => hash.add("a", sha256("x"))).toThrow("two files");
		expect(() => hash.add("c", "ABC")).toThrow("not a SHA-256");
	});
});

describe("a toolchain's module", () => {
	const prefix = "golang.org/toolchain@v0.0.1-go1.22.5.darwin-arm64/";
	it.each([
		["VERSION", "VERSION"],
		["go.mod", "_go.mod"],
		["src/go.mod", "src/_go.mod"],
		["src/cmd/go.mod", "src/cmd/_go.mod"],
		["src/cmd/go/testdata/mod/go.mod.txt", "src/cmd/go/testdata/mod/go.mod.txt"],
		["src/xgo.mod", "src/xgo.mod"],
		["go.env", "go.env"],
		["bin/go", "bin/go"],
		["src/test/x.go", "src/test/x.go"],
		["tests/x", "tests/x"],
		["api/go1.txt", undefined],
		["doc/go_mem.html", undefined],
		["misc/editors", undefined],
		["test/x.go", undefined],
	])("%s is %s", (path, name) => {
		expect(toolchainName(path, release("1.22.5"), "darwin-arm64")).toBe(name && prefix + name);
	});

	it.each([
		["v0.0.1-go1.22.5.linux-amd64", "go1.22.5", "linux-amd64"],
		["v0.0.1-go1.20.darwin-arm64", "go1.20", "darwin-arm64"],
		["v0.0.1-go1.21.0.linux-arm64", "go1.21.0", "linux-arm64"],
		["v0.0.1-go1.22rc1.darwin-amd64", "go1.22rc1", "darwin-amd64"],
	])("%s is %s for %s", (version, name, platform) => {
		const found = parseToolchainVersion(version);
		expect([found?.release.name, found?.platform]).toEqual([name, platform]);
		expect(found && toolchainVersion(found.release, found.platform)).toBe(version);
	});

	it.each([
		"v0.0.1-go1.9rc2.windows-amd64",
		"v0.0.1-go1.22.linux-amd64",
		"v0.0.1-go1.20.0.linux-amd64",
		"v0.0.2-go1.22.5.linux-amd64",
		"v0.0.1-go1.22.5.linux-amd64/../x",
		"",
		"v0.0.1-go1.22.5-x.linux-amd64",
	])("%j is none that gox installs", (version) => expect(parseToolchainVersion(version)).toBeUndefined());

	it("has the h1 of a synthetic archive's files", () => {
		const files: [string, string][] = [
			["VERSION", sha256("go1.21.0\n")],
			["src/go.mod", sha256("module std\n")],
			["api/go1.txt", sha256("x")],
		];
		const at = "golang.org/toolchain@v0.0.1-go1.21.0.linux-amd64/";
		const lines = `${sha256("go1.21.0\n")}  ${at}VERSION\n${sha256("module std\n")}  ${at}src/_go.mod\n`;
		expect(toolchainHash(files, release("go1.21.0"), "linux-amd64")).toBe(
			`h1:${createHash("sha256").update(lines).digest("base64")}`,
		);
		expect(platforms.map((platform) => toolchainHash(files, release("go1.21.0"), platform))).toSatisfy(
			(hashes: string[]) => new Set(hashes).size === platforms.length,
		);
	});
});

const moduleCache = process.env.GOMODCACHE ?? join(homedir(), "go", "pkg", "mod");

describe.each([
	["go1.22.5", "h1:LQChnsjY/4sr12W+7pci1Qg1+X/n7vmLOOaq2aTBG0w="],
	["go1.21.13", "h1:THKeCuuOK6mnQhbTbvvH9CKU3D4lwUERQax+yRXCVJk="],
])("the real toolchain %s", (name, h1) => {
	const goroot = join(moduleCache, `golang.org/toolchain@v0.0.1-${name}.linux-amd64`);
	describe.skipIf(!existsSync(goroot))(`in the module cache (skipped without ${name} there)`, () => {
		it("has the h1 of the checksum database", () => {
			const files = readdirSync(goroot, { recursive: true, withFileTypes: true })
				.filter((entry) => entry.isFile())
				.map((entry) => join(entry.parentPath, entry.name));
			const digests = files.map((file): [string, string] => [
				file.slice(goroot.length + 1).replace(/(^|\/)_go\.mod$/, "$1go.mod"),
				sha256(readFileSync(file)),
			]);
			expect(toolchainHash(digests, release(name), "linux-amd64")).toBe(h1);
		});
	});
});
