import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { shimsDir } from "../../scripts/build-shims.mjs";
import { freshRoot } from "../support/context.ts";
import { ofFault } from "../support/tally.ts";
import { type Case, readCases, rooted } from "./case.ts";
import { copyGox, expectationOf, failureText, installShims, type Machine, machineOf, speaks, writeLauncher } from "./native.ts";
import { isForThisHost } from "./native-check.ts";

const shells = [
	["/bin/dash", []],
	["/bin/bash", ["--posix"]],
	["/bin/busybox", ["sh"]],
] as const;

const base = freshRoot("gox-sh-");
const gox = copyGox(join(base, "dist"));
const machines = new Map<number, Machine>();
afterAll(() => rmSync(base, { recursive: true, force: true }));

/**
 * A launcher that starts gox for the first shell only. The others get the recorded answer when they ask the same question
 * in the same place. What differs between shells is how they ask and what they do with the answer.
 */
function recordingLauncher(directory: string): readonly string[] {
	mkdirSync(directory);
	chmodSync(directory, 0o777);
	const launcher = join(directory, "launcher");
	const text = `#!/bin/sh
record=${directory}
printf '%s\\n' "$@" "$PWD" "$GOX_HOME" >$record/asked.$$
if ! /usr/bin/cmp -s $record/asked $record/asked.$$; then
	/bin/mv $record/asked.$$ $record/asked
	${gox.join(" ")} "$@" >$record/out 2>$record/err
	echo $? >$record/status
fi
/bin/cat $record/out
/bin/cat $record/err >&2
read -r status <$record/status
exit "$status"
`;
	writeFileSync(launcher, text, { mode: 0o755 });
	return [launcher];
}

describe.each(shells)("the table of precedence, asked of the sh shim in %s", (shell, args) => {
	const absent = spawnSync(shell, [...args, "-c", ":"]).status !== 0;
	const shim = join(base, shell.replaceAll("/", "-"));

	beforeAll(() => {
		const source = readFileSync(join(shimsDir, "gox-shim.sh"), "utf8");
		writeFileSync(shim, source.replace("#!/bin/sh", `#!${[shell, ...args].join(" ")}`), { mode: 0o755 });
	});

	/** The case on disk, the same for every shell, with this shell's shim. */
	function machineFor(each: Case, number: number): Machine {
		const root = join(base, String(number));
		const known = machines.get(number);
		if (known) installShims(shim, join(root, "gox/shims"), ["go"]);
		// A launcher is there, so what is missing would be installed.
		const machine = known ?? machineOf({ ...each, env: { GOX_NO_AUTO_INSTALL: "1", ...each.env } }, root, shim);
		if (!known) writeLauncher(machine, recordingLauncher(join(base, `record-${number}`)));
		machines.set(number, machine);
		return machine;
	}

	for (const [number, each] of readCases().entries()) {
		it.skipIf(absent || !isForThisHost(each)).concurrent(each.name, ofFault(each.fault), async ({ expect }) => {
			const machine = machineFor(each, number);
			const expected = expectationOf(each, machine.root);
			const args = rooted(each.args ?? ["version"], machine.root);
			const ran = await machine.start("go", args);
			if ("error" in expected) {
				expect(ran).toMatchObject({ status: expected.exit, stdout: "", stderr: failureText(expected) });
			} else if (speaks(expected.goroot, machine.root)) {
				expect(ran).toMatchObject({ status: 0, stdout: `go ${expected.version} ${args.join(" ")}\n` });
			} else {
				expect(ran.stderr).not.toMatch(/^gox: (?!.*: (?:Exec format error|Permission denied))/);
			}
		});
	}
});
