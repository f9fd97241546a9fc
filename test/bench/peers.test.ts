import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { gzipWithHead, seededVersions, sizedArchives, tinyArchives } from "../../bench/archives.mjs";
import { startMirror } from "../../bench/mirror.mjs";
import { adapters, findPeers, versionIn } from "../../bench/peers.mjs";
import { decodeIndex } from "../../src/releases/list.ts";
import { freshRoot } from "../support/context.ts";

test.each<[string, string, string | undefined]>([
	["g", "g version 1.7.0\nGo version:    go1.26.8\nOS/Arch:       linux/amd64\n", "1.7.0"],
	["g", "g (a graph tool) 2.1\n", undefined],
	["gobrew", "\u001b[0;32m[INFO] gobrew version is dev\u001b[0m\n", "dev"],
	["gobrew", "[INFO] gobrew version is v1.10.12\n", "1.10.12"],
	["goenv", "goenv 3.0.1\n", "3.0.1"],
	["goenv", "goenv dev\n", "dev"],
	// Its second generation is another program, in shell, with other settings.
	["goenv", "goenv 2.2.30\n", undefined],
	["goup", "goup 0.16.12\n", "0.16.12"],
	["asdf", "asdf version 0.20.0 (revision unknown)\n", "0.20.0"],
	["asdf", "v0.14.0-ccdd47d\n", "0.14.0"],
	["mise", "2026.9.15 linux-x64 (2026-09-27)\n", "2026.9.15"],
	["mise", "mise: no such command\n", undefined],
])("%s, of %j, is %s", (name, text, release) => {
	const adapter = adapters.find((one) => one.name === name);
	expect(adapter && versionIn(adapter, text)).toBe(release);
});

/** A directory with a program that prints a line. */
function withProgram(name: string, line: string): string {
	const peers = freshRoot();
	mkdirSync(join(peers, "bin"));
	const program = join(peers, "bin", name);
	writeFileSync(program, `#!/bin/sh\necho '${line}'\n`);
	chmodSync(program, 0o755);
	return peers;
}

describe("peers are found", () => {
	const place = { fresh: (): string => freshRoot() };
	const why = (absent: readonly { name: string; why: string }[]) => Object.fromEntries(absent.map((one) => [one.name, one.why]));

	test("where they were put, each with a home of its own", () => {
		const peers = withProgram("goup", "goup 0.16.12");
		const { tools, absent } = findPeers(place, { GOX_BENCH_PEERS: peers, PATH: "/nonexistent" });
		expect(tools.map(({ name, release }) => [name, release])).toEqual([["goup", "0.16.12"]]);
		expect(why(absent)).toMatchObject({ g: "not found", mise: "not found" });
		const root = freshRoot();
		const env = tools[0]?.env(root, "http://127.0.0.1:1") ?? {};
		expect(env.HOME).toBe(root);
		expect(env.PATH).toBe(`${root}/.bin:/usr/local/bin:/usr/bin:/bin`);
		expect(execFileSync("goup", { env, encoding: "utf8" })).toBe("goup 0.16.12\n");
	});

	test("on PATH too; another program of that name is none, and asdf needs its plugin", () => {
		const other = withProgram("g", "g, a graph tool");
		const asdf = withProgram("asdf", "asdf version 0.20.0");
		const { tools, absent } = findPeers(place, { PATH: `${join(other, "bin")}:${join(asdf, "bin")}:/nonexistent` });
		expect(tools).toEqual([]);
		expect(why(absent)).toMatchObject({
			g: `${join(other, "bin/g")} is another program of that name, or another version`,
			asdf: "its asdf-golang and gorepo.git isn't in GOX_BENCH_PEERS",
		});
	});

	test("asdf's plugin asks the mirror and the repository that was given, and is refused when it asks others", () => {
		const peers = freshRoot();
		mkdirSync(join(peers, "bin"));
		writeFileSync(
			join(peers, "bin/asdf"),
			'#!/bin/sh\nif [ "$1" = plugin ]; then mkdir -p "$ASDF_DATA_DIR/plugins" && cp -R "$4" "$ASDF_DATA_DIR/plugins/golang"; fi\necho asdf version 0.20.0\n',
			{ mode: 0o755 },
		);
		const plugin = join(peers, "asdf-golang/bin");
		mkdirSync(plugin, { recursive: true });
		mkdirSync(join(peers, "gorepo.git"));
		writeFileSync(join(plugin, "download"), 'curl "https://dl.google.com/go/go$1.tar.gz"\n');
		writeFileSync(join(plugin, "list-all"), 'git ls-remote --tags https://github.com/golang/go "go*"\n');
		const { tools } = findPeers(place, { GOX_BENCH_PEERS: peers, PATH: "/nonexistent" });
		const [asdf] = tools;
		const prepared = (): string => {
			const root = freshRoot();
			asdf?.prepare(root, "http://127.0.0.1:1");
			return join(root, ".asdf/plugins/golang/bin");
		};
		const scripts = prepared();
		expect(readFileSync(join(scripts, "download"), "utf8")).toBe('curl "http://127.0.0.1:1/go/go$1.tar.gz"\n');
		expect(readFileSync(join(scripts, "list-all"), "utf8")).toBe(`git ls-remote --tags file://${peers}/gorepo.git "go*"\n`);
		writeFileSync(join(plugin, "list-all"), "git ls-remote --tags https://go.example/go\n");
		expect(prepared).toThrow("list-all doesn't ask https://github.com/golang/go");
	});
});

