import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { parseModules, readExecutable, slicesOf, unquote } from "../../src/go/buildinfo.ts";
import { bytesAsSource } from "../../src/go/executable.ts";
import { freshRoot } from "../support/context.ts";
import { excerptBytes, excerptNamed, excerpts, writeExcerpt } from "../support/excerpts.ts";
import { asGoVersionPrints } from "../support/goversionm.ts";
import { tried } from "../support/tally.ts";

const root = freshRoot("gox-buildinfo-");
afterAll(() => rmSync(root, { recursive: true, force: true }));

const read = (path: string) => {
	const info = readExecutable(path)[0]?.info;
	return info && asGoVersionPrints(info);
};

describe("excerpts of real programs", () => {
	it.each(excerpts().map((each) => [each.name, each] as const))("%s: what go version -m printed", (name, excerpt) => {
		const path = join(root, name);
		writeExcerpt(excerpt, path);
		expect(read(path)).toBe(excerpt.goVersionM);
		const [, go, goos, goarch] = /^(go[\d.]+)-(\w+)-(\w+)/.exec(name) ?? [];
		expect(readExecutable(path)).toMatchObject([{ goos, goarch, info: { goVersion: go, path: "example.com/tool" } }]);
		rmSync(path);
	});

	it("they are of every Go from 1.18 to 1.26, ELF and Mach-O, and of one before", () => {
		const names = excerpts().map(({ name }) => name.replace(/(\.\d+)\.\d+/, "$1"));
		for (const minor of [17, 18, 19, 20, 21, 22, 23, 24, 25, 26])
			expect(names).toEqual(expect.arrayContaining([`go1.${minor}-linux-amd64`, `go1.${minor}-darwin-arm64`]));
	});

	it("every part of a universal file", () => {
		const parts = ["go1.26.8-darwin-amd64", "go1.22.5-darwin-arm64"].map((name) => excerptBytes(excerptNamed(name)));
		const header = Buffer.alloc(4096);
		header.writeUInt32BE(0xcafebabe, 0);
		header.writeUInt32BE(2, 4);
		parts.forEach((part, index) => {
			header.writeUInt32BE(index === 0 ? 0x01000007 : 0x0100000c, 8 + index * 20);
			header.writeUInt32BE(4096 + (index === 0 ? 0 : (parts[0]?.length ?? 0)), 16 + index * 20);
			header.writeUInt32BE(part.length, 20 + index * 20);
		});
		expect(slicesOf(bytesAsSource(Buffer.concat([header, ...parts])))).toMatchObject([
			{ goarch: "amd64", info: { goVersion: "go1.26.8" } },
			{ goarch: "arm64", info: { goVersion: "go1.22.5" } },
		]);
	});

	it("without a section of its own it is found in the data segment", () => {
		const bytes = excerptBytes(excerptNamed("go1.22.5-linux-amd64"));
		bytes.write("_", bytes.indexOf(".go.buildinfo") + 3);
		expect(slicesOf(bytesAsSource(bytes))[0]?.info?.goVersion).toBe("go1.22.5");
	});

	it("what isn't on a multiple of 16 isn't it", () => {
		const bytes = excerptBytes(excerptNamed("go1.22.5-linux-amd64"));
		const at = bytes.indexOf("\xff Go buildinf:", 0, "latin1");
		bytes.copy(bytes, at + 8, at, at + 600);
		bytes.fill(0, at, at + 8);
		expect(slicesOf(bytesAsSource(bytes))[0]).toMatchObject({ goarch: "amd64", info: undefined });
	});
});

