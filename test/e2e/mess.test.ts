import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finish, realShells } from "../shell/shells.ts";
import { asdfForFish } from "../support/asdffish.ts";
import { lay, layGo, snapshot } from "../support/foreigngos.ts";
import { hostPlatform } from "../support/mirror.ts";
import { type ProvenSite, startProvenSite } from "../support/provensite.ts";
import { Sandbox } from "../support/sandbox.ts";

const go = (version: string) => ({ version, platform: hostPlatform });
let site: ProvenSite;
beforeAll(async () => {
	site = await startProvenSite(["go1.90.0", "go1.90.1", "go1.91.0"].map(go));
});
afterAll(() => site.close());

/** What their installers and instructions put into start-up files; goenv 2.2, gvm 1.0, both tools called g, asdf 0.18. */
const goenv = 'export GOENV_ROOT="$HOME/.goenv"\nexport PATH="$GOENV_ROOT/bin:$PATH"\neval "$(goenv init -)"\n';
const gvm = (home: string) => `\n[[ -s "${home}/.gvm/scripts/gvm" ]] && source "${home}/.gvm/scripts/gvm"\n`;
const stefanmaric =
	'\nexport GOPATH="$HOME/go"; export GOROOT="$HOME/.go"; export PATH="$GOPATH/bin:$PATH"; # g-install: do NOT edit, see https://github.com/stefanmaric/g\n';
const voidint = `\n[ -s "\${HOME}/.g/env" ] && \\. "\${HOME}/.g/env"  # g shell setup\n\n`;
const asdf = `export PATH="\${ASDF_DATA_DIR:-$HOME/.asdf}/shims:$PATH"\n`;
const fish = `set -gx GOENV_ROOT $HOME/.goenv
set -gx PATH $GOENV_ROOT/bin $PATH
status --is-interactive; and source (goenv init -|psub)
${asdfForFish}set -gx GOPATH $HOME/go; set -gx GOROOT $HOME/.go; set -gx PATH $GOPATH/bin $PATH; # g-install: do NOT edit, see https://github.com/stefanmaric/g
`;

/** A home as goenv, gvm, g, the other g and asdf leave it, one after the other: small Gos, and what their shells read. */
function makeMess(): Sandbox {
	const box = new Sandbox(site.env);
	const home = join(box.root, "user");
	const at = (path: string) => join(home, path);
	layGo(at(".goenv/versions/1.90.1"), go("go1.90.1"));
	layGo(at(".gvm/gos/go1.90.0"), go("go1.90.0"));
	layGo(at(".go/.versions/1.91.0"), go("go1.91.0"));
	layGo(at(".g/versions/1.90.0"), go("go1.90.0"));
	layGo(at(".asdf/installs/golang/1.91.0/go"), go("go1.91.0"));
	lay(home, {
		".goenv/version": "1.90.1\n",
		// What `goenv init -` prints ends, for a shell that asks it, in these.
		".goenv/bin/goenv": `#!/bin/sh\ncase "$SHELL" in\n*fish) echo 'set -gx PATH $PATH $GOENV_ROOT/shims';;\n*) echo 'export PATH="\${PATH}:\${GOENV_ROOT}/shims"';;\nesac\n`,
		".goenv/shims/go": '#!/usr/bin/env bash\nexec goenv exec go "$@"\n',
		".gvm/scripts/gvm": `export GVM_ROOT=${home}/.gvm\n. $GVM_ROOT/environments/default\n`,
		".gvm/environments/default": `export gvm_go_name; gvm_go_name="go1.90.0"\nexport GOROOT; GOROOT="$GVM_ROOT/gos/go1.90.0"\nexport PATH; PATH="$GVM_ROOT/gos/go1.90.0/bin:\${PATH}"\n`,
		".go/bin": "-> .versions/1.91.0/bin",
		".go/VERSION": "-> .versions/1.91.0/VERSION",
		"go/bin/go": `-> ${home}/.go/bin/go`,
		"go/bin/gofmt": `-> ${home}/.go/bin/gofmt`,
		".g/go": "-> versions/1.90.0",
		".g/env": `#!/bin/sh\n# g shell setup\nexport GOROOT="\${HOME}/.g/go"\nexport PATH="\${HOME}/.g/bin:\${GOROOT}/bin:\${GOPATH}/bin:$PATH"\n`,
		".asdf/plugins/golang/bin/install": "#!/bin/sh\n",
		".asdf/shims/go": '#!/usr/bin/env bash\n# asdf-plugin: golang 1.91.0\nexec asdf exec "go" "$@"\n',
		".tool-versions": "golang 1.91.0\n",
		".zshrc": `# mine\nalias ll='ls -l'\n${goenv}${gvm(home)}${stefanmaric}${voidint}${asdf}. ~/.asdf/plugins/golang/set-env.zsh\n`,
		".asdf/plugins/golang/set-env.zsh": "export GOROOT=$HOME/.asdf/installs/golang/1.91.0/go\n",
		".asdf/plugins/golang/set-env.bash": "export GOROOT=$HOME/.asdf/installs/golang/1.91.0/go\n",
		".bashrc": `# mine\n${goenv}${gvm(home)}${voidint}${asdf}. ~/.asdf/plugins/golang/set-env.bash`,
		".bash_profile": `. ~/.bashrc\n${stefanmaric}`,
		".config/fish/config.fish": fish,
	});
	for (const program of [".goenv/bin/goenv", ".goenv/shims/go", ".asdf/shims/go"]) chmodSync(at(program), 0o755);
	return box;
}

