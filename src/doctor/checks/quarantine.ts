import { join } from "node:path";
import { shWord } from "../../shell/quoting.ts";
import { type Check, fine } from "../finding.ts";

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
