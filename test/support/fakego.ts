import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archOf, osOf, type Platform } from "../../src/version/platform.ts";

/**
 * A complete executable of the platform that prints `text` and exits with `status`, made without a compiler on Linux:
 * an ELF header, one segment, and a few instructions. For darwin it is compiled where the test runs on
 * darwin, else it is a Mach-O header that says the right things and can't run.
 */
export function printingProgram(platform: Platform, text: string, status = 0): Buffer {
	if (osOf(platform) === "linux") return elf(archOf(platform), Buffer.from(text), status);
	return process.platform === "darwin" ? compiled(platform, text, status) : machHeader(platform);
}

/** What `go version` prints of a release. */
export function versionLine(release: string, platform: Platform): string {
	return `go version ${release} ${platform.replace("-", "/")}\n`;
}

function elf(arch: "amd64" | "arm64", message: Buffer, status: number): Buffer {
	const code = arch === "amd64" ? amd64Code(message.length, status) : arm64Code(message.length, status);
	const header = Buffer.alloc(120);
	const base = 0x400000n;
	const size = BigInt(120 + code.length + message.length);
	header.write("\u007fELF", 0, "latin1");
	header.set([2, 1, 1], 4);
	header.writeUInt16LE(2, 16);
	header.writeUInt16LE(arch === "amd64" ? 62 : 183, 18);
	header.writeUInt32LE(1, 20);
	header.writeBigUInt64LE(base + 120n, 24);
	header.writeBigUInt64LE(64n, 32);
	header.writeUInt16LE(64, 52);
	header.writeUInt16LE(56, 54);
	header.writeUInt16LE(1, 56);
	header.writeUInt32LE(1, 64);
	header.writeUInt32LE(5, 68);
	header.writeBigUInt64LE(base, 80);
	header.writeBigUInt64LE(base, 88);
	header.writeBigUInt64LE(size, 96);
	header.writeBigUInt64LE(size, 104);
	header.writeBigUInt64LE(0x10000n, 112);
	return Buffer.concat([header, code, message]);
}

/** write(1, message, length); exit(status), in x86-64 machine code. */
function amd64Code(length: number, status: number): Buffer {
	const code = Buffer.from("b801000000bf01000000488d3513000000ba000000000f05b83c000000bf000000000f05", "hex");
	code.writeUInt32LE(length, 18);
	code.writeUInt32LE(status, 30);
	return code;
}

/** The same in AArch64 machine code. */
function arm64Code(length: number, status: number): Buffer {
	const words = [
		0x10000101,
		0xd2800020,
		(0xd2800002 | (length << 5)) >>> 0,
		0xd2800808,
		0xd4000001,
		(0xd2800000 | (status << 5)) >>> 0,
		0xd2800ba8,
		0xd4000001,
	];
	const code = Buffer.alloc(words.length * 4);
	words.forEach((word, index) => {
		code.writeUInt32LE(word, index * 4);
	});
	return code;
}

function machHeader(platform: Platform): Buffer {
	const header = Buffer.alloc(4096);
	header.writeUInt32LE(0xfeedfacf, 0);
	header.writeUInt32LE(archOf(platform) === "arm64" ? 0x0100000c : 0x01000007, 4);
	header.writeUInt32LE(2, 12);
	return header;
}

function compiled(platform: Platform, text: string, status: number): Buffer {
	const directory = mkdtempSync(join(tmpdir(), "gox-fakego-"));
	try {
		const source = join(directory, "go.c");
		writeFileSync(source, `#include <stdio.h>\nint main(void) { fputs(${JSON.stringify(text)}, stdout); return ${status}; }\n`);
		execFileSync("cc", ["-arch", archOf(platform) === "arm64" ? "arm64" : "x86_64", "-o", join(directory, "go"), source]);
		return readFileSync(join(directory, "go"));
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}