describe("hostile files", () => {
	const samples = ["go1.22.5-linux-amd64", "go1.22.5-darwin-arm64", "go1.17.13-linux-amd64"].map((name) => {
		const whole = excerptNamed(name);
		const end = Math.max(...whole.parts.map(([offset, part]) => offset + part.length));
		return { bytes: excerptBytes(whole).subarray(0, end), places: whole.parts };
	});

	it("any bytes changed or cut off: read or not, never an error", (context) => {
		const runs = 1500;
		fc.assert(
			fc.property(
				// By its number: fast-check prints the whole value of a counterexample.
				fc.nat(samples.length - 1),
				fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(8)), { maxLength: 6 }),
				fc.option(fc.nat()),
				(which, changes, cut) => {
					const { bytes, places } = samples[which] ?? { bytes: Buffer.alloc(0), places: [] };
					const undo = changes.map(([part, within, value, length]) => {
						const [offset, content] = places[part % places.length] ?? [0, Buffer.alloc(1)];
						const at = offset + (within % content.length);
						const before = Buffer.from(bytes.subarray(at, at + length));
						bytes.fill(value, at, Math.min(at + length, bytes.length));
						return () => before.copy(bytes, at);
					});
					try {
						slicesOf(bytesAsSource(cut === null ? bytes : bytes.subarray(0, cut % bytes.length)));
					} finally {
						for (const each of undo.reverse()) each();
					}
				},
			),
			{ numRuns: runs },
		);
		tried(context, runs);
	});

	it("any bytes behind a magic number", () => {
		const magics = ["7f454c46", "cffaedfe", "feedfacf", "cefaedfe", "cafebabe", "cafebabf"];
		fc.assert(
			fc.property(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 300 }), (magic, rest) => {
				slicesOf(bytesAsSource(Buffer.concat([Buffer.from(magic, "hex"), rest])));
			}),
		);
	});

	it("a script, an empty file, a Java class: nothing", () => {
		for (const text of ["", "#!/bin/sh\n", "\xca\xfe\xba\xbe\0\0\0\x41\0\0\0\0"])
			expect(slicesOf(bytesAsSource(Buffer.from(text, "latin1")))).toEqual([]);
	});

	/** The length in front of the version, and of every segment, as they are claimed to be. */
	const claiming = (length: readonly number[], fileSize?: bigint) => {
		const bytes = excerptBytes(excerptNamed("go1.22.5-linux-amd64"));
		const at = bytes.indexOf("\xff Go buildinf:", 0, "latin1");
		bytes.set(length, at + 32);
		for (let index = 0; fileSize !== undefined && index < bytes.readUInt16LE(56); index++)
			bytes.writeBigUInt64LE(fileSize, Number(bytes.readBigUInt64LE(32)) + index * 56 + 32);
		return slicesOf(bytesAsSource(bytes))[0];
	};

	it.each([
		["beyond its segment", [0xff, 0xff, 0x3f], undefined],
		["beyond the file, in a segment that claims to be larger still", [0xff, 0xff, 0x7f], 1n << 40n],
		["beyond all memory", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 1n << 50n],
		["beyond all numbers", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], undefined],
		["without an end", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], undefined],
	])("a text that claims to go %s is none", (_, length, fileSize) => {
		expect(claiming(length, fileSize)).toMatchObject({ goarch: "amd64", info: undefined });
	});

	it("and as it is, it is one", () => {
		expect(claiming([8], 1n << 50n)?.info?.goVersion).toBe("go1.22.5");
	});
});

