import { basename, dirname, join } from "node:path";
import { shWord } from "../../shell/shell.ts";
import type { Check } from "../examination.ts";
import { type Finding, fine } from "../finding.ts";
import { isMacAtLeast, isMacOlderThan, type Mac } from "../mac.ts";
import { goToolDirectories, type Machine } from "../machine.ts";

const native = "/opt/homebrew/bin/brew";
const intel = "/usr/local/bin/brew";

/** An Intel Homebrew on Apple Silicon, and which Homebrew is first on PATH. */
export const homebrew: Check = {
	name: "homebrew",
	title: "Homebrew",
	area: "machine",
	run: ({ context, probes, mac }) => {
		if (!mac()) return [];
		const there = [native, intel].filter((path) => probes.stat(path)?.executable);
		if (there.length === 0) return fine("no Homebrew");
		if (!mac()?.appleSilicon) return fine(`Homebrew in ${dirname(dirname(there[0] ?? intel))}`);
		if (!there.includes(intel)) return fine("Homebrew in /opt/homebrew, native");
		const directories = (context.env.PATH ?? "").split(":");
		const first = directories.map((directory) => `${directory}/brew`).find((path) => probes.stat(path)?.executable);
		const prefix = first === undefined ? undefined : probes.run(first, ["--prefix"])?.stdout.trim();
		const isIntelFirst = prefix === undefined ? first?.endsWith(intel) : prefix === "/usr/local";
		const evidence = [
			...there.map((path) => `${path}: ${path === intel ? "Homebrew for Intel" : "Homebrew for Apple Silicon"}`),
			first === undefined ? "no brew on PATH" : `first on PATH: ${first}${prefix ? ` (brew --prefix: ${prefix})` : ""}`,
		];
		if (isIntelFirst || !there.includes(native))
			return [
				{
					verdict: "warning",
					title: there.includes(native)
						? "the Intel Homebrew comes before the native one"
						: "the only Homebrew here is for Intel",
					evidence,
					why: "What it installs is x86-64 (Go, compilers and libraries for cgo among it), which a native go can't link and macOS 27 can't run.",
					fix: {
						commands: there.includes(native)
							? ['eval "$(/opt/homebrew/bin/brew shellenv)"']
							: ['/bin/bash -c "$(curl -fsSL https://raw.githubusercontent.com/Homebrew/install/HEAD/install.sh)"'],
						...(there.includes(native) && { advice: "for new shells have that line in ~/.zprofile, behind any of /usr/local's" }),
					},
				},
			];
		return [
			{
				verdict: "note",
				title: "an Intel Homebrew lies beside the native one",
				evidence,
				why: "Its programs are x86-64; when nothing needs them any more they only wait to be picked up by accident.",
				fix: { commands: ["arch -x86_64 /usr/local/bin/brew list", "brew help uninstall"] },
			},
		];
	},
};

/**
 * Go below 1.24 writes programs without LC_UUID, which the loader of macOS 26 ends at once (golang/go#68678). Which
 * programs that are depends on how they are linked: every Go below 1.24 counts as affected, `go run` and `go test` too;
 * of the programs that are there, their own headers tell.
 */
export const lcUuid: Check = {
	name: "lc-uuid",
	title: "programs that macOS 26 starts",
	area: "machine",
	run: (machine) => {
		const version = machine.mac()?.version;
		const mac = machine.mac();
		if (!mac || version === undefined || !isMacAtLeast(mac, "26")) return [];
		const findings = [...oldGos(machine, version), ...oldTools(machine, version)];
		return findings.length > 0 ? findings : fine("every Go here writes programs with an LC_UUID");
	},
};

function oldGos(machine: Machine, macOS: string): readonly Finding[] {
	const old = [
		...machine
			.stored()
			.flatMap(({ release, platform, key }) => (platform.startsWith("darwin") && isOld(release.name) ? [key] : [])),
		...machine
			.gosOnPath()
			.flatMap(({ path, version }) => (version !== undefined && isOld(version) ? [`${path} (${version})`] : [])),
	];
	if (old.length === 0) return [];
	return [
		{
			verdict: "warning",
			title: `${old.length === 1 ? "a Go" : `${old.length} Gos`} below 1.24 on macOS ${macOS}`,
			evidence: old,
			why: "What they build may end with `missing LC_UUID load command`, `go run` and `go test` included: macOS 26 wants an identity that Go writes since 1.24.",
			fix: { commands: ["gox install latest", "gox default latest"] },
		},
	];
}

