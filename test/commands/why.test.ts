import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Options } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run as which } from "../../src/commands/which.ts";
import { run as why } from "../../src/commands/why.ts";
import { GoxError } from "../../src/errors.ts";
import { projectRequest } from "../../src/select/projectrequest.ts";
import { type Case, layOut } from "../shim/case.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";

let root: string;
beforeEach(() => {
	root = freshRoot("gox-why-");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function machine(each: Omit<Case, "name" | "expect">): TestContext {
	const expect = { error: "", exit: 0, message: "", hint: null };
	const { cwd, env } = layOut({ ...each, name: "", expect }, root, (path) => writeFileSync(path, "gox-shim-marker"));
	return testContext({ root, cwd, env });
}

function call(run: typeof why, context: TestContext, json = false, args: readonly string[] = []): string {
	const report = reportOn(context, { json, quiet: false, verbose: false });
	expect(run({ context, report, args, options: new Options({}), rest: [], name: "why", commands: [] })).toBe(0);
	return plain(context.out());
}

/** The columns' width is the root's business. */
function plain(text: string): string {
	return text.replaceAll(root, "$ROOT").replace(/(?<=\S) {2,}/g, "  ");
}

const installed = ["1.21.13", "1.22.5"];
const goEnv = { "gox/versions/go1.21.13/go.env": "# comment\nGOTOOLCHAIN=auto\n" };

describe("gox why", () => {
	it("tells every source asked, who won, and that Go will switch", () => {
		const files = { ...goEnv, "p/.tool-versions": "nodejs 20\n", ".go-version": "1.21\n", "p/go.mod": "module m\n\ngo 1.22.5\n" };
		const context = machine({ installed, default: "1.22.5", cwd: "p", files });
		expect(call(why, context)).toBe(`GOTOOLCHAIN_INTERNAL_SWITCH_VERSION  not set
GOX_VERSION  not set
$ROOT/p/.tool-versions  says nothing
$ROOT/.go-version  1.21  decides

go1.21.13 ($ROOT/.go-version: 1.21; $ROOT/p/go.mod asks for go 1.22.5)
GOROOT $ROOT/gox/versions/go1.21.13
GOTOOLCHAIN=auto ($ROOT/gox/versions/go1.21.13/go.env): go1.21.13 becomes go1.22.5 ($ROOT/p/go.mod: go 1.22.5), which is not on PATH: Go downloads it, unless its module cache has it
  gox install 1.22.5
`);
	});

	it("finds in the shims what Go will switch to", () => {
		const shim = { "gox/shims/go1.22.5": { symlink: "../versions/go1.22.5/bin/go" } };
		const files = { ...goEnv, ...shim, "p/.go-version": "1.21\n", "p/go.mod": "go 1.22.5\n" };
		const said = call(why, machine({ installed, cwd: "p", files }));
		expect(said).toContain("go1.21.13 becomes go1.22.5 ($ROOT/p/go.mod: go 1.22.5), found at $ROOT/gox/shims/go1.22.5\n");
		expect(said).not.toContain("gox install");
	});

	it("tells what to install", () => {
		expect(
			call(why, machine({ installed, cwd: "p", files: { "p/go.mod": "go 1.24\n" } })),
		).toBe(`GOTOOLCHAIN_INTERNAL_SWITCH_VERSION  not set
GOX_VERSION  not set
.go-version  none here or above, nor .tool-versions
$ROOT/p/go.mod  go 1.24  decides

$ROOT/p/go.mod asks for go 1.24; no installed Go satisfies it
  gox install 1.24
`);
	});

	it("tells what Go would do by itself, where no installed Go is enough", () => {
		const files = { "gox/versions/go1.22.5/go.env": "GOTOOLCHAIN=auto\n", "p/go.mod": "go 1.24\n" };
		const context = machine({ installed, default: "1.22.5", cwd: "p", files });
		expect(call(why, context).split("\n").slice(-4)).toEqual([
			"$ROOT/p/go.mod asks for go 1.24; no installed Go satisfies it",
			"  gox install 1.24",
			"Go by itself (the default): GOTOOLCHAIN=auto ($ROOT/gox/versions/go1.22.5/go.env): go1.22.5 becomes go1.24.0 ($ROOT/p/go.mod: go 1.24), which is not on PATH: Go downloads it, unless its module cache has it",
			"",
		]);
		const text = call(why, context, true);
		expect(JSON.parse(text.slice(text.indexOf("{")))).toMatchObject({
			next: null,
			instead: { version: "go1.22.5", at: "the default", next: { toolchain: "go1.24.0", path: null, download: true } },
		});
	});

	it("tells what the system's Go would do, and one that never switches", () => {
		const files = { "p/go.mod": "go 1.24\n" };
		const context = machine({ system: "1.20.14", cwd: "p", files });
		expect(call(why, context)).toContain("Go by itself ($ROOT/system/go/bin/go): go1.20.14 runs itself\n");
	});

	it("tells why Go does nothing", () => {
		const files = { "p/.go-version": "1.21\n", "p/go.mod": "go 1.22.5\n" };
		const said = (GOTOOLCHAIN: string, GO111MODULE = "") => {
			rmSync(root, { recursive: true, force: true });
			return call(why, machine({ installed, cwd: "p", files, env: { GOTOOLCHAIN, GO111MODULE } }))
				.trimEnd()
				.split("\n")
				.at(-1);
		};
		expect(said("local")).toBe(
			"GOTOOLCHAIN=local (the environment): go1.21.13 stays itself, and refuses: $ROOT/p/go.mod: go 1.22.5",
		);
		expect(said("auto", "off")).toBe(
			"GOTOOLCHAIN=auto (the environment): go1.21.13 runs itself: GO111MODULE=off (the environment)",
		);
		expect(said("bogus")).toBe(
			'GOTOOLCHAIN=bogus (the environment): go1.21.13 stays itself, and refuses: GOTOOLCHAIN="bogus" is not local, auto, path or a toolchain\'s name',
		);
	});

	it("has no winner where nothing is there", () => {
		expect(call(why, machine({ cwd: "p" }))).toBe(`GOTOOLCHAIN_INTERNAL_SWITCH_VERSION  not set
GOX_VERSION  not set
.go-version  none here or above, nor .tool-versions
go.mod  none here or above, nor go.work
default  not set
system  no other go on PATH

no Go is installed, and there is no other go on PATH
  gox install latest
`);
	});

	it("tells what it asked before it met a file that can't be read", () => {
		const context = machine({ installed, cwd: "p", files: { "p/.go-version": "# none\n", ".go-version": "1.22d\n" } });
		expect(() => call(why, context)).toThrow('/.go-version:1: "1.22d" is not a Go version');
		expect(plain(context.out())).toBe(`GOTOOLCHAIN_INTERNAL_SWITCH_VERSION  not set
GOX_VERSION  not set
$ROOT/p/.go-version  says nothing
`);
	});

	it("leaves stdout to the failure with --json", () => {
		const context = machine({ installed, cwd: "p", files: { "p/.go-version": "1.22d\n" } });
		expect(() => call(why, context, true)).toThrow(GoxError);
		expect(context.out()).toBe("");
	});

	it("is one JSON value", () => {
		const context = machine({
			installed,
			default: "1.22.5",
			cwd: "p",
			files: { "p/.go-version": "1.21\n" },
			env: { GOTOOLCHAIN: "local" },
		});
		expect(JSON.parse(call(why, context, true))).toEqual({
			version: "go1.21.13",
			goroot: "$ROOT/gox/versions/go1.21.13",
			installed: true,
			source: { kind: ".go-version", path: "$ROOT/p/.go-version", text: "1.21" },
			considered: [
				{ kind: "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION", path: null, said: null },
				{ kind: "GOX_VERSION", path: null, said: null },
				{ kind: ".go-version", path: "$ROOT/p/.go-version", said: "1.21" },
			],
			next: {
				gotoolchain: "local",
				from: "the environment",
				toolchain: null,
				because: null,
				path: null,
				download: false,
				refusal: null,
			},
		});
	});

	it("is one JSON value for what isn't installed, too", () => {
		const context = machine({ installed, cwd: "p", env: { GOX_VERSION: "1.19.1" } });
		expect(JSON.parse(call(why, context, true))).toMatchObject({
			version: "go1.19.1",
			goroot: null,
			installed: false,
			source: { kind: "GOX_VERSION", path: null, text: "1.19.1" },
			error: { code: "not-installed", hint: "gox install 1.19.1" },
			next: null,
		});
	});
});

describe("gox which", () => {
	it("is the path of a tool of the version in force", () => {
		const context = machine({ installed, default: "1.22.5" });
		expect(call(which, context, false, ["gofmt"])).toBe("$ROOT/gox/versions/go1.22.5/bin/gofmt\n");
	});

	it("has its members in order, on one line", () => {
		expect(call(which, machine({ installed, default: "1.22.5" }), true)).toBe(
			'{"tool":"go","path":"$ROOT/gox/versions/go1.22.5/bin/go","version":"go1.22.5","goroot":"$ROOT/gox/versions/go1.22.5"}\n',
		);
	});

	it.each(["vet", "../VERSION", "../bin/go", "", "."])("has no %j", (tool) => {
		const context = machine({ installed, default: "1.22.5" });
		expect(() => call(which, context, false, [tool])).toThrow(`go1.22.5 has no ${tool}`);
	});
});

describe("what a directory wants", () => {
	it.each<[string, Omit<Case, "name" | "expect">, string | undefined, boolean]>([
		["nothing", { installed, default: "1.22.5" }, undefined, false],
		["nothing, with the system's go", { system: "1.26.8" }, undefined, false],
		["an exact version", { files: { "p/.go-version": "go1.22.5\n" } }, "1.22.5", false],
		["a prefix that is there", { installed, files: { "p/.go-version": "1.22\n" } }, "1.22", true],
		["another platform's", { files: { "p/.go-version": "1.15.15@darwin-arm64\n" } }, "1.15.15@darwin-arm64", false],
		["the version behind an alias", { aliases: { work: "1.21.13" }, files: { "p/.go-version": "work\n" } }, "1.21.13", false],
		["the newest patch of go.mod's minor", { files: { "p/go.mod": "go 1.22.3\n" } }, "1.22", false],
		["go.mod's release candidate", { files: { "p/go.mod": "go 1.24rc1\n" } }, "1.24rc1", false],
		[
			"what go.mod asks for, and the default is enough",
			{ installed, default: "1.22.5", files: { "p/go.mod": "go 1.21\n" } },
			"1.21",
			true,
		],
		["what GOX_VERSION says", { env: { GOX_VERSION: "1.19" }, files: { "p/.go-version": "1.21\n" } }, "1.19", false],
		["the system's", { env: { GOX_VERSION: "system" } }, "system", false],
	])("%s", (_, each, request, isInstalled) => {
		const found = projectRequest(machine({ cwd: "p", ...each }));
		expect(found?.request).toBe(request);
		expect(found?.installed ?? false).toBe(isInstalled);
		expect(join(found?.source.path ?? "/")).toMatch(/^\//);
	});
});
