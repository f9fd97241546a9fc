import { readIfPresent } from "../../fs.ts";
import { hookFile, hookText, writeHook } from "../../shell/hookfile.ts";
import { shellCalled, shellNames } from "../../shell/shells.ts";
import { type Check, fine } from "../finding.ts";
import type { Changes } from "../repair/changes.ts";

/** The hooks that are there are those that this gox writes. */
export const hook: Check = {
	name: "hook",
	title: "the shell hook",
	area: "shell",
	run: ({ context }) => {
		const shells = shellNames
			.flatMap((name) => shellCalled(name) ?? [])
			.filter((shell) => readIfPresent(hookFile(context, shell)) !== undefined);
		if (shells.length === 0) return fine("no shell hook yet");
		const old = shells.filter((shell) => readIfPresent(hookFile(context, shell)) !== hookText(context, shell));
		if (old.length === 0) return fine(`the hook is current (${shells.map(({ name }) => name).join(", ")})`);
		return [
			{
				verdict: "warning",
				title: `the hook for ${old.map(({ name }) => name).join(" and ")} isn't what this gox writes`,
				evidence: old.map((shell) => `${hookFile(context, shell)} differs`),
				why: "It was written by another gox or changed by hand, and may not fit the shims any more.",
				fix: {
					commands: ["gox doctor --fix"],
					repair: (changes: Changes) => {
						changes.keep(...old.map((shell) => hookFile(context, shell)));
						for (const shell of old) writeHook(context, shell);
					},
				},
			},
		];
	},
};
