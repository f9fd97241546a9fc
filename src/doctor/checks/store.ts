import { dirname, join } from "node:path";
import { loadConfig, variablesIn } from "../../config.ts";
import { GoxError } from "../../errors.ts";
import { namesIn } from "../../fs.ts";
import { makerShape } from "../../maker.ts";
import { shWord } from "../../shell/shell.ts";
import { isAbandonedStaging, openHome } from "../../store/home.ts";
import { installedVersions, linkedKey } from "../../store/installed.ts";
import { isAbandonedEntry } from "../../store/journal.ts";
import { refreshAliases, userAliases } from "../../store/links.ts";
import { isAbandonedLock, isLocked } from "../../store/lock.ts";
import { manifestPath, receiptKeys, receiptPath } from "../../store/receipt.ts";
import { osOf } from "../../version/platform.ts";
import type { Check } from "../examination.ts";
import { type Finding, fine, fixOf } from "../finding.ts";
import type { Machine } from "../machine.ts";
import type { Changes } from "../repair.ts";

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

/** gox's own config file can be read. A GoxError that it throws is the finding. */
export const config: Check = {
	name: "config",
	title: "gox's config file",
	area: "store",
	run: ({ context, probes }) => {
		loadConfig(context);
		return fine(
			probes.stat(context.configFile)
				? `${context.configFile} makes sense`
				: `${context.configFile} isn't there: every setting has its default`,
		);
	},
};

/** Bytes: a Go takes about 250 MB, its build cache more. */
const little = 1e9;
const tooLittle = 300e6;

/** Room for another version and for builds. */
export const diskSpace: Check = {
	name: "disk-space",
	title: "room on the disk",
	area: "store",
	run: ({ probes, layout }) => {
		let path = layout.home;
		while (path !== "/" && probes.stat(path) === undefined) path = dirname(path);
		const space = probes.space(path);
		if (!space)
			return [{ verdict: "note", title: `how much room ${path} has can't be told`, why: "The file system doesn't say." }];
		const free = `${(space.free / 1e9).toFixed(1)} GB free of ${(space.size / 1e9).toFixed(0)} GB where ${path} lies`;
		if (space.free >= little) return fine(free);
		return [
			{
				verdict: space.free < tooLittle ? "broken" : "warning",
				title: "the disk is nearly full",
				evidence: [free],
				why: "A Go takes about 250 MB and a build cache several times that; a full disk ends builds half-way.",
				fix: {
					commands: ["go clean -cache", "gox prune"],
					advice: "gox list --sizes shows what each version takes, gox uninstall VERSION gives it back",
				},
			},
		];
	},
};

const network =
	/^(?:nfs\d?|smbfs|cifs|smb3|afpfs|webdav|fuse\.sshfs|fuse\.rclone|9p|virtiofs|vboxsf|fuse\.vmhgfs-fuse|afs|ceph|glusterfs)$/;

/** What GOX_HOME lies on: a network, a disk that forbids programs, one that knows no capital letters. */
export const fileSystem: Check = {
	name: "file-system",
	title: "a file system that suits GOX_HOME",
	area: "store",
	run: (machine) => {
		const path = nearestExisting(machine);
		const mount = mountOf(machine.probes.realPath(path) ?? path, mountsOf(machine));
		const findings = [...(mount ? mountFindings(machine, mount) : []), ...caseFindings(machine)];
		return findings.length > 0 ? findings : fine(mount ? `${path} lies on ${mount.type}` : `nothing tells what ${path} lies on`);
	},
};

function mountFindings({ layout }: Machine, { type, options, point }: Mount): readonly Finding[] {
	const evidence = [`${point}: ${type} (${options.join(", ")})`];
	const elsewhere = {
		commands: ["export GOX_HOME=/opt/gox", "gox setup"],
		advice: "any place on a local disk that is yours will do; gox import takes the versions over",
	};
	const findings: Finding[] = [];
	if (options.includes("noexec"))
		findings.push({
			verdict: "broken",
			title: `${layout.home} lies on a file system that forbids programs (noexec)`,
			evidence,
			why: "Neither the shims nor any installed go can be started.",
			fix: elsewhere,
		});
	if (network.test(type))
		findings.push({
			verdict: "warning",
			title: `${layout.home} lies on a network file system (${type})`,
			evidence,
			why: "Installing writes ten thousand small files and every go reads hundreds; locks of other machines can't be told from dead ones.",
			fix: elsewhere,
		});
	return findings;
}

