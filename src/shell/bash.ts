import { join } from "node:path";
import { bashCompletions } from "./bashcompletions.ts";
import { posixEnvironment } from "./posixenvironment.ts";
import { posixHook } from "./posixhook.ts";

import type { Shell, StartupFile, UserHome } from "./shell.ts";

const loginFiles = [".bash_profile", ".bash_login", ".profile"];

/** The one login file that bash reads: the first of three that exists. Making another would hide it. */
function startupFiles({ userHome, exists }: UserHome): readonly StartupFile[] {
	const login = loginFiles.find((name) => exists(join(userHome, name))) ?? ".bash_profile";
	return [
		{ path: join(userHome, ".bashrc"), role: "interactive", dialect: "bash" },
		{ path: join(userHome, login), role: "login", dialect: login === ".profile" ? "sh" : "bash" },
	];
}

export const bash: Shell = {
	name: "bash",
	hook: (settings) => `# gox's hook for bash. Made by gox setup and gox init; a change here is lost at the next.
${posixHook(settings, { name: "bash", prologue: "", beforeTalk: "" })}
# Runs before each prompt and keeps $? for what comes after it; with set -e a status would end the shell.
function __gox_prompt {
	local code=$?
	if [ "\${PWD-}" != "$__gox_pwd" ]; then
		__gox_pwd="\${PWD-}"
		__gox_announce
	fi
	case "$-" in *e*) return 0 ;; esac
	return "$code"
}

# Completions are read when the first one is wanted.
function __gox_complete {
	builtin eval "$(\\command gox completions bash 2>/dev/null)" || return 0
	if declare -F _gox_complete >/dev/null; then _gox_complete "$@"; fi
	return 0
}

# PROMPT_COMMAND's first element is the whole where it is a string: both forms are extended alike.
function __gox_start {
	case "\${PROMPT_COMMAND[*]-}" in
	*__gox_prompt*) ;;
	*) PROMPT_COMMAND="__gox_prompt\${PROMPT_COMMAND:+;$PROMPT_COMMAND}" ;;
	esac
	complete -o default -F __gox_complete gox 2>/dev/null || :
	__gox_pwd="\${PWD-}"
	__gox_nearest
	__gox_near="$__gox_found"
	__gox_line=""
}
case "$-" in *i*) __gox_start ;; esac
`,
	sourcing: ({ hook, shims }, file) =>
		file.dialect === "bash"
			? `if [ -r ${hook} ]; then . ${hook}; fi`
			: `if [ -n "\${BASH_VERSION-}" ] && [ -r ${hook} ]; then . ${hook}; else case ":$PATH:" in *:${shims}:*) ;; *) PATH=${shims}:"$PATH"; export PATH ;; esac; fi`,
	startupFiles,
	everyStartupFile: ({ userHome }) => [".bashrc", ...loginFiles].map((name) => join(userHome, name)),
	...posixEnvironment,
	completions: bashCompletions,
};
