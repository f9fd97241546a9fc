import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ForeignToolName } from "../../src/foreign/tools.ts";
import { type LeftoverSurroundings, leftoversIn, withoutLeftovers } from "../../src/shell/leftovers.ts";
import type { StartupFile } from "../../src/shell/shell.ts";
import { asdfForFish } from "../support/asdffish.ts";

const surroundings: LeftoverSurroundings = { userHome: "/home/me", onlyGo: { asdf: false, mise: false } };
const sole: LeftoverSurroundings = { ...surroundings, onlyGo: { asdf: true, mise: true } };

function found(text: string, dialect: StartupFile["dialect"] = "zsh", where = surroundings) {
	return leftoversIn(text, dialect, where).map(
		({ tool, line, lastLine, keep }) => `${tool} ${line}${lastLine > line ? `-${lastLine}` : ""}${keep ? " kept" : ""}`,
	);
}

function rest(text: string, dialect: StartupFile["dialect"] = "zsh", where = surroundings): string {
	return withoutLeftovers(text, leftoversIn(text, dialect, where));
}

/** Lines as the tools' installers and instructions have them. */
const whole: readonly (readonly [ForeignToolName, StartupFile["dialect"], string])[] = [
	["gvm", "bash", '[[ -s "$HOME/.gvm/scripts/gvm" ]] && source "$HOME/.gvm/scripts/gvm"'],
	["gvm", "zsh", '[[ -s "/home/me/.gvm/scripts/gvm" ]] && source "/home/me/.gvm/scripts/gvm"'],
	["gvm", "bash", "gvm use go1.20.4 --default > /dev/null"],
	["gvm", "bash", 'export GVM_ROOT="$HOME/.gvm"; . $GVM_ROOT/scripts/gvm-default'],
	["goenv", "zsh", 'export GOENV_ROOT="$HOME/.goenv"'],
	["goenv", "zsh", 'export PATH="$GOENV_ROOT/bin:$PATH"'],
	["goenv", "zsh", 'eval "$(goenv init -)"'],
	["goenv", "bash", "export GOENV_AUTOMATICALLY_DETECT_VERSION=1"],
	["goenv", "bash", 'if command -v goenv >/dev/null; then\n\teval "$(goenv init -)"\nfi'],
	["goenv", "fish", "set -Ux GOENV_ROOT $HOME/.goenv"],
	["goenv", "fish", "set -x PATH $GOENV_ROOT/bin $PATH"],
	["goenv", "fish", "status --is-interactive; and source (goenv init -|psub)"],
	["goenv", "fish", "goenv init - | source"],
	["g", "zsh", `[ -s "\${HOME}/.g/env" ] && \\. "\${HOME}/.g/env"  # g shell setup`],
	["g", "bash", `if [ -f "\${HOME}/.g/env" ]; then\n    . "\${HOME}/.g/env"\nfi`],
	["g", "bash", 'source "$HOME/.g/env"'],
	["g", "zsh", "if [[ -n $(alias g 2>/dev/null) ]]; then\n    unalias g\nfi"],
	["g", "bash", 'alias ggovm="$GOPATH/bin/g"; # g-install: do NOT edit, see https://github.com/stefanmaric/g'],
	["gobrew", "zsh", 'export PATH="$HOME/.gobrew/current/bin:$HOME/.gobrew/bin:$PATH"'],
	["gobrew", "bash", 'export GOROOT="$HOME/.gobrew/current/go"'],
	["gobrew", "fish", "fish_add_path $HOME/.gobrew/bin $HOME/.gobrew/current/bin"],
	["gobrew", "zsh", "path=(~/.gobrew/current/bin ~/.gobrew/bin $path)"],
	["goup", "bash", 'source "$HOME/.go/env"'],
	["goup", "bash", 'export PATH="$HOME/.go/current/bin:$PATH"'],
	["goup", "zsh", '. "$HOME/.goup/env"'],
	["asdf", "zsh", `. \${ASDF_DATA_DIR:-$HOME/.asdf}/plugins/golang/set-env.zsh`],
	["asdf", "bash", ". ~/.asdf/plugins/golang/set-env.bash"],
	["asdf", "bash", "export ASDF_GOLANG_MOD_VERSION_ENABLED=true"],
	["mise", "bash", 'export PATH="$HOME/.local/share/mise/installs/go/1.22.5/bin:$PATH"'],
	["go", "bash", "export PATH=$PATH:/usr/local/go/bin"],
	["go", "bash", "PATH=$PATH:/usr/local/go/bin"],
	["go", "zsh", "export GOROOT=/usr/local/go"],
	["go", "zsh", 'export GOROOT="$(brew --prefix golang)/libexec"'],
	["go", "zsh", 'export PATH="$GOROOT/bin:$PATH"'],
	["go", "bash", 'export PATH="/opt/homebrew/opt/go@1.20/bin:$PATH"'],
	["go", "bash", "export PATH=$HOME/sdk/go1.22.5/bin:$PATH"],
	["go", "fish", "set -gx PATH /usr/local/go/bin $PATH"],
];

