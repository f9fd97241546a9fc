import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shimsDir } from "../../scripts/build-shims.mjs";
import { freshRoot } from "../support/context.ts";
import { readCases, rooted, titleOf } from "./case.ts";
import { expectationOf, failureText, machineOf, speaks } from "./native.ts";
import { isForThisHost } from "./native-check.ts";

const shells = [
	["/bin/dash", []],
	["/bin/bash", ["--posix"]],
	["/bin/busybox", ["sh"]],
] as const;

describe.each(shells)("the table of precedence, asked of the sh shim in %s", (shell, args) => {
	const absent = spawnSync(shell, [...args, "-c", ":"]).status !== 0;
	let base: string;
	let shim: string;

	beforeAll(() => {
		base = freshRoot("gox-sh-");
		shim = join(base, "gox-shim.sh");
		const source = readFileSync(join(shimsDir, "gox-shim.sh"), "utf8");
		writeFileSync(shim, source.replace("#!/bin/sh", `#!${[shell, ...args].join(" ")}`), { mode: 0o755 });
	});
	afterAll(() => rmSync(base, { recursive: true, force: true }));

	for (const [number, each] of readCases().entries()) {
		it.skipIf(absent || !isForThisHost(each))(titleOf(each), () => {
			const machine = machineOf(each, join(base, String(number)), shim);
			const expected = expectationOf(each, machine.root);
			const args = rooted(each.args ?? ["version"], machine.root);
			if ("error" in expected) {
				expect(machine.run("go", args)).toMatchObject({ status: expected.exit, stdout: "", stderr: failureText(expected) });
			} else if (speaks(expected.goroot, machine.root)) {
				expect(machine.run("go", args)).toMatchObject({ status: 0, stdout: `go ${expected.version} ${args.join(" ")}\n` });
			} else {
				expect(machine.run("go", args).stderr).not.toMatch(/^gox: (?!.*: (?:Exec format error|Permission denied))/);
			}
		});
	}
});