describe("the mirror of the benchmark", () => {
	test("lists what lies there, and serves it whole and in parts", async () => {
		const directory = join(freshRoot(), "archives");
		await tinyArchives(directory, "/bin/sh", ["1.22.5"]);
		const mirror = await startMirror(directory);
		try {
			const list = await (await fetch(`${mirror.url}/dl/?mode=json&include=all`)).text();
			const release = decodeIndex(list, "the mirror").releases.find(({ release }) => release.name === "go1.22.5");
			const [archive] = [...(release?.archives.values() ?? [])];
			const whole = await fetch(`${mirror.url}/go/${archive?.filename}`);
			const bytes = Buffer.from(await whole.arrayBuffer());
			expect(bytes.length).toBe(archive?.size);
			const digest = await (await fetch(`${mirror.url}/dl/${archive?.filename}.sha256`)).text();
			expect(digest).toBe(archive?.sha256);
			const part = await fetch(`${mirror.url}/dl/${archive?.filename}`, { headers: { range: "bytes=10-19" } });
			expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 10-19/${bytes.length}`]);
			expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
			expect((await fetch(`${mirror.url}/dl/go9.9.9.tar.gz`)).status).toBe(404);
			expect((await fetch(`${mirror.url}/dl/../index.json`)).status).toBe(404);
		} finally {
			await mirror.stop();
		}
	});
});

test("made archives are of about the size that was asked for, and real tar", async () => {
	const directory = join(freshRoot(), "sizes");
	const versions = await sizedArchives(directory, "/bin/sh", [1, 3]);
	const sizes = Object.keys(versions).map(Number);
	expect(sizes[0]).toBeGreaterThan(0.8);
	expect(sizes[0]).toBeLessThan(1.3);
	expect(sizes[1]).toBeGreaterThan(2.6);
	expect(sizes[1]).toBeLessThan(3.4);
	const [index] = JSON.parse(readFileSync(join(directory, "index.json"), "utf8"));
	const names = execFileSync("tar", ["-tf", "-"], {
		input: gunzipSync(readFileSync(join(directory, index.files[0].filename))),
		encoding: "utf8",
	})
		.trim()
		.split("\n");
	expect(names.slice(0, 4)).toEqual(["go/VERSION", "go/bin/go", "go/bin/gofmt", "go/src/go.mod"]);
	expect(names.length).toBe(4 + 3 * 145);
	expect(seededVersions).toContain("1.22.5");
});

test("archives that differ in their head are one gzip member each", () => {
	const rest = Buffer.from("what both have ".repeat(5000));
	const joined = gzipWithHead(rest);
	for (const head of ["go1.61.0\n", "go1.61.1\n"]) {
		const packed = joined(Buffer.from(head));
		// The checksum and the length at its end are of the whole; a first member of several would end earlier.
		expect(gunzipSync(packed).equals(Buffer.concat([Buffer.from(head), rest]))).toBe(true);
		expect(inflateRawSync(packed.subarray(10)).length).toBe(head.length + rest.length);
	}
});
