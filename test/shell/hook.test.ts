import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ShellSandbox } from "./sandbox.ts";
import { finish, onPath, type RealShell, realShells } from "./shells.ts";

/** What differs between the shells in the scripts below. */
const words = {
	zsh: { status: "$?", isSet: `echo "set \${+GOX_VERSION}"`, fails: "(exit 4)" },
	bash: { status: "$?", isSet: `echo "set \${GOX_VERSION+1}"`, fails: "(exit 4)" },
	fish: { status: "$status", isSet: "set -q GOX_VERSION; echo set (test $status -eq 0; and echo 1)", fails: "sh -c 'exit 4'" },
} as const;

for (const shell of realShells) {
	describe.skipIf(shell.path === undefined)(`the hook in ${shell.title} (skipped where it isn't installed)`, () => story(shell));
}

function story(shell: RealShell): void {
	const { status, fails } = words[shell.name];
	const sandbox = new ShellSandbox();
	beforeAll(() => sandbox.setUp(shell));

	it("puts the shims first on PATH, once, and exports a home that isn't the default", () => {
		const shims = join(sandbox.home, "shims");
		const env = { PATH: `/usr/bin:${shims}::/bin:${shims}:${shims}` };
		const { out, err } = sandbox.type(shell, `sh -c 'echo "$PATH"; echo "$GOX_HOME"'\ngo version\n`, { env });
		expect(err).not.toContain("gox");
		expect(out.split("\n")).toEqual([
			expect.stringMatching(`^${shims}:/usr/bin:[.:]*/bin$`),
			sandbox.home,
			"go says the default",
			"",
		]);
	});

	it("does the same in a shell that runs one command, without anything else", () => {
		const source = `. "${sandbox.home}/hook.${shell.name}"`;
		const { out, err } = finish(
			shell.path ?? "",
			["-c", `${source}; cd "$P/a"; go version; gox use 1.21; go version`],
			sandbox.env(),
		);
		expect(out).toBe("go says the default\ngo says 1.21\n");
		expect(err).toBe("gox: go1.21.13 in this shell (GOX_VERSION=1.21)\n");
	});

	it("chooses a version for this shell and no other, starting nothing", () => {
		sandbox.calls();
		const typed = [
			"gox use 1.21",
			`echo "${status} [$GOX_VERSION]"`,
			"go version",
			"gox use --unset",
			`echo "${status} [$GOX_VERSION]"`,
			"go version",
		];
		const { out, talk } = sandbox.type(shell, `${typed.join("\n")}\n`);
		expect(out).toBe("0 [1.21]\ngo says 1.21\n0 []\ngo says the default\n");
		expect(talk).toEqual(["gox: go1.21.13 in this shell (GOX_VERSION=1.21)", "gox: this shell chooses no version any more"]);
		expect(sandbox.calls()).toEqual(["go version @1.21", "go version @"]);
		expect(sandbox.type(shell, "go version\n").out).toBe("go says the default\n");
	});

	const known: readonly (readonly [word: string, release: string])[] = [
		["1.22.5", "go1.22.5"],
		["go1.22.5", "go1.22.5"],
		["1.20.0", "go1.20"],
		["go1.20.0", "go1.20"],
		["1.20", "go1.20"],
		["1.21", "go1.21.13"],
		["go1.21", "go1.21.13"],
		["1.21.x", "go1.21.13"],
		["1", "go1.22.5"],
		["1.x", "go1.22.5"],
		["latest", "go1.22.5"],
		["stable", "go1.22.5"],
		["work", "go1.21.13"],
	];
	it("knows the words of versions and aliases that are there", () => {
		sandbox.calls();
		const typed = known.map(([word]) => `gox use ${word}\necho "$GOX_VERSION"\n`).join("");
		const { out, talk } = sandbox.type(shell, typed);
		expect(out.trimEnd().split("\n")).toEqual(known.map(([word]) => word));
		expect(talk).toEqual(known.map(([word, release]) => `gox: ${release} in this shell (GOX_VERSION=${word})`));
		expect(sandbox.calls()).toEqual([]);
		expect(sandbox.type(shell, 'gox use system\necho "$GOX_VERSION"\n').out).toBe("system\n");
	});

	it("makes the choice strict on demand, starting nothing, until the next choice", () => {
		sandbox.calls();
		const uses = ["--strict 1.21", "1.22", "1.21.13 --strict", "--unset", "--strict system", "--unset --strict", "--unset"];
		const typed = uses.map((words) => `gox use ${words}\nsh -c 'echo "[$GOX_VERSION $GOX_STRICT]"'\n`).join("");
		const { out, talk } = sandbox.type(shell, typed);
		expect(out).toBe("[1.21 1]\n[1.22 ]\n[1.21.13 1]\n[ ]\n[system 1]\n[ ]\n[ ]\n");
		expect(talk.filter((line) => line.includes("GOX_VERSION="))).toEqual([
			"gox: go1.21.13 in this shell (GOX_VERSION=1.21, GOX_STRICT=1)",
			"gox: go1.22.5 in this shell (GOX_VERSION=1.22)",
			"gox: go1.21.13 in this shell (GOX_VERSION=1.21.13, GOX_STRICT=1)",
			"gox: the next go on PATH in this shell (GOX_VERSION=system, GOX_STRICT=1)",
		]);
		expect(sandbox.calls()).toEqual([]);
	});

	it("asks the program for the version of a strict choice, and leaves the shell alone when that fails", () => {
		const typed = ["gox use --strict '>=1.20 <1.22'", "gox use --strict 1.99", "gox use --strict"];
		const { out } = sandbox.type(shell, typed.map((line) => `${line}\necho "${status} [$GOX_VERSION $GOX_STRICT]"\n`).join(""));
		expect(out).toBe("0 [1.21.13 1]\n3 [1.21.13 1]\n2 [1.21.13 1]\n");
	});

	const unknown = [
		"latst",
		"1.21.14",
		"1.22.5.x",
		"1.022",
		"go",
		"gone",
		"../versions/go1.22.5",
		".",
		"..",
		"1.22.",
		"go1.20.x.0",
		"current",
		"oldstable",
		"-x",
		"1.20@linux-amd64",
		"GO1.22.5",
		"*",
		"",
		"a b",
		"1.22\n",
		"1.22;id",
	];
	it("leaves to the program whatever it can't settle, and changes nothing when that fails", () => {
		sandbox.calls();
		const quoted = (word: string) => `'${word}'`;
		const typed = unknown.map((word) => `gox use ${quoted(word)}\necho "${status} [$GOX_VERSION]"\n`).join("");
		const { out } = sandbox.type(shell, `gox use 1.21\n${typed}`);
		expect(out.trimEnd().split("\n")).toEqual(unknown.map(() => "2 [1.21]"));
		expect(sandbox.calls().filter((call) => call.startsWith("gox use"))).toHaveLength(unknown.length);
		const { out: after, talk } = sandbox.type(
			shell,
			`gox use 1.99\necho "${status} [$GOX_VERSION]"\ngox use latst\ngox use\necho "${status}"\n`,
		);
		expect(after).toBe("3 []\n2\n");
		expect(talk.slice(0, 2)).toEqual([
			"gox: no installed Go matches Go 1.99",
			`gox: "latst" is not a Go version [${shell.name}]`,
		]);
	});

	it("exports what the program resolves, and passes on what isn't a version", () => {
		const { out, talk } = sandbox.type(
			shell,
			`gox use '>=1.20 <1.22'\necho "${status} [$GOX_VERSION]"\ngox use --help\necho "[$GOX_VERSION]"\n`,
		);
		expect(out.replace(/\n+/g, "\n")).toBe("0 [1.21.13]\ngox use: choose a version for this shell\n[1.21.13]\n");
		expect(talk).toEqual(["gox: go1.21.13 in this shell (GOX_VERSION=1.21.13)"]);
	});

	it("says once which Go a project uses, on entering it", () => {
		sandbox.calls();
		const visit = ["a", "a/deep", "a/deep/er", "a", "", "../outside", "../outside/x", "a/deep", "b", "c", "d", "c"];
		const { talk, out } = sandbox.type(shell, visit.map((path) => `cd "$P/${path}"\n`).join(""));
		expect(out).toBe("");
		const entered = ["a", "a/deep", "b", "c", "c"];
		expect(talk).toEqual(entered.map((path) => `gox: go1.22.5 (${join(sandbox.projects, path)})`));
		expect(sandbox.calls()).toEqual(entered.map(() => "gox current @"));
	});

	it("says the same thing once, and a failure's own message", () => {
		const { talk } = sandbox.type(shell, 'gox use 1.21\ncd "$P/a"\ncd "$P/b"\ncd "$P/e"\ncd "$P/c"\n');
		expect(talk).toEqual([
			"gox: go1.21.13 in this shell (GOX_VERSION=1.21)",
			"gox: go1.22.5 (1.21)",
			`gox: ${sandbox.projects}/e/.go-version is broken`,
		]);
	});

	it("starts nothing in the project that it was started in, until that is left and entered again", () => {
		sandbox.calls();
		expect(sandbox.type(shell, "cd deep\ncd ..\n", { cwd: "projects/a" }).talk).toEqual([]);
		expect(sandbox.calls()).toEqual([]);
		expect(sandbox.type(shell, 'cd "$ROOT"\ncd "$P/a"\n', { cwd: "projects/a" }).talk).toHaveLength(1);
	});

	it("isn't led astray by a directory's name, nor by a cd that takes nobody anywhere", () => {
		sandbox.calls();
		const nowhere = shell.name === "fish" ? "" : 'x=$(cd "$P/a"; pwd)\n';
		const { talk } = sandbox.type(
			shell,
			`cd "$P"\n${shell.name === "fish" ? "cd $P/-f*" : 'cd -- "$P/"-f*'}\ncd sub\ncd ..\n${nowhere}`,
		);
		expect(talk).toEqual([expect.stringContaining(`gox: go1.22.5 (${sandbox.projects}/-f`)]);
		expect(sandbox.calls()).toEqual(["gox current @"]);
	});

	it.each([["GOX_ANNOUNCE=off", { GOX_ANNOUNCE: "off" }]])("says nothing with %s", (_name, env) => {
		sandbox.calls();
		expect(sandbox.type(shell, 'cd "$P/a"\ngo version\n', { env })).toMatchObject({ talk: [], out: "go says the default\n" });
		expect(sandbox.calls()).toEqual(["go version @"]);
	});

	it("keeps the last status over its work", () => {
		const { out } = sandbox.type(
			shell,
			`cd "$P/a"\n${fails}\necho "${status}"\ncd "$P/e"\necho "${status}"\ncd /nonexistent 2>/dev/null; cd "$P/b"; ${fails}\necho "${status}"\n`,
		);
		expect(out).toBe("4\n0\n4\n");
	});

	it("passes every other command on, with its status and output", () => {
		sandbox.calls();
		const { out } = sandbox.type(shell, `gox install 1.22.5 --force\necho "${status}"\ngox fail\necho "${status}"\n`);
		expect(out).toBe("0\n0\n");
		expect(sandbox.calls()).toEqual(["gox install 1.22.5 --force @", "gox fail  @"].map((call) => call.replace("  @", " @")));
	});

	it("is harmless when it is read twice, and in a shell in a shell", () => {
		const hook = `"$GOX_HOME/hook.${shell.name}"`;
		const { out, talk } = sandbox.type(
			shell,
			`gox use 1.21\n. ${hook}\n. ${hook}\necho 'cd "$P/a"; go version; sh -c "echo \\$PATH"' | "${shell.path}" -i\ngo version\n`,
		);
		expect(out).toBe(`go says 1.21\n${join(sandbox.home, "shims")}:/usr/bin:/bin\ngo says 1.21\n`);
		expect(talk).toEqual(["gox: go1.21.13 in this shell (GOX_VERSION=1.21)", "gox: go1.22.5 (1.21)"]);
	});

	it("survives what a user has set", () => {
		const oddities = {
			zsh: "setopt err_exit no_unset no_clobber ksh_arrays sh_word_split glob_subst null_glob extended_glob ksh_glob rc_quotes csh_junkie_quotes ignore_braces warn_create_global posix_builtins prompt_subst; IFS=/.15; alias -g G='| grep'",
			bash: "set -euC; shopt -s nullglob extglob; IFS=/.15",
			fish: "set -g IFS /.15",
		}[shell.name];
		const before = { zsh: ".zshrc", bash: ".bashrc", fish: ".config/fish/config.fish" }[shell.name];
		const text = readFileSync(join(sandbox.userHome, before), "utf8");
		const odd = new ShellSandbox();
		odd.file(`it's my home/${before}`, `${oddities}\n${text.replaceAll(sandbox.root, odd.root)}`);
		return odd.setUp(shell).then(() => {
			const {
				out,
				talk,
				status: exit,
			} = odd.type(
				shell,
				`cd "$P/a"\ncd "$P/e"\ncd "$P/c"\ngox use 1.20.0\ngo version\ngox use '>=1.20 <1.22'\ngo version\ngox use --unset\ngo version\ncd "$P/b"\necho end\n`,
			);
			expect(out).toBe("go says 1.20.0\ngo says 1.21.13\ngo says the default\nend\n");
			expect(talk).toHaveLength(7);
			expect(exit).toBe(0);
		});
	});
}