describe("the lines", () => {
	it.each([
		["path\ta\n", { path: "a", main: undefined }],
		["mod\ta\tv1.2.3\n", { main: { path: "a", version: "v1.2.3", sum: "" } }],
		["dep\ta\tv1\th1:x\n=>\tb\tv2\th1:y\n", { deps: [{ path: "a", replace: { path: "b", version: "v2", sum: "h1:y" } }] }],
		["mod\ta\tv1\th1:x\n=>\tb\tv2\t\n", { main: { path: "a", replace: { path: "b", version: "v2", sum: "" } } }],
		['build\t-ldflags="-s -w -X \\"a.b=c d\\""\n', { settings: [["-ldflags", '-s -w -X "a.b=c d"']] }],
		["build\t-tags=`a b`\n", { settings: [["-tags", "a b"]] }],
		['build\t"odd key"=x=y\n', { settings: [["odd key", "x=y"]] }],
		["build\tCGO_CFLAGS=\n", { settings: [["CGO_CFLAGS", ""]] }],
		["unheard\tof\nno tab\n", { settings: [], deps: [] }],
		["path\tlast line without its end", { path: "" }],
	])("%j", (text, expected) => expect(parseModules(text)).toMatchObject(expected));

	it.each([
		"mod\ta\n",
		"mod\ta\tb\tc\td\n",
		"=>\ta\tb\tc\n",
		"mod\ta\tb\n=>\ta\tb\n",
		"build\t\n",
		"build\t=x\n",
		"build\tx\n",
		'build\t"x\n',
		'build\t"x"\n',
		"build\tx=a b\n",
		'build\tx="a"b\n',
	])("%j is refused, as Go refuses it", (text) => expect(parseModules(text)).toBeUndefined());

	it.each([
		['"a\\tb\\x41\\101\\u00e9\\U0001f600\\""', 'a\tbAAé😀"'],
		['"\\xc3\\xa9"', "é"],
		['"\\u00e9abc"', "éabc"],
		["`a\\n\r`", "a\\n"],
		['"\\ud800"', undefined],
		['"\\q"', undefined],
		['"\\400"', undefined],
		['"a', undefined],
		["'a'", undefined],
		['"a"b', undefined],
	])("the literal %j", (text, meaning) => expect(unquote(text)).toBe(meaning));

	it("any value that Go would write is read back", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), (value) => {
				expect(unquote(JSON.stringify(value))).toBe(value);
			}),
		);
	});
});

const go = (() => {
	try {
		const [goroot = ""] = execFileSync("go", ["env", "GOROOT"], { encoding: "utf8" }).split("\n");
		return goroot;
	} catch {
		return undefined;
	}
})();

/** What `go version -m` prints of each file that it can read, by path. */
function asGoReads(paths: readonly string[]): ReadonlyMap<string, string> {
	const printed = execFileSync("go", ["version", "-m", ...paths], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
	return new Map(
		printed.split(/^(?=\/)/m).map((text) => {
			const [, path = "", rest = ""] = /^([^\n]*?): (go.*)$/s.exec(text) ?? [];
			return [path, rest];
		}),
	);
}

describe.skipIf(go === undefined)("as go version -m reads it (where there is a go)", () => {
	it("of the excerpts, too", () => {
		const all = excerpts().map((excerpt) => ({ path: join(root, `again-${excerpt.name}`), excerpt }));
		for (const { path, excerpt } of all) writeExcerpt(excerpt, path);
		const printed = asGoReads(all.map(({ path }) => path));
		for (const { path, excerpt } of all) expect(printed.get(path), excerpt.name).toBe(excerpt.goVersionM);
	});

	it("of Go's own programs", (context) => {
		const bin = join(go ?? "", "bin");
		const paths = readdirSync(bin).map((name) => join(bin, name));
		const printed = asGoReads(paths);
		expect(printed.size).toBe(paths.length);
		for (const path of paths) expect(read(path)).toBe(printed.get(path));
		tried(context, paths.length);
	});

	it("of a program built here, plain and with every flag", () => {
		const module = join(root, "module");
		mkdirSync(join(module, "dep"), { recursive: true });
		const requires = "require example.com/dep v1.2.3\n\nreplace example.com/dep v1.2.3 => ./dep\n";
		writeFileSync(join(module, "go.mod"), `module example.com/built\n\ngo 1.20\n\n${requires}`);
		writeFileSync(join(module, "main.go"), 'package main\n\nimport "example.com/dep"\n\nfunc main() { println(dep.Word) }\n');
		writeFileSync(join(module, "dep/go.mod"), "module example.com/dep\n\ngo 1.20\n");
		writeFileSync(join(module, "dep/dep.go"), 'package dep\n\nconst Word = "built"\n');
		const env = { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off", GOTOOLCHAIN: "local", CGO_ENABLED: "0" };
		for (const [index, flags] of [[], ["-ldflags=-s -w -X 'main.x=a b'", "-trimpath", "-tags=one,two"]].entries()) {
			const path = join(root, `built${index}`);
			execFileSync("go", ["build", "-o", path, ...flags, "."], { cwd: module, env, stdio: "pipe" });
			expect(read(path)).toBe(asGoReads([path]).get(path));
		}
	});
});
