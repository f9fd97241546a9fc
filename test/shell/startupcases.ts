import type { StartupFile } from "../../src/shell/shell.ts";

export type Kind = Pick<StartupFile, "role" | "dialect">;
export const bashrc: Kind = { role: "interactive", dialect: "bash" };
export const bashProfile: Kind = { role: "login", dialect: "bash" };
export const zshrc: Kind = { role: "interactive", dialect: "zsh" };
export const zprofile: Kind = { role: "login", dialect: "zsh" };
export const fishConfig: Kind = { role: "login", dialect: "fish" };

/** In the texts `@` alone on a line is where a block is expected; the reader gets the text without those lines. */
export const startupCases: readonly (readonly [name: string, file: Kind, text: string])[] = [
	["an empty file", zshrc, "@"],
	["the end", zshrc, "export A=1\nalias ll='ls -l'\n@"],
	["the end without a final newline", zshrc, "export A=1\n@"],
	["early return: test, in a file that only people's shells need", bashrc, "[[ $- != *i* ]] && return\nexport PATH=/x:$PATH\n@"],
	["early return: PS1", bashrc, '[ -z "$PS1" ] && return\nexport A=1\n@'],
	["early return: case", bashrc, "case $- in\n    *i*) ;;\n      *) return;;\nesac\nexport A=1\n@"],
	["early return: zsh", zshrc, "[[ -o interactive ]] || return\nexport A=1\n@"],
	[
		"early return in a login file: in front of it as well",
		bashProfile,
		"export A=1\n@\n[[ $- != *i* ]] && return\nexport B=1\n@",
	],
	["early return in a login file: PS1", bashProfile, '@\n[ -z "$PS1" ] && return\nexport B=1\n@'],
	[
		"early return in a login file: case, with its comment",
		bashProfile,
		"export A=1\n@\n# not for scripts\ncase $- in\n    *i*) ;;\n      *) return;;\nesac\nexport B=1\n@",
	],
	["early return in a login file: zsh", zprofile, "@\n[[ -o interactive ]] || return\nexport B=1\n@"],
	["early return in a login file: if", bashProfile, '@\nif [ -z "$PS1" ]; then\n  return\nfi\nexport B=1\n@'],
	["nothing but an early return", bashrc, "@\n[[ $- != *i* ]] && return\n"],
	["an early return in fish", fishConfig, "@\nstatus is-interactive; or return\nset -x A 1\n@"],
	["an early exit in fish", fishConfig, "@\nif not status is-interactive\n    exit\nend\nset -x A 1\n@"],
	["an interactive part in fish", fishConfig, "if status is-interactive\n    set -x A 1\nend\n@"],
	["a return in a function of fish", fishConfig, "function f\n    return 1\nend\n@"],
	["exec at the end", bashrc, "export A=1\n@\nexec fish\n"],
	["exec at the end, with its comment", bashrc, "export A=1\n\n@\n# I like fish\nexec fish\n"],
	[
		"exec in an if at the end",
		bashrc,
		'export A=1\n@\nif [[ -x /usr/bin/fish && -z "$BASH_EXECUTION_STRING" ]]\nthen\n\texec fish\nfi\n',
	],
	["exec behind a condition", bashrc, "export A=1\n@\n[ -t 1 ] && exec fish\n"],
	["exec sometimes, and more behind it", bashrc, "@\nif [ -t 1 ]; then exec fish; fi\nexport A=1\n@"],
	["exec always, and dead lines behind it", bashrc, "export A=1\n@\nexec zsh -l\nexport B=1\n"],
	["exec of a redirection leaves nothing", bashrc, "exec 2>/dev/null\nexec >&2\nexport A=1\n@"],
	["exec of a redirection to a variable (bash 4)", bashrc, "exec {fd}>/dev/null\nexport A=1\n@"],
	["exec in a function", bashrc, "f() {\n  exec fish\n}\nfunction g { exec fish; }\nexport A=1\n@"],
	["exit in a subshell", bashProfile, '(cd /tmp || exit 1)\nx=$(exit 3)\ny="$(case a in a) exit;; esac)"\nexport A=1\n@'],
	["a return in a here-document", bashProfile, "cat <<'END' >/dev/null\nreturn\nexec fish\nEND\nexport A=1\n@"],
	["a return in a quote", bashProfile, "echo 'a\nreturn\n' \"b\nexit\n\" $'it\\'s\nreturn'\nexport A=1\n@"],
	["a return that is an argument", bashProfile, "trap 'exit' HUP\necho return exec\nexport A=1\n@"],
	["return at the end", bashProfile, "export A=1\n@\nreturn 0\n"],
	[
		"SDKMAN stays last",
		zshrc,
		'export A=1\n\n@\n#THIS MUST BE AT THE END OF THE FILE FOR SDKMAN TO WORK!!!\nexport SDKMAN_DIR="$HOME/.sdkman"\n[[ -s "$HOME/.sdkman/bin/sdkman-init.sh" ]] && source "$HOME/.sdkman/bin/sdkman-init.sh"\n',
	],
	[
		"conda stays last",
		bashrc,
		'export A=1\n@\n# >>> conda initialize >>>\n# !! Contents within this block are managed by \'conda init\' !!\n__conda_setup="$(\'/opt/conda/bin/conda\' \'shell.bash\' \'hook\' 2> /dev/null)"\nif [ $? -eq 0 ]; then\n    eval "$__conda_setup"\nelse\n    if [ -f "/opt/conda/etc/profile.d/conda.sh" ]; then\n        . "/opt/conda/etc/profile.d/conda.sh"\n    else\n        export PATH="/opt/conda/bin:$PATH"\n    fi\nfi\nunset __conda_setup\n# <<< conda initialize <<<\n',
	],
	[
		"conda, and more behind it",
		bashrc,
		"# >>> conda initialize >>>\nunset __conda_setup\n# <<< conda initialize <<<\nexport PATH=/usr/local/go/bin:$PATH\n@",
	],
	["an if that never ends", bashrc, "export A=1\n@\nif true; then\nexport B=1\n"],
	["a quote that never ends", zshrc, "export A=1\n@\necho 'oops\nexport B=1\n"],
	["a stray fi", bashrc, "export A=1\n@\nfi\nexport B=1\n"],
	["a block of fish that never ends", fishConfig, "set A 1\n@\nif true\nset B 1\n"],
	[
		"zsh's own grammar",
		zshrc,
		`files=(*(N.om[1,5]))\n[[ $x == (a|b)* ]] && y=\${(f)"$(ls)"}\nf() { echo hi }\nz=\${x:#(a|b)}\nalias -g L='| less'\n@`,
	],
	["arithmetic", bashrc, "(( x = 1 << 2 ))\ny=$((1<<3))\nfor ((i=0;i<3;i++)); do echo $i; done\n@"],
	["arrays and comments", bashrc, `a=(one # it's a comment (\n two)\nb=\${#a[@]} # it's\n@`],
	["lines that go on", bashrc, "export A=1 \\\n  B=2\ntrue &&\n  echo yes |\n  cat\n@"],
	["process substitution", bashrc, 'source <(kubectl completion bash)\nwhile read -r l; do :; done < <(echo "a)")\n@'],
	["a here-string", bashrc, "read -r x <<<'return'\n@"],
	["a case in a substitution (bash 4)", bashrc, "x=$(case $y in (a) echo 1;; b|c) echo 2;; esac)\n@"],
];

/** The text, and where its `@` lines stood. */
export function unmark(marked: string): { text: string; offsets: number[] } {
	let text = "";
	const offsets: number[] = [];
	for (const line of marked.split(/(?<=\n)/)) {
		if (line.trim() === "@") offsets.push(text.length);
		else text += line;
	}
	return { text, offsets };
}
