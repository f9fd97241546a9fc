import { expect } from "vitest";
import { hostTarget } from "../../scripts/build-shims.mjs";
import { type Case, type Chosen, type Refused, rooted } from "./case.ts";
import { expectationOf, failureText, type Machine, machineOf, speaks } from "./native.ts";

export function isForThisHost({ hosts }: Case): boolean {
	const host = hostTarget();
	return !hosts || (host !== undefined && hosts.includes(host));
}

/** Lays a case out below `root` and asks `shim` as gox and as go. */
export function checkNativeCase(each: Case, root: string, shim: string): void {
	const machine = machineOf(each, root, shim);
	const expected = expectationOf(each, machine.root);
	if ("error" in expected) checkRefusal(each, machine, expected);
	else checkChoice(each, machine, expected);
}

function checkChoice(each: Case, machine: Machine, expected: Chosen): void {
	const { why, ...answer } = expected;
	if (!each.args) {
		expect(plain(machine.run("gox", ["current"]))).toEqual(success(`${expected.version} (${why})\n`));
		expect(plain(machine.run("gox", ["current", "--json"]))).toEqual(success(`${JSON.stringify(answer)}\n`));
	}
	if (!speaks(expected.goroot, machine.root)) return;
	const args = rooted(each.args ?? ["version"], machine.root);
	expect(machine.run("go", args)).toMatchObject({ status: 0, stdout: `go ${expected.version} ${args.join(" ")}\n` });
	if (!each.args) expect(machine.run("gofmt", ["-l"])).toMatchObject({ status: 0, stdout: `gofmt ${expected.version} -l\n` });
}

function checkRefusal(each: Case, machine: Machine, expected: Refused): void {
	const failure = { status: expected.exit, stderr: failureText(expected), stdout: "" };
	expect(plain(machine.run("go", rooted(each.args ?? ["version"], machine.root)))).toEqual(failure);
	if (each.args) return;
	const error = { code: expected.error, message: expected.message, hint: expected.hint };
	expect(plain(machine.run("gox", ["current"]))).toEqual(failure);
	expect(plain(machine.run("gox", ["current", "--json"]))).toEqual({ ...failure, stdout: `${JSON.stringify({ error })}\n` });
}

function success(stdout: string): unknown {
	return { status: 0, stderr: "", stdout };
}

function plain({ status, stderr, stdout }: { status: number | null; stderr: string; stdout: string }): unknown {
	return { status, stderr, stdout };
}