const strace = onPath("strace");
for (const shell of realShells) {
	describe.skipIf(shell.path === undefined || strace === undefined)(`processes of ${shell.title} (needs strace)`, () => {
		const sandbox = new ShellSandbox();
		beforeAll(() => sandbox.setUp(shell));

		it("are none for the shell's start and a cd within or outside projects, and one on entering one", () => {
			const home = `cd "$P/a/deep"\ncd "$P/a/deep/er"\ncd "$P/a"\n`;
			const outside = 'cd "$ROOT"\ncd "$ROOT/outside"\ncd "$ROOT/outside/x"\n';
			const hooked = (script: string, cwd: string) => processes(sandbox, shell, script, cwd, {});
			const plain = (script: string, cwd: string) =>
				processes(sandbox, shell, script, cwd, {
					HOME: "/nonexistent",
					XDG_CONFIG_HOME: "/nonexistent",
					ZDOTDIR: "/nonexistent",
				});
			expect(hooked("", "outside") - plain("", "outside")).toBe(0);
			expect(hooked(home, "projects/a") - plain(home, "projects/a")).toBe(0);
			expect(hooked(outside, "outside") - plain(outside, "outside")).toBe(0);
			expect(hooked("gox use 1.21\ngox use --unset\n", "outside") - plain("", "outside")).toBe(0);
			// A fork and an exec.
			expect(hooked(`${outside}${home}`, "outside") - plain(`${outside}${home}`, "outside")).toBe(2);
		});
	});
}

