import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Options, type Run } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run as current } from "../../src/commands/current.ts";
import { run as which } from "../../src/commands/which.ts";
import { GoxError } from "../../src/errors.ts";
import { projectRequest } from "../../src/select/projectrequest.ts";
import { select } from "../../src/select/select.ts";
import { type Platform, parsePlatform } from "../../src/version/platform.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";
import { ofFault } from "../support/tally.ts";
import { type Case, layOut, readCases, rooted } from "./case.ts";
import { openTo } from "./native.ts";

const isRoot = process.getuid?.() === 0;
let base: string;

beforeAll(() => {
	base = freshRoot("gox-cases-");
	for (let above = base; above !== dirname(above); above = dirname(above)) {
		for (const name of [".go-version", ".tool-versions", "go.mod", "go.work"]) {
			if (existsSync(join(above, name))) throw new Error(`${join(above, name)} would speak in every case: remove it`);
		}
	}
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe("the table of precedence", () => {
	const cases = readCases();

	it("has a name for each case", () => {
		expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
	});

	for (const [number, each] of cases.entries()) {
		it(each.name, ofFault(each.fault), () => {
			const context = contextOf(each, join(base, String(number)));
			const root = join(base, String(number));
			if (each.unless === "root" && isRoot) asNobody(root, check);
			else check();

			function check(): void {
				const expected = rooted(each.expect, root);
				const asked = () => select(context, { args: rooted(each.args ?? [], root) });
				if ("error" in expected) {
					expect(refusal(asked)).toEqual(expected);
					if (!each.args) {
						expect(() => call(current, context, ["--json"])).toThrow(expected.message);
						expect(context.out()).toBe("");
					}
					return;
				}
				const { version, goroot, source, below, failure, installed } = asked();
				const { why, ...answer } = expected;
				expect({ version, goroot, source, ...(below && { below }) }).toEqual(answer);
				expect({ failure, installed }).toEqual({ failure: undefined, installed: true });
				if (each.args) return;
				const text = `${expected.version} (${why})\n`;
				const json = `${JSON.stringify(answer)}\n`;
				call(current, context, []);
				expect(context.out()).toBe(text);
				call(current, context, ["json"]);
				expect(context.out()).toBe(text + json);
				call(which, context, ["json"]);
				expect(JSON.parse(context.out().slice(text.length + json.length))).toMatchObject({ tool: "go", version, goroot });
				const asks = projectRequest(context)?.source;
				expect(asks).toEqual(source.kind === "default" || source.kind === "system" ? undefined : source);
			}
		});
	}
});

function contextOf(each: Case, root: string): TestContext {
	const { cwd, env } = layOut(each, root, (path) => writeFileSync(path, "#!/bin/sh\n# gox-shim-marker\n", { mode: 0o755 }));
	if (each.deleted) rmSync(cwd, { recursive: true });
	const host: Platform = parsePlatform(each.hosts?.[0] ?? "linux-amd64");
	const context = testContext({ root, cwd: each.deleted ? "/" : cwd, host, env });
	return { ...context, env };
}

/** What is not for the superuser is asked without his rights. */
function asNobody(root: string, work: () => void): void {
	openTo(root);
	process.seteuid?.(65_534);
	try {
		work();
	} finally {
		process.seteuid?.(0);
	}
}

function refusal(asked: () => { failure?: GoxError }): unknown {
	try {
		const { failure } = asked();
		return failure ? plain(failure) : "chosen";
	} catch (error) {
		if (error instanceof GoxError) return plain(error);
		throw error;
	}
}

function plain({ code, exit, message, hint }: GoxError): unknown {
	return { error: code, exit, message, hint: hint ?? null };
}

function call(run: Run, context: TestContext, flags: readonly string[]): void {
	const options = new Options(Object.fromEntries(flags.map((flag) => [flag, true])));
	const report = reportOn(context, { json: flags.includes("json"), quiet: false, verbose: false });
	void run({ context, report, args: [], options, rest: [], name: "current", commands: [] });
}