/** The usual state of a Mac's disk, and worth a word elsewhere. */
function caseFindings({ probes, layout, mac }: Machine): readonly Finding[] {
	const other = join(dirname(layout.versions), "VERSIONS");
	if (
		mac() ||
		probes.stat(layout.versions) === undefined ||
		probes.stat(other) === undefined ||
		probes.names(layout.home).includes("VERSIONS")
	)
		return [];
	return [
		{
			verdict: "note",
			title: `${layout.home} lies on a file system that ignores case`,
			evidence: [`${other} is ${layout.versions}`],
			why: "Modules whose files differ by case alone can't be kept there; Go itself has none.",
		},
	];
}

function mountsOf({ context, probes }: Machine): readonly Mount[] {
	if (osOf(context.host()) === "linux") return parseMountInfo(probes.readText("/proc/self/mountinfo") ?? "");
	return parseMountOutput(probes.run("/sbin/mount", [])?.stdout ?? "");
}

/** GOX_HOME, or what of its path is there already. */
function nearestExisting({ probes, layout }: Machine): string {
	let path = layout.home;
	while (path !== "/" && probes.stat(path) === undefined) path = dirname(path);
	return path;
}

/** GOX_HOME: fit to hold a GOROOT, and this user's alone to change. */
export const home: Check = {
	name: "home",
	title: "GOX_HOME",
	area: "store",
	run: ({ context, probes, layout }): readonly Finding[] => {
		try {
			openHome(context);
		} catch (error) {
			if (!(error instanceof GoxError)) throw error;
			return [
				{
					verdict: "broken",
					title: error.message,
					evidence: [`GOX_HOME=${variablesIn(context.env).home ?? layout.home}`],
					why: "gox refuses to work there.",
					...(error.hint ? fixOf(error) : { fix: { commands: ["unset GOX_HOME"] } }),
				},
			];
		}
		const { versions, aliases, shims, receipts, tmp, locks, journal } = layout;
		const directories = [layout.home, versions, aliases, shims, receipts, tmp, locks, journal];
		const there = directories.filter((path) => probes.stat(path) !== undefined);
		if (there.length === 0) return fine(`${layout.home} isn't there yet: nothing is installed`);
		const closed = there.filter((path) => !probes.isWritable(path));
		const loose = there.filter((path) => ((probes.stat(path)?.mode ?? 0) & 0o022) !== 0);
		const findings: Finding[] = [];
		if (closed.length > 0)
			findings.push({
				verdict: "broken",
				title: `gox can't write to ${closed[0]}${closed.length > 1 ? ` and ${closed.length - 1} more` : ""}`,
				evidence: closed.map((path) => `${path}: mode ${octal(probes.stat(path)?.mode)}, owner ${probes.stat(path)?.uid}`),
				why: "Nothing can be installed, removed or made the default; a sudo in the past is the usual cause.",
				fix: { commands: [`sudo chown -R "$(id -un)" ${layout.home}`, `chmod -R u+w ${closed.join(" ")}`] },
			});
		if (loose.length > 0)
			findings.push({
				verdict: "warning",
				title: "other users can write to gox's directories",
				evidence: loose.map((path) => `${path}: mode ${octal(probes.stat(path)?.mode)}`),
				why: "Whoever can change a shim or a GOROOT decides what runs when you call go.",
				fix: { commands: [`chmod go-w ${loose.join(" ")}`] },
			});
		return findings.length > 0 ? findings : fine(`${layout.home} is yours alone to change`);
	},
};

function octal(mode: number | undefined): string {
	return mode === undefined ? "unknown" : `0${mode.toString(8)}`;
}

/** What bears its maker's mark is swept by every command once the maker is dead; so are the two names of a lock. */
const swept = new RegExp(`(?:^|\\.)${makerShape}\\.[0-9a-f]{12}(?:\\.|$)|\\.(?:lock|owner)$`);