/** Every `go` of this home that a new login shell has on PATH, and its GOROOT. */
function gosIn(box: Sandbox, shell: string): { readonly gos: readonly string[]; readonly goroot: string } {
	const home = join(box.root, "user");
	const env = { HOME: home, GOX_HOME: box.home, SHELL: shell, PATH: "/usr/bin:/bin", TERM: "dumb", LANG: "C.UTF-8" };
	const all = shell.endsWith("fish") || shell.endsWith("bash") ? "type -ap go" : "whence -ap go";
	const { out } = finish(shell, ["-l", "-i", "-c", `${all}; echo "GOROOT=$GOROOT"`], env, "", home);
	const lines = out.split("\n").filter((line) => line.startsWith(box.root));
	return {
		gos: [...new Set(lines.map((line) => line.replace(`${box.root}/`, "")))],
		goroot: /^GOROOT=(.*)$/m.exec(out)?.[1] ?? "",
	};
}

describe("a home with goenv, gvm, two gs and asdf in it", () => {
	for (const { name, title, path } of realShells) {
		const present = path !== undefined;
		it.skipIf(!present)(
			`${title}${present ? "" : " (skipped: not installed)"}: doctor names each, import adopts, setup leaves one Go, undo restores every byte`,
			async () => {
				const box = makeMess();
				const home = join(box.root, "user");
				const before = snapshot(home);
				const shell = path ?? "";
				expect(gosIn(box, shell).gos.length).toBeGreaterThan(1);
				const env = { SHELL: shell };

				const found = JSON.parse((await box.gox(["doctor", "--offline", "--json"], { env })).stdout) as {
					check: string;
					title: string;
					fix: { commands: string[] } | null;
				}[];
				const leftovers = found.find(({ check }) => check === "leftovers");
				for (const tool of ["goenv", "gvm", "g,", "asdf"]) expect(`${leftovers?.title},`).toContain(tool);
				expect(leftovers?.fix?.commands).toContain(`gox setup --remove-leftovers`);

				const imported = await box.gox(["import", "--all", "--yes", "--json"], { env });
				expect(imported.status, imported.stderr).toBe(0);
				expect(box.names("versions")).toEqual(["go1.90.0", "go1.90.1", "go1.91.0"]);

				const setUp = await box.gox(["setup", "--shell", name, "--remove-leftovers", "--yes"], { env });
				expect(setUp.status, setUp.stderr).toBe(0);
				expect(gosIn(box, shell)).toEqual({ gos: ["goxhome/shims/go"], goroot: "" });
				const again = await box.gox(["setup", "--shell", name, "--remove-leftovers", "--yes"], { env });
				expect(again.stderr).toContain("is set up already");

				const undone = await box.gox(["setup", "--undo", "--yes"], { env });
				expect(undone.status, undone.stderr).toBe(0);
				const left = snapshot(home).filter(
					(line) => !line.includes("/.cache") && !/\.config\/fish\/fish_variables|\.local\b/.test(line),
				);
				expect(withoutTimes(left)).toEqual(withoutTimes(before));
				expect(gosIn(box, shell).gos.length).toBeGreaterThan(1);
			},
		);
	}
});

/** Path, mode and content: what an undo gives back. */
function withoutTimes(lines: readonly string[]): readonly string[] {
	return lines.map((line) => line.replace(/ (\d+) [\d.]+( \d+)?/, " $1"));
}
