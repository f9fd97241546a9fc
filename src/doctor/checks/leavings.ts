import { join } from "node:path";
import { makerShape } from "../../maker.ts";
import { isAbandonedEntry } from "../../store/journal.ts";
import { isAbandonedLock } from "../../store/lock.ts";
import { isAbandonedStaging } from "../../store/staging.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";
import type { Changes } from "../repair/changes.ts";

/** What bears its maker's mark is swept by every command once the maker is dead; so are the two names of a lock. */
const swept = new RegExp(`(?:^|\\.)${makerShape}\\.[0-9a-f]{12}(?:\\.|$)|\\.(?:lock|owner)$`);

/** What is left in tmp/, locks/ and journal/ though every command, this one too, begins with mending what dead processes left. */
export const leavings: Check = {
	name: "leavings",
	title: "nothing left by killed processes",
	area: "store",
	run: (patient) => {
		const findings = [...unmended(patient), ...strangers(patient)];
		return findings.length > 0 ? findings : fine("nothing of killed processes is left");
	},
};

function unmended({ context, layout, probes }: Patient): readonly Finding[] {
	const places = [
		[layout.tmp, isAbandonedStaging],
		[layout.locks, isAbandonedLock],
		[layout.journal, isAbandonedEntry],
	] as const;
	const paths = places.flatMap(([directory, isAbandoned]) =>
		probes
			.names(directory)
			.filter((name) => isAbandoned(context, layout, name))
			.map((name) => join(directory, name)),
	);
	if (paths.length === 0) return [];
	return [
		{
			verdict: "warning",
			title: "what killed processes left can't be mended",
			evidence: paths,
			why: "Half-made trees take room, and a lock of a dead process makes the next one wait.",
			fix: {
				commands: [`chmod -R u+w ${layout.home}`, "gox list --verbose"],
				advice: "the second says why it can't, if it still can't",
			},
		},
	];
}

function strangers({ layout, probes }: Patient): readonly Finding[] {
	const paths = [layout.tmp, layout.locks, layout.journal].flatMap((directory) =>
		probes
			.names(directory)
			.filter((name) => !swept.test(name))
			.map((name) => join(directory, name)),
	);
	if (paths.length === 0) return [];
	return [
		{
			verdict: "warning",
			title: `${paths.length === 1 ? "a thing lies" : `${paths.length} things lie`} where gox works and ${paths.length === 1 ? "isn't" : "aren't"} gox's`,
			evidence: paths,
			why: "An older gox or somebody's hand left them; they take room, and nothing ever sweeps them.",
			fix: {
				commands: ["gox doctor --fix"],
				repair: (changes: Changes) => {
					for (const path of paths) changes.takeAway(path);
				},
			},
		},
	];
}
