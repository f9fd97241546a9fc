import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, lchownSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shimsDir } from "../../scripts/build-shims.mjs";
import { quote } from "../../src/errors.ts";
import { select } from "../../src/select/select.ts";
import { strangerBehind } from "../../src/select/start.ts";
import { openHome } from "../../src/store/home.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { copyGox, installShims, type Machine, machineOf, nativeShim, type Setup, writeLauncher } from "./native.ts";

const isRoot = process.getuid?.() === 0;
let base: string;
let count = 0;

beforeAll(() => {
	base = freshRoot("gox-story-");
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe.each(["native", "sh"])("the %s shim", (kind) => {
	let shim: string;
	let gox: readonly string[];
	beforeAll(() => {
		gox = copyGox(join(base, `dist-${kind}`));
		shim = kind === "sh" ? join(shimsDir, "gox-shim.sh") : nativeShim(join(base, "built"));
	});

	function machine(setup: Setup = {}): Machine {
		return launching({ installed: ["1.22.5", "1.21.13"], default: "1.22.5", cwd: "p", ...setup });
	}

	/** Without a version and without a default. */
	function bareMachine(): Machine {
		return launching({ cwd: "p" });
	}

	/** The native shim chooses by itself; the sh shim asks gox. */
	function launching(setup: Setup): Machine {
		const here = machineOf(setup, join(base, String(count++)), shim);
		if (kind === "sh") writeLauncher(here, gox);
		return here;
	}

	/** Replaces the go of an installed version by a script. */
	function script(here: Machine, text: string, version = "1.22.5"): void {
		writeScript(join(here.root, `gox/versions/go${version}/bin/go`), text);
	}

	describe("becomes the real go", { tags: "fault-26" }, () => {
		it("with its arguments, one by one, whatever is in them", () => {
			const here = machine();
			script(here, 'for each; do printf "<%s>" "$each"; done');
			const odd = ["", " ", "a b", "'", '"', "$(id)", "*", "\n", "é", "--", "-C"];
			expect(here.run("go", odd)).toMatchObject({ status: 0, stderr: "", stdout: odd.map((each) => `<${each}>`).join("") });
		});

		it("with its stdin, exit status and signals", () => {
			const here = machine();
			script(here, "/bin/cat; exit 42");
			expect(spawnSync(join(here.root, "gox/shims/go"), { ...here, input: "text", encoding: "utf8" })).toMatchObject({
				status: 42,
				stdout: "text",
			});
			script(here, "kill -TERM $$");
			expect(here.run("go", [])).toMatchObject({ status: null, signal: "SIGTERM" });
		});

		it("as the same process", () => {
			const here = machine();
			script(here, "echo $$");
			const [outer, inner] = spawnSync("/bin/sh", ["-c", 'echo $$; exec "$0"', join(here.root, "gox/shims/go")], {
				...here,
				encoding: "utf8",
			}).stdout.split("\n");
			expect(inner).toBe(outer);
		});

		it("without a stale GOROOT, with shims/ at the end of PATH, and otherwise the same environment", () => {
			const here = machine();
			script(here, "/usr/bin/env | /usr/bin/sort");
			const env = { GOROOT: "/stale", GOROOT_FINAL: "/kept", XGOROOT: "kept", home: "a b", key: "$x", PATH: "/usr/bin:/bin" };
			const seen = here
				.run("go", [], env)
				.stdout.split("\n")
				.filter((line) => line !== "" && !/^(?:_|SHLVL|OLDPWD)=/.test(line));
			const { GOROOT, ...kept } = { ...here.env, ...env, PATH: `/usr/bin:/bin:${here.root}/gox/shims` };
			expect(GOROOT).toBe("/stale");
			expect(seen).toEqual(
				Object.entries(kept)
					.map(([name, value]) => `${name}=${value}`)
					.sort(),
			);
		});

		it("with PATH as it was, where shims/ is on it", () => {
			const here = machine();
			script(here, 'echo "$PATH"');
			for (const path of [`${here.root}/gox/shims:/bin`, `/bin:${here.root}/gox/shims/`]) {
				expect(here.run("go", [], { PATH: path }).stdout).toBe(`${path}\n`);
			}
		});

		it("as gofmt, and says when there is no such tool", () => {
			const here = machine();
			installShims(shim, join(here.root, "gox/shims"), ["vet"]);
			expect(here.run("gofmt", ["x.go"])).toMatchObject({ status: 0, stdout: "gofmt go1.22.5 x.go\n" });
			expect(here.run("vet", [])).toMatchObject({ status: 127, stderr: "gox: go1.22.5 has no vet\n" });
		});

		it("and says so when the kernel refuses", () => {
			const here = machine();
			chmodSync(join(here.root, "gox/versions/go1.22.5/bin/go"), 0o644);
			const refused = `gox: ${here.root}/gox/versions/go1.22.5/bin/go: Permission denied\n`;
			expect(here.run("go", [])).toMatchObject({ status: 126, stderr: refused });
		});
	});

	describe("finds its home", () => {
		function bare(here: Machine): Record<string, string> {
			const { GOX_HOME: _, ...env } = here.env;
			return env;
		}

		it("by the directory it lies in", () => {
			const here = machine();
			const options = { cwd: here.cwd, env: bare(here), encoding: "utf8" } as const;
			expect(spawnSync(join(here.root, "gox/shims/go"), ["x"], options).stdout).toBe("go go1.22.5 x\n");
			expect(spawnSync("../gox/shims/go", ["x"], options).stdout).toBe("go go1.22.5 x\n");
			expect(spawnSync("go", ["x"], options).stdout).toBe("go go1.22.5 x\n");
		});

		it("through symlinks to itself, to shims/ and to the home", () => {
			const here = machine();
			mkdirSync(join(here.root, "bin"));
			symlinkSync("../gox/shims/go", join(here.root, "bin/go"));
			symlinkSync("bin/go", join(here.root, "gofmt"));
			symlinkSync("gox/shims", join(here.root, "elsewhere"));
			symlinkSync("gox", join(here.root, "linked"));
			for (const name of ["bin/go", "elsewhere/go", "linked/shims/go"]) {
				expect(spawnSync(join(here.root, name), ["x"], { cwd: here.cwd, env: bare(here), encoding: "utf8" }).stdout).toBe(
					"go go1.22.5 x\n",
				);
			}
			expect(spawnSync(join(here.root, "gofmt"), { cwd: here.cwd, env: bare(here), encoding: "utf8" }).stdout).toBe(
				"gofmt go1.22.5\n",
			);
		});

		it("in HOME when it lies elsewhere, and says so when there is none", () => {
			const here = machine();
			installShims(shim, join(here.root, "p"));
			symlinkSync("../gox", join(here.root, "user/.gox"));
			const go = join(here.root, "p/go");
			expect(spawnSync(go, ["x"], { cwd: here.cwd, env: bare(here), encoding: "utf8" }).stdout).toBe("go go1.22.5 x\n");
			expect(spawnSync(go, ["x"], { cwd: here.cwd, env: { HOME: "user" }, encoding: "utf8" })).toMatchObject({
				status: 2,
				stderr: "gox: neither GOX_HOME nor HOME is an absolute path\n  export HOME\n",
			});
		});

		it.each(["gox", "./gox", "~/.gox", ".", " /gox", "/tmp/../gox", "/..", "/tmp/a\u001b[31m/.."])(
			"never in a GOX_HOME like %j",
			(home) => {
				const here = machine();
				const message = `GOX_HOME must be an absolute path without "..", not ${quote(home)}`;
				const hint = 'export GOX_HOME="$HOME/.gox"';
				const run = here.run("go", ["x"], { GOX_HOME: home });
				expect(run).toMatchObject({ status: 2, stdout: "", stderr: `gox: ${message}\n  ${hint}\n` });
				const context = { ...testContext({ root: here.root }), env: { ...here.env, GOX_HOME: home } };
				for (const ask of [() => select(context), () => openHome(context)])
					expect(ask).toThrow(expect.objectContaining({ code: "bad-home", message, hint }));
			},
		);

		it("as if GOX_HOME weren't there, when that is empty", () => {
			const here = machine();
			expect(here.run("go", ["x"], { GOX_HOME: "" })).toMatchObject({ status: 0, stdout: "go go1.22.5 x\n" });
		});

		it("with blanks, quotes and a newline in its name", () => {
			const here = machine();
			const odd = join(here.root, "a 'b\" $c\nd\\");
			mkdirSync(odd);
			spawnSync("/bin/cp", ["-R", join(here.root, "gox"), odd]);
			expect(spawnSync(join(odd, "gox/shims/go"), ["x"], { cwd: odd, env: bare(here), encoding: "utf8" })).toMatchObject({
				stderr: "",
				stdout: "go go1.22.5 x\n",
			});
		});
	});

	describe("never takes itself for Go", { tags: "fault-26" }, () => {
		it("in other homes, through links and by hard links", () => {
			const here = bareMachine();
			for (const other of ["other/.gox/shims", "third/shims", "linked"]) mkdirSync(join(here.root, other), { recursive: true });
			installShims(shim, join(here.root, "other/.gox/shims"));
			copyFileSync(join(shimsDir, "gox-shim.sh"), join(here.root, "third/shims/go"));
			linkSync(join(here.root, "gox/shims/go"), join(here.root, "linked/go"));
			symlinkSync("gox/shims", join(here.root, "alias"));
			const path = ["gox/shims", "other/.gox/shims", "third/shims", "linked", "alias"]
				.map((each) => join(here.root, each))
				.join(":");
			expect(here.run("go", [], { PATH: path })).toMatchObject({
				status: 3,
				stderr: "gox: no Go is installed, and there is no other go on PATH\n  gox install latest\n",
			});
		});

		it("as an installed version's go", () => {
			const here = machine();
			const go = join(here.root, "gox/versions/go1.22.5/bin/go");
			rmSync(go);
			symlinkSync("../../../shims/go", go);
			expect(here.run("go", [])).toMatchObject({
				status: 3,
				stderr: "gox: go1.22.5 is not installed (asked for by the default)\n  gox install 1.22.5\n",
			});
		});

		it("as an installed version's tool", () => {
			const here = machine();
			const gofmt = join(here.root, "gox/versions/go1.22.5/bin/gofmt");
			rmSync(gofmt);
			symlinkSync("../../../shims/gofmt", gofmt);
			expect(here.run("gofmt", [])).toMatchObject({ status: 127, stderr: "gox: go1.22.5 has no gofmt\n" });
		});

		it("behind another manager's shim that searches PATH again", () => {
			const here = bareMachine();
			const [other, real] = [join(here.root, "other/bin"), join(here.root, "real/bin")];
			mkdirSync(other, { recursive: true });
			mkdirSync(real, { recursive: true });
			writeScript(join(other, "go"), 'exec go "$@"');
			const path = `${here.env.PATH}:${other}`;
			expect(here.run("go", [], { PATH: path })).toMatchObject({
				status: 3,
				stderr: "gox: no Go is installed, and there is no other go on PATH\n  gox install latest\n",
			});
			writeFileSync(join(real, "go"), `#!/bin/sh\necho real; exit\n${"#".repeat(1 << 20)}\n`, { mode: 0o755 });
			expect(here.run("go", [], { PATH: `${path}:${real}` })).toMatchObject({ status: 0, stdout: "real\n" });
		});
	});

	describe("hands over", { tags: "fault-26" }, () => {
		function launch(here: Machine, ...words: string[]): void {
			writeFileSync(join(here.root, "gox/launcher"), words.map((word) => `${word}\n`).join(""));
		}

		it("what it doesn't answer itself, with GOX_HOME", () => {
			const here = machine();
			writeScript(join(here.root, "launch"), 'echo "$GOX_HOME"; for each; do printf "<%s>" "$each"; done');
			launch(here, join(here.root, "launch"), "a b'c", "--flag");
			const { GOX_HOME: home = "", ...env } = here.env;
			const run = (...args: string[]) => spawnSync(join(home, "shims/gox"), args, { cwd: here.cwd, env, encoding: "utf8" });
			expect(run("install", "1.22", "")).toMatchObject({ status: 0, stdout: `${home}\n<a b'c><--flag><install><1.22><>` });
			expect(run()).toMatchObject({ status: 0, stdout: `${home}\n<a b'c><--flag>` });
		});

		it("to another node, when the launcher's is gone", () => {
			const here = machine();
			mkdirSync(join(here.root, "bin"));
			writeScript(join(here.root, "bin/node"), 'printf "<%s>" "$@"');
			launch(here, join(here.root, "gone/node"), "gox.js");
			expect(here.run("gox", ["list"], { PATH: join(here.root, "bin") }).stdout).toBe("<gox.js><list>");
			expect(here.run("gox", ["list"], { PATH: "/nowhere" })).toMatchObject({
				status: 1,
				stderr: `gox: ${here.root}/gone/node: No such file or directory: gox cannot start\n  ${launcherHint}\n`,
			});
		});

		it("to no node that would miss its script: the package is gone", () => {
			const here = machine({ files: { "p/.go-version": "1.20.0\n" } });
			mkdirSync(join(here.root, "bin"));
			writeScript(join(here.root, "bin/node"), 'printf "<%s>" "$@"');
			const script = join(here.root, "lib/gox.js");
			launch(here, join(here.root, "bin/node"), script, "x");
			expect(here.run("gox", ["list"])).toMatchObject({
				status: 1,
				stdout: "",
				stderr: `gox: ${script}: No such file or directory: gox cannot start\n  ${launcherHint}\n`,
			});
			const failed =
				kind === "sh" ? { status: 1, stderr: /^gox: .*gox\.js: No such file or directory: gox cannot start\n/ } : notInstalled;
			expect(here.run("go", ["version"])).toMatchObject({
				status: failed.status,
				stdout: "",
				stderr: expect.stringMatching(failed.stderr),
			});
			mkdirSync(join(here.root, "lib"));
			writeFileSync(script, "");
			expect(here.run("gox", ["list"]).stdout).toBe(`<${script}><x><list>`);
		});

		it("nothing without a launcher", () => {
			const here = machine();
			rmSync(join(here.root, "gox/launcher"), { force: true });
			const missing = `gox: ${here.root}/gox/launcher is missing: gox cannot start\n  ${launcherHint}\n`;
			expect(here.run("gox", ["list"])).toMatchObject({ status: 1, stdout: "", stderr: missing });
			if (kind === "sh") expect(here.run("go", [])).toMatchObject({ status: 1, stdout: "", stderr: missing });
			launch(here);
			expect(here.run("gox", ["list"])).toMatchObject({ status: 1, stdout: "", stderr: missing });
		});
	});

	describe("has a missing version installed", () => {
		/** A machine whose launcher is a script, but for what the sh shim asks; it pins what isn't installed. */
		function installing(text: string, setup: Setup = { files: { "p/.go-version": "1.20.0\n" } }): Machine {
			const here = machine(setup);
			const answer = `[ "$2" != shim ] || { shift; exec ${gox.join(" ")} "$@"; }`;
			writeScript(join(here.root, "launch"), `${answer}\n${text}`);
			writeFileSync(join(here.root, "gox/launcher"), `${join(here.root, "launch")}\nx\n`);
			return here;
		}

		it("and then runs it", () => {
			const here = installing(
				'echo "$@" "$GOX_NO_AUTO_INSTALL"; mkdir -p "$GOX_HOME/versions/go1.20/bin"; cp "$GOX_HOME/versions/go1.22.5/bin/go" "$GOX_HOME/versions/go1.20/bin/go"',
			);
			expect(here.run("go", ["a", "b c"], { PATH: "/usr/bin:/bin" })).toMatchObject({
				status: 0,
				stdout: "go go1.22.5 a b c\n",
				stderr: `x auto-install 1.20.0 --asked-by ${here.root}/p/.go-version 1\n`,
			});
		});

		it.each([
			[
				"GOX_VERSION",
				{ env: { GOX_VERSION: "go1.15.15@darwin-arm64" }, hosts: [] },
				"1.15.15@darwin-arm64 --asked-by GOX_VERSION",
			],
			["go.mod", { files: { "p/go.mod": "go 1.24rc1\n" } }, "1.24rc1 --asked-by $ROOT/p/go.mod"],
			["the default", { default: "1.19" }, "1.19.0 --asked-by the default"],
		])("that %s asks for", (_, setup, words) => {
			const here = installing('echo "$@"; exit 7', setup);
			expect(here.run("go", [])).toMatchObject({
				status: 7,
				stdout: "",
				stderr: `x auto-install ${words.replace("$ROOT", here.root)}\n`,
			});
		});

		const message = (here: Machine) =>
			`gox: go1.20 is not installed (asked for by ${here.root}/p/.go-version)\n  gox install 1.20.0\n`;

		it("and says so itself when nothing came of it", () => {
			const here = installing("exit 0");
			expect(here.run("go", [])).toMatchObject({ status: 3, stdout: "", stderr: message(here) });
		});

		it("and says so itself when the launcher can't be started", () => {
			const here = installing("exit 0");
			rmSync(join(here.root, "launch"));
			const gone = `gox: ${here.root}/launch: No such file or directory: gox cannot start\n  ${launcherHint}\n`;
			const failed = kind === "sh" ? { status: 1, stderr: gone } : { status: 3, stderr: message(here) };
			expect(here.run("go", [])).toMatchObject({ ...failed, stdout: "" });
		});

		it("not with GOX_NO_AUTO_INSTALL", () => {
			const here = installing("echo called; exit 9");
			expect(here.run("go", [], { GOX_NO_AUTO_INSTALL: "1" })).toMatchObject({ status: 3, stdout: "", stderr: message(here) });
		});

		it("not when an install wouldn't help", () => {
			const here = installing("echo called; exit 9", { files: { "p/.go-version": "banana split\n" } });
			expect(here.run("go", [])).toMatchObject({ status: 2, stdout: "" });
		});

		describe.skipIf(!isRoot)(
			"and never because another user's file asks (skipped unless root, who alone can give files away)",
			() => {
				const stranger = 1234;
				const refusal = (text: string) =>
					`gox: ${text}; that file is another user's (uid ${stranger}), so gox installs nothing for it by itself\n`;

				it.each([
					[".go-version", "1.20.0\n", "go1.20 is not installed (asked for by $FILE)", "1.20.0"],
					[".tool-versions", "golang 1.19\n", "no Go 1.19 is installed (asked for by $FILE)", "1.19"],
					["go.mod", "go 1.24rc1\n", "$FILE asks for go 1.24rc1; no installed Go satisfies it", "1.24rc1"],
					["go.work", "go 1.24rc1\n", "$FILE asks for go 1.24rc1; no installed Go satisfies it", "1.24rc1"],
				])("%s", (name, text, message, word) => {
					const here = installing("echo called; exit 9", { files: { [`p/${name}`]: text } });
					const file = join(here.cwd, name);
					chownSync(file, stranger, stranger);
					const stderr = `${refusal(message.replace("$FILE", file))}  gox install ${word}\n`;
					expect(here.run("go", [])).toMatchObject({ status: 3, stdout: "", stderr });
					expect(strangerBehind({ uid: 0 }, file)).toBe(stranger);
				});

				it("his link to a file of this user's", () => {
					const here = installing("echo called; exit 9", { files: { "q/1.19": "1.19\n" } });
					const file = join(here.cwd, ".go-version");
					symlinkSync("../q/1.19", file);
					expect(here.run("go", [])).toMatchObject({ status: 9 });
					lchownSync(file, stranger, stranger);
					const stderr = `${refusal(`no Go 1.19 is installed (asked for by ${file})`)}  gox install 1.19\n`;
					expect(here.run("go", [])).toMatchObject({ status: 3, stdout: "", stderr });
					expect(strangerBehind({ uid: 0 }, file)).toBe(stranger);
				});

				it("though it still chooses among what is installed", () => {
					const here = installing("echo called; exit 9", { files: { "p/.go-version": "1.21.13\n" } });
					chownSync(join(here.cwd, ".go-version"), stranger, stranger);
					expect(here.run("go", ["x"])).toMatchObject({ status: 0, stdout: "go go1.21.13 x\n" });
				});

				it("a root's file asks for the other user", () => {
					const here = installing('echo "$@" >&2; exit 9', { files: { "p/.go-version": "1.19\n" }, unless: "root" });
					expect(here.run("go", [])).toMatchObject({ status: 9 });
					expect(strangerBehind({ uid: stranger }, join(here.cwd, ".go-version"))).toBe(undefined);
				});
			},
		);

		it("and dies as the child did", () => {
			const here = installing("kill -KILL $$");
			expect(here.run("go", [])).toMatchObject({ status: 137, stdout: "" });
		});
	});

	it("passes its self-test, wherever it lies", () => {
		const directory = join(base, `self-test-${kind}`);
		mkdirSync(directory);
		installShims(shim, directory);
		expect(spawnSync(join(directory, "gox"), ["--shim-self-test"], { env: {}, encoding: "utf8" })).toMatchObject({
			status: 0,
			stderr: "",
			stdout: expect.stringMatching(/^gox-shim ok (?:linux|darwin)-(?:arm64|amd64)\n$/),
		});
	});
});

const notInstalled = { status: 3, stderr: /^gox: go1\.20 is not installed .*\n {2}gox install 1\.20\.0\n$/ };
const launcherHint = "run any command of the installed package once, e.g.: npx gox-cli setup";

function writeScript(path: string, text: string): void {
	writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}
