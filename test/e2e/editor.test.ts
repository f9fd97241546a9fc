import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { golandGoroot, vscodeUserSettings, withGolandGoroot } from "../../src/editor/editors.ts";
import { command } from "../support/command.ts";
import { testContext } from "../support/context.ts";
import { excerptNamed, writeExcerpt } from "../support/excerpts.ts";
import { Sandbox } from "../support/sandbox.ts";

let box: Sandbox;
let settings: string;
beforeEach(() => {
	box = new Sandbox();
	settings = join(box.root, "settings.json");
});

const vscode = (...words: string[]) => box.gox(["editor", "vscode", "--settings", "settings.json", ...words]);
/** At a terminal, in this process. */
const answering = (...answers: string[]) =>
	command(
		{ root: box.root, env: { HOME: join(box.root, "user"), GOX_HOME: box.home }, answers },
		...(["editor", "vscode", "--settings", "settings.json"] as const),
	);
const shim = () => join(box.home, "shims/go");

const mine = [
	"\ufeff// mine",
	"{",
	'\t"editor.tabSize": 4, // four',
	'\t"go.goroot": "/usr/local/go", // from another tool',
	'\t/* of the company */ "unheard.of": [1, 2,],',
	'\t"go.alternateTools": { "dlv": "/opt/dlv" },',
	"}",
	"",
].join("\r\n");

