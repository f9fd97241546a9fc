import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkBuiltFor, executableOf } from "../../src/go/builtfor.ts";
import { platforms } from "../../src/version/platform.ts";
import { freshRoot } from "../support/context.ts";
import { printingProgram } from "../support/fakego.ts";

function universal(...cpus: number[]): Buffer {
	const bytes = Buffer.alloc(4096);
	bytes.writeUInt32BE(0xcafebabe, 0);
	bytes.writeUInt32BE(cpus.length, 4);
	cpus.forEach((cpu, index) => {
		bytes.writeUInt32BE(cpu, 8 + index * 20);
	});
	return bytes;
}

describe("the machine that an executable is for", () => {
	it.each(platforms)("a program for %s is for that platform alone", (platform) => {
		expect(executableOf(printingProgram(platform, "x"))?.platforms).toEqual([platform]);
	});

	it("tells a program for FreeBSD, an object file and a 32-bit program from one for Linux", () => {
		const freebsd = printingProgram("linux-amd64", "x");
		freebsd[7] = 9;
		const object = printingProgram("linux-amd64", "x");
		object[16] = 1;
		const narrow = printingProgram("linux-amd64", "x");
		narrow[4] = 1;
		for (const program of [freebsd, object, narrow]) expect(executableOf(program)?.platforms).toEqual([]);
	});

	it("reads universal files, and doesn't take a Java class for one", () => {
		expect(executableOf(universal(0x01000007, 0x0100000c))?.platforms).toEqual(["darwin-amd64", "darwin-arm64"]);
		expect(executableOf(Buffer.from(`cafebabe00000041${"00".repeat(40)}`, "hex"))).toBeUndefined();
	});

	it.each(["", "#!/bin/sh\necho go\n", "\u007fELF", "MZ".repeat(100)])("finds no machine in %j", (text) => {
		expect(executableOf(Buffer.from(text, "latin1"))).toBeUndefined();
	});

	it("refuses a bin/go of another machine, a script, and a universal file", () => {
		const go = join(freshRoot(), "go");
		const check = (program: Uint8Array | string) => {
			writeFileSync(go, program);
			return () => checkBuiltFor(go, "darwin-arm64");
		};
		expect(check(printingProgram("darwin-arm64", "x"))).not.toThrow();
		expect(check(printingProgram("darwin-amd64", "x"))).toThrow("bin/go is Mach-O x86_64, not for darwin-arm64");
		expect(check(printingProgram("linux-arm64", "x"))).toThrow("bin/go is ELF aarch64, not for darwin-arm64");
		expect(check(universal(0x0100000c))).toThrow(/universal/);
		expect(check("#!/bin/sh\n")).toThrow("neither ELF nor Mach-O");
	});

	it.runIf(process.platform === "linux")("the program made for tests really runs", () => {
		const root = freshRoot();
		mkdirSync(join(root, "bin"));
		const platform = process.arch === "arm64" ? "linux-arm64" : "linux-amd64";
		const path = join(root, "bin/go");
		writeFileSync(path, printingProgram(platform, "hello, gopher\n"));
		chmodSync(path, 0o755);
		expect(execFileSync(path, { encoding: "utf8" })).toBe("hello, gopher\n");
		const emulator = "/usr/bin/qemu-aarch64";
		if (existsSync(emulator)) {
			writeFileSync(path, printingProgram("linux-arm64", "hello, arm\n"));
			expect(execFileSync(emulator, [path], { encoding: "utf8" })).toBe("hello, arm\n");
		}
	});
});