/** What is left in tmp/, locks/ and journal/ though every command, this one too, begins with mending what dead processes left. */
export const leftBehind: Check = {
	name: "leavings",
	title: "nothing left by killed processes",
	area: "store",
	run: (machine) => {
		const findings = [...unmended(machine), ...strangersInHome(machine)];
		return findings.length > 0 ? findings : fine("nothing of killed processes is left");
	},
};

function unmended({ context, layout, probes }: Machine): readonly Finding[] {
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
			title: "what killed processes left can't be cleaned up",
			evidence: paths,
			why: "Half-made trees take room, and a lock of a dead process makes the next one wait.",
			fix: {
				commands: [`chmod -R u+w ${layout.home}`, "gox list --verbose"],
				advice: "the second says why it can't, if it still can't",
			},
		},
	];
}

function strangersInHome({ layout, probes }: Machine): readonly Finding[] {
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

/** What is in versions/ is whole: a go for its platform, the VERSION of its name, a receipt; and no receipt without a version. */
export const versions: Check = {
	name: "versions",
	title: "the installed versions",
	area: "store",
	run: (machine) => {
		const stored = machine.stored();
		const findings = [...broken(machine), ...unproven(machine), ...orphans(machine), ...strangersInVersions(machine)];
		if (findings.length > 0) return findings;
		return fine(
			stored.length === 0
				? "no version is installed yet"
				: `${stored.length === 1 ? "1 installed version is" : `all ${stored.length} installed versions are`} whole, each with its receipt`,
		);
	},
};

function broken({ stored, probes }: Machine): readonly Finding[] {
	return stored().flatMap(({ key, goroot, platform, release }): readonly Finding[] => {
		const go = join(goroot, "bin/go");
		const executable = probes.executable(go);
		const version = probes.readText(join(goroot, "VERSION"))?.split("\n", 1)[0]?.trim();
		const seen = [
			...(probes.stat(go)?.executable ? [] : [`${go} is missing or not executable`]),
			...(executable && !executable.platforms.includes(platform) ? [`${go}: ${executable.words}, not for ${platform}`] : []),
			...(!executable && probes.stat(go) ? [`${go} is neither ELF nor Mach-O`] : []),
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

function unproven({ stored, probes, layout }: Machine): readonly Finding[] {
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

function orphans({ layout, probes }: Machine): readonly Finding[] {
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
function strangersInVersions({ layout, stored }: Machine): readonly Finding[] {
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

/** One mounted file system. */
export interface Mount {
	readonly point: string;
	/** `ext4`, `apfs`, `nfs4`, `fuse.sshfs`. */
	readonly type: string;
	readonly options: readonly string[];
}

/** Reads /proc/self/mountinfo (proc_pid_mountinfo(5)); blanks in names are `\040`. */
export function parseMountInfo(text: string): readonly Mount[] {
	return text.split("\n").flatMap((line) => {
		const [left = "", right = ""] = line.split(" - ");
		const [, , , , point, options = ""] = left.split(" ");
		const [type = "", , superOptions = ""] = right.split(" ");
		if (point === undefined || type === "") return [];
		return [
			{
				point: unescaped(point),
				type,
				options: [...options.split(","), ...superOptions.split(",").filter((each) => each === "ro")],
			},
		];
	});
}

/** Reads what macOS's mount prints: `/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)`. */
export function parseMountOutput(text: string): readonly Mount[] {
	return text.split("\n").flatMap((line) => {
		const [, point, type, options] = /^.+? on (\/.*) \((\w+)((?:, [^,()]+)*)\)$/.exec(line) ?? [];
		return point && type ? [{ point, type, options: (options ?? "").split(", ").filter(Boolean) }] : [];
	});
}

/** The mount that a path without symlinks lies on: the last of those with the longest mount point. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
	const around = mounts.filter(({ point }) => point === "/" || path === point || path.startsWith(`${point}/`));
	const longest = Math.max(0, ...around.map(({ point }) => point.length));
	return around.findLast(({ point }) => point.length === longest);
}

function unescaped(text: string): string {
	return text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}
