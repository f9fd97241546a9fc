import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
	buildWithZig,
	findZig,
	hostTarget,
	isFresh,
	placeShims,
	prebuiltDir,
	readSums,
	sha256,
	shimsDir,
	sources,
	targets,
	warnings,
	zigVersion,
} from "../../scripts/build-shims.mjs";
import { freshRoot } from "../support/context.ts";

const platforms = Object.keys(targets) as (keyof typeof targets)[];
const zig = findZig();
const sums = readSums();
const base = freshRoot("gox-prebuilt-");
const binary = (platform: string) => join(prebuiltDir, platform, "gox-shim");

afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("shims/prebuilt", () => {
	it("was built from these sources", () => {
		expect([...sums.files.keys()]).toEqual([...sources(), ...platforms.map((platform) => `${platform}/gox-shim`)]);
		for (const [path, hash] of sums.files) expect([path, sha256(join(prebuiltDir, path))]).toEqual([path, hash]);
		expect(platforms.filter((platform) => !isFresh(platform))).toEqual([]);
	});

	it.each(platforms)("%s is for that machine, small, and an executable", (platform) => {
		const bytes = readFileSync(binary(platform));
		expect(machineType(bytes)).toBe(platform);
		expect(bytes.length).toBeLessThan(100_000);
		expect(statSync(binary(platform)).mode & 0o111).toBe(0o111);
		expect(bytes.includes("gox-shim-marker")).toBe(true);
		expect(bytes.includes(shimsDir)).toBe(false);
	});

	it("carries an ad-hoc signature on Apple Silicon, by a name that never changes", () => {
		const signature = codeSignature(readFileSync(binary("darwin-arm64")));
		expect(signature).toMatchObject({ identifier: "gox-shim", adHoc: true });
	});

	it("is static on Linux", () => {
		for (const platform of ["linux-amd64", "linux-arm64"])
			expect(programHeaders(readFileSync(binary(platform)))).not.toContain(interpreter);
	});

	it.skipIf(!zig || zigVersion(zig) !== sums.zig)(
		`comes out byte for byte from anywhere (skipped without zig ${sums.zig})`,
		() => {
			for (const platform of platforms) {
				const rebuilt = buildWithZig(zig ?? [], platform, join(base, "some where else", platform));
				expect([platform, sha256(rebuilt)]).toEqual([platform, sha256(binary(platform))]);
			}
		},
		600_000,
	);

	it.skipIf(!existsSync("/usr/bin/qemu-aarch64") || hostTarget() === "linux-arm64")(
		"runs on arm64 (skipped without qemu-aarch64)",
		() => {
			const run = spawnSync("/usr/bin/qemu-aarch64", [binary("linux-arm64"), "--shim-self-test"], { encoding: "utf8" });
			expect(run).toMatchObject({ status: 0, stdout: "gox-shim ok linux-arm64\n" });
			const home = join(base, "arm");
			mkdirSync(join(home, "versions/go1.22.5/bin"), { recursive: true });
			cpSync("/bin/true", join(home, "versions/go1.22.5/bin/go"));
			const asked = spawnSync("/usr/bin/qemu-aarch64", [binary("linux-arm64"), "current"], {
				env: { GOX_HOME: home, GOX_VERSION: "1.22.5" },
				encoding: "utf8",
			});
			expect(asked).toMatchObject({ status: 0, stdout: "go1.22.5 (GOX_VERSION=1.22.5)\n" });
		},
	);
});

describe("placeShims", () => {
	it("puts every platform's shim and the sh one below dist, and nothing old", async () => {
		const dist = join(base, "dist");
		mkdirSync(join(dist, "shims/plan9-mips"), { recursive: true });
		const lines: string[] = [];
		await placeShims(dist, (line) => lines.push(line));
		expect(lines).toEqual(platforms.map((platform) => `dist/shims/${platform}/gox-shim: as committed`));
		for (const platform of platforms) expect(sha256(join(dist, "shims", platform, "gox-shim"))).toBe(sha256(binary(platform)));
		expect(statSync(join(dist, "shims/gox-shim.sh")).mode & 0o111).toBe(0o111);
		expect(existsSync(join(dist, "shims/plan9-mips"))).toBe(false);
	});
});

describe("the source", () => {
	const compilers = ["gcc", "clang"].filter((compiler) => spawnSync(compiler, ["--version"]).status === 0);

	it.skipIf(compilers.length === 0)("compiles without a warning (skipped without gcc and clang)", () => {
		for (const compiler of compilers) {
			const run = spawnSync(compiler, [...warnings, "-O2", "-c", "gox-shim.c", "-o", join(base, compiler)], {
				cwd: shimsDir,
				encoding: "utf8",
			});
			expect([compiler, run.status, run.stderr]).toEqual([compiler, 0, ""]);
		}
	});
});

/** ELF's e_machine, or Mach-O's cputype (loader.h), as GOOS-GOARCH. */
function machineType(bytes: Buffer): string {
	if (bytes.readUInt32BE(0) === 0x7f454c46) return `linux-${{ 62: "amd64", 183: "arm64" }[bytes.readUInt16LE(18)]}`;
	if (bytes.readUInt32LE(0) === 0xfeedfacf) return `darwin-${{ 16777223: "amd64", 16777228: "arm64" }[bytes.readUInt32LE(4)]}`;
	return "unknown";
}

const interpreter = 3;

/** The p_type of every program header of a 64-bit ELF file. */
function programHeaders(bytes: Buffer): number[] {
	const [start, size, count] = [Number(bytes.readBigUInt64LE(32)), bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
	return Array.from({ length: count }, (_, each) => bytes.readUInt32LE(start + each * size));
}

/** What LC_CODE_SIGNATURE's code directory says (xnu's cs_blobs.h); undefined where there is none. */
function codeSignature(bytes: Buffer): { identifier: string; adHoc: boolean } | undefined {
	const [loadCodeSignature, codeDirectory, adHocFlag] = [0x1d, 0xfade0c02, 2];
	for (let each = 0, at = 32; each < bytes.readUInt32LE(16); each++, at += bytes.readUInt32LE(at + 4)) {
		if (bytes.readUInt32LE(at) !== loadCodeSignature) continue;
		const blob = bytes.subarray(bytes.readUInt32LE(at + 8));
		for (let index = 0; index < blob.readUInt32BE(8); index++) {
			const directory = blob.subarray(blob.readUInt32BE(12 + index * 8 + 4));
			if (directory.readUInt32BE(0) !== codeDirectory) continue;
			const name = directory.subarray(directory.readUInt32BE(20));
			return { identifier: name.subarray(0, name.indexOf(0)).toString(), adHoc: (directory.readUInt32BE(12) & adHocFlag) !== 0 };
		}
	}
	return undefined;
}
