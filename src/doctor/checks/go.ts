import { basename, dirname, isAbsolute, join } from "node:path";
import { programsOnPath } from "../../fs.ts";
import type { Executable } from "../../go/builtfor.ts";
import { loadCatalog } from "../../releases/lookup.ts";
import { isSupported, supportedMinors } from "../../releases/status.ts";
import type { Selection } from "../../select/selection.ts";
import { shWord } from "../../shell/shell.ts";
import { archOf, osOf, type Platform } from "../../version/platform.ts";
import type { Check } from "../examination.ts";
import { type Finding, type Fix, fine } from "../finding.ts";
import { type GoOnPath, goInWords, goToolDirectories, type Machine } from "../machine.ts";

/** A C compiler for cgo, where it isn't turned off. */
export const cgo: Check = {
	name: "cgo",
	title: "a C compiler for cgo",
	area: "go",
	run: (machine) => {
		const setting = machine.settings("CGO_ENABLED")[0];
		if (setting?.value === "0")
			return [
				{
					verdict: "note",
					title: "cgo is turned off",
					evidence: setting.evidence,
					why: "Packages that need C aren't built, os/user and net use their pure Go versions, and on Linux `go test -race` doesn't run.",
					fix: setting.clear,
				},
			];
		const { compiler, evidence } = findCompiler(machine);
		if (compiler !== undefined) return fine(`cgo uses ${compiler}`, ...evidence);
		return [missing(machine, setting?.value === "1", evidence)];
	},
};

function missing(machine: Machine, isWanted: boolean, evidence: readonly string[]): Finding {
	return {
		verdict: isWanted ? "broken" : "warning",
		title: isWanted ? "CGO_ENABLED=1, and there is no C compiler" : "there is no C compiler",
		evidence: [...evidence, ...(machine.settings("CGO_ENABLED")[0]?.evidence ?? [])],
		why: isWanted
			? "Every build of a package that uses cgo, net and os/user among them, fails."
			: "Packages that use C can't be built; Go 1.20 and later turn cgo off by themselves then, older ones fail.",
		fix: machine.mac() ? { commands: ["xcode-select --install"] } : installCompiler(machine),
	};
}

/** What cgo would call: CC, else clang on macOS and gcc elsewhere (cmd/go's default). */
export function findCompiler(machine: Machine): { readonly compiler: string | undefined; readonly evidence: readonly string[] } {
	const { probes, context } = machine;
	const cc = machine.settings("CC")[0];
	const [program = machine.mac() ? "clang" : "gcc"] = (cc?.value.trim() || undefined)?.split(/\s+/) ?? [];
	const places = isAbsolute(program)
		? [program]
		: (context.env.PATH ?? "")
				.split(":")
				.filter(isAbsolute)
				.map((directory) => join(directory, program));
	const path = places.find((each) => probes.stat(each)?.executable);
	const said = cc ? cc.evidence : [];
	if (path === undefined) return { compiler: undefined, evidence: [...said, `no ${program} on PATH`] };
	if (!machine.mac() || !dirname(path).endsWith("/usr/bin")) return { compiler: path, evidence: [...said, path] };
	// macOS has a clang in /usr/bin that does nothing but ask for the Command Line Tools.
	const tools = probes.run("/usr/bin/xcode-select", ["-p"]);
	const directory = tools?.stdout.trim() ?? "";
	if (tools?.status === 0 && directory !== "") {
		const isThere = probes.stat(directory)?.kind === "directory";
		return {
			compiler: isThere ? path : undefined,
			evidence: [...said, `xcode-select -p: ${directory}${isThere ? "" : " (which isn't there)"}`],
		};
	}
	return {
		compiler: undefined,
		evidence: [...said, `xcode-select -p: ${(tools?.stderr || tools?.stdout || "no answer").trim().split("\n")[0]}`],
	};
}

