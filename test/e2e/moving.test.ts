import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finish, type RealShell, realShells } from "../shell/shells.ts";
import { freshRoot } from "../support/context.ts";
import { lay, layGo, snapshot } from "../support/foreigngos.ts";
import { hostPlatform } from "../support/mirror.ts";
import { expectSound } from "../support/oracle.ts";
import { type ProvenSite, startProvenSite } from "../support/provensite.ts";
import { Sandbox } from "../support/sandbox.ts";

let site: ProvenSite;
beforeAll(async () => {
	site = await startProvenSite(
		["go1.89.0", "go1.90.0", "go1.90.1", "go1.91.0"].map((version) => ({ version, platform: hostPlatform })),
	);
});
afterAll(() => site.close());

/** What each of the four does when a shell starts, in its own directories and under its own names. */
const tools: Readonly<Record<string, readonly [mode: number, text: string]>> = {
	".goenv/bin/goenv": [
		0o755,
		`#!/bin/sh
case "$*" in
"init - fish") echo 'set -gx GOENV_SHELL fish; set -gx PATH $GOENV_ROOT/shims $PATH' ;;
"init -"*) echo 'export GOENV_SHELL=bash; export PATH="\${GOENV_ROOT}/shims:\${PATH}"' ;;
esac
`,
	],
	".goenv/version": [0o644, "1.90.1\n"],
	".goenv/shims/go": [0o755, '#!/bin/sh\nexec "$HOME/.goenv/versions/1.90.1/bin/go" "$@"\n'],
	".gvm/scripts/gvm": [0o644, 'export GVM_ROOT=$HOME/.gvm\n. "$GVM_ROOT/environments/default"\n'],
	".gvm/environments/default": [
		0o644,
		'export gvm_go_name; gvm_go_name="go1.89.0"\nexport GOROOT; GOROOT="$GVM_ROOT/gos/go1.89.0"\nexport PATH; PATH="$GVM_ROOT/gos/go1.89.0/bin:$PATH"\n',
	],
	".asdf/asdf.sh": [0o644, 'export ASDF_DIR="$HOME/.asdf"\nPATH="$ASDF_DIR/bin:$HOME/.asdf/shims:$PATH"\n'],
	".asdf/asdf.fish": [0o644, "set -gx ASDF_DIR $HOME/.asdf\nset -gx PATH $ASDF_DIR/bin $HOME/.asdf/shims $PATH\n"],
	".asdf/plugins/golang/set-env.bash": [0o644, "export GOROOT=$HOME/.asdf/installs/golang/1.91.0/go\n"],
	".asdf/plugins/golang/set-env.zsh": [0o644, "export GOROOT=$HOME/.asdf/installs/golang/1.91.0/go\n"],
	".asdf/plugins/golang/set-env.fish": [0o644, "set -gx GOROOT $HOME/.asdf/installs/golang/1.91.0/go\n"],
	".asdf/shims/go": [
		0o755,
		'#!/bin/sh\n# asdf-plugin: golang 1.91.0\nexec "$HOME/.asdf/installs/golang/1.91.0/go/bin/go" "$@"\n',
	],
	".tool-versions": [0o644, "golang 1.91.0\n"],
};

