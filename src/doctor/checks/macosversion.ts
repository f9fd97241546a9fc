import { type Check, fine } from "../finding.ts";
import { isMacOlderThan } from "../mac.ts";

/** Since which Go minor which macOS is needed (the releases' notes, under Ports). */
const needs: readonly (readonly [since: number, macOS: string])[] = [
	[27, "13"],
	[25, "12"],
	[23, "11"],
	[21, "10.15"],
	[17, "10.13"],
];

/** Installed Gos, gox's and others', that need a newer macOS. */
export const macosVersion: Check = {
	name: "macos-version",
	title: "macOS new enough for the installed Gos",
	area: "machine",
	run: (patient) => {
		const mac = patient.mac();
		if (!mac) return [];
		if (mac.version === undefined)
			return [
				{
					verdict: "note",
					title: "sw_vers doesn't say which macOS this is",
					why: "Whether it is new enough for each Go can't be told.",
				},
			];
		const gos = [
			...patient
				.stored()
				.flatMap(({ release, platform, key }) => (platform.startsWith("darwin") ? [[key, release.name] as const] : [])),
			...patient.gosOnPath().flatMap(({ path, version }) => (version === undefined ? [] : [[path, version] as const])),
		];
		const beyond = gos.flatMap(([what, version]) => {
			const needed = macosFor(version);
			return needed !== undefined && isMacOlderThan(mac, needed)
				? [`${what}${what === version ? "" : ` (${version})`} needs macOS ${needed}`]
				: [];
		});
		if (beyond.length === 0) return fine(`macOS ${mac.version} is new enough for every Go here`);
		const newest = newestFor((needed) => !isMacOlderThan(mac, needed));
		return [
			{
				verdict: "broken",
				title: `${beyond.length === 1 ? "a Go needs" : `${beyond.length} Gos need`} a newer macOS than ${mac.version}`,
				evidence: beyond,
				why: "The loader ends such a Go, and what it builds, with `dyld: Symbol not found`.",
				fix: { commands: [`gox install ${newest}`, `gox default ${newest}`] },
			},
		];
	},
};

/** The oldest macOS that a Go release supports; undefined where that isn't known or is older than any that matters. */
export function macosFor(version: string): string | undefined {
	const minor = Number(/^go1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
	return needs.find(([since]) => minor >= since)?.[1];
}

/** The newest minor whose macOS satisfies; the ranges end where the next one begins. */
function newestFor(suits: (needed: string) => boolean): string {
	const index = needs.findIndex(([, needed]) => suits(needed));
	const above = index < 0 ? 17 : (needs[index - 1]?.[0] ?? Number.NaN);
	return Number.isNaN(above) ? "latest" : `1.${above - 1}`;
}