function installCompiler({ probes }: Machine): Fix {
	const installers: readonly (readonly [program: string, command: string])[] = [
		["/usr/bin/apt-get", "sudo apt-get install gcc libc6-dev"],
		["/usr/bin/dnf", "sudo dnf install gcc glibc-devel"],
		["/sbin/apk", "sudo apk add gcc musl-dev"],
		["/usr/bin/pacman", "sudo pacman -S gcc"],
		["/usr/bin/zypper", "sudo zypper install gcc glibc-devel"],
	];
	const found = installers.find(([program]) => probes.stat(program)?.executable);
	if (found) return { commands: [found[1]] };
	return { commands: [], advice: "install gcc (or clang) and the C library's headers with the system's packages" };
}

/** Installed versions whose minor gets no fixes any more, by the newest release that is known without asking anyone. */
export const endOfLife: Check = {
	name: "end-of-life",
	title: "versions that still get fixes",
	area: "go",
	run: async ({ context, stored, inForce }) => {
		const installed = stored();
		if (installed.length === 0) return [];
		const catalog = await loadCatalog(context, { warn: () => {}, offline: true });
		const supported = supportedMinors([...catalog.releases, ...installed].map(({ release }) => release));
		const past = installed.filter(({ release }) => !isSupported(release, supported));
		if (past.length === 0) return fine(`all ${installed.length} installed versions still get fixes`);
		const inUse = past.find(({ goroot }) => goroot === inForce().goroot);
		return [
			{
				verdict: inUse ? "warning" : "note",
				title: inUse
					? `${inUse.release.name}, in force here, is past its end of life`
					: `${past.length} of ${installed.length} versions ${past.length === 1 ? "is" : "are"} past ${past.length === 1 ? "its" : "their"} end of life`,
				evidence: [`past it: ${listed(past.map(({ key }) => key))}`, `supported: ${[...supported].join(", ")}`],
				why: "The Go project fixes security problems in the two newest minors only.",
				fix: inUse ? newerFor(inForce()) : { commands: ["gox list"] },
			},
		];
	},
};

/** The command that changes what chose it: a pin, this shell, the default. A go.mod only names the least version. */
function newerFor({ source }: Selection): Fix {
	const choose =
		source.kind === ".go-version" || source.kind === ".tool-versions"
			? "gox pin latest"
			: source.kind === "GOX_VERSION"
				? "gox use latest"
				: "gox default latest";
	return { commands: ["gox install latest", choose], advice: "try your code with it first: gox exec latest -- go test ./..." };
}

function listed(words: readonly string[]): string {
	return words.length <= 8 ? words.join(", ") : `${words.slice(0, 8).join(", ")} and ${words.length - 8} more`;
}

/** The `go`s on PATH are for this machine: their headers are read, no shell is asked. */
export const goArchitecture: Check = {
	name: "go-architecture",
	title: "a go that is native",
	area: "go",
	run: (machine) => {
		const gos = machine.gosOnPath();
		const strange = gos.filter((go) => go.executable !== undefined && !go.executable.platforms.includes(machine.context.host()));
		if (strange.length > 0) return [foreignGoFinding(machine, gos, strange)];
		if (gos.length === 0) return [];
		return fine(`every go on PATH is for ${machine.context.host()}`, ...gos.map(goInWords));
	},
};

function foreignGoFinding(machine: Machine, gos: readonly GoOnPath[], strange: readonly GoOnPath[]): Finding {
	const host = machine.context.host();
	const isFirst = gos[0] === strange[0];
	const runs = strange.every((go) => runsTranslated(machine, go.executable?.platforms ?? []));
	const [first] = strange;
	const release = /^go(1\.(\d+)\S*)/.exec(first?.version ?? "");
	// Of older ones there is none for Apple Silicon.
	const isThere = release !== null && (host !== "darwin-arm64" || Number(release[2]) >= 16);
	return {
		verdict: isFirst && !runs ? "broken" : "warning",
		title: isFirst
			? `the go that runs here is for another machine than ${host}`
			: `a go on PATH is for another machine than ${host}`,
		evidence: strange.map(goInWords),
		why: runs
			? "Rosetta translates it and every program that it builds: slow, and macOS 27 comes without Rosetta."
			: howItEnds(host, first?.executable),
		fix: { commands: [`gox install ${isThere ? release[1] : "latest"} --default`, "gox setup"] },
	};
}

