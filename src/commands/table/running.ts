import type { CommandSpec } from "../command.ts";
import { insecure, source } from "./options.ts";

/** What runs commands with a version. */
export const running: readonly CommandSpec[] = [
	{
		name: "exec",
		args: "[version]",
		summary: "run one command with a version, or with each of several",
		takesCommand: true,
		options: [
			{ flags: "--each <versions>", summary: "a matrix: versions, minors, latest, ranges, with commas between them" },
			{ flags: "--jobs <number>", summary: "with --each: how many at a time (default: the number of processors)" },
			{ flags: "--fail-fast", summary: "with --each: end the rest after the first failure" },
			source,
			insecure,
		],
		examples: [
			["gox exec 1.21 -- go test ./...", "with the newest installed 1.21"],
			["gox exec -- make", "with the version in force here"],
			["gox exec --each 1.20,1.21,latest -- go test ./...", "with each of three, in parallel"],
			["gox exec --each '>=1.20' --json -- go vet ./...", "with the newest patch of every minor since 1.20"],
		],
		load: () => import("../exec.ts"),
	},
	{
		name: "bisect",
		args: "",
		summary: "find the first Go release with which a command passes, or fails",
		takesCommand: true,
		options: [
			{ flags: "--good <version>", summary: "with this release the command passes" },
			{ flags: "--bad <version>", summary: "with this release it fails" },
			{ flags: "--stable", summary: "leave out betas and release candidates" },
			{ flags: "--once", summary: "believe each verdict; otherwise each is asked for twice" },
			{ flags: "--keep", summary: "keep the releases that were installed on the way" },
			source,
			insecure,
		],
		examples: [
			["gox bisect --good 1.21 --bad 1.23 -- go test ./...", "the first release that fails"],
			["gox bisect --bad 1.20 --good latest -- go build .", "the first release that passes"],
		],
		load: () => import("../bisect.ts"),
	},
];
