import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Options } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run as completions } from "../../src/commands/completions.ts";
import { run as setup } from "../../src/commands/setup.ts";
import { commands } from "../../src/commands/table.ts";
import { freshRoot, type TestContext, type TestContextOptions, testContext } from "../support/context.ts";
import { type Finished, finish, type RealShell } from "./shells.ts";

/** Stands in for the native shim: logs each call, and answers as it would. */
const standIn = `#!/bin/sh
# gox-shim-marker
printf '%s %s @%s\\n' "\${0##*/}" "$*" "\${GOX_VERSION-}" >>"$GOX_TEST_LOG"
[ "\${1-}" = --shim-self-test ] && exit 1
case "\${0##*/}" in
go) echo "go says \${GOX_VERSION-the default}" ;;
gox)
	case "$1 \${2-}" in
	"current ") if [ -e "$PWD/broken" ]; then echo "gox: $PWD/.go-version is broken" >&2; exit 2; fi; echo "go1.22.5 (\${GOX_VERSION-$PWD})" ;;
	"use >=1.20 <1.22") echo 1.21.13 ;;
	"use 1.99") echo "gox: no installed Go matches Go 1.99" >&2; exit 3 ;;
	"use --help") echo "gox use: choose a version for this shell"; echo ;;
	"completions "*) cat "$ROOT/completions.$2" ;;
	use*) echo "gox: \\"$2\\" is not a Go version [$GOX_HOOK]" >&2; exit 2 ;;
	esac
	;;
esac
`;

/**
 * A user whose HOME has a space and a quote, with gox set up in it: `1.21.13`, `1.22.5` and `go1.20` installed,
 * the alias `work`, and two projects.
 */
export class ShellSandbox {
	readonly root = freshRoot();
	readonly userHome = join(this.root, "it's my home");
	readonly home = join(this.root, "gox");
	readonly projects = join(this.root, "projects");
	readonly #log = join(this.root, "log");

	constructor() {
		for (const directory of [this.userHome, this.home]) mkdirSync(directory);
		for (const version of ["go1.20", "go1.21.13", "go1.22.5"]) this.#install(version);
		for (const [name, version] of Object.entries({
			"1.20": "go1.20",
			1.21: "go1.21.13",
			1.22: "go1.22.5",
			1: "go1.22.5",
			latest: "go1.22.5",
			work: "go1.21.13",
			gone: "go1.19",
		})) {
			mkdirSync(join(this.home, "aliases"), { recursive: true });
			symlinkSync(`../versions/${version}`, join(this.home, "aliases", name));
		}
		this.file("projects/a/.go-version", "1.22\n");
		this.file("projects/a/deep/er/main.go", "package main\n");
		this.file("projects/b/go.mod", "module b\n\ngo 1.21\n");
		this.file("projects/c/.tool-versions", "nodejs 20\n  golang 1.21.13");
		this.file("projects/d/.tool-versions", "golangci-lint 1.2\nnodejs 20");
		this.file("projects/e/broken", "");
		this.file("projects/e/.go-version", "1.2d2\n");
		this.file("projects/-f\n[x] $(y)/go.mod", "module f\n");
		this.file("projects/-f\n[x] $(y)/sub/x.go", "package x\n");
		this.file("outside/x/y", "");
		this.file("assets/shims/gox-shim.sh", standIn);
		for (const name of [".zshrc", ".bashrc"]) this.file(`it's my home/${name}`, "PS1=\nPROMPT=\n");
	}

	/** Writes a file below the root. */
	file(path: string, text: string): void {
		mkdirSync(dirname(join(this.root, path)), { recursive: true });
		writeFileSync(join(this.root, path), text);
	}

	context(shell: RealShell, options: TestContextOptions = {}): TestContext {
		const env = { HOME: this.userHome, SHELL: shell.path ?? "", GOX_HOME: this.home, ...options.env };
		return { ...testContext({ ...options, root: this.root, env }), assets: join(this.root, "assets") };
	}

	/** Writes what `gox completions` prints, for the stand-in, and returns the file's path. */
	completions(shell: RealShell): string {
		const context = this.context(shell);
		const report = reportOn(context, { json: false, quiet: false, verbose: false });
		void completions({
			context,
			report,
			commands,
			args: [shell.name],
			rest: [],
			name: "completions",
			options: new Options({}),
		});
		this.file(`completions.${shell.name}`, context.out());
		return join(this.root, `completions.${shell.name}`);
	}

	/** Runs `gox setup`, with --shell where the shell has a name; with --yes, unless the options have answers. */
	async setUp(shell: RealShell, flags: Record<string, unknown> = {}, options: TestContextOptions = {}): Promise<TestContext> {
		const context = this.context(shell, options);
		const report = reportOn(context, { json: false, quiet: false, verbose: false });
		await setup({
			context,
			report,
			commands,
			args: [],
			rest: [],
			name: "setup",
			options: new Options({ shell: shell.name, ...(options.answers ? {} : { yes: true }), ...flags }),
		});
		return context;
	}

	env(more: Record<string, string> = {}): Record<string, string> {
		return {
			HOME: this.userHome,
			PATH: "/usr/bin:/bin",
			TERM: "dumb",
			LC_ALL: "C",
			P: this.projects,
			ROOT: this.root,
			GOX_TEST_LOG: this.#log,
			...more,
		};
	}

	/** An interactive shell that is typed `script` into, in `cwd` below the root. */
	type(
		shell: RealShell,
		script: string,
		{ cwd = "outside", env = {} }: { cwd?: string; env?: Record<string, string> } = {},
	): Finished {
		return finish(shell.path ?? "", ["-i"], this.env(env), script, join(this.root, cwd));
	}

	/** The calls of shims since the last time, `NAME ARGS @GOX_VERSION`. */
	calls(): readonly string[] {
		if (!existsSync(this.#log)) return [];
		const lines = readFileSync(this.#log, "utf8").trimEnd().split("\n");
		rmSync(this.#log);
		return lines.filter((line) => !line.includes("--shim-self-test"));
	}

	/** Adds to what a start-up file of the user's says. */
	addTo(name: string, text: string): void {
		appendFileSync(join(this.userHome, name), text);
	}

	#install(version: string): void {
		this.file(`gox/versions/${version}/bin/go`, "#!/bin/sh\necho fake\n");
		chmodSync(join(this.home, "versions", version, "bin/go"), 0o755);
		this.file(`gox/versions/${version}/VERSION`, `${version}\ntime 2024-06-27T20:11:12Z\n`);
	}
}
