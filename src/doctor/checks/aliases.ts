import { join } from "node:path";
import { shWord } from "../../shell/quoting.ts";
import { refreshAliases, userAliases } from "../../store/alias.ts";
import { installedVersions, linkedKey } from "../../store/installed.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import type { Changes } from "../repair/changes.ts";

/** Aliases and the default lead to versions that are installed. */
export const aliases: Check = {
	name: "aliases",
	title: "aliases and the default",
	area: "store",
	run: ({ layout, probes, stored, context }) => {
		const findings: Finding[] = [];
		const names = probes.names(layout.aliases);
		const dangling = names.map((name) => join(layout.aliases, name)).filter((path) => probes.stat(path) === undefined);
		const users = userAliases(context);
		if (dangling.length > 0)
			findings.push({
				verdict: "warning",
				title: `${dangling.length === 1 ? "an alias leads" : `${dangling.length} aliases lead`} nowhere`,
				evidence: dangling.map(
					(path) =>
						`${path} -> ${probes.linkAt(path) ?? "?"}${users.has(path.slice(layout.aliases.length + 1)) ? " (yours)" : ""}`,
				),
				why: "What asks for that name finds no Go.",
				fix: {
					commands: [`rm ${dangling.map(shWord).join(" ")}`],
					// The automatic ones get the newest that is there.
					repair: (changes: Changes) => {
						changes.keepDirectory(layout.aliases);
						refreshAliases(context, installedVersions(context));
					},
				},
			});
		const target = probes.linkAt(layout.current);
		if (target !== undefined && probes.stat(layout.current) === undefined) {
			const [newest] = stored().filter(({ platform, release }) => platform === context.host() && release.stable);
			findings.push({
				verdict: "broken",
				title: `the default, ${linkedKey(layout.current)}, isn't installed`,
				evidence: [`${layout.current} -> ${target}`],
				why: "Where nothing pins a version no go runs, and editors that use it as GOROOT find nothing.",
				fix: {
					commands: [
						newest ? `gox default ${newest.release.word}` : `gox install ${(linkedKey(layout.current) ?? "").replace(/^go/, "")}`,
					],
				},
			});
		}
		return findings.length > 0
			? findings
			: fine(
					`${names.length} aliases${target ? ` and the default, ${linkedKey(layout.current)},` : ""} lead to installed versions`,
				);
	},
};
