import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { freshRoot } from "../support/context.ts";
import { type Machine, machineOf, nativeShim, type Setup } from "./native.ts";

const base = freshRoot("gox-strace-");
const strace = spawnSync("/bin/sh", ["-c", "command -v strace"], { encoding: "utf8" }).stdout.trim();
const works = strace !== "" && spawnSync(strace, ["-o", "/dev/null", "/bin/true"]).status === 0;
let count = 0;

afterAll(() => rmSync(base, { recursive: true, force: true }));

describe.skipIf(!works)("the native shim's system calls (skipped without strace)", () => {
	const machine = (setup: Setup): Machine =>
		machineOf(
			{ installed: ["1.22.5", "1.21.13"], default: "1.22.5", ...setup },
			join(base, String(count++)),
			nativeShim(join(base, "built")),
		);

	/** The shim's own calls: behind what the C library does at its start, up to the execve of the real go. */
	function callsOf(here: Machine): string[] {
		const trace = join(base, "trace");
		const go = join(here.root, "gox/shims/go");
		const run = spawnSync(strace, ["-f", "-o", trace, go, "version"], { cwd: here.cwd, env: here.env, encoding: "utf8" });
		expect(run.stdout).toMatch(/^go go1\./);
		const lines = readFileSync(trace, "utf8")
			.split("\n")
			.map((line) => line.replace(/^\d+ +/, ""));
		const ends = lines.findIndex((line, index) => index > 0 && line.startsWith("execve("));
		const own = lines.findIndex((line, index) => index > 0 && line.includes(`"${go}"`));
		return lines.slice(own, ends + 1);
	}

	it("are a handful, and never a fork", () => {
		const here = machine({ cwd: "p", env: { GOX_VERSION: "1.21.13" } });
		const calls = callsOf(here);
		expect(calls.filter((call) => /^(?:v?fork|clone3?|pipe|wait4)\(/.test(call))).toEqual([]);
		expect(calls.length).toBeLessThanOrEqual(5);
	});

	it("grow by two with each directory", () => {
		const near = callsOf(machine({ cwd: "p", files: { "p/.go-version": "1.21.13\n" } })).length;
		const far = callsOf(machine({ cwd: "p/1/2/3/4/5/6/7/8/9", files: { "p/.go-version": "1.21.13\n" } })).length;
		expect(near).toBeLessThanOrEqual(12);
		expect(far - near).toBe(18);
	});

	it("don't depend on how many versions are installed", () => {
		const setup = { cwd: "p", files: { "p/go.mod": "module x\n\ngo 1.21\n" } };
		const few = machine(setup);
		const many = machine(setup);
		for (let patch = 0; patch < 500; patch++) {
			const bin = join(many.root, `gox/versions/go1.20.${patch}/bin`);
			mkdirSync(bin, { recursive: true });
			writeFileSync(join(bin, "go"), "");
		}
		expect(callsOf(many).length).toBe(callsOf(few).length);
	});
});
