import {
	appendFileSync,
	chmodSync,
	existsSync,
	linkSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Options } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run as importGos } from "../../src/commands/import.ts";
import { commands } from "../../src/commands/table.ts";
import { GoxError } from "../../src/errors.ts";
import { layoutOf } from "../../src/store/layout.ts";
import { readReceipt } from "../../src/store/receipt.ts";
import { freshRoot, type TestContextOptions, testContext } from "../support/context.ts";
import { lay, layGo, layModule, snapshot } from "../support/foreigngos.ts";
import { hostPlatform } from "../support/mirror.ts";
import { expectSound, goroots } from "../support/oracle.ts";
import { type ProvenSite, startProvenSite } from "../support/provensite.ts";
import { Sandbox } from "../support/sandbox.ts";
import { tried } from "../support/tally.ts";

const go = (version: string) => ({ version, platform: hostPlatform });
const published = ["go1.91.0", "go1.90.1", "go1.90.0"] as const;

let site: ProvenSite;
beforeAll(async () => {
	site = await startProvenSite([...published.map(go), { version: "go1.90.1", platform: "darwin-arm64" }]);
});
afterAll(() => site.close());

/** A person with other tools' Gos in HOME. */
class Home {
	readonly root = freshRoot("gox-import-");
	readonly user = join(this.root, "user");
	readonly home = join(this.root, "gox");

	constructor() {
		mkdirSync(this.user);
	}

	go(path: string, version: string): string {
		const directory = join(this.user, path);
		layGo(directory, go(version));
		return directory;
	}

	async import(words: readonly string[], flags: Record<string, unknown> = {}, options: TestContextOptions = {}) {
		const context = testContext({
			...options,
			root: this.root,
			cwd: this.user,
			env: { HOME: this.user, GOX_HOME: this.home, GOFLAGS: "", ...site.env, ...options.env },
		});
		const asJson = flags.json !== false;
		const report = reportOn(context, { json: asJson, quiet: false, verbose: true });
		const invocation = { context, report, commands, rest: [], name: "import", args: words, options: new Options(flags) };
		const status = await importGos(invocation);
		const said = asJson && context.out() !== "" ? JSON.parse(context.out()) : undefined;
		return { status, out: context.out(), err: context.err(), found: said?.found ?? [], imported: said?.imported ?? [], said };
	}
}

/** Where each tool keeps its Gos, and how it says which is its own default. */
const tools: readonly (readonly [tool: string, goroot: string, more: Readonly<Record<string, string>>])[] = [
	["goenv", ".goenv/versions/1.90.1", { ".goenv/version": "1.90.1\n" }],
	[
		"gvm",
		".gvm/gos/go1.90.1",
		{ ".gvm/environments/default": 'export GVM_ROOT; GVM_ROOT="$HOME/.gvm"\nexport gvm_go_name; gvm_go_name="go1.90.1"\n' },
	],
	["g", ".go/.versions/1.90.1", { ".go/bin": "-> .versions/1.90.1/bin", "go/bin/go": "-> ../../.go/bin/go" }],
	["g", ".g/versions/1.90.1", { ".g/go": "-> versions/1.90.1", ".g/env": "#!/bin/sh\n" }],
	["gobrew", ".gobrew/versions/1.90.1/go", { ".gobrew/current/go": "-> ../versions/1.90.1/go" }],
	["goup", ".go/go1.90.1", { ".go/current": "-> go1.90.1", ".go/go1.90.1/.unpacked-success": "" }],
	["asdf", ".asdf/installs/golang/1.90.1/go", { ".tool-versions": "nodejs 20\ngolang 1.90.1\n" }],
	["mise", ".local/share/mise/installs/go/1.90.1", { ".config/mise/config.toml": '[tools]\nnode = "20"\ngo = "1.90"\n' }],
	["sdk", "sdk/go1.90.1", { "sdk/go1.90.1/.unpacked-success": "" }],
];

