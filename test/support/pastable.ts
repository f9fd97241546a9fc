import { spawnSync } from "node:child_process";
import { expect } from "vitest";

/**
 * That commands can be pasted into zsh, bash and fish as they are: each shell that is here can parse them, and none has a
 * comment, which at the prompt of macOS's zsh is an argument.
 */
export function expectPastable(commands: Iterable<string>): void {
	for (const command of new Set(commands)) {
		expect(command).not.toMatch(/(?:^|\s)#|…/);
		for (const [shell, ...options] of [
			["bash", "-n"],
			["zsh", "-f", "-n"],
			["fish", "-n"],
		] as const) {
			const { status, error, stderr } = spawnSync(shell, [...options, "-c", command], { encoding: "utf8" });
			if (!error) expect({ shell, command, status, stderr }).toEqual({ shell, command, status: 0, stderr: "" });
		}
	}
}
