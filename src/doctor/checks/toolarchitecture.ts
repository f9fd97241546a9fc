import { basename, dirname, isAbsolute, join } from "node:path";
import { shWord } from "../../shell/quoting.ts";
import type { Machine } from "../../verify/machine.ts";
import { type Check, type Finding, type Fix, fine } from "../finding.ts";
import { goToolDirectories } from "../gotools.ts";
import type { Patient } from "../patient.ts";
import { runsTranslated } from "./goarchitecture.ts";

interface Program {
	readonly path: string;
	readonly machine: Machine;
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
	run: (patient) => {
		const installed = goToolDirectories(patient).flatMap((directory) =>
			patient.probes.names(directory).map((name) => join(directory, name)),
		);
		const others = firstOnPath(patient).filter((path) => !installed.includes(path));
		if (installed.length + others.length === 0) return [];
		const findings = [...installedFindings(patient, installed), ...otherFindings(patient, others)];
		if (findings.length > 0) return findings;
		return fine(`the ${installed.length + others.length} Go tools here are for ${patient.context.host()}`);
	},
};

function firstOnPath({ probes, context }: Patient): readonly string[] {
	const directories = (context.env.PATH ?? "").split(":").filter(isAbsolute);
	return Object.keys(wellKnown).flatMap(
		(name) => directories.map((directory) => join(directory, name)).find((path) => probes.stat(path)?.executable) ?? [],
	);
}

function installedFindings(patient: Patient, paths: readonly string[]): readonly Finding[] {
	const strange = strangeOf(patient, paths);
	if (strange.length === 0) return [];
	const title = `${strange.length} of the ${paths.length} installed Go tools ${strange.length === 1 ? "is" : "are"} not for ${patient.context.host()}`;
	const names = strange.map(({ path }) => shWord(basename(path))).join(" ");
	const advice = "with the Go in force, from the module and version that each was built from";
	return [findingOf(patient, title, strange, { commands: [`gox tools rebuild ${names}`], advice })];
}

function otherFindings(patient: Patient, paths: readonly string[]): readonly Finding[] {
	const strange = strangeOf(patient, paths);
	if (strange.length === 0) return [];
	const title = `${strange.map(({ path }) => basename(path)).join(" and ")} on PATH ${strange.length === 1 ? "is" : "are"} not for ${patient.context.host()}`;
	const commands = strange.map(({ path }) => `go install ${wellKnown[basename(path)]}`);
	const places = [...new Set(strange.map(({ path }) => dirname(path)))].join(" and ");
	return [findingOf(patient, title, strange, { commands, advice: `GOPATH/bin has to come before ${places} on PATH then` })];
}

function strangeOf({ probes, context }: Patient, paths: readonly string[]): readonly Program[] {
	return paths.flatMap((path) => {
		const machine = probes.machine(path);
		return machine && !machine.platforms.includes(context.host()) ? [{ path, machine }] : [];
	});
}

function findingOf(patient: Patient, title: string, strange: readonly Program[], fix: Fix): Finding {
	const runs = strange.every(({ machine }) => runsTranslated(patient, machine.platforms));
	return {
		verdict: runs ? "warning" : "broken",
		title,
		evidence: strange.map(({ path, machine }) => `${path}: ${machine.words}`),
		why: runs
			? "A translated gopls or dlv is slow, and a translated debugger can't debug native programs; without Rosetta they don't start at all."
			: `${strange.length === 1 ? "It doesn't" : "They don't"} start on this machine.`,
		fix,
	};
}