describe("gox editor vscode", () => {
	it("writes its keys, keeps every other byte, and takes it back to the byte", async () => {
		writeFileSync(settings, mine, { mode: 0o600 });
		const { status, err } = await answering("n", "y");
		expect({ status, err }).toMatchObject({ status: 0, err: expect.stringContaining('"go.goroot" is "/usr/local/go"') });
		expect(readFileSync(settings, "utf8")).toBe(
			mine
				.replace('"/opt/dlv" }', `"/opt/dlv", "go": "${shim()}" }`)
				.replace("\r\n}\r\n", '\r\n\t"go.terminal.activateEnvironment": false,\r\n}\r\n'),
		);
		expect(statSync(settings).mode & 0o777).toBe(0o600);
		expect(existsSync(shim())).toBe(true);
		expect(statSync(join(box.home, "backup/editors.json")).mode & 0o777).toBe(0o600);
		expect((await answering("n")).err).toContain("settings.json is as it should be");
		expect((await vscode("--undo")).status).toBe(0);
		expect(readFileSync(settings, "utf8")).toBe(mine);
		expect((await vscode("--undo")).stderr).toContain("changed nothing there");
		expect(box.leftovers()).toEqual([]);
	});

	it("--yes takes out what fixes a GOROOT; --dry-run shows it and writes nothing", async () => {
		writeFileSync(settings, mine);
		const { status, stdout } = await vscode("--yes", "--dry-run");
		expect({ status, stdout }).toMatchObject({
			status: 0,
			stdout: expect.stringContaining('-\t"go.goroot": "/usr/local/go", // from another tool'),
		});
		expect(readFileSync(settings, "utf8")).toBe(mine);
		expect(existsSync(box.home)).toBe(false);
		const json = JSON.parse((await vscode("--yes", "--json")).stdout);
		expect(json).toMatchObject({
			path: settings,
			written: true,
			stale: [{ setting: "go.goroot", value: "/usr/local/go", removed: true }],
		});
		expect(readFileSync(settings, "utf8")).toContain(
			'\r\n\t // from another tool\r\n\t/* of the company */ "unheard.of": [1, 2,],\r\n',
		);
	});

	it("without a terminal changes nothing unless --yes is given, and a no changes nothing", async () => {
		writeFileSync(settings, mine);
		const { status, stdout, stderr } = await vscode("--json");
		expect({ status, stderr }).toEqual({
			status: 2,
			stderr: expect.stringContaining("gox editor vscode --settings settings.json --json --yes"),
		});
		expect(JSON.parse(stdout)).toMatchObject({ error: { code: "usage" } });
		expect(await answering("n", "n")).toMatchObject({ status: 0, err: expect.stringContaining("nothing was changed") });
		expect(readFileSync(settings, "utf8")).toBe(mine);
	});

	it("a file that isn't there is made, and goes again", async () => {
		expect((await box.gox(["editor", "vscode", "--workspace", "--yes"])).status).toBe(0);
		expect(JSON.parse(box.read(".vscode/settings.json"))).toEqual({
			"go.alternateTools": { go: shim() },
			"go.terminal.activateEnvironment": false,
		});
		expect((await box.gox(["editor", "vscode", "--workspace", "--undo"])).status).toBe(0);
		expect(existsSync(join(box.root, ".vscode/settings.json"))).toBe(false);
	});

	it("a symlink stays one, and the file behind it is changed", async () => {
		mkdirSync(join(box.root, "dotfiles"));
		writeFileSync(join(box.root, "dotfiles/vscode.json"), "{}\n");
		symlinkSync("dotfiles/vscode.json", settings);
		expect((await vscode("--yes")).status).toBe(0);
		expect(lstatSync(settings).isSymbolicLink()).toBe(true);
		expect(box.read("dotfiles/vscode.json")).toContain(shim());
	});

	it.each([
		["what isn't JSON", '{\n  "a" 1\n}', 2, "settings.json:2:7: a colon was expected; nothing was changed"],
		["a list", "[]", 2, "settings.json:1:1: an object was expected"],
		["what isn't UTF-8", Buffer.from('{ "a": "\xe9" }', "latin1"), 6, "is not UTF-8"],
	])("%s is refused, and stays", async (_, content, exit, message) => {
		writeFileSync(settings, content);
		expect(await vscode("--yes")).toMatchObject({ status: exit, stderr: expect.stringContaining(message) });
		expect(readFileSync(settings)).toEqual(Buffer.from(content));
	});

	it("a read-only file, a directory and a link to nowhere are left alone", async () => {
		writeFileSync(settings, "{}", { mode: 0o444 });
		expect(await vscode()).toMatchObject({ status: 6, stderr: expect.stringContaining("is read-only") });
		chmodSync(settings, 0o644);
		symlinkSync("nowhere", join(box.root, "link.json"));
		for (const path of ["user", "link.json"]) expect((await box.gox(["editor", "vscode", "--settings", path])).status).toBe(6);
	});

	it("what was changed since isn't taken back", async () => {
		writeFileSync(settings, "{}\n");
		await vscode("--yes");
		const edited = readFileSync(settings, "utf8").replace("{", '{ "mine": 1,');
		writeFileSync(settings, edited);
		expect(await vscode("--undo")).toMatchObject({ status: 6, stderr: expect.stringContaining("was changed since") });
		expect(readFileSync(settings, "utf8")).toBe(edited);
	});

	it("killed at any checkpoint: the old file or the new one, whole, and it can be taken back", async () => {
		const checkpoints = ["editor:recorded", "editor:written", "editor:done"];
		for (const at of checkpoints) {
			writeFileSync(settings, mine);
			const { signal } = await box.gox(["editor", "vscode", "--settings", "settings.json", "--yes"], {
				env: { GOX_CHECKPOINT: at },
			});
			expect(signal, at).toBe("SIGKILL");
			const isNew = at === "editor:done";
			expect(readFileSync(settings, "utf8") === mine, at).toBe(!isNew);
			expect((await vscode("--yes")).status).toBe(0);
			expect((await vscode("--undo")).status).toBe(0);
			expect(readFileSync(settings, "utf8"), at).toBe(mine);
			expect(box.leftovers()).toEqual([]);
		}
	});

	it("where each system keeps the user's settings", () => {
		const on = (host: "darwin-arm64" | "linux-amd64", env = {}) =>
			vscodeUserSettings(testContext({ root: "/r", host, env: { HOME: "/h", ...env } }));
		expect(on("darwin-arm64")).toBe("/h/Library/Application Support/Code/User/settings.json");
		expect(on("linux-amd64")).toBe("/h/.config/Code/User/settings.json");
		expect(on("linux-amd64", { XDG_CONFIG_HOME: "/x" })).toBe("/x/Code/User/settings.json");
	});
});

