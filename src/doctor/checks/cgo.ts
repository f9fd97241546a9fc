import { dirname, isAbsolute, join } from "node:path";
import { type Check, type Finding, type Fix, fine } from "../finding.ts";
import type { Patient } from "../patient.ts";

/** A C compiler for cgo, where it isn't turned off. */
export const cgo: Check = {
	name: "cgo",
	title: "a C compiler for cgo",
	area: "go",
	run: (patient) => {
		const setting = patient.settings("CGO_ENABLED")[0];
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
		const { compiler, evidence } = findCompiler(patient);
		if (compiler !== undefined) return fine(`cgo uses ${compiler}`, ...evidence);
		return [missing(patient, setting?.value === "1", evidence)];
	},
};

function missing(patient: Patient, isWanted: boolean, evidence: readonly string[]): Finding {
	return {
		verdict: isWanted ? "broken" : "warning",
		title: isWanted ? "CGO_ENABLED=1, and there is no C compiler" : "there is no C compiler",
		evidence: [...evidence, ...(patient.settings("CGO_ENABLED")[0]?.evidence ?? [])],
		why: isWanted
			? "Every build of a package that uses cgo, net and os/user among them, fails."
			: "Packages that use C can't be built; Go 1.20 and later turn cgo off by themselves then, older ones fail.",
		fix: patient.mac() ? { commands: ["xcode-select --install"] } : installCompiler(patient),
	};
}

/** What cgo would call: CC, else clang on macOS and gcc elsewhere (cmd/go's default). */
export function findCompiler(patient: Patient): { readonly compiler: string | undefined; readonly evidence: readonly string[] } {
	const { probes, context } = patient;
	const cc = patient.settings("CC")[0];
	const [program = patient.mac() ? "clang" : "gcc"] = (cc?.value.trim() || undefined)?.split(/\s+/) ?? [];
	const places = isAbsolute(program)
		? [program]
		: (context.env.PATH ?? "")
				.split(":")
				.filter(isAbsolute)
				.map((directory) => join(directory, program));
	const path = places.find((each) => probes.stat(each)?.executable);
	const said = cc ? cc.evidence : [];
	if (path === undefined) return { compiler: undefined, evidence: [...said, `no ${program} on PATH`] };
	if (!patient.mac() || !dirname(path).endsWith("/usr/bin")) return { compiler: path, evidence: [...said, path] };
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

function installCompiler({ probes }: Patient): Fix {
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
