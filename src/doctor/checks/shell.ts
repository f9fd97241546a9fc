import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readIfPresent } from "../../fs.ts";
import { hookFile, hookPlace, hookText, shellCalled, shellNames, writeHook } from "../../shell/hook.ts";
import { type Leftover, leftoverSurroundings, leftoversIn } from "../../shell/leftovers.ts";
import { fishQuote, type ShellName, type StartupFile, shQuote, shWord } from "../../shell/shell.ts";
import { changesSomething, planSetup } from "../../shell/startup.ts";
import { completeShims } from "../../store/shims.ts";
import type { Check } from "../examination.ts";
import { type Finding, fine } from "../finding.ts";
import { type GoOnPath, goInWords, gosOnPath, type Machine } from "../machine.ts";
import type { ToolAnswer } from "../probes.ts";
import type { Changes } from "../repair.ts";

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

/** Lines of other version managers in start-up files. */
export const leftovers: Check = {
	name: "leftovers",
	title: "no other version manager in the start-up files",
	area: "shell",
	run: (machine) => {
		// These texts are decoded.
		const surroundings = { ...leftoverSurroundings(machine.context), userHome: machine.context.userHome };
		const found = machine
			.startup()
			.flatMap(({ path, text }) => leftoversIn(text, dialectOf(path), surroundings).map((each) => ({ path, ...each })));
		const isGos = ({ keep, tool }: Leftover) => keep === undefined || (tool !== "asdf" && tool !== "mise");
		const remembered = rememberedByFish(machine, (line) => leftoversIn(line, "fish", surroundings).some(isGos));
		const matter = found.filter(isGos);
		const [first] = matter;
		if (!first) {
			if (remembered.length > 0) return remembered;
			return fine("no other version manager's lines in the start-up files", ...found.map(inWords));
		}
		const named = new Set(matter.map(({ tool }) => tool));
		const tools = [...[...named].filter((tool) => tool !== "go"), ...(named.has("go") ? ["a Go put there by hand"] : [])];
		return [
			{
				verdict: isLive(machine) ? "warning" : "note",
				title: `start-up files still set up ${tools.join(", ")}`,
				evidence: matter.map(inWords),
				why: "They put their own go on PATH or set GOROOT, and which one comes first depends on the order of lines.",
				fix: { commands: commandsFor(machine, matter) },
			},
			...remembered,
		];
	},
};

/** Directories that a fish_add_path of long ago has left in fish's universal variables: no line of a file puts them there. */
function rememberedByFish(machine: Machine, isTools: (line: string) => boolean): readonly Finding[] {
	const file = machine.startup().find(({ path }) => path.endsWith("/fish/fish_variables"));
	const value = /^SETUVAR (?:--\w+ )*fish_user_paths:(.*)$/m.exec(file?.text ?? "")?.[1];
	const entries = (value ?? "").split("\\x1e").map((entry) => entry.replace(/\\x([0-9a-f]{2})/g, unescaped));
	const gone = entries.filter((entry) => entry !== "" && isTools(`fish_add_path ${fishQuote(entry)}\n`));
	if (!file || gone.length === 0) return [];
	const words = gone.map((entry) => (shWord(entry) === entry ? entry : fishQuote(entry))).join(" ");
	const script = `set -l gone ${words}; set -U fish_user_paths (for each in $fish_user_paths; contains -- $each $gone; or echo $each; end)`;
	return [
		{
			verdict: isLive(machine) ? "warning" : "note",
			title: "fish remembers directories of other version managers for PATH",
			evidence: gone.map((entry) => `${file.path}: fish_user_paths has ${entry}`),
			why: "fish puts them in front of PATH in every new shell, whatever its start-up files say.",
			fix: { commands: [`fish -c ${shQuote(script)}`] },
		},
	];
}

function unescaped(_: string, code: string): string {
	return String.fromCharCode(Number.parseInt(code, 16));
}

/** Setup takes out what it can and says which lines it can't; without any Go of gox's there might be none left. */
function commandsFor(machine: Machine, found: readonly { readonly path: string }[]): readonly string[] {
	const hasGo = machine.gosOnPath().some(({ shim, goroot }) => shim === undefined && goroot !== undefined);
	return [
		...(machine.stored().length > 0 ? [] : [hasGo ? "gox import" : "gox install latest --default"]),
		...setupFor(
			machine,
			found.map(({ path }) => path),
		),
	];
}