const shared: readonly (readonly [ForeignToolName, StartupFile["dialect"], string])[] = [
	["asdf", "zsh", '. "$HOME/.asdf/asdf.sh"'],
	["asdf", "zsh", `export PATH="\${ASDF_DATA_DIR:-$HOME/.asdf}/shims:$PATH"`],
	["asdf", "zsh", `fpath=(\${ASDF_DIR}/completions $fpath)`],
	["asdf", "zsh", ". $(brew --prefix asdf)/libexec/asdf.sh"],
	["asdf", "zsh", ". /opt/homebrew/opt/asdf/libexec/asdf.sh"],
	["asdf", "fish", "source ~/.asdf/asdf.fish"],
	["mise", "zsh", 'eval "$(mise activate zsh)"'],
	["mise", "zsh", 'eval "$(/home/me/.local/bin/mise activate zsh)"'],
	["mise", "bash", 'eval "$(~/.local/bin/mise activate bash --shims)"'],
	["mise", "fish", "mise activate fish | source"],
	["mise", "fish", "~/.local/bin/mise activate fish | source"],
	["mise", "zsh", 'export PATH="$HOME/.local/share/mise/shims:$PATH"'],
];

const foreign: readonly (readonly [StartupFile["dialect"], string])[] = [
	["zsh", 'export GOPATH="$HOME/go"'],
	["zsh", 'export PATH="$GOPATH/bin:$HOME/go/bin:$PATH"'],
	["zsh", "export GOBIN=$HOME/bin"],
	["zsh", "alias g=git"],
	["zsh", "plugins=(git golang asdf)"],
	["bash", "echo goenv init"],
	["bash", '# eval "$(goenv init -)"'],
	["bash", "export NODENV_ROOT=~/.nodenv"],
	["bash", 'eval "$(direnv hook bash)"'],
	["bash", 'if [ -r "$HOME/.gox/hook.bash" ]; then . "$HOME/.gox/hook.bash"; fi # gox'],
	["bash", 'export PATH="$HOME/.google-cloud/bin:$HOME/.gopher/bin:$PATH"'],
	["fish", "set -gx GOPATH $HOME/go"],
	["fish", "fish_add_path ~/bin"],
];

describe("a line that is only a tool's", () => {
	it.each(whole)("%s in %s: %s", (tool, dialect, text) => {
		const lines = text.split("\n").length;
		expect(found(`a\n${text}\nb\n`, dialect)).toEqual([`${tool} 2${lines > 1 ? `-${lines + 1}` : ""}`]);
		expect(rest(`a\n${text}\nb\n`, dialect)).toBe("a\nb\n");
		expect(rest(text, dialect)).toBe("");
	});
});

describe("a line that other languages need too", () => {
	it.each(shared)("%s in %s: %s", (tool, dialect, text) => {
		expect(found(`a\n${text}\n`, dialect)).toEqual([`${tool} 2 kept`]);
		expect(rest(`a\n${text}\n`, dialect)).toBe(`a\n${text}\n`);
		expect(found(`a\n${text}\n`, dialect, sole)).toEqual([`${tool} 2`]);
		expect(rest(`a\n${text}\n`, dialect, sole)).toBe("a\n");
	});
});

it("asdf's own lines for fish, which put its shims on PATH by a variable of their own", () => {
	const lines = asdfForFish;
	expect(found(lines, "fish")).toEqual(["asdf 2-6 kept", "asdf 10-12 kept", "asdf 13 kept"]);
	expect(rest(`a\n${lines}b\n`, "fish")).toBe(`a\n${lines}b\n`);
	expect(rest(`a\n${lines}b\n`, "fish", sole)).not.toMatch(/_asdf_shims|\bif\b|\bend\b/);
});

describe("a line that is nobody's", () => {
	it.each(foreign)("in %s: %s", (dialect, text) => {
		expect(found(`${text}\n`, dialect, sole)).toEqual([]);
		expect(rest(`${text}\n`, dialect, sole)).toBe(`${text}\n`);
	});
});

