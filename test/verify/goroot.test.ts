import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toolchainHash } from "../../src/verify/dirhash.ts";
import {
	asInArchive,
	differences,
	identify,
	notExecutable,
	type ScannedTree,
	scanTree,
	treeHash,
} from "../../src/verify/goroot.ts";
import { parseRelease } from "../../src/version/release.ts";
import { printingProgram } from "../support/fakego.ts";

const release = parseRelease("go1.22.5") ?? expect.fail();
const platform = "linux-amd64";
const signal = new AbortController().signal;

function digest(content: string | Uint8Array): string {
	return createHash("sha256").update(content).digest("hex");
}

/** A tree in memory: each file's content, or undefined for a symlink. */
function treeOf(files: Readonly<Record<string, string | undefined>>): ScannedTree {
	return new Map(
		Object.entries(files).map(([path, content]) => [
			path,
			{ sha256: content === undefined ? undefined : digest(content), executable: true },
		]),
	);
}

function written(files: Readonly<Record<string, string | Uint8Array>>): string {
	const root = mkdtempSync(join(tmpdir(), "gox-audit-"));
	for (const [path, content] of Object.entries(files)) {
		mkdirSync(join(root, path, ".."), { recursive: true });
		writeFileSync(join(root, path), content);
	}
	return root;
}

describe("a scan", () => {
	it.each([0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 2 * 1024 * 1024, 3_000_001])(
		"hashes a file of %d bytes",
		async (size) => {
			const bytes = Buffer.alloc(size, "gox");
			const tree = await scanTree(written({ "deep/er/file": bytes, "deep/small": "x" }), signal);
			expect(tree.get("deep/er/file")?.sha256).toBe(digest(bytes));
			expect(tree.get("deep/small")?.sha256).toBe(digest("x"));
		},
	);

	it("looks at the execute bits of commands only, and through no symlink", async () => {
		const root = written({ "bin/go": "", "bin/gofmt": "", "pkg/tool/linux_amd64/asm": "", "src/run.bash": "", "bin/deep/x": "" });
		chmodSync(join(root, "bin/go"), 0o755);
		symlinkSync("go", join(root, "bin/link"));
		symlinkSync("..", join(root, "src/loop"));
		const tree = await scanTree(root, signal);
		expect([...tree.keys()].sort()).toEqual([
			"bin/deep/x",
			"bin/go",
			"bin/gofmt",
			"bin/link",
			"pkg/tool/linux_amd64/asm",
			"src/loop",
			"src/run.bash",
		]);
		expect(notExecutable(tree)).toEqual(["bin/gofmt", "pkg/tool/linux_amd64/asm"]);
		expect(tree.get("bin/link")?.sha256).toBeUndefined();
	});

	it.runIf(process.platform === "linux")("sees names that are no UTF-8 (macOS has none)", async () => {
		const root = written({ "src/x": "" });
		const named = (name: string) => Buffer.concat([Buffer.from(`${root}/src/`), Buffer.from(name, "latin1")]);
		mkdirSync(named("d\xff"));
		writeFileSync(Buffer.concat([named("d\xff"), Buffer.from("/x.go")]), "x");
		writeFileSync(named("f\xff.go"), "x");
		const tree = await scanTree(root, signal);
		expect([...tree].map(([path, { sha256 }]) => [path, sha256 === undefined]).sort()).toEqual([
			["src/d\ufffd", true],
			["src/f\ufffd.go", true],
			["src/x", false],
		]);
	});

	it("stops when it is told to", async () => {
		const abort = new AbortController();
		abort.abort(new Error("enough"));
		await expect(scanTree(written({ x: "" }), abort.signal)).rejects.toThrow("enough");
	});
});