describe("gox import", () => {
	it.each(tools)("finds and adopts what %s keeps in %s, and leaves it as it is", async (tool, path, more) => {
		const person = new Home();
		const goroot = person.go(path, "go1.90.1");
		lay(person.user, more);
		const before = snapshot(person.user);
		const { status, found, imported } = await person.import([], { all: true });
		expect(status).toBe(0);
		expect(found).toEqual([
			expect.objectContaining({
				tool,
				path: goroot,
				version: "go1.90.1",
				platform: hostPlatform,
				state: "proven",
				preferred: tool !== "sdk",
				witnesses: [expect.objectContaining({ kind: "sumdb", where: "log.example.org" })],
			}),
		]);
		expect(imported).toEqual([
			expect.objectContaining({ version: "go1.90.1", status: "installed", default: true, official: true }),
		]);
		expect(snapshot(person.user)).toEqual(before);
		const adopted = join(person.home, "versions/go1.90.1");
		expect(readdirSync(adopted).sort()).toEqual(["VERSION", "bin", "pkg", "src"]);
		expect(statSync(join(adopted, "bin/go")).mode & 0o777).toBe(0o755);
		expect(readReceipt(layoutOf(person.home), "go1.90.1")?.source).toEqual({
			kind: "import",
			from: expect.stringMatching(new RegExp(`^${goroot}, by (?:clone|copy)$`)),
		});
		expectSound(person.home);
		expect(await person.import([])).toMatchObject({ status: 0, found: [{ state: "installed" }], imported: [] });
	});

	it("names the default of each of the two tools called g", async () => {
		const person = new Home();
		person.go(".go/.versions/1.90.1", "go1.90.1");
		person.go(".g/versions/1.90.0", "go1.90.0");
		lay(person.user, { ".go/bin": "-> .versions/1.90.1/bin", ".g/go": "-> versions/1.90.0" });
		const { found } = await person.import([], { dryRun: true });
		expect(found).toMatchObject([
			{ tool: "g", version: "go1.90.1", preferred: true },
			{ tool: "g", version: "go1.90.0", preferred: true },
		]);
	});

	it("finds Homebrew's kegs and the machine's own", async () => {
		const person = new Home();
		const at = (path: string, version: string) => layGo(join(person.root, "machine", path), go(version));
		at("opt/homebrew/Cellar/go/1.90.1/libexec", "go1.90.1");
		appendFileSync(join(person.root, "machine/opt/homebrew/Cellar/go/1.90.1/libexec/bin/go"), "rebuilt");
		at("usr/local/Cellar/go@1.90/1.90.0/libexec", "go1.90.0");
		at("usr/local/go", "go1.91.0");
		const { found } = await person.import([], { dryRun: true });
		expect(found.map(({ tool, version, state }: Record<string, string>) => [tool, version, state])).toEqual([
			["homebrew", "go1.90.1", "changed"],
			["homebrew", "go1.90.0", "proven"],
			["system", "go1.91.0", "proven"],
		]);
		expect(await person.import([], { all: true, json: false })).toMatchObject({
			status: 0,
			out: expect.stringContaining("built by Homebrew, not by the Go project"),
		});
		expect(readdirSync(join(person.home, "versions")).sort()).toEqual(["go1.90.0", "go1.91.0"]);
		const named = await person.import(["homebrew"], { unofficial: true });
		expect(named.imported).toEqual([expect.objectContaining({ version: "go1.90.1", official: false })]);
	});

	it("adopts the module cache's toolchains under their archive's names, by hard links where asked", async () => {
		const person = new Home();
		const cache = join(person.user, "go/pkg/mod/golang.org");
		const tree = join(cache, `toolchain@v0.0.1-go1.90.1.${hostPlatform}`);
		layModule(tree, go("go1.90.1"));
		layModule(join(cache, "toolchain@v0.0.1-go1.90.1.darwin-arm64"), { version: "go1.90.1", platform: "darwin-arm64" });
		chmodSync(join(tree, "src"), 0o555);
		const before = snapshot(cache).map((line) => line.replace(/ \d+ ([0-9a-f]{64})$/, " $1"));
		const { imported } = await person.import(["module"], { link: true });
		expect(imported).toHaveLength(2);
		expect(snapshot(cache).map((line) => line.replace(/ \d+ ([0-9a-f]{64})$/, " $1"))).toEqual(before);
		const adopted = join(person.home, "versions/go1.90.1");
		expect(statSync(join(adopted, "src/go.mod")).ino).toBe(statSync(join(tree, "src/_go.mod")).ino);
		expect(existsSync(join(adopted, "src/_go.mod"))).toBe(false);
		expect(existsSync(join(person.home, "versions/go1.90.1@darwin-arm64/bin/go")) || hostPlatform === "darwin-arm64").toBe(true);
		expectSound(person.home);
	});

	it("never shares a file that somebody may write to", async () => {
		const person = new Home();
		person.go(".goenv/versions/1.90.1", "go1.90.1");
		await expect(person.import(["goenv"], { link: true })).rejects.toMatchObject({ code: "usage" });
		expect(existsSync(join(person.home, "versions/go1.90.1"))).toBe(false);
	});

	it("leaves behind what a tool or a build added to a GOROOT, and adopts the rest", async () => {
		const person = new Home();
		const goroot = person.go(".gvm/gos/go1.90.1", "go1.90.1");
		lay(goroot, {
			manifest: "./bin\n",
			".DS_Store": "x",
			"pkg/obj/cache": "x",
			"src/fmt/mine.go": "package fmt\n",
			"bin/latest": "-> go",
		});
		const { status, imported } = await person.import(["gvm"]);
		expect({ status, count: imported.length }).toEqual({ status: 0, count: 1 });
		const adopted = join(person.home, "versions/go1.90.1");
		for (const path of ["manifest", ".DS_Store", "pkg/obj", "src/fmt/mine.go", "bin/latest"])
			expect(existsSync(join(adopted, path)), path).toBe(false);
		expectSound(person.home);
	});

	it("refuses a GOROOT that was changed, names how many files, and takes it with --unofficial", async () => {
		const person = new Home();
		const goroot = person.go(".goenv/versions/1.90.1", "go1.90.1");
		person.go(".goenv/versions/1.91.0", "go1.91.0");
		appendFileSync(join(goroot, "src/fmt/print.go"), "// patched\n");
		const all = await person.import([], { all: true, json: false });
		expect(all.status).toBe(0);
		expect(all.out).toMatch(/go1\.90\.1 .* not what was published: 1 file differs/);
		expect(readdirSync(join(person.home, "versions"))).toEqual(["go1.91.0"]);
		const named = await person.import(["1.90.1"]);
		expect({ status: named.status, imported: named.imported }).toEqual({ status: 5, imported: [] });
		expect(named.err).toContain(`to see what differs: gox verify ${goroot}`);
		const forced = await person.import(["1.90.1"], { unofficial: true });
		expect(forced.imported).toEqual([expect.objectContaining({ official: false })]);
		expect(forced.err).toContain("go1.90.1 is not what the Go project published under that name");
		expectSound(person.home);
	});

	it("takes nobody's word where nobody can be asked: exit status 4", async () => {
		const person = new Home();
		person.go("sdk/go1.90.1", "go1.90.1");
		const { status, found, err } = await person.import(["sdk"], {}, { env: { GOPROXY: "off" } });
		expect({ status, state: found[0]?.state }).toEqual({ status: 4, state: "unknown" });
		expect(err).toMatch(/sdk\/go1\.90\.1: .*GOPROXY/);
		expect(existsSync(join(person.home, "versions/go1.90.1"))).toBe(false);
	});

	it("adopts a release once, though three tools have it, the proven one first; the default is the other tool's", async () => {
		const person = new Home();
		const bad = person.go(".goenv/versions/1.90.1", "go1.90.1");
		appendFileSync(join(bad, "bin/go"), "x");
		const good = person.go(".gvm/gos/go1.90.1", "go1.90.1");
		person.go("sdk/go1.91.0", "go1.91.0");
		lay(person.user, { ".goenv/version": "1.90.1\n" });
		const { imported } = await person.import([], { all: true });
		expect(imported).toEqual([
			expect.objectContaining({
				version: "go1.90.1",
				default: true,
				source: { kind: "import", from: expect.stringContaining(good) },
			}),
			expect.objectContaining({ version: "go1.91.0", default: false }),
		]);
		expect(readlinkSync(join(person.home, "current"))).toBe("versions/go1.90.1");
	});

	it("imports what is named: versions, prefixes, tools, paths; and refuses what names nothing", async () => {
		const person = new Home();
		for (const version of ["1.90.0", "1.90.1", "1.91.0"]) person.go(`.goenv/versions/${version}`, `go${version}`);
		const elsewhere = join(person.root, "elsewhere");
		layGo(elsewhere, go("go1.91.0"));
		const names = async (...words: string[]) =>
			(await new Importer(person).dry(words)).found.map(({ path }: { path: string }) => path.replace(`${person.root}/`, ""));
		expect(await names("1.90")).toEqual(["user/.goenv/versions/1.90.0", "user/.goenv/versions/1.90.1"]);
		expect(await names("go1.90.0")).toEqual(["user/.goenv/versions/1.90.0"]);
		expect(await names(">=1.91")).toEqual(["user/.goenv/versions/1.91.0"]);
		expect(await names(elsewhere)).toEqual(["elsewhere"]);
		expect(await names(join(elsewhere, "bin/go"))).toEqual(["elsewhere"]);
		for (const word of ["gvm", "1.89", "latest", "nonsense"])
			await expect(person.import([word])).rejects.toMatchObject({ code: "usage", hint: expect.stringContaining("gox import") });
		await expect(person.import(["./nowhere"])).rejects.toBeInstanceOf(GoxError);
		await expect(person.import(["1.2d2"])).rejects.toMatchObject({ code: "not-a-version" });
	});

	it("without a terminal imports nothing unless --all or --yes is given", async () => {
		const person = new Home();
		person.go(".goenv/versions/1.90.0", "go1.90.0");
		await expect(person.import([])).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("--yes") });
		expect(existsSync(join(person.home, "versions"))).toBe(false);
		lay(join(person.user, "src/project"), { "mise.toml": '[tools]\ngo = "1.22.5"\n' });
		await expect(person.import(["src"], { files: true })).rejects.toMatchObject({ code: "usage" });
		expect(existsSync(join(person.user, "src/project/.go-version"))).toBe(false);
	});

	it("asks a person, who may name some, take all or none", async () => {
		const person = new Home();
		for (const version of ["1.90.0", "1.90.1", "1.91.0"]) person.go(`.goenv/versions/${version}`, `go${version}`);
		const answered = async (answer: string) => (await person.import([], { json: false }, { answers: [answer] })).err;
		expect(await answered("no")).not.toContain("installed");
		expect(existsSync(join(person.home, "versions"))).toBe(false);
		expect(await answered("1.90.0, 1.91")).toMatch(/installed go1\.90\.0 .*installed go1\.91\.0 /s);
		expect(await answered("")).toMatch(/installed go1\.90\.1 /);
		expect(await person.import([], { json: false })).toMatchObject({
			status: 0,
			err: expect.not.stringContaining("installed go"),
		});
	});

	it("says what is no Go that could be imported, and survives what can't be read", async () => {
		const person = new Home();
		const odd = person.go(".gvm/gos/go1.90.1", "go1.90.1");
		writeFileSync(join(odd, "VERSION"), "devel +abc\n");
		lay(person.user, { ".goenv/versions/1.90.1/empty": "", ".goenv/version": "", ".asdf/installs/golang": "a file" });
		const { found, err } = await person.import([]);
		expect(found).toEqual([]);
		expect(err).toContain(`${odd} can't be imported: its VERSION says "devel +abc"`);
	});
});

