import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shimsDir } from "../../scripts/build-shims.mjs";
import { Options } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run as config } from "../../src/commands/config.ts";
import { run as exec } from "../../src/commands/exec.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";
import { copyGox, type Machine, machineOf, nativeShim, type Setup, writeLauncher } from "./native.ts";

interface Row {
	readonly name: string;
	readonly setup: Setup;
	/** The word of `gox exec`; such a row is for exec alone. */
	readonly word?: string;
	/** GOTOOLCHAIN, as the Go that runs sees it; `unset` where it isn't there. */
	readonly sees: string;
}

const mark = { "gox/strict": "" };
const shell = { GOX_STRICT: "1" };
const goVersion = { "p/.go-version": "1.21\n" };
const goMod = { "p/go.mod": "module m\n\ngo 1.21\n" };

const rows: readonly Row[] = [
	{ name: "no strict: a pin", setup: { files: goVersion }, sees: "unset" },
	{ name: "no strict: GOX_VERSION", setup: { env: { GOX_VERSION: "1.21" } }, sees: "unset" },
	{ name: "no strict: an empty GOX_STRICT", setup: { files: goVersion, env: { GOX_STRICT: "" } }, sees: "unset" },
	{ name: "the marker: .go-version", setup: { files: { ...mark, ...goVersion } }, sees: "local" },
	{ name: "the marker: .tool-versions", setup: { files: { ...mark, "p/.tool-versions": "go 1.21.13\n" } }, sees: "local" },
	{ name: "the marker: GOX_VERSION", setup: { files: mark, env: { GOX_VERSION: "1.21" } }, sees: "local" },
	{
		name: "the marker: an alias",
		setup: { files: mark, aliases: { work: "1.21.13" }, env: { GOX_VERSION: "work" } },
		sees: "local",
	},
	{
		name: "the marker: a pin below a floor",
		setup: { files: { ...mark, ...goVersion, "p/go.mod": "go 1.22\n" } },
		sees: "local",
	},
	{ name: "the marker: a floor", setup: { files: { ...mark, ...goMod } }, sees: "unset" },
	{ name: "the marker: go.work", setup: { files: { ...mark, "p/go.work": "go 1.21\n" } }, sees: "unset" },
	{ name: "the marker: the default", setup: { files: mark }, sees: "unset" },
	{
		name: "the marker: Go's own switch",
		setup: { files: { ...mark, ...goVersion }, env: { GOTOOLCHAIN_INTERNAL_SWITCH_VERSION: "go1.22.5" } },
		sees: "unset",
	},
	{ name: "the marker: a pin system", setup: { files: { ...mark, "p/.go-version": "system\n" } }, sees: "unset" },
	{
		name: "the marker: GOTOOLCHAIN=auto stays",
		setup: { files: { ...mark, ...goVersion }, env: { GOTOOLCHAIN: "auto" } },
		sees: "auto",
	},
	{
		name: "the marker: an empty GOTOOLCHAIN is none",
		setup: { files: { ...mark, ...goVersion }, env: { GOTOOLCHAIN: "" } },
		sees: "local",
	},
	{ name: "GOX_STRICT: GOX_VERSION", setup: { env: { ...shell, GOX_VERSION: "1.21" } }, sees: "local" },
	{ name: "GOX_STRICT: .go-version", setup: { files: goVersion, env: shell }, sees: "local" },
	{ name: "GOX_STRICT: a floor", setup: { files: goMod, env: shell }, sees: "unset" },
	{ name: "GOX_STRICT: the default", setup: { env: shell }, sees: "unset" },
	{ name: "GOX_STRICT: a path stays", setup: { files: goVersion, env: { ...shell, GOTOOLCHAIN: "path" } }, sees: "path" },
	{ name: "no strict: exec with a word", setup: {}, word: "1.21", sees: "unset" },
	{ name: "the marker: exec with a word", setup: { files: { ...mark, ...goMod } }, word: "1.22.5", sees: "local" },
	{ name: "GOX_STRICT: exec with a word", setup: { env: shell }, word: "1.22.5", sees: "local" },
	{ name: "the marker: exec with the word system", setup: { files: mark }, word: "system", sees: "unset" },
	{
		name: "the marker: exec with a word, GOTOOLCHAIN=auto",
		setup: { files: mark, env: { GOTOOLCHAIN: "auto" } },
		word: "1.21",
		sees: "auto",
	},
];

