import type { CommandSpec, OptionSpec } from "./command.ts";

const platform: OptionSpec = {
	flags: "--platform <goos-goarch>",
	summary: "for another platform than this machine's, e.g. darwin-amd64",
};
const insecure: OptionSpec = { flags: "--insecure", summary: "allow plain http to hosts other than this machine" };
const source: OptionSpec = {
	flags: "--source <where>",
	summary: "download (sites), proxy (the Go module proxy), or a bundle's path; default: sites, then the proxy",
};

/** Every command: what is called, listed, helped with and completed. */
export const commands: readonly CommandSpec[] = [
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
		load: () => import("./install.ts"),
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
		load: () => import("./uninstall.ts"),
	},
	{
		name: "verify",
		args: "[version]",
		summary: "audit what is installed, or any GOROOT, against Go's checksum database",
		options: [{ flags: "--repair", summary: "install again what isn't what was published" }, platform, insecure],
		examples: [
			["gox verify", "every installed version"],
			["gox verify 1.22.5", "that version; names changed, missing and added files"],
			["gox verify /usr/local/go", "a GOROOT that anything installed"],
			["gox verify 1.22.5 --repair", "and installs it again if something is wrong"],
		],
		load: () => import("./verify.ts"),
	},
	{
		name: "list",
		aliases: ["ls"],
		args: "[request]",
		summary: "the installed versions, or with --remote those there are",
		options: [
			{ flags: "--remote", summary: "what can be installed" },
			platform,
			{ flags: "--refresh", summary: "ask the index again, however fresh the cached copy is" },
			insecure,
		],
		examples: [
			["gox list", "installed versions"],
			["gox list --remote 1.22", "every release of Go 1.22"],
			["gox list --remote latest --json", "the newest release, with its SHA-256"],
		],
		load: () => import("./list.ts"),
	},
	{
		name: "ls-remote",
		args: "[request]",
		summary: "the same as list --remote",
		options: [platform, { flags: "--refresh", summary: "ask the index again" }, insecure],
		hidden: true,
		load: () => import("./list.ts"),
	},
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
		load: () => import("./use.ts"),
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
		load: () => import("./pin.ts"),
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
		load: () => import("./default.ts"),
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
		load: () => import("./alias.ts"),
	},
	{
		name: "bundle",
		args: "[...versions]",
		summary: "put versions for several platforms into one file, for machines without a network",
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
		load: () => import("./bundle.ts"),
	},
	{
		name: "current",
		args: "",
		summary: "the version in force here, and why",
		examples: [["gox current --json", "version, goroot and source"]],
		load: () => import("./current.ts"),
	},
	{
		name: "which",
		args: "[tool]",
		summary: "the path of the go (or another tool) in force here",
		examples: [["gox which gofmt", "the gofmt that runs here"]],
		load: () => import("./which.ts"),
	},
	{
		name: "why",
		args: "",
		summary: "every place that was asked which Go to use, and what it said",
		load: () => import("./why.ts"),
	},
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
		load: () => import("./exec.ts"),
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
		load: () => import("./bisect.ts"),
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
		load: () => import("./env.ts"),
	},
	{
		name: "setup",
		args: "",
		summary: "put gox into your shell's start-up files",
		options: [
			{ flags: "--shell <name>", summary: "zsh, bash or fish; default: yours" },
			{ flags: "--undo", summary: "take it out again, to the byte" },
			{ flags: "--dry-run", summary: "show what would change" },
		],
		examples: [
			["gox setup", "for your shell"],
			["gox setup --dry-run", "show what would change"],
			["gox setup --undo", "take it out again"],
		],
		load: () => import("./setup.ts"),
	},
	{
		name: "init",
		args: "<shell>",
		summary: "print the shell hook, for eval",
		examples: [['eval "$(gox init zsh)"', "in place of gox setup"]],
		load: () => import("./init.ts"),
	},
	{
		name: "completions",
		args: "<shell>",
		summary: "print completions for zsh, bash or fish",
		load: () => import("./completions.ts"),
	},
	{
		name: "config",
		args: "[name] [value]",
		summary: "show or change settings",
		options: [{ flags: "--unset", summary: "back to the default" }],
		examples: [
			["gox config", "all settings"],
			["gox config auto_install yes", "install what a directory asks for without asking"],
		],
		load: () => import("./config.ts"),
	},
	{
		name: "auto-install",
		args: "<request>",
		summary: "called by the shim when the version that is asked for isn't installed",
		options: [{ flags: "--asked-by <file>", summary: "who asked" }],
		hidden: true,
		load: () => import("./auto-install.ts"),
	},
];

/** The command of that name or alias. */
export function commandCalled(name: string): CommandSpec | undefined {
	return commands.find((command) => command.name === name || command.aliases?.includes(name));
}
