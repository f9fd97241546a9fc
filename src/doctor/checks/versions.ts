import { join } from "node:path";
import { namesIn } from "../../fs.ts";
import { isLocked } from "../../store/lock.ts";
import { manifestPath, receiptKeys, receiptPath } from "../../store/receipt.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";
import type { Changes } from "../repair/changes.ts";

/** What is in versions/ is whole: a go for its platform, the VERSION of its name, a receipt; and no receipt without a version. */
export const versions: Check = {
	name: "versions",
	title: "the installed versions",
	area: "store",
	run: (patient) => {
		const stored = patient.stored();
		const findings = [...broken(patient), ...unproven(patient), ...orphans(patient), ...strangers(patient)];
		if (findings.length > 0) return findings;
		return fine(
			stored.length === 0
				? "no version is installed yet"
				: `${stored.length === 1 ? "1 installed version is" : `all ${stored.length} installed versions are`} whole, each with its receipt`,
		);
	},
};

function broken({ stored, probes }: Patient): readonly Finding[] {
	return stored().flatMap(({ key, goroot, platform, release }): readonly Finding[] => {
		const go = join(goroot, "bin/go");
		const machine = probes.machine(go);
		const version = probes.readText(join(goroot, "VERSION"))?.split("\n", 1)[0]?.trim();
		const seen = [
			...(probes.stat(go)?.executable ? [] : [`${go} is missing or not executable`]),
			...(machine && !machine.platforms.includes(platform) ? [`${go}: ${machine.words}, not for ${platform}`] : []),
			...(!machine && probes.stat(go) ? [`${go} is neither ELF nor Mach-O`] : []),
			...(version === release.name ? [] : [`${join(goroot, "VERSION")} says ${version ?? "nothing"}`]),
		];
		if (seen.length === 0) return [];
		const words = `${release.word}${key.includes("@") ? ` --platform ${platform}` : ""}`;
		return [
			{
				verdict: "broken",
				title: `${key} isn't what was installed`,
				evidence: seen,
				why: "Something changed it since; a go that was damaged builds damaged programs, or nothing.",
				fix: { commands: [`gox install ${words} --force`] },
			},
		];
	});
}

function unproven({ stored, probes, layout }: Patient): readonly Finding[] {
	const without = stored().filter(({ key }) => !probes.stat(receiptPath(layout, key)) || !probes.stat(manifestPath(layout, key)));
	if (without.length === 0) return [];
	return [
		{
			verdict: "warning",
			title: `${without.length === 1 ? "a version has" : `${without.length} versions have`} no receipt`,
			evidence: without.map(({ key }) => `${receiptPath(layout, key)} or its .files is missing`),
			why: "Who vouched for its bytes is forgotten, and gox verify has only the checksum database to ask.",
			fix: {
				commands: without.map(
					({ release, key, platform }) =>
						`gox install ${release.word} --force${key.includes("@") ? ` --platform ${platform}` : ""}`,
				),
			},
		},
	];
}

function orphans({ layout, probes }: Patient): readonly Finding[] {
	const keys = [...receiptKeys(layout)].filter((key) => !probes.stat(join(layout.versions, key)) && !isLocked(layout, key));
	if (keys.length === 0) return [];
	const paths = keys.flatMap((key) => [receiptPath(layout, key), manifestPath(layout, key)]).filter((path) => probes.stat(path));
	return [
		{
			verdict: "warning",
			title: `${keys.length === 1 ? "a receipt" : `${keys.length} receipts`} of versions that aren't there`,
			evidence: paths,
			why: "A killed gox or a removal by hand left them; they vouch for nothing.",
			fix: {
				commands: [`rm ${paths.join(" ")}`],
				repair: (changes: Changes) => {
					for (const path of paths) changes.takeAway(path);
				},
			},
		},
	];
}

/** Names in versions/ that aren't a version's. */
function strangers({ layout, stored }: Patient): readonly Finding[] {
	const known = new Set(stored().map(({ key }) => key));
	const strange = namesIn(layout.versions).filter((name) => !known.has(name) && name !== ".DS_Store");
	if (strange.length === 0) return [];
	return [
		{
			verdict: "note",
			title: `${layout.versions} holds what isn't gox's`,
			evidence: strange.map((name) => join(layout.versions, name)),
			why: "gox never lists, uses or removes it; only versions belong there.",
		},
	];
}