/** The commands that take other tools' lines out of those start-up files. */
export function setupFor({ context }: Machine, paths: readonly string[]): readonly string[] {
	const usual = shellCalled(context.env.SHELL ?? "")?.name;
	const shells = [...new Set(paths.map(shellOf))];
	return shells.map((name) => `gox setup ${name === usual ? "" : `--shell ${name} `}--remove-leftovers`);
}

function shellOf(path: string): ShellName {
	const dialect = dialectOf(path);
	return dialect === "sh" ? "bash" : dialect;
}

/** Whether one of their Gos is on PATH now, or GOROOT is. */
function isLive({ gosOnPath, context }: Machine): boolean {
	return context.env.GOROOT !== undefined || gosOnPath().some(({ shim }) => shim === undefined);
}

function inWords({ path, line, text, tool }: Leftover & { readonly path: string }): string {
	const [head = "", ...more] = text.split("\n");
	return `${path}:${line}: ${head.trim()}${more.length > 0 ? " …" : ""} (${tool})`;
}

function dialectOf(path: string): StartupFile["dialect"] {
	if (path.endsWith(".fish") || path.includes("/fish/")) return "fish";
	if (/\/\.z[a-z]+$/.test(path)) return "zsh";
	return path.endsWith("/.profile") ? "sh" : "bash";
}

