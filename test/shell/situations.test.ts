import { chmodSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { installShims, nativeShim } from "../shim/native.ts";
import { freshRoot } from "../support/context.ts";
import { ShellSandbox } from "./sandbox.ts";
import { type Finished, onPath, type RealShell, realShells } from "./shells.ts";

const make = onPath("make");
const direnv = onPath("direnv");
const base = freshRoot("gox-situations-");
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Where each shell reads what a user has written, and how it takes another program's hook in. */
const startup = {
	zsh: { file: ".zshrc", direnv: `eval "$(${direnv} hook zsh)"` },
	bash: { file: ".bashrc", direnv: `eval "$(${direnv} hook bash)"` },
	fish: { file: ".config/fish/config.fish", direnv: `${direnv} hook fish | source` },
} as const;

/** The shell's user, with the native shim and Gos that say which they are. The default is go1.20. */
class Desk {
	readonly sandbox = new ShellSandbox();
	readonly shell: RealShell;

	constructor(shell: RealShell) {
		this.shell = shell;
		for (const version of ["go1.20", "go1.21.13", "go1.22.5"]) {
			this.sandbox.file(`gox/versions/${version}/bin/go`, `#!/bin/sh\necho ${version}\n`);
			chmodSync(join(this.sandbox.home, "versions", version, "bin/go"), 0o755);
		}
		symlinkSync("versions/go1.20", join(this.sandbox.home, "current"));
		if (shell.name === "fish") this.sandbox.file(`it's my home/${startup.fish.file}`, "");
		this.sandbox.file("projects/two/Makefile", "all:\n\t@go\n");
		// A process that is somewhere else than its PWD says, as an editor's language server is.
		this.sandbox.file(
			"elsewhere.mjs",
			'import { spawnSync } from "node:child_process";\nprocess.chdir(process.argv[2]);\nspawnSync("go", { stdio: "inherit" });\n',
		);
		this.reset();
	}

	/** The projects as they were: `one` wants 1.22.5 and `two` 1.21.13. */
	reset(): void {
		this.sandbox.file("projects/one/.go-version", "1.22.5\n");
		this.sandbox.file("projects/two/.go-version", "1.21\n");
	}

	async setUp(): Promise<void> {
		await this.sandbox.setUp(this.shell);
		installShims(nativeShim(join(base, "built")), join(this.sandbox.home, "shims"));
	}

	/** The words on stdout of what is typed, line by line, in project one. */
	says(lines: readonly string[], env: Record<string, string> = {}): readonly string[] {
		return wordsOf(this.sandbox.type(this.shell, `${lines.join("\n")}\n`, { cwd: "projects/one", env }));
	}
}

function wordsOf({ out }: Finished): readonly string[] {
	return out.split("\n").filter((line) => line !== "");
}

describe.each(realShells.map((shell) => [shell.title, shell] as const))(
	"%s (skipped where it isn't installed)",
	(_title, shell) => {
		describe.skipIf(shell.path === undefined)("runs the right Go", () => {
			const desk = new Desk(shell);
			beforeAll(() => desk.setUp());
			beforeEach(() => desk.reset());

			it("in a script that goes to another project", () => {
				expect(desk.says([`sh -c 'cd "$P/two" && go'`, "go"])).toEqual(["go1.21.13", "go1.22.5"]);
			});

			it.skipIf(make === undefined)("in make -C, which leaves PWD as it was (skipped without make)", () => {
				expect(desk.says([`${make} -s --no-print-directory -C "$P/two"`, "go"])).toEqual(["go1.21.13", "go1.22.5"]);
			});

			it("in a process that was started in one project and works in another", () => {
				const elsewhere = `"${process.execPath}" "$ROOT/elsewhere.mjs"`;
				expect(desk.says([`${elsewhere} "$P/two"`, `${elsewhere} "$ROOT"`, "go"])).toEqual(["go1.21.13", "go1.20", "go1.22.5"]);
			});

			it("once a .go-version has been edited, without a cd", () => {
				const edited = [
					"go",
					"printf '1.21\\n' >.go-version",
					"go",
					"rm .go-version",
					"go",
					"printf '1.22\\n' >.go-version",
					"go",
				];
				expect(desk.says(edited)).toEqual(["go1.22.5", "go1.21.13", "go1.20", "go1.22.5"]);
			});

			it("behind a cd on the same line, in a group, a substitution and a loop", () => {
				const subshell = shell.name === "fish" ? "begin; cd $P/one; go; end" : '(cd "$P/one" && go)';
				const substitution = shell.name === "fish" ? "echo (cd $P/two; go)" : 'echo "$(cd "$P/two" && go)"';
				const loop =
					shell.name === "fish"
						? "for each in one two; cd $P/$each; go; end"
						: 'for each in one two; do cd "$P/$each" || exit; go; done';
				expect(desk.says(['cd "$P/two" && go', "cd ../one; go; cd ../two; go", subshell, substitution, loop])).toEqual([
					"go1.21.13",
					...["go1.22.5", "go1.21.13"],
					"go1.22.5",
					"go1.21.13",
					...["go1.22.5", "go1.21.13"],
				]);
			});

			it("in shells within shells, each with its own choice", () => {
				desk.sandbox.file("inner", 'go\ncd "$P/two"\ngo\ngox use 1.21.13\ngo\ngox use --unset\ngo\ncd "$P/one"\ngo\n');
				const nested = `"${shell.path}" -i <"$ROOT/inner"`;
				expect(desk.says(["gox use 1.20.0", nested, "go", "gox use --unset", nested, "go"])).toEqual([
					...["go1.20", "go1.20", "go1.21.13", "go1.21.13", "go1.22.5"],
					"go1.20",
					...["go1.22.5", "go1.21.13", "go1.21.13", "go1.21.13", "go1.22.5"],
					"go1.22.5",
				]);
			});

			it("after a project has been left, with nothing of it in the environment", () => {
				const environment = "env | grep -Ev '^(PWD|OLDPWD|SHLVL|_)=' | LC_ALL=C sort >$ROOT/";
				const left = desk.says([
					'cd "$ROOT"',
					`${environment}before`,
					"go",
					'cd "$P/two"',
					"go",
					'cd "$P/one"',
					"go",
					'cd "$ROOT"',
					"go",
					`${environment}after`,
					'cmp "$ROOT/before" "$ROOT/after" && echo same',
					'grep -c "^PATH=$GOX_HOME/shims:" "$ROOT/after"',
				]);
				expect(left).toEqual(["go1.20", "go1.21.13", "go1.22.5", "go1.20", "same", "1"]);
			});
		});

		describe.skipIf(shell.path === undefined || direnv === undefined)("direnv in it (skipped where it isn't installed)", () => {
			/** What direnv's hook does at a prompt; fish has none where nobody types. */
			const prompt = shell.name === "fish" ? `${direnv} export fish | source` : ":";
			const { file, direnv: hook } = startup[shell.name];

			it.each(["before", "behind"])("goes along with a hook %s gox's", async (place) => {
				const desk = new Desk(shell);
				desk.sandbox.file("projects/one/.envrc", "PATH_add bin\nexport FROM_ENVRC=one\n");
				desk.sandbox.file("projects/one/bin/mine", "#!/bin/sh\nexec go\n");
				chmodSync(join(desk.sandbox.projects, "one/bin/mine"), 0o755);
				desk.sandbox.file("projects/two/.envrc", "export GOX_VERSION=1.20.0\n");
				if (place === "before")
					desk.sandbox.addTo(
						file,
						`${hook}
`,
					);
				await desk.setUp();
				if (place === "behind") desk.sandbox.addTo(file, `${hook}\n`);
				const says = desk.says(
					[
						`${direnv} allow "$P/one"; ${direnv} allow "$P/two"`,
						'cd "$ROOT"',
						prompt,
						`echo "[$FROM_ENVRC]"; go`,
						'cd "$P/one"',
						prompt,
						`echo "[$FROM_ENVRC]"; go; mine`,
						'cd "$P/two"',
						prompt,
						`echo "[$FROM_ENVRC] [$GOX_VERSION]"; go; sh -c 'cd "$P/one" && go'`,
						'cd "$ROOT"',
						prompt,
						`echo "[$FROM_ENVRC] [$GOX_VERSION]"; go`,
						'cd "$P/one"; go',
					],
					{ DIRENV_LOG_FORMAT: "" },
				);
				expect(says).toEqual([
					...["[]", "go1.20"],
					...["[one]", "go1.22.5", "go1.22.5"],
					// What .envrc exports is a choice for whatever is started under it.
					...["[] [1.20.0]", "go1.20", "go1.20"],
					...["[] []", "go1.20"],
					"go1.22.5",
				]);
			});
		});
	},
);