describe("a line that does something else too", () => {
	it.each([
		[
			"g's",
			"zsh",
			'export GOPATH="$HOME/go"; export GOROOT="$HOME/.go"; export PATH="$GOPATH/bin:$PATH"; # g-install: do NOT edit, see https://github.com/stefanmaric/g',
			'export GOPATH="$HOME/go"; export PATH="$GOPATH/bin:$PATH"',
		],
		[
			"g's in fish",
			"fish",
			"set -gx GOPATH $HOME/go; set -gx GOROOT $HOME/.go; set -gx PATH $GOPATH/bin $PATH; # g-install: do NOT edit, see https://github.com/stefanmaric/g",
			"set -gx GOPATH $HOME/go; set -gx PATH $GOPATH/bin $PATH",
		],
		["PATH", "bash", 'export PATH="$HOME/bin:/usr/local/go/bin:$PATH"', 'export PATH="$HOME/bin:$PATH"'],
		["PATH without quotes", "bash", "PATH=~/.gobrew/bin:~/bin:$PATH; export PATH", "PATH=~/bin:$PATH; export PATH"],
		["PATH, exported after", "bash", "PATH=$PATH:/usr/local/go/bin; export PATH", "export PATH"],
		["several variables", "bash", "export GOROOT=/usr/local/go GOPATH=~/go", "export GOPATH=~/go"],
		["fish_add_path", "fish", "fish_add_path -p ~/bin ~/.gobrew/bin", "fish_add_path -p ~/bin"],
		["an array", "zsh", "path=(~/bin /usr/local/go/bin $path)", "path=(~/bin $path)"],
		["an if", "bash", "if true; then export GOROOT=/usr/local/go; ll; fi", "if true; then :; ll; fi"],
		["a chain", "bash", "cd ~/src && export GOROOT=/usr/local/go && ll", "cd ~/src && : && ll"],
	] as const)("%s in %s", (_name, dialect, text, left) => {
		expect(found(`a\n${text}\nb\n`, dialect)).toHaveLength(1);
		expect(rest(`a\n${text}\nb\n`, dialect)).toBe(`a\n${left}\nb\n`);
		// bash reads `fi` and a CR as another word.
		if (!text.startsWith("if")) expect(rest(`a\r\n${text}\r\n`, dialect)).toBe(`a\r\n${left}\r\n`);
	});
});

describe("what gox leaves to the person", () => {
	it.each([
		["a function", 'setup_go() {\n  eval "$(goenv init -)"\n}\n', ["goenv 1-3 kept"]],
		["a case", "case $HOST in\nwork) source ~/.gvm/scripts/gvm ;;\nesac\n", ["gvm 1-3 kept"]],
		["text for another file", "cat >x <<E\nexport GOROOT=/usr/local/go\nE\n", ["go 1-3 kept"]],
	] as const)("%s", (_name, text, expected) => {
		expect(found(text, "bash")).toEqual(expected);
		expect(rest(text, "bash")).toBe(text);
	});
});

it("takes the comment above along where it speaks of the tool, and leaves any other", () => {
	expect(rest("# goenv\nexport GOENV_ROOT=~/.goenv\n")).toBe("");
	expect(rest("# my things\nexport GOENV_ROOT=~/.goenv\n")).toBe("# my things\n");
	expect(rest("a\n\n# Load goenv\n\nexport GOENV_ROOT=~/.goenv\n")).toBe("a\n\n# Load goenv\n\n");
});

it("says the line that a person sees, behind blank lines and comments", () => {
	expect(found("\n# one\n\n# two\nexport GOENV_ROOT=~/.goenv\n")).toEqual(["goenv 5"]);
});

it("leaves every other byte alone, whatever the file holds", () => {
	const lines = fc.constantFrom(
		...[...whole, ...shared].map(([, , text]) => text),
		...foreign.map(([, text]) => text),
		"",
		"'",
		"if x",
	);
	fc.assert(
		fc.property(
			fc.array(lines, { maxLength: 8 }),
			fc.constantFrom("\n", "\r\n", ""),
			fc.constantFrom<StartupFile["dialect"]>("zsh", "bash", "fish"),
			(parts, last, dialect) => {
				const text = parts.join("\n") + last;
				const leftovers = leftoversIn(text, dialect, surroundings);
				let from = 0;
				for (const { start, end, text: shown } of leftovers) {
					expect(start).toBeGreaterThanOrEqual(from);
					expect(text.slice(start, end).replace(/\r?\n$/, "")).toBe(shown);
					expect(start === 0 || text[start - 1] === "\n").toBe(true);
					expect(end === text.length || text[end - 1] === "\n").toBe(true);
					from = end;
				}
				const left = withoutLeftovers(text, leftovers);
				const untaken = leftoversIn(left, dialect, surroundings).filter(({ keep }) => keep === undefined);
				expect(untaken).toEqual([]);
			},
		),
		{ numRuns: 400 },
	);
});
