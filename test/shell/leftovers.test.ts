import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { tried } from "../support/tally.ts";
import { ShellSandbox } from "./sandbox.ts";
import type { RealShell } from "./shells.ts";

const named = (name: string) => ({ name, title: name, path: `/bin/${name}` }) as RealShell;
const zsh = named("zsh");
const goenv = 'export GOENV_ROOT="$HOME/.goenv"\nexport PATH="$GOENV_ROOT/bin:$PATH"\neval "$(goenv init -)"\n';
const gvm = '[[ -s "$HOME/.gvm/scripts/gvm" ]] && source "$HOME/.gvm/scripts/gvm"\n';

function sandboxWith(files: Readonly<Record<string, string>>): ShellSandbox {
	const sandbox = new ShellSandbox();
	for (const [name, text] of Object.entries(files)) sandbox.file(`it's my home/${name}`, text);
	return sandbox;
}

const read = (sandbox: ShellSandbox, name: string) => readFileSync(join(sandbox.userHome, name), "latin1");

describe("gox setup and what other version managers left", () => {
	const files = { ".zshenv": `A=1\n${goenv}B=2\n`, ".zshrc": `ll\n# gvm\n${gvm}` };

	it("names them, leaves them, and says what to type, with --yes too", async () => {
		const sandbox = sandboxWith(files);
		for (const flags of [{}, { yes: true }]) {
			const said = (await sandbox.setUp(zsh, flags)).err();
			expect(said).toContain(`  ${sandbox.userHome}/.zshenv:2  export GOENV_ROOT="$HOME/.goenv"  (goenv)\n`);
			expect(said).toContain(".zshrc:2  # gvm …  (gvm)\n");
			expect(said).toContain("to take them out: gox setup --remove-leftovers\n");
			expect(read(sandbox, ".zshenv")).toBe(files[".zshenv"]);
			expect(read(sandbox, ".zshrc")).toContain(gvm);
		}
	});

	it("takes them out, keeps copies, and is a no-op the second time; --undo restores every byte", async () => {
		const sandbox = sandboxWith(files);
		await sandbox.setUp(zsh, { removeLeftovers: true });
		expect(read(sandbox, ".zshenv")).toBe("A=1\nB=2\n");
		expect(read(sandbox, ".zshrc")).toMatch(/^ll\n# >>> gox/);
		const copies = readdirSync(join(sandbox.home, "backup")).map((name) => name.replace(/\d{4}-.*/, ""));
		expect(copies).toEqual([".zshenv.", ".zshrc.", "taken-out.json"]);
		const taken = read(sandbox, ".zshrc");
		expect((await sandbox.setUp(zsh, { removeLeftovers: true })).err()).toContain("zsh is set up already");
		expect(read(sandbox, ".zshrc")).toBe(taken);
		await sandbox.setUp(zsh, { undo: true });
		for (const [name, text] of Object.entries(files)) expect(read(sandbox, name)).toBe(text);
		expect(existsSync(join(sandbox.home, "backup/taken-out.json"))).toBe(false);
		expect((await sandbox.setUp(zsh, { undo: true })).err()).toContain("no start-up file has gox in it");
	});

	it("asks a person", async () => {
		const sandbox = sandboxWith(files);
		await sandbox.setUp(zsh, {}, { answers: ["y", "n"] });
		expect(read(sandbox, ".zshenv")).toBe(files[".zshenv"]);
		expect((await sandbox.setUp(zsh, {}, { answers: [""] })).err()).toContain("took out what other version managers left");
		expect(read(sandbox, ".zshenv")).toBe("A=1\nB=2\n");
	});

	it("shows with --dry-run what it would take out, and changes nothing", async () => {
		const sandbox = sandboxWith(files);
		const context = await sandbox.setUp(zsh, { dryRun: true, removeLeftovers: true });
		expect(context.out()).toContain('@@ -1,5 +1,2 @@\n A=1\n-export GOENV_ROOT="$HOME/.goenv"\n');
		expect(context.err()).toContain("would take out what other version managers left there:");
		expect(read(sandbox, ".zshenv")).toBe(files[".zshenv"]);
		expect(existsSync(join(sandbox.home, "backup"))).toBe(false);
	});

	it("takes nothing out where gox has no Go of its own", async () => {
		const sandbox = sandboxWith(files);
		rmSync(join(sandbox.home, "versions"), { recursive: true });
		await expect(sandbox.setUp(zsh, { removeLeftovers: true })).rejects.toMatchObject({
			code: "not-installed",
			hint: "gox import\ngox install latest",
		});
		expect((await sandbox.setUp(zsh)).err()).toContain("gox import (or gox install latest), then gox setup --remove-leftovers");
		expect(read(sandbox, ".zshenv")).toBe(files[".zshenv"]);
	});

	it("says in JSON what it did", async () => {
		const sandbox = sandboxWith({ ".zshrc": `${gvm}. ~/.asdf/asdf.sh\n` });
		const context = await sandbox.setUp(zsh, { removeLeftovers: true });
		expect(context.err()).toContain(".zshrc:2: asdf manages other languages here too");
	});

	it("finds them in bash's and fish's files, conf.d too", async () => {
		const sandbox = sandboxWith({
			".bashrc": gvm,
			".bash_aliases": `alias ll='ls -l'\n${gvm}`,
			".profile": goenv,
			".config/fish/conf.d/goup.fish": "set -gx PATH $HOME/.go/current/bin $PATH\n",
		});
		await sandbox.setUp(named("bash"), { removeLeftovers: true });
		await sandbox.setUp(named("fish"), { removeLeftovers: true });
		expect(read(sandbox, ".bashrc")).not.toContain("gvm");
		expect(read(sandbox, ".bash_aliases")).toBe("alias ll='ls -l'\n");
		expect(read(sandbox, ".profile")).not.toContain("goenv");
		expect(read(sandbox, ".config/fish/conf.d/goup.fish")).toBe("");
		await sandbox.setUp(named("bash"), { undo: true });
		expect(read(sandbox, ".profile")).toBe(goenv);
		expect(read(sandbox, ".bash_aliases")).toBe(`alias ll='ls -l'\n${gvm}`);
		expect(read(sandbox, ".config/fish/conf.d/goup.fish")).toBe("");
		await sandbox.setUp({ ...zsh, name: undefined } as unknown as RealShell, { undo: true });
		expect(read(sandbox, ".config/fish/conf.d/goup.fish")).toContain(".go/current");
	});

	it("moves g's links out of GOPATH/bin, which stays on PATH, and back", async () => {
		const line =
			'export GOPATH="$HOME/go"; export GOROOT="$HOME/.go"; export PATH="$GOPATH/bin:$PATH"; # g-install: do NOT edit\n';
		const sandbox = sandboxWith({ ".zshrc": line, "go/bin/mine": "", ".go/bin/go": "" });
		const link = join(sandbox.userHome, "go/bin/go");
		symlinkSync(join(sandbox.userHome, ".go/bin/go"), link);
		await sandbox.setUp(zsh, { removeLeftovers: true });
		expect(read(sandbox, ".zshrc")).toMatch(/^export GOPATH="\$HOME\/go"; export PATH="\$GOPATH\/bin:\$PATH"\n# >>> gox/);
		expect(readdirSync(dirname(link))).toEqual(["mine"]);
		await sandbox.setUp(zsh, { undo: true });
		expect(lstatSync(link).isSymbolicLink()).toBe(true);
		expect(read(sandbox, ".zshrc")).toBe(line);
	});

	it("leaves asdf to other languages, takes only its go away, says how to for good, and puts it back", async () => {
		const line = `export PATH="\${ASDF_DATA_DIR:-$HOME/.asdf}/shims:$PATH"\n`;
		const set = ". ~/.asdf/plugins/golang/set-env.zsh\n";
		const shims = { ".asdf/shims/go": "#!/bin/sh\nexec asdf exec go\n", ".asdf/shims/node": "#!/bin/sh\n" };
		const plugins = { ".asdf/plugins/golang/x": "", ".asdf/plugins/nodejs/x": "" };
		const sandbox = sandboxWith({ ".zshrc": line + set, ...shims, ...plugins });
		const shim = join(sandbox.userHome, ".asdf/shims/go");
		chmodSync(shim, 0o755);
		const said = (await sandbox.setUp(zsh, { removeLeftovers: true })).err();
		expect(said).toContain("left ");
		expect(said).toContain("asdf manages other languages here too");
		expect(said).toContain("to stop that: asdf plugin remove golang");
		expect(read(sandbox, ".zshrc")).toMatch(/^export PATH=.*\n# >>> gox/);
		expect(readdirSync(dirname(shim))).toEqual(["node"]);
		await sandbox.setUp(zsh, { undo: true });
		expect(read(sandbox, ".zshrc")).toBe(line + set);
		expect(read(sandbox, ".asdf/shims/go")).toBe(shims[".asdf/shims/go"]);
		expect(lstatSync(shim).mode & 0o777).toBe(0o755);
	});

	it("names on undo the lines that have no place any more, does all the rest, and exits with 6", async () => {
		const sandbox = sandboxWith(files);
		await sandbox.setUp(zsh, { removeLeftovers: true });
		writeFileSync(join(sandbox.userHome, ".zshenv"), "another\nfile\n");
		await expect(sandbox.setUp(zsh, { undo: true })).rejects.toMatchObject({
			code: "file-system",
			message: expect.stringContaining(
				".zshenv was changed where these lines were, so they were not put back:\n  export GOENV_ROOT",
			),
			hint: expect.stringMatching(/^less .*backup\/\.zshenv\./),
		});
		expect(read(sandbox, ".zshenv")).toBe("another\nfile\n");
		expect(read(sandbox, ".zshrc")).toBe(files[".zshrc"]);
		expect((await sandbox.setUp(zsh, { undo: true })).err()).toContain("no start-up file has gox in it");
	});
});

describe("leftovers in odd start-up files", { tags: "fault-27" }, () => {
	const contents: Readonly<Record<string, string>> = {
		"no final newline": `a\n${goenv.trimEnd()}`,
		"only leftovers": goenv,
		"only leftovers, no final newline": gvm.trimEnd(),
		CRLF: `a\r\n${goenv.replaceAll("\n", "\r\n")}b\r\n`,
		"bytes that are no UTF-8": `\xff\xfe\n${gvm}\xe9`,
		"an early return": `[[ -o interactive ]] || return\n${goenv}`,
		"leftovers behind exec": `${gvm}exec fish\n${goenv}`,
		"what doesn't parse": `${gvm}if true; then\n${goenv}`,
	};
	it("come out and go back to the byte, twice over, with a symlink in between too", async (test) => {
		tried(test, Object.keys(contents).length * 2);
		for (const [name, text] of Object.entries(contents)) {
			for (const linked of [false, true]) {
				const sandbox = new ShellSandbox();
				const path = join(sandbox.userHome, ".zshrc");
				writeFileSync(path, text, "latin1");
				if (linked) {
					mkdirSync(join(sandbox.root, "dotfiles"));
					renameSync(path, join(sandbox.root, "dotfiles/zshrc"));
					symlinkSync("../dotfiles/zshrc", path);
				}
				for (let round = 0; round < 2; round++) {
					await sandbox.setUp(zsh, { removeLeftovers: true });
					const taken = read(sandbox, ".zshrc");
					await sandbox.setUp(zsh, { removeLeftovers: true });
					expect(read(sandbox, ".zshrc"), name).toBe(taken);
					await sandbox.setUp(zsh, { undo: true });
					expect(read(sandbox, ".zshrc"), name).toBe(text);
				}
				expect(lstatSync(path).isSymbolicLink()).toBe(linked);
			}
		}
	});

	it("stay where the file is read-only, and nothing else is changed either", async () => {
		const sandbox = sandboxWith({ ".zshenv": goenv, ".zshrc": "a\n" });
		chmodSync(join(sandbox.userHome, ".zshenv"), 0o444);
		await expect(sandbox.setUp(zsh, { removeLeftovers: true })).rejects.toMatchObject({
			message: expect.stringContaining("is read-only"),
		});
		expect(read(sandbox, ".zshrc")).toBe("a\n");
	});
});

describe("a setup that is killed while it takes leftovers out", { tags: "fault-17" }, () => {
	const text = `a\n${goenv}b\n`;
	const points = ["setup-hook", "setup-backup", "setup-recorded", "setup-file", "setup-commands", "setup-put-back"];
	it("leaves whole files; a later undo restores every byte, with or without a setup in between", async (test) => {
		for (const point of points) {
			for (const nth of [1, 2]) {
				for (const again of [false, true]) {
					const sandbox = sandboxWith({ ".zshenv": text, ".zshrc": `${gvm}last` });
					const link = join(sandbox.userHome, "go/bin/go");
					mkdirSync(dirname(link), { recursive: true });
					symlinkSync(join(sandbox.userHome, ".go/bin/go"), link);
					let seen = 0;
					const kill = (name: string) => {
						if (name === point && ++seen === nth) throw new Error("killed");
					};
					const died = async (flags: Record<string, unknown>) =>
						sandbox.setUp(zsh, flags, { checkpoint: kill }).then(
							() => false,
							(error: Error) => error.message === "killed",
						);
					let killed = await died({ removeLeftovers: true });
					if (again) await sandbox.setUp(zsh, { removeLeftovers: true });
					killed = (await died({ undo: true })) || killed;
					if (killed) tried(test);
					await sandbox.setUp(zsh, { undo: true });
					const why = `${point} ${nth} ${again}`;
					expect(read(sandbox, ".zshenv"), why).toBe(text);
					expect(read(sandbox, ".zshrc"), why).toBe(`${gvm}last`);
					expect(existsSync(join(sandbox.userHome, ".zprofile")), why).toBe(false);
					expect(lstatSync(link).isSymbolicLink(), why).toBe(true);
				}
			}
		}
	});
});