function oldTools(machine: Machine, macOS: string): readonly Finding[] {
	const { probes } = machine;
	const tools = goToolDirectories(machine).flatMap((directory) =>
		probes.names(directory).flatMap((name) => {
			const without = probes.slices(join(directory, name)).find(({ info, uuid }) => info !== undefined && uuid === false);
			return without?.info ? [{ name, path: join(directory, name), go: without.info.goVersion }] : [];
		}),
	);
	if (tools.length === 0) return [];
	return [
		{
			verdict: "warning",
			title: `${tools.length === 1 ? "an installed Go tool has" : `${tools.length} installed Go tools have`} no LC_UUID, on macOS ${macOS}`,
			evidence: tools.map(({ path, go }) => `${path}: built by ${go}`),
			why: "The loader of macOS 26 ends such programs with `missing LC_UUID load command` and `Abort trap: 6`.",
			fix: {
				commands: [`gox tools rebuild ${tools.map(({ name }) => shWord(name)).join(" ")}`],
				advice: "with a Go of 1.24 or newer in force",
			},
		},
	];
}

function isOld(version: string): boolean {
	return Number(/^go1\.(\d+)/.exec(version)?.[1] ?? Number.NaN) < 24;
}

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
	run: (machine) => {
		const mac = machine.mac();
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
			...machine
				.stored()
				.flatMap(({ release, platform, key }) => (platform.startsWith("darwin") ? [[key, release.name] as const] : [])),
			...machine.gosOnPath().flatMap(({ path, version }) => (version === undefined ? [] : [[path, version] as const])),
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

const why =
	"What is installed or built by a translated program is x86-64 by default: slower here, and of no use on a macOS without Rosetta.";

/** The shell, or the Node that runs gox, is an x86-64 program on an Apple-Silicon Mac. */
export const rosetta: Check = {
	name: "rosetta",
	title: "native shell and Node",
	area: "machine",
	run: (machine) => {
		const mac = machine.mac();
		if (!mac) return [];
		if (!mac.appleSilicon) return fine("an Intel Mac: nothing is translated", "sysctl hw.optional.arm64: no such name");
		const intel = [shellFinding(machine, mac), ...runtimeFinding(machine)].filter((each) => each !== undefined);
		return intel.length > 0 ? intel : fine("the shell and gox run natively", "sysctl.proc_translated: 0");
	},
};

function shellFinding({ context, probes }: Machine, mac: Mac): Finding | undefined {
	const shell = context.env.SHELL ?? "";
	const executable = shell === "" ? undefined : probes.executable(shell);
	const isIntel =
		executable !== undefined && !executable.platforms.includes("darwin-arm64") && !executable.words.includes("arm64");
	if (!mac.translated && !isIntel) return undefined;
	return {
		verdict: "warning",
		title: isIntel ? `the shell ${shell} is an x86-64 program` : "this terminal runs under Rosetta",
		evidence: [
			`sysctl.proc_translated: ${mac.translated ? 1 : 0}, hw.optional.arm64: 1`,
			...(executable ? [`${shell}: ${executable.words}`] : []),
			...(isMacAtLeast(mac, "27") ? ["macOS 27 comes without Rosetta"] : []),
		],
		why,
		fix: {
			commands: [isIntel ? "chsh -s /bin/zsh" : `exec arch -arm64 ${shWord(shell || "/bin/zsh")} -l`],
			...(!isIntel && {
				advice: "that is for this shell; for good, untick Open using Rosetta in the Finder's Get Info of the terminal",
			}),
		},
	};
}

function runtimeFinding({ context, probes }: Machine): readonly Finding[] {
	const [runtime = ""] = context.self;
	const executable = probes.executable(runtime);
	if (!executable || executable.words.includes("arm64")) return [];
	return [
		{
			verdict: "warning",
			title: `${basename(runtime)}, which runs gox, is an x86-64 program`,
			evidence: [`${runtime}: ${executable.words}`],
			why: "gox itself knows better, but whatever else this program starts or installs takes the Mac for an Intel one.",
			fix: { commands: ["/opt/homebrew/bin/brew install node && hash -r"] },
		},
	];
}
