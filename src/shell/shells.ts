import { bash } from "./bash.ts";
import { fish } from "./fish.ts";
import type { Shell, ShellName } from "./shell.ts";
import { zsh } from "./zsh.ts";

const shells: readonly Shell[] = [zsh, bash, fish];

export const shellNames: readonly ShellName[] = shells.map((shell) => shell.name);

/** The shell of that name, which may be a path or a login shell's (`/bin/zsh`, `-zsh`). */
export function shellCalled(name: string): Shell | undefined {
	const bare = name.replace(/^.*\//, "").replace(/^-/, "");
	return shells.find((shell) => shell.name === bare);
}
