import { type Leftover, leftoversIn } from "../../shell/leftovers.ts";
import { fishQuote, shQuote, shWord } from "../../shell/quoting.ts";
import type { ShellName, StartupFile } from "../../shell/shell.ts";
import { shellCalled } from "../../shell/shells.ts";
import { leftoverSurroundings } from "../../shell/startupsearch.ts";
import { type Check, type Finding, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";

/** Lines of other version managers in start-up files. */
export const leftovers: Check = {
	name: "leftovers",
	title: "no other version manager in the start-up files",
	area: "shell",
	run: (patient) => {
		// These texts are decoded.
		const surroundings = { ...leftoverSurroundings(patient.context), userHome: patient.context.userHome };
		const found = patient
			.startup()
			.flatMap(({ path, text }) => leftoversIn(text, dialectOf(path), surroundings).map((each) => ({ path, ...each })));
		const isGos = ({ keep, tool }: Leftover) => keep === undefined || (tool !== "asdf" && tool !== "mise");
		const remembered = rememberedByFish(patient, (line) => leftoversIn(line, "fish", surroundings).some(isGos));
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
				verdict: isLive(patient) ? "warning" : "note",
				title: `start-up files still set up ${tools.join(", ")}`,
				evidence: matter.map(inWords),
				why: "They put their own go on PATH or set GOROOT, and which one comes first depends on the order of lines.",
				fix: { commands: commandsFor(patient, matter) },
			},
			...remembered,
		];
	},
};

/** Directories that a fish_add_path of long ago has left in fish's universal variables: no line of a file puts them there. */
function rememberedByFish(patient: Patient, isTools: (line: string) => boolean): readonly Finding[] {
	const file = patient.startup().find(({ path }) => path.endsWith("/fish/fish_variables"));
	const value = /^SETUVAR (?:--\w+ )*fish_user_paths:(.*)$/m.exec(file?.text ?? "")?.[1];
	const entries = (value ?? "").split("\\x1e").map((entry) => entry.replace(/\\x([0-9a-f]{2})/g, unescaped));
	const gone = entries.filter((entry) => entry !== "" && isTools(`fish_add_path ${fishQuote(entry)}\n`));
	if (!file || gone.length === 0) return [];
	const words = gone.map((entry) => (shWord(entry) === entry ? entry : fishQuote(entry))).join(" ");
	const script = `set -l gone ${words}; set -U fish_user_paths (for each in $fish_user_paths; contains -- $each $gone; or echo $each; end)`;
	return [
		{
			verdict: isLive(patient) ? "warning" : "note",
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
function commandsFor(patient: Patient, found: readonly { readonly path: string }[]): readonly string[] {
	const hasGo = patient.gosOnPath().some(({ shim, goroot }) => shim === undefined && goroot !== undefined);
	return [
		...(patient.stored().length > 0 ? [] : [hasGo ? "gox import" : "gox install latest --default"]),
		...setupFor(
			patient,
			found.map(({ path }) => path),
		),
	];
}

/** The commands that take other tools' lines out of those start-up files. */
export function setupFor({ context }: Patient, paths: readonly string[]): readonly string[] {
	const usual = shellCalled(context.env.SHELL ?? "")?.name;
	const shells = [...new Set(paths.map(shellOf))];
	return shells.map((name) => `gox setup ${name === usual ? "" : `--shell ${name} `}--remove-leftovers`);
}

function shellOf(path: string): ShellName {
	const dialect = dialectOf(path);
	return dialect === "sh" ? "bash" : dialect;
}

/** Whether one of their Gos is on PATH now, or GOROOT is. */
function isLive({ gosOnPath, context }: Patient): boolean {
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