/** In the kernel's words, as shells print them. */
function howItEnds(host: Platform, executable: Executable | undefined): string {
	if (osOf(host) !== "darwin" || executable?.format === "ELF") return "It ends with `exec format error`.";
	return `It ends with \`bad CPU type in executable\`${archOf(host) === "arm64" ? ", because Rosetta isn't installed" : ""}.`;
}

/** Whether this machine can run an executable of those platforms though it isn't its own. */
export function runsTranslated(machine: Machine, platforms: readonly Platform[]): boolean {
	const mac = machine.mac();
	const host = machine.context.host();
	if (!mac || archOf(host) !== "arm64" || !platforms.includes("darwin-amd64")) return false;
	return mac.rosetta();
}

/** Which `go`s PATH has, and whether the shims come first. */
export const otherGos: Check = {
	name: "go-on-path",
	title: "gox's go first on PATH",
	area: "go",
	run: ({ gosOnPath, layout, context, probes }): readonly Finding[] => {
		const gos = gosOnPath();
		const evidence = gos.map((go, index) => `${index + 1}. ${goInWords(go)}`);
		const own = gos.findIndex((go) => go.shim === "own");
		const before = own < 0 ? gos : gos.slice(0, own);
		const isOnPath = (context.env.PATH ?? "")
			.split(":")
			.some((entry) => probes.realPath(entry) === probes.realPath(layout.shims));
		if (own === 0)
			return fine(
				gos.length === 1 ? "gox's go is the only one on PATH" : `gox's go is the first of ${gos.length} on PATH`,
				...evidence,
			);
		if (gos.length === 0)
			return [
				{
					verdict: "note",
					title: "there is no go on PATH",
					evidence: [`PATH=${context.env.PATH ?? ""}`],
					why: "`go` can't be called here until one is installed and the shims are on PATH.",
					fix: { commands: ["gox install latest --default", "gox setup"] },
				},
			];
		if (own < 0 && (!isOnPath || probes.stat(layout.shims) === undefined))
			return [
				{
					verdict: "warning",
					title: `gox's shims aren't on PATH: \`go\` is ${before[0]?.path}`,
					evidence: [...evidence, `not on PATH: ${layout.shims}`],
					why: "In this shell neither .go-version nor go.mod nor gox use decides which Go runs.",
					fix: { commands: ["gox setup", 'eval "$(gox env)"'], advice: "the first is for new shells, the second for this one" },
				},
			];
		return [
			{
				verdict: "warning",
				title: `${before.length === 1 ? "another go comes" : `${before.length} other gos come`} before gox's on PATH`,
				evidence,
				why: `\`go\` is ${before[0]?.path} wherever PATH is like this, whatever a project asks for.`,
				fix: {
					commands: ["gox setup", 'eval "$(gox env)"'],
					advice: `the first is for new shells, the second for this one; look too for what puts ${dirname(before[0]?.path ?? "")} in front`,
				},
			},
		];
	},
};

/** `go tool pprof` with the Go in force: built already, or (since 1.25) built when it is called. */
export const pprof: Check = {
	name: "pprof",
	title: "go tool pprof",
	area: "go",
	run: ({ inForce, probes, context }) => {
		const { goroot, version } = inForce();
		if (goroot === null) return [];
		const platform = probes.executable(join(goroot, "bin/go"))?.platforms[0] ?? context.host();
		const built = join(goroot, "pkg/tool", platform.replace("-", "_"), "pprof");
		const source = join(goroot, "src/cmd/pprof");
		const found = [built, source].find((path) => probes.stat(path) !== undefined);
		if (found !== undefined) return fine(`go tool pprof can run with ${version}`, found);
		return [
			{
				verdict: "note",
				title: `${version} has no pprof`,
				evidence: [`neither ${built} nor ${source} is there`],
				why: "CPU and memory profiles can be taken, but not read.",
				fix: { commands: [`gox verify ${shWord(goroot)}`] },
			},
		];
	},
};

const attribute = "com.apple.quarantine";

