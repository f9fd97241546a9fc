import { dirname } from "node:path";
import { type Check, type Finding, fine } from "../finding.ts";
import { goInWords } from "../gosonpath.ts";

/** Which `go`s PATH has, and whether the shims come first. */
export const otherGos: Check = {
	name: "go-on-path",
	title: "gox's go first on PATH",
	area: "go",
	run: ({ gosOnPath, layout, context, probes }): readonly Finding[] => {
		const gos = gosOnPath();
		const evidence = gos.map((go, index) => `${index + 1}. ${goInWords(go)}`);
		const own = gos.findIndex((go) => go.shim === "own");
		const before = own < 0 ? gos : gos.slice(0, own);
		const isOnPath = (context.env.PATH ?? "")
			.split(":")
			.some((entry) => probes.realPath(entry) === probes.realPath(layout.shims));
		if (own === 0)
			return fine(
				gos.length === 1 ? "gox's go is the only one on PATH" : `gox's go is the first of ${gos.length} on PATH`,
				...evidence,
			);
		if (gos.length === 0)
			return [
				{
					verdict: "note",
					title: "there is no go on PATH",
					evidence: [`PATH=${context.env.PATH ?? ""}`],
					why: "`go` can't be called here until one is installed and the shims are on PATH.",
					fix: { commands: ["gox install latest --default", "gox setup"] },
				},
			];
		if (own < 0 && (!isOnPath || probes.stat(layout.shims) === undefined))
			return [
				{
					verdict: "warning",
					title: `gox's shims aren't on PATH: \`go\` is ${before[0]?.path}`,
					evidence: [...evidence, `not on PATH: ${layout.shims}`],
					why: "In this shell neither .go-version nor go.mod nor gox use decides which Go runs.",
					fix: { commands: ["gox setup", 'eval "$(gox env)"'], advice: "the first is for new shells, the second for this one" },
				},
			];
		return [
			{
				verdict: "warning",
				title: `${before.length === 1 ? "another go comes" : `${before.length} other gos come`} before gox's on PATH`,
				evidence,
				why: `\`go\` is ${before[0]?.path} wherever PATH is like this, whatever a project asks for.`,
				fix: {
					commands: ["gox setup", 'eval "$(gox env)"'],
					advice: `the first is for new shells, the second for this one; look too for what puts ${dirname(before[0]?.path ?? "")} in front`,
				},
			},
		];
	},
};
