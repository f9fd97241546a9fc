import { dirname } from "node:path";
import { type Check, fine } from "../finding.ts";

/** Bytes: a Go takes about 250 MB, its build cache more. */
const little = 1e9;
const tooLittle = 300e6;

/** Room for another version and for builds. */
export const diskSpace: Check = {
	name: "disk-space",
	title: "room on the disk",
	area: "store",
	run: ({ probes, layout }) => {
		let path = layout.home;
		while (path !== "/" && probes.stat(path) === undefined) path = dirname(path);
		const space = probes.space(path);
		if (!space)
			return [{ verdict: "note", title: `how much room ${path} has can't be told`, why: "The file system doesn't say." }];
		const free = `${(space.free / 1e9).toFixed(1)} GB free of ${(space.size / 1e9).toFixed(0)} GB where ${path} lies`;
		if (space.free >= little) return fine(free);
		return [
			{
				verdict: space.free < tooLittle ? "broken" : "warning",
				title: "the disk is nearly full",
				evidence: [free],
				why: "A Go takes about 250 MB and a build cache several times that; a full disk ends builds half-way.",
				fix: {
					commands: ["go clean -cache", "gox prune"],
					advice: "gox list --sizes shows what each version takes, gox uninstall VERSION gives it back",
				},
			},
		];
	},
};
