import type { CommandSpec } from "../command.ts";
import { dedupe, insecure, platform, source } from "./options.ts";

/** What keeps the store up to date, and small. */
export const upkeep: readonly CommandSpec[] = [
	{
		name: "outdated",
		args: "[request]",
		summary: "newer patches, end of life and known vulnerabilities",
		options: [{ flags: "--refresh", summary: "ask the index again, however fresh the cached copy is" }, insecure],
		examples: [
			["gox outdated", "every installed version"],
			["gox outdated 1.22 --verbose", "every known vulnerability of the installed 1.22s"],
			["gox outdated --json", "the same for a script; the exit status is 0 whatever is found"],
		],
		load: () => import("../outdated.ts"),
	},
	{
		name: "upgrade",
		args: "[...versions]",
		summary: "install the newest patch of installed minors, and move the default along",
		options: [
			{ flags: "--all", summary: "of every installed minor; otherwise of those named, or of the version in force here" },
			{ flags: "--prune", summary: "and remove the older patches that nothing needs" },
			{ flags: "--dry-run", summary: "say what would be done" },
			dedupe,
			platform,
			source,
			insecure,
		],
		examples: [
			["gox upgrade", "the minor in force here"],
			["gox upgrade 1.22 1.25", "those minors"],
			["gox upgrade --all --prune", "every minor, and no old patches left"],
		],
		load: () => import("../upgrade.ts"),
	},
	{
		name: "prune",
		args: "",
		summary: "remove what nobody uses",
		options: [
			{ flags: "--dry-run", summary: "show what would go and what stays, and why" },
			{ flags: "--unused", summary: "also the newest patch of a minor that nothing asks for" },
			{ flags: "--modcache", summary: "also the toolchains in Go's module cache that gox has too" },
		],
		examples: [
			["gox prune --dry-run", "what would go, what stays and why, how much it frees"],
			["gox prune --yes", "without asking"],
			["gox prune --modcache", "and golang.org/toolchain@… copies of installed versions"],
		],
		load: () => import("../prune.ts"),
	},
	{
		name: "dedupe",
		args: "",
		summary: "keep equal files of installed versions only once",
		options: [{ flags: "--clone-only", summary: "no hard links: only where the file system can clone" }],
		examples: [
			["gox dedupe", "clones where the disk has them, else hard links of read-only files"],
			["gox config dedupe link", "and of every version that is installed from now on"],
		],
		load: () => import("../dedupe.ts"),
	},
	{
		name: "cache",
		args: "[action]",
		summary: "what gox has cached, and where: show (the default), path, size or clean",
		firstWords: ["show", "path", "size", "clean"],
		examples: [
			["gox cache", "what is in it"],
			["gox cache clean", "remove it: lists and proofs are fetched again when they are needed"],
		],
		load: () => import("../cache.ts"),
	},
];
