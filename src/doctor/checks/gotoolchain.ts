import { type Check, type Finding, fine } from "../finding.ts";
import type { Changes } from "../repair/changes.ts";
import { unsetInFile } from "./goroot.ts";

/** GOTOOLCHAIN set for good, where it overrules every project. */
export const gotoolchain: Check = {
	name: "gotoolchain",
	title: "GOTOOLCHAIN left to projects",
	area: "settings",
	run: (patient) => {
		const findings = patient.settings("GOTOOLCHAIN").map(({ value, from, evidence, clear }): Finding => {
			const isMild = value === "auto" || value === "path" || value.endsWith("+auto") || value.endsWith("+path");
			return {
				verdict: isMild || from === "environment" ? "note" : "warning",
				title: `GOTOOLCHAIN=${value} ${from === "file" ? "was set by go env -w" : "is in the environment"}`,
				evidence,
				why:
					value === "local"
						? "A go.mod that asks for a newer Go than the one in force is refused instead of switched to."
						: isMild
							? "It changes how Go itself switches between the versions that gox installs, in every directory."
							: "Every Go since 1.21 becomes that one, whatever a project pins.",
				fix: {
					...clear,
					...(from === "file" && { repair: (changes: Changes) => unsetInFile(patient, changes, "GOTOOLCHAIN") }),
				},
			};
		});
		return findings.length > 0 ? findings : fine("GOTOOLCHAIN isn't set");
	},
};