class Importer {
	readonly #person: Home;
	constructor(person: Home) {
		this.#person = person;
	}
	dry(words: readonly string[]) {
		return this.#person.import(words, { dryRun: true });
	}
}

describe("an import that is killed", { tags: "fault-17" }, () => {
	const points = ["import:chosen", "import:first-file", "import:copied", "install:renamed", "import:adopted"];
	it("leaves a sound store and the original as it was, at every checkpoint; the next one finishes", async (test) => {
		for (const point of points) {
			const box = new Sandbox(site.env);
			const lies = (version: string) => join(box.root, "user/.goenv/versions", version);
			layGo(lies("1.90.0"), go("go1.90.0"));
			expect((await box.gox(["import", "goenv"])).status).toBe(0);
			layGo(lies("1.90.1"), go("go1.90.1"));
			const [before, digests] = [snapshot(lies("1.90.1")), goroots(box.home)];
			const killed = await box.gox(["import", "1.90.1"], { env: { GOX_CHECKPOINT: point } });
			expect(killed.signal, point).toBe("SIGKILL");
			tried(test);
			expect((await box.gox(["list"])).status).toBe(0);
			expectSound(box.home, { digests, why: `${point}, before the next import` });
			expect((await box.gox(["import", "1.90.1"])).status).toBe(0);
			expect(box.names("versions")).toEqual(["go1.90.0", "go1.90.1"]);
			expect(snapshot(lies("1.90.1"))).toEqual(before);
			expectSound(box.home, { digests, why: point });
		}
	});
});

