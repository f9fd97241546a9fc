import { type Leftover, leftoversIn } from "../../shell/leftovers.ts";
import type { StartupFile } from "../../shell/shell.ts";
import { type Check, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";

/** Lines of other version managers in start-up files. */
export const leftovers: Check = {
	name: "leftovers",
	title: "no other version manager in the start-up files",
	area: "shell",
	run: (patient) => {
		const found = patient
			.startup()
			.flatMap(({ path, text }) =>
				leftoversIn(text, dialectOf(path), { userHome: patient.context.userHome, onlyGo: { asdf: false, mise: false } }).map(
					(each) => ({ path, ...each }),
				),
			);
		const matter = found.filter(({ keep, tool }) => keep === undefined || (tool !== "asdf" && tool !== "mise"));
		const [first] = matter;
		if (!first) return fine("no other version manager's lines in the start-up files", ...found.map(inWords));
		const tools = [...new Set(matter.map(({ tool }) => (tool === "go" ? "a Go put there by hand" : tool)))];
		return [
			{
				verdict: isLive(patient) ? "warning" : "note",
				title: `start-up files still set up ${tools.join(", ")}`,
				evidence: matter.map(inWords),
				why: "They put their own go on PATH or set GOROOT, and which one comes first depends on the order of lines.",
				fix: {
					commands: [
						...matter.map(
							({ path, line, lastLine }) =>
								`# take ${line === lastLine ? `line ${line}` : `lines ${line} to ${lastLine}`} out of ${path}`,
						),
						"gox setup",
					],
				},
			},
		];
	},
};

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
