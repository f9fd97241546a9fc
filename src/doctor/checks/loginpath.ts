import { dirname } from "node:path";
import { shellCalled } from "../../shell/shells.ts";
import { type Check, fine } from "../finding.ts";
import { type GoOnPath, goInWords, gosOnPath } from "../gosonpath.ts";
import type { Patient } from "../patient.ts";

const marker = "gox-doctor-path:";
/** What a terminal passes on to the shell that it starts; everything else comes from the start-up files. */
const inherited = ["HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "SHELL", "TMPDIR", "ZDOTDIR", "XDG_CONFIG_HOME", "GOX_HOME"];

/** PATH as a new login shell has it: macOS's path_helper and other start-up lines may have moved the shims back. */
export const loginPath: Check = {
	name: "login-path",
	title: "gox's go in a new login shell",
	area: "shell",
	run: (patient) => {
		const { context, probes, layout } = patient;
		const shell = context.env.SHELL ?? "";
		const known = shellCalled(shell);
		if (!known || probes.stat(layout.shims) === undefined) return [];
		if (!patient.startup().some(({ text }) => text.includes("# >>> gox >>>"))) return [];
		const path = pathOf(patient, shell, known.name === "fish");
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
		const listed = pathHelperLines(patient, before);
		return [
			{
				verdict: "warning",
				title:
					own < 0 ? "a new login shell doesn't have gox's shims on PATH" : "in a new login shell another go comes before gox's",
				evidence: [
					...before.map(goInWords),
					`PATH of ${shell} -l: ${path}`,
					...(patient.mac() && probes.readText("/etc/paths") !== undefined
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
function pathHelperLines({ probes }: Patient, gos: readonly GoOnPath[]): readonly string[] {
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

function pathOf({ context, probes, mac }: Patient, shell: string, isFish: boolean): string | undefined {
	const env = Object.fromEntries(
		inherited.flatMap((name) => (context.env[name] === undefined ? [] : [[name, context.env[name]]])),
	);
	const system = mac() ? "/usr/bin:/bin:/usr/sbin:/sbin" : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	const script = isFish ? `echo '${marker}'(string join : $PATH)` : `echo "${marker}$PATH"`;
	const answer = probes.run(shell, ["-l", "-c", script], { env: { ...env, TERM: "dumb", PATH: system }, cwd: context.userHome });
	const line = answer?.stdout.split("\n").findLast((each) => each.startsWith(marker));
	return line?.slice(marker.length);
}