/** Downloaded programs that macOS keeps from running until somebody approves them. One process for all of them. */
export const quarantine: Check = {
	name: "quarantine",
	title: "programs free of the quarantine attribute",
	area: "go",
	run: ({ mac, probes, layout, stored, gosOnPath }) => {
		if (!mac()) return [];
		const programs = [
			...probes
				.names(layout.shims)
				.filter((name) => !/^go\d/.test(name))
				.map((name) => join(layout.shims, name)),
			...stored().map(({ goroot }) => join(goroot, "bin/go")),
			...gosOnPath().map(({ real }) => real),
		].filter((path) => probes.stat(path)?.kind === "file");
		const paths = [...new Set(programs)];
		if (paths.length === 0) return [];
		// With one file xattr doesn't name it.
		const answer = probes.run("/usr/bin/xattr", ["-l", ...paths, ...(paths.length === 1 ? paths : [])]);
		if (!answer) return [{ verdict: "note", title: "xattr doesn't run", why: "Whether programs are quarantined can't be told." }];
		const lines = answer.stdout.split("\n").filter((line) => line.includes(`${attribute}:`));
		const held = paths.filter((path) => lines.some((line) => line.startsWith(`${path}: ${attribute}`)));
		if (held.length === 0) return fine(`none of the ${paths.length} programs is quarantined`);
		return [
			{
				verdict: "warning",
				title: `${held.length === 1 ? "a program is" : `${held.length} programs are`} quarantined`,
				evidence: [...new Set(lines.filter((line) => held.some((path) => line.startsWith(`${path}:`))))],
				why: "macOS may refuse to start what a browser or a mail program downloaded, until somebody approves it.",
				fix: { commands: held.map((path) => `xattr -d ${attribute} ${shWord(path)}`) },
			},
		];
	},
};

/** What `go test -race` needs with the Go in force: its runtime, and on Linux cgo and glibc. */
export const race: Check = {
	name: "race",
	title: "go test -race",
	area: "go",
	run: (machine) => {
		const { goroot, version } = machine.inForce();
		if (goroot === null) return [];
		const lacks = whatIsMissing(machine, goroot, version ?? "");
		if (lacks === undefined) return fine(`go test -race can run with ${version}`);
		return [
			{
				verdict: "note",
				title: `go test -race can't run with ${version}`,
				evidence: [lacks.seen],
				why: "The race detector finds what tests alone don't; without it they still run.",
				...(lacks.fix && { fix: lacks.fix }),
			},
		];
	},
};

function whatIsMissing(machine: Machine, goroot: string, version: string): { seen: string; fix?: Fix } | undefined {
	// A translated go builds for its own machine.
	const host = machine.probes.executable(join(goroot, "bin/go"))?.platforms[0] ?? machine.context.host();
	const runtime = runtimesOf(goroot, host).find((path) => machine.probes.stat(path) !== undefined);
	if (runtime === undefined)
		return {
			seen: `${goroot} has no race runtime for ${host}`,
			fix: { commands: [`gox verify ${shWord(goroot)}`] },
		};
	// Since 1.20 the race detector of macOS needs no cgo (its release notes).
	if (osOf(host) === "darwin" && Number(/^go1\.(\d+)/.exec(version)?.[1]) >= 20) return undefined;
	const setting = machine.settings("CGO_ENABLED")[0];
	if (setting?.value === "0") return { seen: setting.evidence[0] ?? "CGO_ENABLED=0", fix: setting.clear };
	if (findCompiler(machine).compiler === undefined) return { seen: "it needs cgo, and there is no C compiler" };
	const musl = machine.probes.names("/lib").find((name) => /^ld-musl-.*\.so\.1$/.test(name));
	const glibc = machine.probes.names(archOf(host) === "amd64" ? "/lib64" : "/lib").some((name) => name.startsWith("ld-linux-"));
	if (osOf(host) === "linux" && musl && !glibc) return { seen: `/lib/${musl}: the race runtime of Go is made for glibc` };
	return undefined;
}