describe("a tree's hash", () => {
	const files = { VERSION: "go1.22.5\n", "src/go.mod": "module std\n", "src/a.go": "package a\n" };
	const h1 = toolchainHash(
		Object.entries(files).map(([path, content]) => [path, digest(content)] as const),
		release,
		platform,
	);

	it.each<[string, Readonly<Record<string, string | undefined>>, string | undefined]>([
		["is the module's", files, h1],
		["leaves out what the module leaves out", { ...files, "test/x.go": "", "api/go1.txt": "", "doc/x": undefined }, h1],
		["is none with a symlink", { ...files, "src/link": undefined }, undefined],
		["is none with a _go.mod, which would pass for a go.mod", { ...files, "src/cmd/_go.mod": "" }, undefined],
		["is none with a newline in a name", { ...files, "src/a\nb": "" }, undefined],
	])("%s", (_what, tree, wanted) => expect(treeHash(treeOf(tree), release, platform)).toBe(wanted));
});

describe("differences", () => {
	it("are named and sorted, where they are looked for", () => {
		const tree = treeOf({ a: "1", b: "other", "test/x": "1", link: undefined, new: "1" });
		const wanted = new Map([
			["a", digest("1")],
			["b", digest("2")],
			["gone", digest("3")],
			["link", digest("4")],
			["test/y", digest("5")],
		]);
		expect(differences(tree, wanted)).toEqual({
			changed: ["b", "link"],
			missing: ["gone", "test/y"],
			added: ["new", "test/x"],
		});
		expect(differences(tree, wanted, (path) => !path.startsWith("test/"))).toEqual({
			changed: ["b", "link"],
			missing: ["gone"],
			added: ["new"],
		});
	});
});

describe("a toolchain in the module cache", () => {
	const names = (files: Readonly<Record<string, string>>) => [...(asInArchive(treeOf(files))?.keys() ?? ["no"])].sort();

	it.each<[string, Readonly<Record<string, string>>, string[]]>([
		["has its go.mod files called so again", { "src/_go.mod": "1", "src/cmd/_go.mod": "2" }, ["src/cmd/go.mod", "src/go.mod"]],
		["may have Go's copy beside", { "src/_go.mod": "1", "src/go.mod": "1" }, ["src/go.mod"]],
		[
			"keeps what nobody copies",
			{ "src/_go.mod": "1", "a/go.mod": "2", "a/_go.mod": "2" },
			["a/_go.mod", "a/go.mod", "src/go.mod"],
		],
		["is no other tree", { "src/go.mod": "1" }, ["no"]],
	])("%s", (_what, files, wanted) => expect(names(files)).toEqual(wanted));

	it("has no hash to go by where the copy differs", () => {
		expect(asInArchive(treeOf({ "src/_go.mod": "1", "src/go.mod": "2" }))?.get("src/go.mod")?.sha256).toBeUndefined();
	});
});

describe("what a GOROOT claims to be", () => {
	const arm = printingProgram("linux-arm64", "");
	const mac = printingProgram("linux-amd64", "");
	it.each<[string, Readonly<Record<string, string | Uint8Array>>, string]>([
		["by bin/go", { "bin/go": arm, "bin/gofmt": mac }, "linux-arm64"],
		["by gofmt, where bin/go is a script", { "bin/go": "#!/bin/sh\n", "bin/gofmt": arm }, "linux-arm64"],
		["by the tools, where both are gone", { "pkg/tool/darwin_amd64/asm": "" }, "darwin-amd64"],
		["else the host's", {}, "darwin-arm64"],
	])("%s", (_what, files, wanted) => {
		const root = written({ VERSION: "go1.22.5\ntime 2024-06-27T20:11:12Z\n", ...files });
		expect(identify(root, "darwin-arm64")).toMatchObject({ release: { name: "go1.22.5" }, platform: wanted });
	});

	it.each(["devel +abc", "go1.22", "1.22.5", "go1.20.0", "", "\u001b[31mgo1.22.5"])("VERSION %j was never published", (text) => {
		expect(() => identify(written({ VERSION: text }), "linux-amd64")).toThrow(expect.objectContaining({ code: "integrity" }));
	});
});
