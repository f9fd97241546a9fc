import type { CommandSpec } from "../command.ts";
import { dedupe, insecure, platform, source } from "./options.ts";

/** What installs, removes, proves and lists versions. */
export const versions: readonly CommandSpec[] = [
	{
		name: "install",
		args: "[...versions]",
		summary: "install Go releases, each proven to be what the Go project published",
		options: [
			platform,
			source,
			{
				flags: "--verify <who>",
				summary: "who must vouch: table, index, sumdb (Go's checksum database), pgp (a signature), all (docs/trust.md)",
			},
			{ flags: "--force", summary: "install again what is there already" },
			{ flags: "--default", summary: "make it the default" },
			dedupe,
			{ flags: "--unofficial", summary: "accept an index whose archives the release table contradicts" },
			{ flags: "--jobs <number>", summary: "how many at a time (default 2)" },
			{ flags: "--timings", summary: "say where the time went" },
			insecure,
		],
		examples: [
			["gox install 1.22.5", "that release"],
			["gox install 1.21 latest", "the newest 1.21 and the newest of all"],
			["gox install '>=1.21 <1.23'", "the newest in a range"],
			["gox install", "what this directory asks for"],
			["gox install 1.15.15 --platform darwin-amd64", "an x86-64 Go, for Rosetta"],
			["gox install 1.22.5 --source go.bundle", "out of a bundle, without a network"],
		],
		load: () => import("../install.ts"),
	},
	{
		name: "uninstall",
		aliases: ["remove", "rm"],
		args: "<...versions>",
		summary: "remove installed versions",
		options: [platform],
		examples: [
			["gox uninstall 1.22.5", "that release"],
			["gox uninstall 1.15.15 --platform darwin-amd64", "another platform's copy"],
		],
		load: () => import("../uninstall.ts"),
	},
	{
		name: "verify",
		args: "[version|path]",
		summary: "audit what is installed, or any GOROOT, against Go's checksum database",
		options: [{ flags: "--repair", summary: "install again what isn't what was published" }, platform, insecure],
		examples: [
			["gox verify", "every installed version"],
			["gox verify 1.22.5", "that version; names changed, missing and added files"],
			["gox verify /usr/local/go", "a GOROOT that anything installed"],
			["gox verify 1.22.5 --repair", "and installs it again if something is wrong"],
		],
		load: () => import("../verify.ts"),
	},
	{
		name: "list",
		aliases: ["ls"],
		args: "[request]",
		summary: "the installed versions, or with --remote those there are",
		options: [
			{ flags: "--remote", summary: "what can be installed" },
			{ flags: "--sizes", summary: "how large each is, and how much of that it shares with another" },
			platform,
			{ flags: "--refresh", summary: "ask the index again, however fresh the cached copy is" },
			insecure,
		],
		examples: [
			["gox list", "installed versions"],
			["gox list --remote 1.22", "every release of Go 1.22"],
			["gox list --remote latest --json", "the newest release, with its SHA-256"],
		],
		load: () => import("../list.ts"),
	},
	{
		name: "ls-remote",
		args: "[request]",
		summary: "the same as list --remote",
		options: [platform, { flags: "--refresh", summary: "ask the index again" }, insecure],
		examples: [["gox ls-remote 1.22", "every release of Go 1.22"]],
		hidden: true,
		load: () => import("../list.ts"),
	},
	{
		name: "bundle",
		args: "[...versions]",
		summary: "versions in one file, for machines without a network",
		options: [
			{ flags: "--platform <list>", summary: "darwin-arm64,linux-amd64 … or all; default: this machine's" },
			{ flags: "-o, --output <file>", summary: "the file to write (default go.bundle)" },
			{ flags: "--list", summary: "say what a bundle holds" },
			{ flags: "--source <where>", summary: "download (sites), proxy (the Go module proxy); default: sites, then the proxy" },
			insecure,
		],
		examples: [
			["gox bundle 1.22.5 1.21 --platform darwin-arm64,linux-amd64 -o go.bundle", "four archives with their proofs"],
			["gox bundle --list go.bundle", "what is in it"],
			["gox install 1.22.5 --source go.bundle", "on the other machine"],
		],
		load: () => import("../bundle.ts"),
	},
];
