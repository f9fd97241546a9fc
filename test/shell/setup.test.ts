import {
	chmodSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Options, type Run } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run as completions } from "../../src/commands/completions.ts";
import { run as env } from "../../src/commands/env.ts";
import { run as init } from "../../src/commands/init.ts";
import { commands } from "../../src/commands/table.ts";
import { run as use } from "../../src/commands/use.ts";
import { makerMark } from "../../src/maker.ts";
import { unifiedDiff } from "../../src/shell/diff.ts";
import { shQuote } from "../../src/shell/shell.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";
import { tried } from "../support/tally.ts";
import { ShellSandbox } from "./sandbox.ts";
import { finish, onPath, type RealShell, realShells } from "./shells.ts";

const named = (name: string) => ({ name, title: name, path: `/bin/${name}` }) as RealShell;
const filesOf: Readonly<Record<string, readonly string[]>> = {
	zsh: [".zshrc", ".zprofile"],
	bash: [".bashrc", ".bash_profile"],
	fish: [".config/fish/config.fish"],
};

describe("gox setup", () => {
	it.each(Object.entries(filesOf))("writes the hook and a block for %s, once", { tags: "fault-27" }, async (name, files) => {
		const sandbox = new ShellSandbox();
		const first = await sandbox.setUp(named(name));
		const paths = files.map((file) => join(sandbox.userHome, file));
		const written = paths.map((path) => readFileSync(path, "utf8"));
		for (const text of written) expect(text.match(/# >>> gox >>>/g)).toHaveLength(1);
		expect(existsSync(join(sandbox.home, `hook.${name}`))).toBe(true);
		expect(existsSync(join(sandbox.home, "shims/go"))).toBe(true);
		expect(first.err()).toMatch(new RegExp(`${files[0]?.replace(/.*\//, "")}\n[^]*to start using it: exec ${name}\n$`));
		const second = await sandbox.setUp(named(name));
		expect(paths.map((path) => readFileSync(path, "utf8"))).toEqual(written);
		expect(second.err()).toContain(`${name} is set up already`);
	});

	it("takes itself out to the byte, and the files that it made with it", { tags: "fault-27" }, async (test) => {
		tried(test, 60);
		const contents = fc.oneof(
			fc.uint8Array({ maxLength: 200 }),
			fc.constantFrom("", "\n", "a", "a\r\nb\r\n", '[ -z "$PS1" ] && return\nx').map((text) => Buffer.from(text)),
		);
		await fc.assert(
			fc.asyncProperty(contents, fc.constantFrom("zsh", "bash", "fish"), async (content, name) => {
				const sandbox = new ShellSandbox();
				const [rc = "", login] = filesOf[name] ?? [];
				sandbox.file(`it's my home/${rc}`, "");
				writeFileSync(join(sandbox.userHome, rc), content);
				await sandbox.setUp(named(name));
				expect(readFileSync(join(sandbox.userHome, rc)).includes("gox")).toBe(true);
				await sandbox.setUp(named(name), { undo: true });
				expect(Buffer.compare(readFileSync(join(sandbox.userHome, rc)), content)).toBe(0);
				if (login) expect(existsSync(join(sandbox.userHome, login))).toBe(false);
				expect(existsSync(join(sandbox.home, `hook.${name}`))).toBe(false);
			}),
			{ numRuns: 60 },
		);
	});

	it("keeps a copy of what it changes, the mode, and the symlink", { tags: "fault-27" }, async () => {
		const sandbox = new ShellSandbox();
		const rc = join(sandbox.userHome, ".zshrc");
		const real = join(sandbox.root, "dotfiles/zshrc");
		sandbox.file("dotfiles/zshrc", "export A=1");
		chmodSync(real, 0o666);
		finish("/bin/ln", ["-sf", "../dotfiles/zshrc", rc], {});
		await sandbox.setUp(named("zsh"));
		expect(readlinkSync(rc)).toBe("../dotfiles/zshrc");
		expect(statSync(real).mode & 0o777).toBe(0o666);
		expect(readFileSync(real, "utf8")).toContain("export A=1\n# >>> gox >>>\n");
		const [copy = ""] = readdirSync(join(sandbox.home, "backup"));
		expect(copy).toMatch(/^\.zshrc\.\d{4}-/);
		expect(readFileSync(join(sandbox.home, "backup", copy), "utf8")).toBe("export A=1");
		expect(readdirSync(sandbox.userHome).filter((name) => name.startsWith("..z"))).toEqual([]);
	});

	it("writes through a symlink that leads to no file yet", { tags: "fault-27" }, async () => {
		const sandbox = new ShellSandbox();
		mkdirSync(join(sandbox.root, "dotfiles"));
		symlinkSync("../dotfiles/zprofile", join(sandbox.userHome, ".zprofile"));
		await sandbox.setUp(named("zsh"));
		expect(readFileSync(join(sandbox.root, "dotfiles/zprofile"), "utf8")).toContain("gox");
		await sandbox.setUp(named("zsh"), { undo: true });
		expect(existsSync(join(sandbox.root, "dotfiles/zprofile"))).toBe(false);
		expect(lstatSync(join(sandbox.userHome, ".zprofile")).isSymbolicLink()).toBe(true);
	});

	it.each([
		["read-only", (path: string) => chmodSync(path, 0o444), "file-system", "is read-only"],
		[
			"a directory",
			(path: string) => finish("/bin/sh", ["-c", 'rm "$1"; mkdir "$1"', "sh", path], {}),
			"file-system",
			"is not a regular file",
		],
		[
			"a FIFO",
			(path: string) => finish("/bin/sh", ["-c", 'rm "$1"; mkfifo "$1"', "sh", path], { PATH: "/usr/bin:/bin" }),
			"file-system",
			"is not a regular file",
		],
		["a loop of symlinks", (path: string) => finish("/bin/ln", ["-sf", ".zshrc", path], {}), "file-system", "leads nowhere"],
		[
			"half a block",
			(path: string) => writeFileSync(path, "a\n# >>> gox >>>\nb\n"),
			"bad-config",
			".zshrc:2: gox's block begins here",
		],
	])("refuses a file that is %s, before anything is changed", { tags: "fault-27" }, async (_name, spoil, code, message) => {
		const sandbox = new ShellSandbox();
		spoil(join(sandbox.userHome, ".zshrc"));
		await expect(sandbox.setUp(named("zsh"))).rejects.toMatchObject({
			code,
			message: expect.stringContaining(message),
			hint: expect.stringMatching(code === "file-system" ? /\neval "\$\(gox init zsh\)"$/ : /run the command again$/),
		});
		expect(existsSync(join(sandbox.userHome, ".zprofile"))).toBe(false);
		expect(existsSync(join(sandbox.home, "hook.zsh"))).toBe(false);
	});

	it("removes what a killed setup left beside a file, and nothing else", { tags: "fault-17" }, async () => {
		const sandbox = new ShellSandbox();
		// The largest process id that Linux gives is 4194304.
		const left = join(sandbox.userHome, `..zshrc.${makerMark(4_194_305)}.0123456789ab`);
		writeFileSync(left, "half");
		writeFileSync(join(sandbox.userHome, "..zshrc.mine"), "");
		await sandbox.setUp(named("zsh"));
		expect(readdirSync(sandbox.userHome).filter((name) => name.startsWith("..zshrc"))).toEqual(["..zshrc.mine"]);
	});

	it.each([
		[".bash_login", [".bash_login", ".profile"]],
		[".profile", [".profile"]],
	])("takes bash's login file as it finds it: %s", async (expected, present) => {
		const sandbox = new ShellSandbox();
		for (const name of present) sandbox.file(`it's my home/${name}`, "# mine\n");
		await sandbox.setUp(named("bash"));
		expect(readFileSync(join(sandbox.userHome, expected), "utf8")).toContain("# >>> gox >>>");
		expect(existsSync(join(sandbox.userHome, ".bash_profile"))).toBe(false);
		// Made later, it hides the other one; the block is found all the same.
		sandbox.file("it's my home/.bash_profile", "# new\n");
		await sandbox.setUp(named("bash"), { undo: true });
		expect(readFileSync(join(sandbox.userHome, expected), "utf8")).toBe("# mine\n");
	});

	it("writes a .profile that any sh can read", async () => {
		const sandbox = new ShellSandbox();
		sandbox.file("it's my home/.profile", "A=1\n");
		await sandbox.setUp(named("bash"));
		for (const sh of ["dash", "sh"].map(onPath).filter((path) => path !== undefined)) {
			const { out, err } = finish(sh, ["-euc", '. "$HOME/.profile"; . "$HOME/.profile"; echo "$A $PATH"'], sandbox.env());
			expect({ out, err }).toEqual({ out: `1 ${sandbox.home}/shims:/usr/bin:/bin\n`, err: "" });
		}
	});

	it("shows with --dry-run a diff that patch can apply, and writes nothing", async () => {
		const sandbox = new ShellSandbox();
		const before = readdirSync(sandbox.userHome);
		const context = await sandbox.setUp(named("zsh"), { dryRun: true });
		expect(readdirSync(sandbox.userHome)).toEqual(before);
		expect(existsSync(join(sandbox.home, "hook.zsh"))).toBe(false);
		expect(context.out()).toMatch(/^--- .*\.zshrc\n\+\+\+ .*\.zshrc\n@@ -1,2 \+1,6 @@\n PS1=\n PROMPT=\n\+# >>> gox >>>\n/);
		expect(context.out()).toContain(`--- /dev/null\n+++ ${sandbox.userHome}/.zprofile\n@@ -0,0 +1,5 @@\n`);
	});

	it("asks a person first, unless told not to", async () => {
		const sandbox = new ShellSandbox();
		const asked = (answer: string) => sandbox.setUp(named("zsh"), {}, { answers: [answer] });
		expect((await asked("n")).err()).toBe("nothing was changed\n");
		expect(existsSync(join(sandbox.home, "hook.zsh"))).toBe(false);
		await asked("");
		expect(existsSync(join(sandbox.home, "hook.zsh"))).toBe(true);
	});

	it("without a terminal changes nothing unless --yes is given", async () => {
		const sandbox = new ShellSandbox();
		await expect(sandbox.setUp(named("zsh"), { yes: undefined })).rejects.toMatchObject({
			code: "usage",
			message: expect.stringContaining("--yes"),
			hint: "gox setup --yes",
		});
		expect(existsSync(join(sandbox.home, "hook.zsh"))).toBe(false);
		expect(readFileSync(join(sandbox.userHome, ".zshrc"), "utf8")).not.toContain("gox");
	});

	it("takes the user's shell, and says which it knows", async () => {
		const sandbox = new ShellSandbox();
		const unknown = { ...named("bash"), name: undefined, path: "/usr/bin/nu" } as unknown as RealShell;
		await expect(sandbox.setUp(unknown)).rejects.toMatchObject({
			code: "usage",
			message: "gox has no hook for nu",
			hint: expect.stringContaining("--shell zsh"),
		});
		await sandbox.setUp({ ...unknown, path: "/usr/local/bin/fish" } as RealShell);
		expect(existsSync(join(sandbox.home, "hook.fish"))).toBe(true);
		await expect(sandbox.setUp({ ...unknown, name: "tcsh" } as unknown as RealShell)).rejects.toMatchObject({
			code: "usage",
			hint: "one of: zsh, bash, fish",
		});
	});

	it("finds files where ZDOTDIR and XDG_CONFIG_HOME say", async () => {
		const sandbox = new ShellSandbox();
		const more = { ZDOTDIR: join(sandbox.root, "z"), XDG_CONFIG_HOME: join(sandbox.root, "xdg") };
		await sandbox.setUp(named("zsh"), {}, { env: more });
		await sandbox.setUp(named("fish"), {}, { env: more });
		expect(readdirSync(more.ZDOTDIR).sort()).toEqual([".zprofile", ".zshrc"]);
		expect(existsSync(join(more.XDG_CONFIG_HOME, "fish/config.fish"))).toBe(true);
		await sandbox.setUp({ ...named("zsh"), name: undefined } as unknown as RealShell, { undo: true }, { env: more });
		expect(readdirSync(more.ZDOTDIR)).toEqual([]);
		expect(existsSync(join(more.XDG_CONFIG_HOME, "fish/config.fish"))).toBe(false);
	});

	it.each(["setup-hook", "setup-backup", "setup-file"])(
		"killed at %s, leaves files that are whole; the next one finishes",
		{ tags: "fault-17" },
		async (point) => {
			const sandbox = new ShellSandbox();
			const kill = (name: string) => {
				if (name === point) throw new Error("killed");
			};
			await expect(sandbox.setUp(named("zsh"), {}, { checkpoint: kill })).rejects.toThrow("killed");
			const text = readFileSync(join(sandbox.userHome, ".zshrc"), "utf8");
			expect(text.includes("# >>> gox") === text.includes("# <<< gox")).toBe(true);
			await sandbox.setUp(named("zsh"));
			await sandbox.setUp(named("zsh"), { undo: true });
			expect(readFileSync(join(sandbox.userHome, ".zshrc"), "utf8")).toBe("PS1=\nPROMPT=\n");
		},
	);
});

describe("login and other shells after setup", () => {
	for (const shell of realShells) {
		describe.skipIf(shell.path === undefined)(`${shell.title} (skipped where it isn't installed)`, () => {
			it.each([
				["login, with a command", ["-l", "-c"]],
				["login and interactive", ["-l", "-i", "-c"]],
				["interactive", ["-i", "-c"]],
			])("%s: the shims are first", async (_name, flags) => {
				const sandbox = new ShellSandbox();
				// As path_helper does it: the system's directories in front of what was inherited.
				for (const name of [".zprofile", ".bash_profile"])
					sandbox.file(
						`it's my home/${name}`,
						"PATH=/usr/bin:/bin:$PATH\n[[ $- != *i* ]] && return\nPATH=/usr/local/go/bin:$PATH\n",
					);
				await sandbox.setUp(shell);
				const { out } = finish(shell.path ?? "", [...flags, "go version; sh -c 'echo $PATH'"], sandbox.env());
				expect(out).toMatch(new RegExp(`^go says the default\n${sandbox.home}/shims:`));
			});
		});
	}
});

function call(run: Run, context: TestContext, args: readonly string[], options: Record<string, unknown> = {}): TestContext {
	const report = reportOn(context, { json: options.json === true, quiet: false, verbose: false });
	run({ context, report, commands, args, rest: [], name: "", options: new Options(options) });
	return context;
}

describe("gox use without a hook", () => {
	const sandbox = new ShellSandbox();
	const context = (more: Record<string, string> = {}) =>
		testContext({ root: sandbox.root, env: { GOX_HOME: sandbox.home, HOME: sandbox.userHome, ...more } });
	it.each([
		["1.21", {}, "usage", "gox setup          # once, for new shells\nexport GOX_VERSION=1.21"],
		["oldstable", {}, "usage", "gox setup          # once, for new shells\nexport GOX_VERSION=1.21.13"],
		["1.19", { GOX_HOOK: "zsh" }, "not-installed", "gox install 1.19"],
		[
			"l a t",
			{},
			"not-a-version",
			"a version is like 1.22.5, 1.22, latest or '>=1.21 <1.23'; see them all with: gox list --remote",
		],
	])("%s", (word, more, code, hint) => {
		expect(() => call(use, context(more), [word])).toThrow(expect.objectContaining({ code, hint }));
	});
	it("prints for a hook the exact version that a range means", () => {
		expect(call(use, context({ GOX_HOOK: "zsh" }), [">=1.20 <1.22"]).out()).toBe("1.21.13\n");
		expect(call(use, context({ GOX_HOOK: "bash" }), ["oldstable"]).out()).toBe("1.21.13\n");
	});
	it("wants a version, or --unset", () => {
		expect(() => call(use, context(), [])).toThrow(
			expect.objectContaining({ code: "usage", hint: "gox use 1.22\ngox use --unset" }),
		);
	});
});

describe("gox env", () => {
	const sandbox = new ShellSandbox();
	const context = () => testContext({ root: sandbox.root, env: { GOX_HOME: sandbox.home, HOME: sandbox.userHome } });
	const statements = call(env, context(), ["1.21"]).out();
	for (const path of [...["sh", "dash"].map(onPath), ...realShells.map((shell) => shell.path)].filter(
		(path) => path !== undefined,
	)) {
		it(`is understood by ${path}`, () => {
			const { out, err } = finish(path, ["-c", `${statements}sh -c 'echo "$PATH $GOX_VERSION $GOX_HOME"'`], sandbox.env());
			expect({ out, err }).toEqual({ out: `${sandbox.home}/shims:/usr/bin:/bin 1.21.13 ${sandbox.home}\n`, err: "" });
		});
	}
	it("speaks fish, and JSON", () => {
		expect(call(env, context(), [], { shell: "fish" }).out()).toBe(
			`set -gx GOX_HOME '${sandbox.home}'\nset -gx PATH '${sandbox.home}/shims' $PATH\n`,
		);
		expect(JSON.parse(call(env, context(), ["1.22"], { json: true }).out())).toEqual({
			GOX_HOME: sandbox.home,
			shims: `${sandbox.home}/shims`,
			GOX_VERSION: "1.22.5",
		});
	});
});

describe("gox init and completions", () => {
	for (const shell of realShells) {
		describe.skipIf(shell.path === undefined)(`${shell.title} (skipped where it isn't installed)`, () => {
			const sandbox = new ShellSandbox();
			const ready = sandbox.setUp(shell);
			it("init's text works in eval as it does in a file", async () => {
				await ready;
				const hook = join(sandbox.root, "printed");
				writeFileSync(hook, call(init, sandbox.context(shell), [shell.name]).out());
				const script = shell.name === "fish" ? `source <${hook}` : `eval "$(cat ${hook})"`;
				const { out } = finish(shell.path ?? "", ["-c", `${script}; gox use 1.21; go version`], sandbox.env());
				expect(out).toBe("go says 1.21\n");
			});
			it("completes commands, options and installed versions", () => {
				const script = join(sandbox.root, `completions.${shell.name}`);
				writeFileSync(script, call(completions, sandbox.context(shell), [shell.name]).out());
				const probe = {
					fish: `source ${script}; complete -C 'gox un'; complete -C 'gox use 1.2'; complete -C 'gox setup --und'`,
					bash: `. ${script}; t() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gox_complete; echo "\${COMPREPLY[*]}"; }; set -u; t gox un; t gox use 1.2; t gox setup --und`,
					zsh: `compdef() { print -r -- "compdef $*" }; . ${script}; compadd() { shift; print -l -- $@ }; _gox_versions; _describe() { print -r -- $commands[2] }; CURRENT=2; words=(gox ""); _gox; _arguments() { print -r -- $@ }; words=(gox setup ""); CURRENT=3; _gox`,
				}[shell.name];
				const { out, err } = finish(shell.path ?? "", ["-c", probe], sandbox.env({ GOX_HOME: sandbox.home }));
				expect(err).toBe("");
				for (const word of ["uninstall", "1.21.13", "1.22", "--undo"]) expect(out).toContain(word);
				if (shell.name !== "zsh") expect(out).not.toContain("work");
			});
			it("completes actions, and behind each its own options and words", () => {
				const script = join(sandbox.root, `actions.${shell.name}`);
				writeFileSync(script, call(completions, sandbox.context(shell), [shell.name]).out());
				const lines = [
					["proxy", ""],
					["proxy", "use", "--private"],
					["proxy", "use", "pub"],
					["proxy", "undo", "--"],
					["tools", "--json", "re"],
					["tools", "default", ""],
					["editor", "vscode", "--w"],
					["editor", "neovim", "--w"],
				];
				const each = {
					fish: (words: string[]) => `complete -C 'gox ${words.join(" ")}' | string replace -r '\t.*' ''`,
					bash: (words: string[]) => `t gox ${words.map((word) => word || '""').join(" ")}`,
					zsh: (words: string[]) =>
						`words=(gox ${words.map((word) => word || '""').join(" ")}); CURRENT=${words.length + 1}; _gox`,
				}[shell.name];
				const prologue = {
					fish: `source ${script}`,
					bash: `. ${script}; t() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gox_complete; echo "\${COMPREPLY[*]}"; }; set -u`,
					zsh: `compdef() { : }; . ${script}; _arguments() { print -r -- $@ }`,
				}[shell.name];
				const probe = [prologue, ...lines.map((words) => `${each(words)}; echo '=='`)].join("\n");
				const { out, err } = finish(shell.path ?? "", ["-c", probe], sandbox.env({ GOX_HOME: sandbox.home }));
				expect(err).toBe("");
				const offered = out.split("==\n").map((text) => text.split(/\s+/).filter((word) => word !== ""));
				const has = (at: number, word: string) =>
					offered[at]?.some((each) => each === word || each.startsWith(`${word}=[`) || each.startsWith(`${word}[`));
				for (const action of ["show", "use", "test", "undo"]) expect(has(0, action), action).toBe(true);
				for (const flag of ["--private", "--private-by-proxy"]) expect(has(1, flag), flag).toBe(true);
				expect(has(2, "public")).toBe(true);
				expect([has(3, "--force"), has(3, "--dry-run"), has(3, "--private")]).toEqual([true, true, false]);
				expect(has(4, "rebuild")).toBe(true);
				for (const action of ["list", "add", "remove", "install"]) expect(has(5, action), action).toBe(true);
				expect([has(6, "--workspace"), has(6, "--write"), has(7, "--workspace"), has(7, "--write")]).toEqual([
					true,
					false,
					false,
					true,
				]);
			});
		});
	}
});

describe("the texts", () => {
	it.skipIf(onPath("patch") === undefined)("of a diff can be applied by patch (skipped where that isn't installed)", () => {
		const lines = fc
			.array(fc.constantFrom("a\n", "b\n", "c\n", "d\n", "e\n", "\n"), { maxLength: 30 })
			.map((parts) => parts.join(""));
		const text = fc.tuple(lines, fc.constantFrom("", "z")).map((parts) => parts.join(""));
		const root = freshRoot();
		fc.assert(
			fc.property(text, text, (before, after) => {
				const path = join(root, "f");
				writeFileSync(path, before);
				const diff = unifiedDiff("f", before, after);
				if (diff !== "")
					expect(finish(onPath("patch") ?? "", ["-s", "-p0", path], { PATH: "/usr/bin:/bin" }, diff, root).status).toBe(0);
				expect(existsSync(path) ? readFileSync(path, "utf8") : "").toBe(after);
			}),
			{ numRuns: 150 },
		);
	});
	it("quotes for sh whatever there is", () => {
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom("'", "a", " ", "$", "\\", '"', "\n", "`", "!") }), (text) => {
				expect(finish("/bin/sh", ["-c", `printf %s ${shQuote(text)}`], {}).out).toBe(text);
			}),
			{ numRuns: 50 },
		);
	});
});