describe("an original that changes while it is imported", { tags: "fault-13" }, () => {
	it.each([
		["a file is edited", (goroot: string) => appendFileSync(join(goroot, "src/fmt/print.go"), "// more\n")],
		["a file becomes a link", (goroot: string) => linkSync(join(goroot, "VERSION"), join(goroot, "bin/other"))],
	])("%s: never adopted as something else", async (_name, change) => {
		const person = new Home();
		const goroot = person.go(".goenv/versions/1.90.1", "go1.90.1");
		const at = (name: string) => {
			if (name === "import:chosen") change(goroot);
		};
		const done = await person.import(["goenv"], {}, { checkpoint: at }).catch((error: unknown) => error);
		if (done instanceof GoxError) {
			expect(done).toMatchObject({ code: "integrity", message: expect.stringContaining("changed while it was being imported") });
			expect(existsSync(join(person.home, "versions/go1.90.1"))).toBe(false);
		} else expect(existsSync(join(person.home, "versions/go1.90.1/bin/other"))).toBe(false);
		expect(lstatSync(goroot).isDirectory()).toBe(true);
	});
});

describe("gox import --files", () => {
	const cases: readonly (readonly [name: string, files: Readonly<Record<string, string>>, pin: string | null | undefined])[] = [
		["mise.toml", { "mise.toml": '[tools]\nnode = "20"\ngo = "1.22.5"\n' }, "1.22.5"],
		[".mise.toml with a list", { ".mise.toml": "[tools]\ngo = ['1.22', '1.21']\n" }, "1.22"],
		["a table in line", { ".config/mise/config.toml": '[tools]\n"go" = { version = "1.22", postinstall = "x" }\n' }, "1.22"],
		["a section", { ".mise/config.toml": '[tools.go]\nversion = "latest" # yes\n' }, "latest"],
		["core:go and prefix:", { "mise.toml": '[tools]\n"core:go" = "prefix:1.21"\n' }, "1.21"],
		["another section's go", { "mise.toml": '[env]\ngo = "1.22"\n[tasks.go]\nversion = "1.2"\n' }, undefined],
		[".prototools", { ".prototools": 'node = "20"\ngo = "1.22.5"\n[plugins]\ngo = "x"\n' }, "1.22.5"],
		[".gvmrc", { ".gvmrc": "# mine\ngvm use go1.20.4@work >/dev/null\n" }, "1.20.4"],
		["what no pin can say", { ".prototools": 'go = "~1.22"\n' }, null],
		["a .go-version that is there", { "mise.toml": '[tools]\ngo = "1.22.5"\n', ".go-version": "1.21\n" }, undefined],
		["a .tool-versions that speaks", { "mise.toml": '[tools]\ngo = "1.22.5"\n', ".tool-versions": "golang 1.21.1\n" }, undefined],
		["a .tool-versions about node", { "mise.toml": '[tools]\ngo = "1.22.5"\n', ".tool-versions": "nodejs 20\n" }, "1.22.5"],
	];
	it.each(cases)("takes over %s", async (_name, files, pin) => {
		const person = new Home();
		lay(join(person.user, "src/project"), files);
		const dry = await person.import(["src"], { files: true, dryRun: true });
		expect(existsSync(join(person.user, "src/project/.go-version"))).toBe(".go-version" in files);
		const { status, said } = await person.import(["src"], { files: true, yes: true });
		expect(status).toBe(pin === null ? 2 : 0);
		if (pin === undefined) expect(said).toEqual([]);
		else
			expect(said).toEqual([
				expect.objectContaining({ directory: join(person.user, "src/project"), pin, written: pin !== null }),
			]);
		expect(dry.said.length).toBe(said.length);
		if (typeof pin === "string") expect(readFileSync(join(person.user, "src/project/.go-version"), "utf8")).toBe(`${pin}\n`);
		for (const [name, text] of Object.entries(files))
			expect(readFileSync(join(person.user, "src/project", name), "utf8")).toBe(text);
		expect((await person.import(["src"], { files: true, yes: true })).said).toEqual(pin === null ? said : []);
	});
});
