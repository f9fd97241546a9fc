import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goSwitch } from "../../src/select/goswitch.ts";
import { select } from "../../src/select/select.ts";
import { freshRoot, testContext } from "../support/context.ts";

/** The GOROOT of the machine's own go, when it is one that switches. */
function realGoroot(): string | undefined {
	try {
		const env = { ...process.env, GOTOOLCHAIN: "local" };
		const [root = "", version = ""] = execFileSync("go", ["env", "GOROOT", "GOVERSION"], { encoding: "utf8", env }).split("\n");
		return Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0) >= 21 ? root : undefined;
	} catch {
		return undefined;
	}
}

const goroot = realGoroot();
const onPath = ["go1.21.13", "go1.20", "go1.98.0", "go1.98.3", "go1.98.3-corp", "go1.99.0", "go1.99rc1"];

interface Situation {
	readonly name: string;
	readonly mod?: string;
	readonly work?: string;
	readonly gotoolchain?: string;
	/** What `go env -w` has written. */
	readonly written?: string;
	readonly modules?: "on" | "off" | "auto";
	readonly becomes: string | null;
	/** It runs, and loads no module. */
	readonly tooOld?: true;
	/** What Go complains of instead of running, and gox's word for it. */
	readonly refuses?: readonly [real: RegExp, said: RegExp];
}

const situations: readonly Situation[] = [
	{ name: "no go.mod", gotoolchain: "auto", becomes: null },
	{ name: "an older go line", mod: "go 1.20\n", gotoolchain: "auto", becomes: null },
	{ name: "a newer go line becomes its .0", mod: "go 1.99\n", gotoolchain: "auto", becomes: "go1.99.0" },
	{ name: "a newer release candidate", mod: "go 1.99rc1\n", gotoolchain: "auto", becomes: "go1.99rc1" },
	{ name: "a newer toolchain line", mod: "go 1.20\ntoolchain go1.98.3\n", gotoolchain: "auto", becomes: "go1.98.3" },
	{
		name: "a toolchain line with a suffix",
		mod: "go 1.20\ntoolchain go1.98.3-corp\n",
		gotoolchain: "auto",
		becomes: "go1.98.3-corp",
	},
	{ name: "a go line above the toolchain line", mod: "go 1.99\ntoolchain go1.98.3\n", gotoolchain: "auto", becomes: "go1.99.0" },
	{ name: "toolchain default", mod: "go 1.20\ntoolchain default\n", gotoolchain: "auto", becomes: null },
	{
		name: "toolchain default, whatever the go line",
		mod: "go 1.99\ntoolchain default\n",
		gotoolchain: "auto",
		becomes: null,
		tooOld: true,
	},
	{ name: "local, whatever the go line", mod: "go 1.99\n", gotoolchain: "local", becomes: null, tooOld: true },
	{ name: "go.work before go.mod", mod: "go 1.99\n", work: "go 1.98\n", gotoolchain: "auto", becomes: "go1.98.0" },
	{ name: "path, found there", mod: "go 1.99\n", gotoolchain: "path", becomes: "go1.99.0" },
	{ name: "local", mod: "go 1.20\ntoolchain go1.98.3\n", gotoolchain: "local", becomes: null },
	{ name: "local and auto", mod: "go 1.20\ntoolchain go1.98.3\n", gotoolchain: "local+auto", becomes: "go1.98.3" },
	{ name: "an older one by name", gotoolchain: "go1.21.13", becomes: "go1.21.13" },
	{ name: "go1.20 by name", gotoolchain: "go1.20", becomes: "go1.20" },
	{
		name: "by name, and go.mod is not asked",
		mod: "go 1.20\ntoolchain go1.98.3\n",
		gotoolchain: "go1.21.13",
		becomes: "go1.21.13",
	},
	{ name: "at least one by name", mod: "go 1.20\n", gotoolchain: "go1.21.13+auto", becomes: "go1.21.13" },
	{ name: "at least one by name, go.mod asks for more", mod: "go 1.99\n", gotoolchain: "go1.21.13+path", becomes: "go1.99.0" },
	{ name: "what go env -w wrote", written: "GOTOOLCHAIN=go1.21.13\n", becomes: "go1.21.13" },
	{ name: "the environment over what go env -w wrote", written: "GOTOOLCHAIN=go1.21.13\n", gotoolchain: "local", becomes: null },
	{ name: "the last line of the file", written: "GOTOOLCHAIN=go1.21.13\nGOTOOLCHAIN=go1.20\n", becomes: "go1.20" },
	{ name: "a line that doesn't begin with it", written: "GOTOOLCHAIN=local\n GOTOOLCHAIN=go1.21.13\n", becomes: null },
	{ name: "an empty value in the environment", written: "GOTOOLCHAIN=go1.21.13\n", gotoolchain: "", becomes: "go1.21.13" },
	{ name: "an empty value in the file", mod: "go 1.20\ntoolchain go1.98.3\n", written: "GOTOOLCHAIN=\n", becomes: null },
	{
		name: "a toolchain line with a suffix, equal to the go line",
		mod: "go 1.98.3\ntoolchain go1.98.3-corp\n",
		gotoolchain: "auto",
		becomes: "go1.98.3-corp",
	},
	{
		name: "a toolchain line with a suffix, equal to the one by name",
		mod: "go 1.20\ntoolchain go1.98.3-corp\n",
		gotoolchain: "go1.98.3+auto",
		becomes: "go1.98.3",
	},
	{
		name: "a go.work that go env -w has turned off",
		mod: "go 1.99\n",
		work: "go 1.98\n",
		written: "GOWORK=off\n",
		gotoolchain: "auto",
		becomes: "go1.99.0",
	},
	{ name: "no modules: go.mod", mod: "go 1.99\n", gotoolchain: "auto", modules: "off", becomes: null },
	{ name: "no modules: by name", gotoolchain: "go1.21.13", modules: "off", becomes: null },
	{
		name: "no modules, by go env -w",
		mod: "go 1.99\n",
		gotoolchain: "auto",
		written: "GO111MODULE=off\n",
		becomes: null,
	},
	{ name: "modules where there is a go.mod", mod: "go 1.99\n", gotoolchain: "auto", modules: "auto", becomes: "go1.99.0" },
	{ name: "modules where there is a go.mod, and there is none", gotoolchain: "go1.21.13", modules: "auto", becomes: null },
	{ name: "a go.work is no go.mod", work: "go 1.98\n", gotoolchain: "go1.21.13", modules: "auto", becomes: null },
	{ name: "modules", mod: "go 1.99\n", gotoolchain: "auto", modules: "on", becomes: "go1.99.0" },
	{ name: "no such setting", gotoolchain: "bogus", becomes: null, refuses: [/invalid GOTOOLCHAIN "bogus"/, /"bogus" is not/] },
	{
		name: "no such suffix",
		gotoolchain: "go1.21.13+latest",
		becomes: null,
		refuses: [/only version suffixes are \+auto and \+path/, /"go1.21.13\+latest" is not/],
	},
	{ name: "a path by name", gotoolchain: "go1.21.13/../x", becomes: null, refuses: [/invalid GOTOOLCHAIN/, /is not local/] },
	{ name: "gccgo by name", gotoolchain: "gccgo-go1.21.13", becomes: null, refuses: [/invalid GOTOOLCHAIN/, /is not local/] },
];

