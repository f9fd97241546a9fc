import { describe, expect, it } from "vitest";
import type { BuildInfo } from "../../src/go/buildinfo.ts";
import { parseDefaultTool } from "../../src/tools/defaults.ts";
import { buildFlagsOf } from "../../src/tools/install.ts";
import { isOlder } from "../../src/tools/tool.ts";

const info = (settings: Readonly<Record<string, string>>, goVersion = "go1.22.5"): BuildInfo => ({
	goVersion,
	path: "a.b/c",
	main: { path: "a.b/c", version: "v1.0.0", sum: "h1:x" },
	deps: [],
	settings: Object.entries(settings),
});

describe("the flags that a program was built with", () => {
	it.each([
		["nothing special", { "-buildmode": "exe", "-compiler": "gc", CGO_ENABLED: "1", CGO_CFLAGS: "" }, [], { CGO_ENABLED: "1" }],
		[
			"flags",
			{ "-ldflags": '-s -X "a.b=c d"', "-tags": "x,y", "-trimpath": "true", "-race": "true" },
			['-ldflags=-s -X "a.b=c d"', "-race=true", "-tags=x,y", "-trimpath=true"],
			{},
		],
		["a build mode", { "-buildmode": "pie" }, ["-buildmode=pie"], {}],
		["cgo", { CGO_ENABLED: "0", CGO_LDFLAGS: "-lz" }, [], { CGO_ENABLED: "0", CGO_LDFLAGS: "-lz" }],
		["the same architecture's level", { GOARCH: "amd64", GOAMD64: "v3" }, [], { GOAMD64: "v3" }],
		["another architecture's level", { GOARCH: "arm64", GOARM64: "v8.0", GOAMD64: "v3" }, [], {}],
		["an experiment", { GOEXPERIMENT: "synctest" }, [], { GOEXPERIMENT: "synctest" }],
		["what isn't an input", { vcs: "git", "vcs.revision": "x", DefaultGODEBUG: "a=1", GOOS: "plan9", LD_PRELOAD: "x" }, [], {}],
	])("%s", (_, settings, flags, env) => expect(buildFlagsOf(info(settings), "amd64")).toEqual({ flags, env }));

	it("an experiment that only the version tells of", () =>
		expect(buildFlagsOf(info({}, "go1.24.0 X:synctest,rangefunc"), "amd64").env).toEqual({ GOEXPERIMENT: "synctest,rangefunc" }));
});

describe("built by an older Go", () => {
	it.each([
		["go1.22.5", "go1.22.6", true],
		["go1.22.5", "go1.22.5", false],
		["go1.9", "go1.22.5", true],
		["go1.23rc1", "go1.23.0", true],
		["go1.22.5 X:synctest", "go1.22.5", false],
		["devel go1.27-abc", "go1.22.5", false],
		["go1.22.5", "", false],
	])("%s, with %s in force: %s", (built, inForce, older) => expect(isOlder(info({}, built), inForce)).toBe(older));
});

describe("a default tool", () => {
	it.each([
		["golang.org/x/tools/gopls", "golang.org/x/tools/gopls", "latest"],
		["a.b/c@v1.2.3-0.20240101000000-abcdef123456", "a.b/c", "v1.2.3-0.20240101000000-abcdef123456"],
		["a.b/c/v2@feature/x", "a.b/c/v2", "feature/x"],
	])("%s", (text, path, version) => expect(parseDefaultTool(text)).toEqual({ package: path, version }));

	it.each(["", "@", "gopls", "-x/y", "a/../b", "a.b/c@", "a.b/c@-x", "a.b/c@v1@v2", "/a/b", "a.b/c\n"])(
		"%j is refused",
		(text) => {
			expect(() => parseDefaultTool(text)).toThrow("is not of the form path@version");
		},
	);
});
