import { dirname } from "node:path";
import { type Check, fine } from "../finding.ts";

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