/** How many processes were begun, and programs executed; threads aside. */
function processes(sandbox: ShellSandbox, shell: RealShell, script: string, cwd: string, env: Record<string, string>): number {
	const log = join(sandbox.root, "strace");
	finish(
		strace ?? "",
		["-f", "-qq", "-e", "trace=process", "-o", log, shell.path ?? "", "-i"],
		sandbox.env(env),
		script,
		join(sandbox.root, cwd),
	);
	return readFileSync(log, "utf8")
		.split("\n")
		.filter(
			(line) => /^\d+ +(?:execve|fork|vfork|clone3?)\(/.test(line) && !line.includes("CLONE_THREAD") && !line.includes("= -1"),
		).length;
}

describe.skipIf(onPath("bash") === undefined)("bash's PROMPT_COMMAND", () => {
	const shell = realShells.find(({ name }) => name === "bash") as RealShell;
	it("doesn't end a shell that has set -e, whatever the last status was", async () => {
		const sandbox = new ShellSandbox();
		await sandbox.setUp(shell);
		expect(sandbox.type(shell, "set -e\n! true\necho alive\n").out).toBe("alive\n");
	});

	it.each([
		["nothing", "unset PROMPT_COMMAND", []],
		["an empty string", "PROMPT_COMMAND=", []],
		["a string", "PROMPT_COMMAND='echo \"mine $?\"'", ["mine 4"]],
		["a string that ends in a semicolon", "PROMPT_COMMAND='echo \"mine $?\"; '", ["mine 4"]],
		["a string with a comment", "PROMPT_COMMAND='echo \"mine $?\" # here'", ["mine 4"]],
		["an array", "PROMPT_COMMAND=('echo \"one $?\"' 'echo \"two $?\"')", ["one 4", "two 4"]],
	])("may be %s before", async (_name, setting, expected) => {
		const sandbox = new ShellSandbox();
		sandbox.addTo(".bashrc", `${setting}\n`);
		await sandbox.setUp(shell);
		const { out, talk } = sandbox.type(shell, '. "$GOX_HOME/hook.bash"\n(exit 4)\n:\ncd "$P/a"\n');
		expect(out.split("\n").filter((line) => line.endsWith(" 4"))).toEqual(expected);
		expect(talk).toHaveLength(1);
	});
});

describe.skipIf(onPath("zsh") === undefined)("zsh's chpwd hooks", () => {
	const shell = realShells.find(({ name }) => name === "zsh") as RealShell;
	it("run beside others, before and behind", async () => {
		const sandbox = new ShellSandbox();
		sandbox.addTo(".zshrc", 'one() { echo "one $PWD:t" }\nchpwd() { echo "chpwd" }\nchpwd_functions=(one)\n');
		await sandbox.setUp(shell);
		const { out, talk } = sandbox.type(
			shell,
			'two() { echo two }\nchpwd_functions+=(two)\n. "$GOX_HOME/hook.zsh"\ncd "$P/a"\necho $#chpwd_functions\n',
		);
		expect(out).toBe("chpwd\none a\ntwo\n3\n");
		expect(talk).toHaveLength(1);
	});
});

describe("the config's announce = off", () => {
	it("is in the hook's text", async () => {
		const sandbox = new ShellSandbox();
		sandbox.file(".config/gox/config", "announce = off\n");
		for (const shell of realShells) {
			await sandbox.setUp(shell);
			if (shell.path) expect(sandbox.type(shell, 'cd "$P/a"\n').talk).toEqual([]);
		}
		expect(readdirSync(sandbox.home)).toEqual(expect.arrayContaining(["hook.bash", "hook.fish", "hook.zsh"]));
	});
});