describe("gopls and dlv", () => {
	it("of another machine, or by an older Go than the one in force: told, and how to build them anew", async () => {
		const bin = join(box.root, "user/go/bin");
		const go = join(box.root, "go/bin/go");
		for (const directory of [bin, dirname(go)]) mkdirSync(directory, { recursive: true });
		const own = `${process.platform === "darwin" ? "darwin" : "linux"}-${process.arch === "arm64" ? "arm64" : "amd64"}`;
		writeExcerpt(excerptNamed(`go1.26.8-${own}`), go);
		writeFileSync(join(box.root, "go/VERSION"), "go1.26.8\n");
		writeExcerpt(excerptNamed(own === "darwin-arm64" ? "go1.22.5-linux-amd64" : "go1.22.5-darwin-arm64"), join(bin, "gopls"));
		const older = { "linux-amd64": "go1.21.13-linux-amd64", "darwin-arm64": "go1.21.13-darwin-arm64" }[own] ?? `go1.26.8-${own}`;
		writeExcerpt(excerptNamed(older), join(bin, "dlv"));
		const env = { PATH: `${dirname(go)}:/usr/bin:/bin` };
		const { stdout, stderr } = await box.gox(["editor", "neovim", "--json"], { env });
		expect(JSON.parse(stdout).tools).toMatchObject([
			{ name: "gopls", problem: "not-native" },
			{ name: "dlv", problem: older.startsWith("go1.21") ? "older-go" : null },
		]);
		expect(stderr).toMatch(/gopls is built for \w+\/\w+, not for this machine/);
		expect(stderr).toMatch(/gox tools rebuild gopls/);
	});

	it("that aren't there: how to install them", async () => {
		expect((await vscode("--dry-run")).stderr).toContain("go install golang.org/x/tools/gopls@latest");
	});
});

describe("gox editor goland", () => {
	const workspace = '<?xml version="1.0" encoding="UTF-8"?>\n<project version="4">\n  <component name="A" />\n</project>\n';

	it("says the steps; --write puts the stable path into the project, and nothing else changes", async () => {
		const steps = await box.gox(["editor", "goland"]);
		expect(steps).toMatchObject({ status: 0, stdout: expect.stringContaining(join(box.home, "current")) });
		expect((await box.gox(["editor", "goland", "--write"])).status).toBe(2);
		box.write({ ".idea/workspace.xml": workspace });
		expect((await box.gox(["editor", "goland", "--write"])).stderr).toContain("gox editor goland --write --yes");
		expect(box.read(".idea/workspace.xml")).toBe(workspace);
		expect((await box.gox(["editor", "goland", "--write", "--yes"])).status).toBe(0);
		expect(box.read(".idea/workspace.xml")).toBe(
			workspace.replace("</project>", `  <component name="GOROOT" url="file://${box.home}/current" />\n</project>`),
		);
		await box.gox(["editor", "goland", "--undo"]);
		expect(box.read(".idea/workspace.xml")).toBe(workspace);
	});

	it.each([
		['<project>\n  <component name="GOROOT" url="file:///old" />\n</project>', "file:///old"],
		['<project>\n  <component name="GOROOT" />\n</project>', undefined],
		[
			'<project>\n  <component name="GOROOT" url="file://$USER_HOME$/sdk/go1.20"></component>\n</project>',
			"file://$USER_HOME$/sdk/go1.20",
		],
	])("%j", (text, was) => {
		expect(golandGoroot(text)).toBe(was);
		expect(withGolandGoroot(text, "/g/$&/current", "x")).toBe(
			'<project>\n  <component name="GOROOT" url="file:///g/$&/current" />\n</project>',
		);
	});

	it("what is no project is refused", () => {
		expect(() => withGolandGoroot("<settings/>", "/g", "w.xml")).toThrow("w.xml is not a project's");
	});
});

describe("gox editor neovim", () => {
	it("prints a snippet; --write makes a file of its own", async () => {
		const { stdout } = await box.gox(["editor", "neovim"]);
		expect(stdout).toContain(`local shims = "${box.home}/shims"`);
		const env = { XDG_CONFIG_HOME: join(box.root, "config"), NVIM_APPNAME: "mine" };
		expect((await box.gox(["editor", "neovim", "--write"], { env })).status).toBe(2);
		expect((await box.gox(["editor", "neovim", "--write", "--yes"], { env })).status).toBe(0);
		expect(box.read("config/mine/plugin/gox.lua")).toBe(stdout);
		expect((await box.gox(["editor", "neovim", "--undo"], { env })).status).toBe(0);
		expect(existsSync(join(box.root, "config/mine/plugin/gox.lua"))).toBe(false);
	});

	it("wrong words", async () => {
		expect((await box.gox(["editor", "emacs"])).stderr).toContain("gox editor vscode");
		expect((await box.gox(["editor", "neovim", "--workspace"])).status).toBe(2);
		expect((await box.gox(["editor"])).status).toBe(2);
	});
});
