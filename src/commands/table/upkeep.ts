import type { CommandSpec } from "../command.ts";
import { insecure } from "./options.ts";

/** What keeps the store up to date, and small. */
export const upkeep: readonly CommandSpec[] = [
	{
		name: "outdated",
		args: "[request]",
		summary: "which installed versions have a newer patch, are past their end of life, or are known to be vulnerable",
		options: [{ flags: "--refresh", summary: "ask the index again, however fresh the cached copy is" }, insecure],
		examples: [
			["gox outdated", "every installed version"],
			["gox outdated 1.22 --verbose", "every known vulnerability of the installed 1.22s"],
			["gox outdated --json", "the same for a script; the exit status is 0 whatever is found"],
		],
		load: () => import("../outdated.ts"),
	},
];
