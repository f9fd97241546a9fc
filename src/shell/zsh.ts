import { join } from "node:path";
import { posixEnvironment } from "./posixenvironment.ts";
import { posixHook } from "./posixhook.ts";

import type { Shell, StartupFile, UserHome } from "./shell.ts";
import { zshCompletions } from "./zshcompletions.ts";

/**
 * `.zprofile` as well as `.zshrc`: macOS's path_helper runs from /etc/zprofile and puts the system's directories
 * in front, and a login shell that nobody types into reads no `.zshrc`.
 */
function startupFiles({ userHome, env }: UserHome): readonly StartupFile[] {
	const directory = env.ZDOTDIR || userHome;
	return [
		{ path: join(directory, ".zshrc"), role: "interactive", dialect: "zsh" },
		{ path: join(directory, ".zprofile"), role: "login", dialect: "zsh" },
	];
}

export const zsh: Shell = {
	name: "zsh",
	hook: (settings) => `# gox's hook for zsh. Made by gox setup and gox init; a change here is lost at the next.
${posixHook(settings, {
	name: "zsh",
	prologue: "\n\temulate -L zsh",
	beforeTalk: "\n\t\t[[ -z $WIDGET ]] || zle -I",
})}
# A cd inside $( ) or ( ) takes nobody anywhere.
function __gox_chpwd {
	emulate -L zsh
	(( ZSH_SUBSHELL )) || __gox_announce
	return 0
}

# Completions are read when the first one is wanted; what declares them, compinit, may run later in a start-up file.
function __gox_complete {
	local __gox_text=""
	__gox_text="$(\\command gox completions zsh 2>/dev/null)" && \\builtin eval "$__gox_text" && _gox "$@"
}

function __gox_first_prompt {
	emulate -L zsh
	precmd_functions=("\${(@)precmd_functions:#__gox_first_prompt}")
	(( ! $+functions[compdef] || $+_comps[gox] )) || compdef __gox_complete gox
	return 0
}

function __gox_start {
	emulate -L zsh
	typeset -ga precmd_functions
	precmd_functions=("\${(@)precmd_functions:#__gox_first_prompt}" __gox_first_prompt)
	typeset -ga chpwd_functions
	chpwd_functions=("\${(@)chpwd_functions:#__gox_chpwd}" __gox_chpwd)
	__gox_nearest
	__gox_near="$__gox_found"
	__gox_line=""
}
if [[ -o interactive ]]; then __gox_start; fi
`,
	sourcing: ({ hook }) => `if [ -r ${hook} ]; then . ${hook}; fi`,
	startupFiles,
	everyStartupFile: ({ userHome, env }) =>
		[env.ZDOTDIR || userHome, userHome].flatMap((directory) => [join(directory, ".zshrc"), join(directory, ".zprofile")]),
	...posixEnvironment,
	completions: zshCompletions,
};