const gInstall = "# g-install: do NOT edit, see https://github.com/stefanmaric/g";
const startup: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	zsh: {
		".zshenv": 'export GOENV_ROOT="$HOME/.goenv"\nexport PATH="$GOENV_ROOT/bin:$PATH"\neval "$(goenv init -)"\n',
		".zprofile": 'export PATH="$HOME/mine:$PATH"\n',
		".zshrc": `alias ll='ls -l'\n\nexport GOPATH="$HOME/go"; export GOROOT="$HOME/.go"; export PATH="$GOPATH/bin:$PATH"; ${gInstall}\n\n. "$HOME/.asdf/asdf.sh"\n. \${ASDF_DATA_DIR:-$HOME/.asdf}/plugins/golang/set-env.zsh\n\n[[ -s "$HOME/.gvm/scripts/gvm" ]] && source "$HOME/.gvm/scripts/gvm"`,
	},
	bash: {
		".bash_profile":
			'export GOENV_ROOT="$HOME/.goenv"\r\nexport PATH="$GOENV_ROOT/bin:$PATH" # \r\n[ -r ~/.bashrc ] && . ~/.bashrc # \r\neval "$(goenv init -)" # \r\n'.replaceAll(
				"\r",
				"",
			),
		".bashrc": `alias ll='ls -l'\n\nexport GOPATH="$HOME/go"; export GOROOT="$HOME/.go"; export PATH="$GOPATH/bin:$PATH"; ${gInstall}\n. "$HOME/.asdf/asdf.sh"\n. "$HOME/.asdf/plugins/golang/set-env.bash"\n\n[[ -s "$HOME/.gvm/scripts/gvm" ]] && source "$HOME/.gvm/scripts/gvm"\nexport PATH="$HOME/mine:$PATH"`,
	},
	fish: {
		".config/fish/conf.d/goenv.fish":
			"set -gx GOENV_ROOT $HOME/.goenv\nset -gx PATH $GOENV_ROOT/bin $PATH\ngoenv init - fish | source\n",
		".config/fish/config.fish": `# mine\nfish_add_path $HOME/mine\nset -gx GOPATH $HOME/go; set -gx GOROOT $HOME/.go; set -gx PATH $GOPATH/bin $PATH; ${gInstall}\nsource ~/.asdf/asdf.fish\nsource ~/.asdf/plugins/golang/set-env.fish\n`,
	},
};

/** A person who has had goenv, gvm, g and asdf, one after the other, and still has all of them. */
function moveIn(shell: RealShell, more: Readonly<Record<string, string>> = {}): { box: Sandbox; user: string } {
	const box = new Sandbox({ ...site.env, SHELL: shell.path, XDG_CACHE_HOME: join(freshRoot(), "cache") });
	const user = join(box.root, "user");
	for (const [path, [mode, text]] of Object.entries(tools)) {
		mkdirSync(dirname(join(user, path)), { recursive: true });
		writeFileSync(join(user, path), text);
		chmodSync(join(user, path), mode);
	}
	const gos = {
		".goenv/versions/1.90.1": "go1.90.1",
		".gvm/gos/go1.89.0": "go1.89.0",
		".go/.versions/1.90.0": "go1.90.0",
		".asdf/installs/golang/1.91.0/go": "go1.91.0",
	};
	for (const [path, version] of Object.entries(gos)) layGo(join(user, path), { version, platform: hostPlatform });
	lay(user, {
		".go/bin": "-> .versions/1.90.0/bin",
		"go/bin/go": `-> ${user}/.go/bin/go`,
		"go/bin/mytool": "",
		...startup[shell.name],
		...more,
	});
	chmodSync(join(user, "go/bin/mytool"), 0o755);
	return { box, user };
}

/** Every `go` that a new login shell finds, in order, and GOROOT. */
function gosIn(shell: RealShell, box: Sandbox, user: string): { gos: readonly string[]; goroot: string; tool: string } {
	const script = {
		zsh: 'whence -ap go; echo "@$GOROOT@$(whence -p mytool)"',
		bash: 'type -aP go; echo "@$GOROOT@$(type -P mytool)"',
		fish: 'type -ap go; echo "@$GOROOT@"(type -p mytool)',
	}[shell.name];
	const env = { HOME: user, PATH: "/usr/bin:/bin", TERM: "dumb", LC_ALL: "C", GOX_HOME: box.home };
	const { out } = finish(shell.path ?? "", ["-l", "-i", "-c", script], env, "", user);
	const [paths = "", goroot = "", tool = ""] = out.trimEnd().split("@");
	const gos = [...new Set(paths.trim().split("\n"))].filter((path) => path.startsWith(box.root));
	return { gos: gos.map((path) => path.replace(`${user}/`, "").replace(`${box.home}/`, "gox/")), goroot, tool };
}

/** Everything of the four tools; shells and gox's cache leave things beside it. */
const originals = (user: string) => [".goenv", ".gvm", ".go", ".asdf", "go"].flatMap((name) => snapshot(join(user, name)));