describe.skipIf(goroot === undefined)("what Go does next, against a real Go (needs go 1.21 or newer)", () => {
	let root: string;
	beforeAll(() => {
		root = freshRoot("gox-goswitch-");
		mkdirSync(join(root, "bin"));
		for (const name of onPath) writeFileSync(join(root, "bin", name), `#!/bin/sh\necho became ${name}\n`, { mode: 0o755 });
	});
	afterAll(() => rmSync(root, { recursive: true, force: true }));

	it.each(situations.map((each, index) => ({ ...each, index })))(
		"$name",
		({ index, mod, work, gotoolchain, written, modules, becomes, tooOld, refuses }) => {
			const cwd = join(root, `p${index}`);
			mkdirSync(cwd);
			if (mod !== undefined) writeFileSync(join(cwd, "go.mod"), `module m\n\n${mod}`);
			if (work !== undefined) writeFileSync(join(cwd, "go.work"), work);
			writeFileSync(join(cwd, "goenv"), written ?? "");
			const env = {
				HOME: root,
				PATH: [join(root, "bin"), join(goroot ?? "", "bin")].join(delimiter),
				PWD: cwd,
				GOENV: join(cwd, "goenv"),
				GOPROXY: "off",
				GOX_VERSION: "system",
				...(gotoolchain !== undefined && { GOTOOLCHAIN: gotoolchain }),
				...(modules !== undefined && { GO111MODULE: modules }),
			};
			const ran = spawnSync(join(goroot ?? "", "bin/go"), ["version"], { cwd, env, encoding: "utf8" });
			expect(ran.status === 0, ran.stderr).toBe(refuses === undefined);
			expect(ran.stderr).toMatch(refuses?.[0] ?? /^$/);
			expect(/^became (.*)$/m.exec(ran.stdout)?.[1] ?? null).toBe(becomes);
			const context = testContext({ root, cwd, env });
			const next = goSwitch(context, select(context));
			expect(next?.toolchain ?? null).toBe(becomes);
			expect(next?.path ?? null).toBe(becomes === null ? null : join(root, "bin", becomes));
			expect(next?.refusal ?? "").toMatch(tooOld ? /\/go\.mod: go 1\.99$/ : (refuses?.[1] ?? /^$/));
			if (tooOld) {
				const list = spawnSync(join(goroot ?? "", "bin/go"), ["list", "-m"], { cwd, env, encoding: "utf8" });
				expect(list.stderr).toMatch(/requires go >= 1\.99 /);
			}
		},
	);
});

