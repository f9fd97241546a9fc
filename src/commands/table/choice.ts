import type { CommandSpec } from "../command.ts";
import { insecure } from "./options.ts";

/** What chooses a version, and what says which one was chosen. */
export const choice: readonly CommandSpec[] = [
	{
		name: "use",
		args: "[version]",
		summary: "choose a version for this shell (needs the hook: gox setup)",
		options: [
			{ flags: "--unset", summary: "back to what directories and the default say" },
			{ flags: "--strict", summary: "and keep Go from switching to another (GOTOOLCHAIN=local)" },
		],
		examples: [
			["gox use 1.21", "the newest installed 1.21, in this shell only"],
			["gox use --strict 1.21", "that, whatever a go.mod asks for"],
			["gox use --unset", "back to what directories and the default say"],
		],
		load: () => import("../use.ts"),
	},
	{
		name: "pin",
		aliases: ["local"],
		args: "[version]",
		summary: "write .go-version for this directory",
		options: [{ flags: "--lock", summary: "write gox.lock too: what installs from here must be, byte for byte" }, insecure],
		examples: [
			["gox pin 1.22.5", "exactly that release"],
			["gox pin 1.22.5 --lock", "the same bytes for everyone on the team"],
			["gox pin 1.22", "the newest installed 1.22"],
			["gox pin", "what is pinned here"],
		],
		load: () => import("../pin.ts"),
	},
	{
		name: "default",
		aliases: ["global"],
		args: "[version]",
		summary: "the version where nothing else asks for one",
		examples: [
			["gox default 1.22.5", "set it"],
			["gox default system", "the next go on PATH instead"],
			["gox default", "show it"],
		],
		load: () => import("../default.ts"),
	},
	{
		name: "alias",
		args: "[name] [version]",
		summary: "names of your own for installed versions",
		options: [{ flags: "--remove", summary: "remove the alias" }],
		examples: [
			["gox alias work 1.21.13", "then: gox use work"],
			["gox alias", "list them"],
			["gox alias work --remove", "forget it"],
		],
		load: () => import("../alias.ts"),
	},
	{
		name: "current",
		args: "",
		summary: "the version in force here, and why",
		examples: [["gox current --json", "version, goroot and source"]],
		load: () => import("../current.ts"),
	},
	{
		name: "which",
		args: "[tool]",
		summary: "the path of the go (or another tool) in force here",
		firstWords: ["go", "gofmt"],
		examples: [["gox which gofmt", "the gofmt that runs here"]],
		load: () => import("../which.ts"),
	},
	{
		name: "why",
		args: "",
		summary: "every place that was asked which Go to use, and what it said",
		examples: [
			["gox why", "what decides here, and what was overruled"],
			["gox why --json", "the same for scripts"],
		],
		load: () => import("../why.ts"),
	},
	{
		name: "env",
		args: "[version]",
		summary: "shell statements that put gox's go on PATH",
		options: [
			{ flags: "--shell <name>", summary: "zsh, bash or fish; default: yours" },
			{ flags: "--ci", summary: "for the later steps of a CI job: to GITHUB_PATH and GITHUB_ENV where they are set" },
		],
		examples: [
			['eval "$(gox env)"', "in a script"],
			["gox env --ci", "in a step of a GitHub workflow"],
		],
		load: () => import("../env.ts"),
	},
];
