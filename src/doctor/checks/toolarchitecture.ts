import { basename, join } from "node:path";
import { shWord } from "../../shell/quoting.ts";
import { type Check, fine } from "../finding.ts";
import { goToolDirectories } from "../gotools.ts";
import { runsTranslated } from "./goarchitecture.ts";

/** The programs that `go install` put into GOBIN are for this machine. */
export const toolArchitecture: Check = {
	name: "tool-architecture",
	title: "gopls, dlv and other Go tools that are native",
	area: "go",
	run: (patient) => {
		const { probes, context } = patient;
		const host = context.host();
		const tools = goToolDirectories(patient).flatMap((directory) => probes.names(directory).map((name) => join(directory, name)));
		const strange = tools.flatMap((path) => {
			const machine = probes.machine(path);
			return machine && !machine.platforms.includes(host) ? [{ path, machine }] : [];
		});
		if (tools.length === 0) return [];
		if (strange.length === 0) return fine(`the ${tools.length} programs that go install put there are for ${host}`);
		const runs = strange.every(({ machine }) => runsTranslated(patient, machine.platforms));
		return [
			{
				verdict: runs ? "warning" : "broken",
				title: `${strange.length} of the ${tools.length} installed Go tools ${strange.length === 1 ? "is" : "are"} not for ${host}`,
				evidence: strange.map(({ path, machine }) => `${path}: ${machine.words}`),
				why: runs
					? "A translated gopls or dlv is slow, and a translated debugger can't debug native programs; without Rosetta they don't start at all."
					: "They don't start on this machine.",
				fix: {
					commands: [`gox tools rebuild ${strange.map(({ path }) => shWord(basename(path))).join(" ")}`],
					advice: "with the Go in force, from the module and version that each was built from",
				},
			},
		];
	},
};