/** The object that is linked into race builds; since 1.19 those for amd64 lie by microarchitecture. */
function runtimesOf(goroot: string, host: Platform): readonly string[] {
	const directory = join(goroot, "src/runtime/race");
	const name = `race_${host.replace("-", "_")}.syso`;
	return [join(directory, name), join(directory, "internal/amd64v1", `race_${osOf(host)}.syso`)].slice(
		0,
		archOf(host) === "amd64" ? 2 : 1,
	);
}

interface Program {
	readonly path: string;
	readonly executable: Executable;
}

/** What editors and scripts call, which package managers install too, and the package of each. */
const wellKnown: Readonly<Record<string, string>> = {
	gopls: "golang.org/x/tools/gopls@latest",
	dlv: "github.com/go-delve/delve/cmd/dlv@latest",
	goimports: "golang.org/x/tools/cmd/goimports@latest",
	staticcheck: "honnef.co/go/tools/cmd/staticcheck@latest",
	govulncheck: "golang.org/x/vuln/cmd/govulncheck@latest",
};

/** The programs that `go install` put into GOBIN are for this machine, and so are gopls, dlv and their like on PATH. */
export const toolArchitecture: Check = {
	name: "tool-architecture",
	title: "gopls, dlv and other Go tools that are native",
	area: "go",
	run: (machine) => {
		const installed = goToolDirectories(machine).flatMap((directory) =>
			machine.probes.names(directory).map((name) => join(directory, name)),
		);
		const others = firstOnPath(machine).filter((path) => !installed.includes(path));
		if (installed.length + others.length === 0) return [];
		const findings = [...installedFindings(machine, installed), ...otherFindings(machine, others)];
		if (findings.length > 0) return findings;
		return fine(`the ${installed.length + others.length} Go tools here are for ${machine.context.host()}`);
	},
};

function firstOnPath({ probes, context }: Machine): readonly string[] {
	const isProgram = (path: string) => probes.stat(path)?.executable === true;
	return Object.keys(wellKnown).flatMap((name) => {
		const [path] = programsOnPath(name, context.env.PATH, isProgram);
		return path ?? [];
	});
}

function installedFindings(machine: Machine, paths: readonly string[]): readonly Finding[] {
	const strange = strangeOf(machine, paths);
	if (strange.length === 0) return [];
	const title = `${strange.length} of the ${paths.length} installed Go tools ${strange.length === 1 ? "is" : "are"} not for ${machine.context.host()}`;
	const names = strange.map(({ path }) => shWord(basename(path))).join(" ");
	const advice = "with the Go in force, from the module and version that each was built from";
	return [foreignToolFinding(machine, title, strange, { commands: [`gox tools rebuild ${names}`], advice })];
}

function otherFindings(machine: Machine, paths: readonly string[]): readonly Finding[] {
	const strange = strangeOf(machine, paths);
	if (strange.length === 0) return [];
	const title = `${strange.map(({ path }) => basename(path)).join(" and ")} on PATH ${strange.length === 1 ? "is" : "are"} not for ${machine.context.host()}`;
	const commands = strange.map(({ path }) => `go install ${wellKnown[basename(path)]}`);
	const places = [...new Set(strange.map(({ path }) => dirname(path)))].join(" and ");
	return [
		foreignToolFinding(machine, title, strange, { commands, advice: `GOPATH/bin has to come before ${places} on PATH then` }),
	];
}

function strangeOf({ probes, context }: Machine, paths: readonly string[]): readonly Program[] {
	return paths.flatMap((path) => {
		const executable = probes.executable(path);
		return executable && !executable.platforms.includes(context.host()) ? [{ path, executable }] : [];
	});
}

function foreignToolFinding(machine: Machine, title: string, strange: readonly Program[], fix: Fix): Finding {
	const runs = strange.every(({ executable }) => runsTranslated(machine, executable.platforms));
	return {
		verdict: runs ? "warning" : "broken",
		title,
		evidence: strange.map(({ path, executable }) => `${path}: ${executable.words}`),
		why: runs
			? "A translated gopls or dlv is slow, and a translated debugger can't debug native programs; without Rosetta they don't start at all."
			: `${strange.length === 1 ? "It doesn't" : "They don't"} start on this machine.`,
		fix,
	};
}