const base = freshRoot("gox-strict-");
const gox = copyGox(join(base, "dist"));
const shims = { native: "", sh: join(shimsDir, "gox-shim.sh") };
const say = `#!/bin/sh\necho "\${GOTOOLCHAIN-unset}"\n`;
let count = 0;

beforeAll(() => {
	shims.native = nativeShim(join(base, "built"));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A machine whose Gos all say the GOTOOLCHAIN that they see. */
function machine(setup: Setup, shim: string): Machine {
	const installed = ["1.21.13", "1.22.5"];
	const here = machineOf(
		{ installed, default: "1.22.5", system: "1.26.8", cwd: "p", ...setup },
		join(base, String(count++)),
		shim,
	);
	for (const goroot of ["gox/versions/go1.21.13", "gox/versions/go1.22.5", "system/go"])
		writeFileSync(join(here.root, goroot, "bin/go"), say, { mode: 0o755 });
	writeLauncher(here, gox);
	return here;
}

function contextOn({ root, cwd, env }: Machine): TestContext {
	return { ...testContext({ root, cwd, env }), env, home: join(root, "gox") };
}

describe.each(["native", "sh"] as const)("GOTOOLCHAIN, as the %s shim leaves it", (kind) => {
	it.each(rows.filter((row) => row.word === undefined).map((row) => [row.name, row] as const))("%s", (_name, { setup, sees }) => {
		expect(machine(setup, shims[kind]).run("go", ["version"])).toMatchObject({ stderr: "", stdout: `${sees}\n` });
	});
});

describe("GOTOOLCHAIN, as gox exec leaves it", () => {
	it.each(rows.map((row) => [row.name, row] as const))("%s", async (_name, { setup, word, sees }) => {
		const here = machine(setup, shims.native);
		const words = word === undefined ? [] : [word];
		expect(here.run("gox", ["exec", ...words, "--", "go", "version"])).toMatchObject({ stderr: "", stdout: `${sees}\n` });
		expect(await execInTypeScript(here, words)).toBe(`${sees}\n`);
	});

	it("counts a range as a pin, and mod as the floor that it is", async () => {
		const here = machine({ files: { ...mark, ...goMod } }, shims.native);
		expect(await execInTypeScript(here, [">=1.21 <1.22"])).toBe("local\n");
		expect(await execInTypeScript(here, ["mod"])).toBe("unset\n");
	});
});

describe("gox config strict", () => {
	it("is in force at once, until it is taken back", () => {
		const here = machine({ files: goVersion }, shims.native);
		const context = contextOn(here);
		const set = (...args: readonly string[]) =>
			config({
				context,
				report: reportOn(context, { json: false, quiet: true, verbose: false }),
				args,
				options: new Options(args.length === 1 ? { unset: true } : {}),
				rest: [],
				name: "config",
				commands: [],
			});
		const sees = () => here.run("go", ["version"]).stdout.trim();
		const seen = [["strict", "on"], ["strict", "off"], ["strict", "yes"], ["strict"]].map((args) => {
			set(...args);
			return sees();
		});
		expect(seen).toEqual(["local", "unset", "local", "unset"]);
	});
});

/** The command's stdout is the test's own, so it writes a file. */
async function execInTypeScript(here: Machine, args: readonly string[]): Promise<string> {
	const context = contextOn(here);
	const file = join(here.root, "seen");
	const report = reportOn(context, { json: false, quiet: false, verbose: false });
	const rest = ["/bin/sh", "-c", 'go version >"$0"', file];
	const status = await exec({ context, report, args, options: new Options({}), rest, name: "exec", commands: [] });
	expect(status ?? 0).toBe(0);
	return readFileSync(file, "utf8");
}