const startupFiles = (user: string, shell: RealShell) =>
	Object.keys(startup[shell.name] ?? {}).map((name) => [name, readFileSync(join(user, name), "latin1")]);

describe("moving in from goenv, gvm, g and asdf", () => {
	for (const shell of realShells) {
		describe.skipIf(shell.path === undefined)(`${shell.title} (skipped where it isn't installed)`, () => {
			it("doctor names each, import adopts all, setup leaves one Go on PATH, undo restores every byte", async () => {
				const { box, user } = moveIn(shell);
				const before = { files: startupFiles(user, shell), tree: originals(user), ...gosIn(shell, box, user) };
				expect(before.gos.length).toBeGreaterThan(2);
				const doctor = await box.gox(["doctor"]);
				for (const tool of ["goenv", "g", "asdf", ...(shell.name === "fish" ? [] : ["gvm"])])
					expect(doctor.stdout + doctor.stderr).toMatch(new RegExp(`\\(${tool}\\)|\\b${tool}\\b`));

				const tooEarly = await box.gox(["setup", "--remove-leftovers", "--yes"]);
				expect(tooEarly).toMatchObject({ status: 3, stderr: expect.stringContaining("gox import") });
				expect(originals(user)).toEqual(before.tree);

				const imported = await box.gox(["import", "goenv", "gvm", "g", "asdf", "--json"]);
				expect(imported.status, imported.stderr).toBe(0);
				expect(
					JSON.parse(imported.stdout)
						.imported.map(({ version }: { version: string }) => version)
						.sort(),
				).toEqual(["go1.89.0", "go1.90.0", "go1.90.1", "go1.91.0"]);
				expect(originals(user)).toEqual(before.tree);
				expectSound(box.home);

				const plain = await box.gox(["setup", "--yes"]);
				expect(plain.status, plain.stderr).toBe(0);
				expect(plain.stderr).toContain("to take them out: gox setup --remove-leftovers");
				expect(gosIn(shell, box, user).gos[0]).toBe("gox/shims/go");

				const shown = await box.gox(["setup", "--remove-leftovers", "--dry-run"]);
				expect(shown.stdout).toMatch(/^-.*goenv init -/m);
				const taken = await box.gox(["setup", "--remove-leftovers", "--yes"]);
				expect(taken.status, taken.stderr).toBe(0);
				expect(gosIn(shell, box, user)).toEqual({ gos: ["gox/shims/go"], goroot: "", tool: `${user}/go/bin/mytool` });
				const again = await box.gox(["setup", "--remove-leftovers", "--yes"]);
				expect(again.stderr).toContain(`${shell.name} is set up already`);

				const undone = await box.gox(["setup", "--undo", "--yes"]);
				expect(undone.status, undone.stderr).toBe(0);
				expect(startupFiles(user, shell)).toEqual(before.files);
				const { gos, goroot } = gosIn(shell, box, user);
				expect({ gos, goroot }).toEqual({ gos: before.gos, goroot: before.goroot });
				expect(box.names("backup").filter((name) => name.endsWith(".json"))).toEqual([]);
			});

			it("leaves asdf to other languages, with only its Go out of the way", async () => {
				const { box, user } = moveIn(shell, { ".asdf/plugins/nodejs/x": "" });
				expect((await box.gox(["import", "asdf"])).status).toBe(0);
				const { stderr } = await box.gox(["setup", "--remove-leftovers", "--yes"]);
				expect(stderr).toContain("asdf manages other languages here too");
				expect(gosIn(shell, box, user).gos).toEqual(["gox/shims/go"]);
				const rc = startupFiles(user, shell)
					.map(([, text]) => text)
					.join("");
				expect(rc).toMatch(/\.asdf\/asdf\.(?:sh|fish)/);
				expect(rc).not.toContain("set-env");
				expect(existsSync(join(user, ".asdf/shims/go"))).toBe(false);
				await box.gox(["setup", "--undo", "--yes"]);
				expect(existsSync(join(user, ".asdf/shims/go"))).toBe(true);
			});
		});
	}
});
