import { basename } from "node:path";
import { hookFile, hookPlace } from "../../shell/hookfile.ts";
import { shellCalled } from "../../shell/shells.ts";
import { changesSomething, planSetup } from "../../shell/startupedit.ts";
import { type Check, type Finding, fine } from "../finding.ts";

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