const marker = "gox-doctor-path:";
/** What a terminal passes on to the shell that it starts; everything else comes from the start-up files. */
const inherited = ["HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "SHELL", "TMPDIR", "ZDOTDIR", "XDG_CONFIG_HOME", "GOX_HOME"];

/** PATH as a new login shell has it: macOS's path_helper and other start-up lines may have moved the shims back. */
export const loginPath: Check = {
	name: "login-path",
	title: "gox's go in a new login shell",
	area: "shell",
	run: (machine) => {
		const { context, probes, layout } = machine;
		const shell = context.env.SHELL ?? "";
		const known = shellCalled(shell);
		if (!known || probes.stat(layout.shims) === undefined) return [];
		if (!machine.startup().some(({ text }) => text.includes("# >>> gox >>>"))) return [];
		const path = pathOf(machine, shell, known.name === "fish");
		if (path === undefined)
			return [
				{
					verdict: "note",
					title: `${shell} -l didn't say its PATH`,
					evidence: [`${shell} -l -c …: no answer within 5 s, or a start-up file that leaves early`],
					why: "Whether gox's go comes first in a new terminal can't be told.",
					fix: { commands: [`${shell} -l -c 'command -v go'`] },
				},
			];
		const gos = gosOnPath(context, probes, path);
		if (gos[0]?.shim === "own") return fine("gox's go is the first in a new login shell", `${shell} -l: ${gos[0].path}`);
		const own = gos.findIndex((go) => go.shim === "own");
		const before = own < 0 ? gos : gos.slice(0, own + 1);
		const listed = pathHelperLines(machine, before);
		return [
			{
				verdict: "warning",
				title:
					own < 0 ? "a new login shell doesn't have gox's shims on PATH" : "in a new login shell another go comes before gox's",
				evidence: [
					...before.map(goInWords),
					`PATH of ${shell} -l: ${path}`,
					...(machine.mac() && probes.readText("/etc/paths") !== undefined
						? ["/etc/zprofile runs path_helper, which puts the directories of /etc/paths and /etc/paths.d in front", ...listed]
						: []),
				],
				why: "Terminals, editors and cron start their Go from there.",
				fix: {
					commands: [
						"gox setup",
						...(listed.some((line) => line.startsWith(`${ofInstaller}:`)) ? [`sudo rm ${ofInstaller}`] : []),
					],
					advice: "and see what comes after gox's block in your start-up files",
				},
			},
		];
	},
};

/** Go's own installer for macOS leaves a file for path_helper. */
const ofInstaller = "/etc/paths.d/go";

/** The lines that put one of these Gos on PATH, as evidence. */
function pathHelperLines({ probes }: Machine, gos: readonly GoOnPath[]): readonly string[] {
	const directories = new Set(gos.filter(({ shim }) => shim !== "own").map(({ path }) => probes.realPath(dirname(path))));
	const files = ["/etc/paths", ...probes.names("/etc/paths.d").map((name) => `/etc/paths.d/${name}`)];
	return files.flatMap((file) =>
		(probes.readText(file) ?? "")
			.split("\n")
			.map((line) => line.trim())
			.filter((line) => line !== "" && directories.has(probes.realPath(line)))
			.map((line) => `${file}: ${line}`),
	);
}

function pathOf({ context, probes, mac }: Machine, shell: string, isFish: boolean): string | undefined {
	const env = Object.fromEntries(
		inherited.flatMap((name) => (context.env[name] === undefined ? [] : [[name, context.env[name]]])),
	);
	const system = mac() ? "/usr/bin:/bin:/usr/sbin:/sbin" : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const script = isFish ? `echo '${marker}'(string join : $PATH)` : `echo "${marker}$PATH"`;
	const answer = probes.run(shell, ["-l", "-c", script], { env: { ...env, TERM: "dumb", PATH: system }, cwd: context.userHome });
	const line = answer?.stdout.split("\n").findLast((each) => each.startsWith(marker));
	return line?.slice(marker.length);
}

/** The shims: there, whole, native, able to run, and on macOS signed. */
export const shims: Check = {
	name: "shims",
	title: "the shims",
	area: "shell",
	run: (machine) => {
		const { probes, layout } = machine;
		const names = probes.names(layout.shims);
		if (names.length === 0 && machine.stored().length === 0)
			return fine("no shims yet: the first gox install or gox setup makes them");
		// By any other name but its own the shim takes the word for the go command's.
		const own = join(layout.shims, "gox");
		const test = probes.run(own, ["--shim-self-test"]);
		const runs = test?.status === 0 && test.stdout.startsWith("gox-shim ok ");
		const faults = [...missing(machine), ...strange(machine), ...unsigned(machine)];
		if (runs && faults.length === 0) return fine(`${programsOf(machine).length} shims, whole and running`, test.stdout.trim());
		return [
			{
				verdict: runs ? "warning" : "broken",
				title: runs ? "the shims aren't what this gox makes" : "the shims don't run",
				evidence: [...faults, ...(runs ? [] : [`${own} --shim-self-test: ${howItEnded(test)}`])],
				why: runs
					? "`go` may run the wrong version, or nothing; Go's own switching downloads again what is installed."
					: "`go` doesn't start, wherever the shims come first on PATH.",
				fix: { commands: ["gox doctor --fix"], repair: (changes) => renew(machine, changes, !runs) },
			},
		];
	},
};

/** A program whose signature the system once refused stays refused where it lies: `anew` makes new files. */
function renew(machine: Machine, changes: Changes, anew: boolean): void {
	const { context, layout } = machine;
	changes.keepDirectory(layout.shims);
	changes.keep(layout.launcher, layout.strict);
	if (anew) for (const name of programsOf(machine)) rmSync(join(layout.shims, name), { force: true });
	completeShims(context);
}

function howItEnded(answer: ToolAnswer | undefined): string {
	if (!answer) return "it can't be started";
	const said = answer.stderr.trim().split("\n", 1)[0];
	return said || (answer.status === null ? "it was ended by a signal" : `exit ${answer.status}`);
}

/** gofmt and gox as well as go, and what each installed version has beside its go. */
function programsOf({ stored, probes, context }: Machine): readonly string[] {
	const tools = stored()
		.filter(({ platform }) => platform === context.host())
		.flatMap(({ goroot }) => probes.names(join(goroot, "bin")).filter((name) => /^[a-z][a-z0-9_-]*$/.test(name)));
	return [...new Set(["go", "gofmt", "gox", ...tools])];
}

function missing(machine: Machine): readonly string[] {
	const { probes, layout, stored, context } = machine;
	const programs = programsOf(machine).map((name) => join(layout.shims, name));
	const links = stored()
		.filter(({ platform, goroot }) => platform === context.host() && probes.stat(join(goroot, "bin/go")) !== undefined)
		.filter(({ key }) => probes.linkAt(join(layout.shims, key)) !== `../versions/${key}/bin/go`);
	const stale = probes
		.names(layout.shims)
		.filter((name) => /^go\d/.test(name) && probes.stat(join(layout.shims, name)) === undefined);
	return [
		...programs.flatMap((path) => {
			const stat = probes.stat(path);
			if (!stat) return [`${path} is missing`];
			return stat.executable ? [] : [`${path} isn't executable (mode ${stat.mode.toString(8)})`];
		}),
		...links.map(({ key }) => `${join(layout.shims, key)} doesn't lead to versions/${key}/bin/go`),
		...stale.map((name) => `${join(layout.shims, name)} leads nowhere`),
	];
}

/** Not this build's, or for another machine. On macOS a shim may have been signed anew after copying. */
function strange(machine: Machine): readonly string[] {
	const { probes, layout, context } = machine;
	const built = [join(context.assets, "shims", context.host(), "gox-shim"), join(context.assets, "shims/gox-shim.sh")].flatMap(
		(path) => bytesOf(path) ?? [],
	);
	return programsOf(machine).flatMap((name) => {
		const path = join(layout.shims, name);
		if (!probes.stat(path)) return [];
		if (!probes.isShim(path)) return [`${path} is no gox shim`];
		const executable = probes.executable(path);
		if (executable && !executable.platforms.includes(context.host()))
			return [`${path}: ${executable.words}, not for ${context.host()}`];
		const bytes = bytesOf(path);
		if (machine.mac() || built.length === 0 || (bytes && built.some((each) => each.equals(bytes)))) return [];
		return [`${path} is another build's`];
	});
}

/** Apple Silicon ends programs without a valid signature; an ad hoc one is enough. */
function unsigned(machine: Machine): readonly string[] {
	const { probes, layout } = machine;
	if (!machine.mac()?.appleSilicon) return [];
	const native = programsOf(machine)
		.map((name) => join(layout.shims, name))
		.filter((path) => probes.executable(path));
	if (native.length === 0) return [];
	const answer = probes.run("/usr/bin/codesign", ["-v", ...native]);
	if (!answer || answer.status === 0) return [];
	return answer.stderr.split("\n").filter((line) => /not signed|invalid|modified/.test(line));
}

function bytesOf(path: string): Buffer | undefined {
	try {
		return readFileSync(path);
	} catch {
		return undefined;
	}
}

const beginMark = "# >>> gox >>>";

/** gox's block in the start-up files of the user's shell: there, and in a place that is reached. */
export const startupFiles: Check = {
	name: "startup-files",
	title: "gox in the shell's start-up files",
	area: "shell",
	run: ({ context, probes }): readonly Finding[] => {
		const shell = shellCalled(context.env.SHELL ?? "");
		if (!shell) {
			const named = context.env.SHELL ? `the shell ${basename(context.env.SHELL)} has no hook of gox's` : "SHELL isn't set";
			return [
				{
					verdict: "note",
					title: named,
					why: "gox can't tell which start-up files are yours; the shims work in every shell once they are on PATH.",
					fix: { commands: ['eval "$(gox env)"'], advice: "in a file that your shell reads" },
				},
			];
		}
		const home = { userHome: context.userHome, env: context.env, exists: (path: string) => probes.stat(path) !== undefined };
		const place = hookPlace(context, shell);
		const edits = shell.startupFiles(home).map((file) => planSetup(file, shell.sourcing(place, file)));
		const changed = edits.filter(changesSomething);
		const fix = { commands: [`gox setup --shell ${shell.name}`] };
		if (changed.length === 0) {
			if (probes.stat(hookFile(context, shell)) !== undefined)
				return fine(`gox is in ${edits.map(({ path }) => path).join(" and ")}`);
			return [
				{
					verdict: "broken",
					title: "the start-up files read a hook that isn't there",
					evidence: [`${hookFile(context, shell)} is missing`],
					why: "New shells have no gox: the block that reads the hook passes over it in silence.",
					fix,
				},
			];
		}
		const without = changed.filter(({ before }) => !before?.includes(beginMark));
		if (without.length === edits.length)
			return [
				{
					verdict: "note",
					title: `${shell.name} isn't set up for gox`,
					evidence: without.map(
						({ path, before }) => `${path} ${before === undefined ? "isn't there" : "has no block of gox's"}`,
					),
					why: "`gox use`, completions and the line on entering a project need the hook, and new shells need the shims on PATH.",
					fix,
				},
			];
		return [
			{
				verdict: "warning",
				title: "gox's block isn't where it works",
				evidence: changed.map(({ path, before }) =>
					before?.includes(beginMark)
						? `${path}: the block was changed, or something moved in front of it or behind it`
						: `${path} has no block of gox's`,
				),
				why: "What comes later in a start-up file comes first on PATH, and what leaves early keeps the block from being read.",
				fix,
			},
		];
	},
};