describe("what Go does next", () => {
	function nextIn(version: string, mod: string, env: Record<string, string> = {}, goEnv = "GOTOOLCHAIN=auto\n") {
		const root = freshRoot();
		const goroot = join(root, ".gox/versions", version);
		mkdirSync(join(goroot, "bin"), { recursive: true });
		writeFileSync(join(goroot, "bin/go"), "", { mode: 0o755 });
		writeFileSync(join(goroot, "go.env"), goEnv);
		writeFileSync(join(root, "go.mod"), mod);
		const context = testContext({ root, env: { GOX_VERSION: version, PATH: "/usr/bin", ...env } });
		const next = goSwitch(context, select(context));
		rmSync(root, { recursive: true });
		return next;
	}

	it("is nothing before 1.21", () => {
		expect(nextIn("go1.20.14", "go 1.99\n", { GOTOOLCHAIN: "auto" })).toBeUndefined();
	});

	it("is a download with auto, for one that isn't on PATH", () => {
		expect(nextIn("go1.22.5", "go 1.99\n")).toMatchObject({ toolchain: "go1.99.0", path: null, download: true });
	});

	it("is a failure with path, for one that isn't on PATH", () => {
		expect(nextIn("go1.22.5", "go 1.99\n", { GOTOOLCHAIN: "path" })).toMatchObject({
			toolchain: "go1.99.0",
			path: null,
			download: false,
		});
	});

	it("is a complaint, where a go line asks for more and GOTOOLCHAIN holds Go back", () => {
		const held = nextIn("go1.22.5", "go 1.99\ntoolchain go1.99.1\n", { GOTOOLCHAIN: "local" });
		expect(held).toMatchObject({ toolchain: null, download: false, refusal: expect.stringMatching(/go\.mod: go 1\.99$/) });
		expect(nextIn("go1.22.5", "go 1.22\ntoolchain go1.99.1\n", { GOTOOLCHAIN: "local" })?.refusal).toBe(null);
		expect(nextIn("go1.22.5", "go 1.99\ntoolchain default\n")?.refusal).toMatch(/go\.mod: go 1\.99$/);
	});

	it("is a complaint, where GOTOOLCHAIN names what is a language and no release", () => {
		expect(nextIn("go1.22.5", "go 1.20\n", { GOTOOLCHAIN: "go1.21" })).toMatchObject({
			toolchain: "go1.21",
			path: null,
			download: false,
			refusal: "go1.21 is a language version, and no toolchain has that name",
		});
	});

	it("is, for Go 1.21, a toolchain of its own version with a suffix, and for later ones isn't", () => {
		const next = (version: string) => nextIn(version, `go 1.20\ntoolchain ${version}-corp\n`)?.toolchain;
		expect([next("go1.21.13"), next("go1.22.5")]).toEqual(["go1.21.13-corp", null]);
	});

	it("is itself, where Go has just switched to it; nothing, where it isn't what Go switched to", () => {
		const next = (target: string) => nextIn("go1.22.5", "go 1.99\n", { GOTOOLCHAIN_INTERNAL_SWITCH_VERSION: target });
		const because = (target: string) => `GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=${target}`;
		expect(next("go1.22.5")).toMatchObject({ toolchain: null, because: because("go1.22.5"), refusal: null });
		expect(next("go1.22.5-corp")).toMatchObject({
			toolchain: null,
			because: because("go1.22.5-corp"),
			refusal: "it was to be go1.22.5-corp",
		});
	});

	it("is said with where GOTOOLCHAIN is set", () => {
		expect(nextIn("go1.22.5", "go 1.20\n")?.from).toMatch(/versions\/go1\.22\.5\/go\.env$/);
		expect(nextIn("go1.22.5", "go 1.20\n", { GOTOOLCHAIN: "local" })?.from).toBe("the environment");
	});

	it("is nothing where GOTOOLCHAIN is set nowhere", () => {
		expect(nextIn("go1.22.5", "go 1.99\n", {}, "")).toBeUndefined();
	});
});
