import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shimsDir, warnings } from "../../scripts/build-shims.mjs";
import { freshRoot } from "../support/context.ts";
import { ofFault } from "../support/tally.ts";
import { readCases } from "./case.ts";
import { machineOf, type Setup } from "./native.ts";
import { checkNativeCase, isForThisHost } from "./native-check.ts";

const flags = ["-g1", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const base = freshRoot("gox-sanitized-");
const shim = join(base, "gox-shim");
// Leaks are not looked for: the shim has no heap, and the search is three quarters of a run's time.
const options = join(base, "options.c");
writeFileSync(
	options,
	'const char *__asan_default_options(void);\nconst char *__asan_default_options(void) { return "detect_leaks=0"; }\n',
);
// Not -static-libasan, though that starts faster, and with lines only: a file of 512 KiB is taken for a real Go.
const built = spawnSync("cc", [...warnings, ...flags, "gox-shim.c", options, "-o", shim], { cwd: shimsDir }).status === 0;
let count = 0;

// Node cannot remove what lies beyond PATH_MAX.
afterAll(() => void spawnSync("/bin/rm", ["-rf", base]));

describe.skipIf(!built)(
	"the native shim under the address and undefined-behaviour sanitizers (skipped without a cc that has both)",
	() => {
		describe("the table of precedence", () => {
			for (const [number, each] of readCases().entries()) {
				it.skipIf(!isForThisHost(each))(each.name, ofFault(each.fault), () =>
					checkNativeCase(each, join(base, `case-${number}`), shim),
				);
			}
		});

		describe("hostile input", () => {
			/** Asks as gox and as go; whatever the answer, it is one of gox's own, or Go's. */
			function survives(setup: Setup, more: Record<string, string> = {}): readonly SpawnSyncReturns<string>[] {
				const machine = machineOf(
					{ installed: ["1.22.5"], default: "1.22.5", cwd: "p", ...setup },
					join(base, `hostile-${count++}`),
					shim,
				);
				const runs = [
					machine.run("gox", ["current", "--json"], more),
					machine.run("gox", ["current"], more),
					machine.run("gox", ["which", "x".repeat(5000), "--json"], more),
					machine.run("gox", ["exec", "x".repeat(5000), "--", "go"], more),
					machine.run("go", ["-C", "x/".repeat(3000), "version"], more),
					machine.run("go", ["version"], more),
				];
				for (const run of runs) {
					expect(run.stderr ?? "").not.toMatch(/Sanitizer|runtime error/);
					expect(run).toMatchObject({
						signal: null,
						status: expect.toSatisfy((status) => [0, 1, 2, 3, 6, 126, 127].includes(status)),
					});
				}
				return runs;
			}

			const blob = (length: number, seed: number) => {
				const bytes = Buffer.alloc(length);
				for (let at = 0, state = seed; at < length; at++) {
					state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
					bytes[at] = state >> 16;
				}
				return bytes.toString("base64");
			};

			it.each([".go-version", ".tool-versions", "go.mod", "go.work"])("in %s", { tags: "fault-25" }, (name) => {
				for (const spec of [
					{ repeat: ["x", 10 << 20] as const },
					{ repeat: ["go 1.22.5\n", 6000] as const },
					{ repeat: ["golang 1.22.5 ", 4000] as const },
					{ repeat: ["(\n", 1000] as const },
					{ repeat: ['"\\', 30_000] as const },
					{ text: "go " },
					{ text: '"' },
					{ text: '"\\' },
					{ text: 'go "\ntoolchain `' },
					{ text: "go ,,,\n" },
					{ text: "=>" },
					{ text: `go 1.${"9".repeat(5000)}\n` },
					{ text: `toolchain go1.22.${"9".repeat(5000)}-x\n` },
					{ text: `golang ${"1".repeat(60_000)}\n` },
					{ text: `${"é".repeat(30_000)}\n` },
					{ text: `go ${"\u{1f600}".repeat(400)}\n` },
					{ base64: Buffer.from([0xf0, 0x9f, 0x98]).toString("base64") },
					{ base64: Buffer.from("\ufeffgo\0").toString("base64") },
					...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => ({ base64: blob(4000, seed) })),
				]) {
					survives({ files: { [`p/${name}`]: spec } });
				}
			});

			it("in the links of the home", () => {
				const long = "x".repeat(4000);
				for (const target of [long, `versions/go1.${"2".repeat(250)}`, "/", "go1", "versions/go1@", "versions/go1.22.5/"]) {
					survives({
						files: { "gox/current": { symlink: target }, "gox/aliases/1.22": { symlink: target }, "p/go.mod": "go 1.22\n" },
					});
					survives({ files: { "gox/aliases/1.22": { symlink: target }, "p/.go-version": "1.22\n" } });
				}
			});

			it("in the names under versions/", () => {
				const names = ["go", "go1", "go1.", "go1.22.5@", "go1..2", `go1.${"3".repeat(200)}`, "go1.24rc9", "go9.9.9", "go1.24rc"];
				const files = Object.fromEntries(
					names.map((name) => [`gox/versions/${name}/bin/go`, { text: "#!/bin/sh\n", mode: "755" }]),
				);
				for (const floor of ["go 1.23\n", "go 1.24rc1\n", "go 1.99\n"]) survives({ files: { ...files, "p/go.mod": floor } });
			});

			it("in the environment", () => {
				const long = "x".repeat(100_000);
				for (const name of [
					"GOX_VERSION",
					"GOX_HOME",
					"HOME",
					"PWD",
					"GOWORK",
					"GOTOOLCHAIN_INTERNAL_SWITCH_VERSION",
					"GOX_SHIM_DEPTH",
				]) {
					for (const value of [
						long,
						`/${long}`,
						"/".repeat(10_000),
						"/",
						"//",
						"go",
						"go1",
						"go1.22.5 ",
						"\n",
						" \n \n",
						"\u{1f600}",
						"@",
					]) {
						survives({}, { [name]: value });
					}
				}
				const many = Object.fromEntries(Array.from({ length: 5000 }, (_, each) => [`VARIABLE_${each}`, "x".repeat(100)]));
				expect(survives({}, { ...many, GOROOT: "/stale" }).at(-1)?.stdout).toBe("go go1.22.5 version\n");
			});

			it("on PATH", () => {
				const entries = Array.from({ length: 1000 }, (_, each) => `/nowhere/${each}`).join(":");
				const found = survives({ system: "1.26.8" }, { PATH: entries });
				expect(found.at(-1)?.stdout).toBe("go go1.22.5 version\n");
				for (const path of [
					":",
					"::",
					"/",
					"x",
					":/:.:..",
					"/".repeat(5000),
					`/${"x".repeat(100_000)}`,
					`${"/a:".repeat(20_000)}`,
				]) {
					survives({}, { PATH: path });
					survives({ files: { "p/.go-version": "system\n" } }, { PATH: path });
				}
			});

			it("in directories near PATH_MAX, and beyond it", () => {
				for (const levels of [15, 19, 20, 25]) {
					const root = join(base, `hostile-${count++}`);
					const machine = machineOf({ installed: ["1.22.5"], default: "1.22.5" }, root, shim);
					const script = `cd "${root}" && i=0; while [ $i -lt ${levels} ]; do mkdir -p ${"d".repeat(200)}; cd ${"d".repeat(200)} || exit; i=$((i+1)); done; "${root}/gox/shims/gox" current && exec "${root}/gox/shims/go" -C .. version`;
					const run = spawnSync("/bin/bash", ["-c", script], {
						env: { ...machine.env, PATH: "/usr/bin:/bin" },
						encoding: "utf8",
					});
					expect(run).toMatchObject({
						status: 0,
						stdout: expect.stringContaining("go1.22.5 (default)\ngo go1.22.5 -C .. version\n"),
					});
					expect(run.stderr).not.toMatch(/Sanitizer|runtime error|^gox:/m);
				}
			});

			it("in the launcher", () => {
				for (const text of ["\n".repeat(100), "x\n".repeat(100), "x".repeat(5000), "\0\n\0", "node\n", "/\n", "a\r\nb\r\n"]) {
					const machine = machineOf({ files: { "gox/launcher": text } }, join(base, `hostile-${count++}`), shim);
					for (const run of [machine.run("gox", ["list"]), machine.run("go", [], { GOX_VERSION: "1.22.5" })]) {
						expect(run.stderr).toMatch(/^gox: /);
						expect(run.stderr).not.toMatch(/Sanitizer|runtime error/);
					}
				}
			});
		});

		describe("an argv that is empty", { tags: "fault-26" }, () => {
			const caller = join(base, "caller");
			const machine = () => machineOf({ installed: ["1.22.5"], default: "1.22.5" }, join(base, `hostile-${count++}`), shim);

			beforeAll(() => {
				writeFileSync(`${caller}.c`, callerSource);
				expect(spawnSync("cc", [`${caller}.c`, "-o", caller]).status).toBe(0);
			});

			it("is refused", () => {
				const here = machine();
				const run = spawnSync(caller, ["empty", join(here.root, "gox/shims/go")], { env: here.env, encoding: "utf8" });
				expect(run).toMatchObject({ status: 2, stdout: "", stderr: "gox: started without a name: argv is empty\n" });
			});

			it("loses every GOROOT, however often it is there", () => {
				const here = machine();
				const go = join(here.root, "gox/versions/go1.22.5/bin/go");
				writeFileSync(
					go,
					'#!/bin/sh\nwhile IFS= read -r line; do case $line in *GOROOT=*) echo found; esac; done </proc/self/environ\necho "$KEPT"\n',
				);
				const run = spawnSync(caller, ["goroot", join(here.root, "gox/shims/go")], { env: here.env, encoding: "utf8" });
				expect(run).toMatchObject({ status: 0, stderr: "", stdout: "yes\n" });
			});
		});
	},
);

/** Starts a program with what no shell and no Node would give it. */
const callerSource = `
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
	char *none[] = {NULL}, *name[] = {"anything", NULL};
	char *twice[] = {"GOROOT=/a", "GOROOT=/b", "KEPT=yes", "broken", "", "GOROOT=/c", NULL};
	if (argc > 2 && strcmp(argv[1], "empty") == 0) execve(argv[2], none, none);
	if (argc > 2 && strcmp(argv[1], "goroot") == 0) execve(argv[2], name, twice);
	return 99;
}
`;
