import type { CommandSpec, OptionSpec } from "../cli/command.ts";

const platform: OptionSpec = {
	flags: "--platform <goos-goarch>",
	summary: "for another platform than this machine's, e.g. darwin-amd64",
};
const insecure: OptionSpec = { flags: "--insecure", summary: "allow plain http to hosts other than this machine" };
const source: OptionSpec = {
	flags: "--source <where>",
	summary: "download (sites), proxy (the Go module proxy), or a bundle's path; default: sites, then the proxy",
};
const dedupe: OptionSpec = {
	flags: "--dedupe",
	summary: "share identical files with another version: clones, or hard links to read-only files",
};
const editorOptions: readonly OptionSpec[] = [
	{ flags: "--undo", summary: "undo the last change, byte for byte" },
	{ flags: "--dry-run", summary: "show what would change" },
];

/** Install, remove, verify and list versions. */
const versions: readonly CommandSpec[] = [
	{
		name: "install",
		args: "[...versions]",
		summary: "install Go releases, each proven to be what the Go project published",
		files: true,
		options: [
			platform,
			source,
			{
				flags: "--verify <who>",
				summary: "who must vouch: table, index, sumdb (Go's checksum database), pgp (a signature), all (docs/trust.md)",
			},
			{ flags: "--force", summary: "reinstall a version that is already installed" },
			{ flags: "--default", summary: "make it the default" },
			dedupe,
			{ flags: "--unofficial", summary: "accept an index that the built-in release table contradicts" },
			{ flags: "--jobs <number>", summary: "how many at a time (default 2)" },
			{ flags: "--timings", summary: "show where the time went" },
			insecure,
		],
		examples: [
			["gox install 1.22.5", "that release"],
			["gox install 1.21 latest", "the newest 1.21 and the newest of all"],
			["gox install '>=1.21 <1.23'", "the newest in a range"],
			["gox install", "what this directory asks for"],
			["gox install 1.15.15 --platform darwin-amd64", "an x86-64 Go, for Rosetta"],
			["gox install 1.22.5 --source go.bundle", "from a bundle, without a network"],
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
		args: "[version|path]",
		summary: "audit what is installed, or any GOROOT, against Go's checksum database",
		files: true,
		options: [{ flags: "--repair", summary: "reinstall versions that differ from what was published" }, platform, insecure],
		examples: [
			["gox verify", "every installed version"],
			["gox verify 1.22.5", "that version: lists changed, missing and added files"],
			["gox verify /usr/local/go", "any GOROOT, whatever installed it"],
			["gox verify 1.22.5 --repair", "reinstall it if something is wrong"],
		],
		load: () => import("./verify.ts"),
	},
	{
		name: "list",
		aliases: ["ls"],
		args: "[request]",
		summary: "the installed versions, or with --remote the available ones",
		options: [
			{ flags: "--remote", summary: "list what can be installed" },
			{ flags: "--sizes", summary: "show the size of each, and how much of it is shared with another" },
			platform,
			{ flags: "--refresh", summary: "download the index again, even if the cached copy is fresh" },
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
		options: [platform, { flags: "--refresh", summary: "download the index again" }, insecure],
		examples: [["gox ls-remote 1.22", "every release of Go 1.22"]],
		hidden: true,
		load: () => import("./list.ts"),
	},
	{
		name: "bundle",
		args: "[...versions]",
		summary: "put versions into one file, for machines without a network",
		options: [
			{ flags: "--platform <list>", summary: "darwin-arm64,linux-amd64 … or all; default: this machine's" },
			{ flags: "-o, --output <file>", summary: "the file to write (default go.bundle)" },
			{ flags: "--list", summary: "list what is in a bundle" },
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
];

/** Choose a version, and show which one is chosen. */
const choice: readonly CommandSpec[] = [
	{
		name: "use",
		args: "[version]",
		summary: "choose a version for this shell (needs the hook: gox setup)",
		options: [
			{ flags: "--unset", summary: "go back to version files and the default" },
			{ flags: "--strict", summary: "also keep Go from switching to another (GOTOOLCHAIN=local)" },
		],
		examples: [
			["gox use 1.21", "the newest installed 1.21, in this shell only"],
			["gox use --strict 1.21", "the same, whatever a go.mod asks for"],
			["gox use --unset", "go back to version files and the default"],
		],
		load: () => import("./use.ts"),
	},
	{
		name: "pin",
		aliases: ["local"],
		args: "[version]",
		summary: "write .go-version for this directory",
		options: [{ flags: "--lock", summary: "also write gox.lock: installs from here must match it byte for byte" }, insecure],
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
		summary: "the version to use where nothing asks for one",
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
		summary: "your own names for installed versions",
		options: [{ flags: "--remove", summary: "remove the alias" }],
		examples: [
			["gox alias work 1.21.13", "then: gox use work"],
			["gox alias", "list them"],
			["gox alias work --remove", "remove it"],
		],
		load: () => import("./alias.ts"),
	},
	{
		name: "current",
		args: "",
		summary: "the version in use here, and why",
		examples: [["gox current --json", "version, goroot and source"]],
		load: () => import("./current.ts"),
	},
	{
		name: "which",
		args: "[tool]",
		summary: "the path of the go (or another tool) in use here",
		firstWords: ["go", "gofmt"],
		examples: [["gox which gofmt", "the gofmt that runs here"]],
		load: () => import("./which.ts"),
	},
	{
		name: "why",
		args: "",
		summary: "every source that can choose the Go to use, and what it says",
		examples: [
			["gox why", "what decides here, and what it overrides"],
			["gox why --json", "the same, for scripts"],
		],
		load: () => import("./why.ts"),
	},
	{
		name: "env",
		args: "[version]",
		summary: "shell statements that put gox's go on PATH",
		options: [
			{ flags: "--shell <name>", summary: "zsh, bash or fish; default: yours" },
			{ flags: "--ci", summary: "for later steps of a CI job: write GITHUB_PATH and GITHUB_ENV if they are set" },
		],
		examples: [
			['eval "$(gox env)"', "in a script"],
			["gox env --ci", "in a step of a GitHub workflow"],
		],
		load: () => import("./env.ts"),
	},
];

/** Run commands with a version. */
const running: readonly CommandSpec[] = [
	{
		name: "exec",
		args: "[version]",
		summary: "run one command with a version, or with each of several",
		takesCommand: true,
		options: [
			{ flags: "--each <versions>", summary: "a matrix: versions, minors, latest or ranges, separated by commas" },
			{ flags: "--jobs <number>", summary: "with --each: how many at a time (default: the number of processors)" },
			{ flags: "--fail-fast", summary: "with --each: stop the rest after the first failure" },
			source,
			insecure,
		],
		examples: [
			["gox exec 1.21 -- go test ./...", "with the newest installed 1.21"],
			["gox exec -- make", "with the version in use here"],
			["gox exec --each 1.20,1.21,latest -- go test ./...", "with each of three, in parallel"],
			["gox exec --each '>=1.20' --json -- go vet ./...", "with the newest patch of every minor since 1.20"],
		],
		load: () => import("./exec.ts"),
	},
	{
		name: "bisect",
		args: "",
		summary: "find the first Go release with which a command starts to pass or fail",
		takesCommand: true,
		options: [
			{ flags: "--good <version>", summary: "the command passes with this release" },
			{ flags: "--bad <version>", summary: "the command fails with this release" },
			{ flags: "--stable", summary: "skip betas and release candidates" },
			{ flags: "--once", summary: "run the command once for each release, not twice" },
			{ flags: "--keep", summary: "keep the releases that bisect installs" },
			source,
			insecure,
		],
		examples: [
			["gox bisect --good 1.21 --bad 1.23 -- go test ./...", "the first release that fails"],
			["gox bisect --bad 1.20 --good latest -- go build .", "the first release that passes"],
		],
		load: () => import("./bisect.ts"),
	},
];

/** Keep the store up to date, and small. */
const upkeep: readonly CommandSpec[] = [
	{
		name: "outdated",
		args: "[request]",
		summary: "newer patches, end of life and known vulnerabilities",
		options: [{ flags: "--refresh", summary: "download the index again, even if the cached copy is fresh" }, insecure],
		examples: [
			["gox outdated", "every installed version"],
			["gox outdated 1.22 --verbose", "every known vulnerability of the installed 1.22s"],
			["gox outdated --json", "the same, for scripts; the exit status is 0 whatever is found"],
		],
		load: () => import("./outdated.ts"),
	},
	{
		name: "upgrade",
		args: "[...versions]",
		summary: "install the newest patch of installed minors, and update the default",
		options: [
			{ flags: "--all", summary: "every installed minor; otherwise those named, or the one in use here" },
			{ flags: "--prune", summary: "also remove older patches that nothing needs" },
			{ flags: "--dry-run", summary: "show what would be done" },
			dedupe,
			platform,
			source,
			insecure,
		],
		examples: [
			["gox upgrade", "the minor in use here"],
			["gox upgrade 1.22 1.25", "those minors"],
			["gox upgrade --all --prune", "every minor, and remove the old patches"],
		],
		load: () => import("./upgrade.ts"),
	},
	{
		name: "prune",
		args: "",
		summary: "remove versions that nothing uses",
		options: [
			{ flags: "--dry-run", summary: "show what would be removed, what stays, and why" },
			{ flags: "--unused", summary: "also remove the newest patch of a minor, if nothing asks for it" },
			{ flags: "--modcache", summary: "also remove toolchains in Go's module cache that gox has too" },
		],
		examples: [
			["gox prune --dry-run", "what would be removed, what stays and why, and how much it frees"],
			["gox prune --yes", "without asking"],
			["gox prune --modcache", "and golang.org/toolchain@… copies of installed versions"],
		],
		load: () => import("./prune.ts"),
	},
	{
		name: "dedupe",
		args: "",
		summary: "store identical files of installed versions only once",
		options: [{ flags: "--clone-only", summary: "only clone files; make no hard links" }],
		examples: [
			["gox dedupe", "clones where the file system can, else hard links to read-only files"],
			["gox config dedupe link", "also for every version installed from now on"],
		],
		load: () => import("./dedupe.ts"),
	},
	{
		name: "cache",
		summary: "what gox has cached, and where",
		defaultAction: "show",
		actions: [
			{
				name: "show",
				args: "",
				summary: "what is in the cache",
				examples: [["gox cache", "what is in it"]],
				load: async () => ({ run: (await import("./cache.ts")).show }),
			},
			{
				name: "path",
				args: "",
				summary: "the cache's directory",
				examples: [["gox cache path", "its directory"]],
				load: async () => ({ run: (await import("./cache.ts")).path }),
			},
			{
				name: "size",
				args: "",
				summary: "how large the cache is",
				examples: [["gox cache size --json", "its size in bytes"]],
				load: async () => ({ run: (await import("./cache.ts")).size }),
			},
			{
				name: "clean",
				args: "",
				summary: "remove everything in the cache",
				examples: [["gox cache clean", "remove it: lists and proofs are fetched again when they are needed"]],
				load: async () => ({ run: (await import("./cache.ts")).clean }),
			},
		],
	},
];

/** Set up the machine and gox itself. */
const machine: readonly CommandSpec[] = [
	{
		name: "setup",
		args: "",
		summary: "put gox into your shell's start-up files",
		options: [
			{ flags: "--shell <name>", summary: "zsh, bash or fish; default: yours" },
			{ flags: "--remove-leftovers", summary: "remove what gvm, goenv, g, asdf and others left in those files" },
			{ flags: "--undo", summary: "restore those files byte for byte, with what was removed from them" },
			{ flags: "--dry-run", summary: "show what would change" },
		],
		examples: [
			["gox setup", "for your shell"],
			["gox setup --dry-run", "show what would change"],
			["gox setup --remove-leftovers", "also remove the lines of other version managers"],
			["gox setup --undo", "restore the files"],
		],
		load: () => import("./setup.ts"),
	},
	{
		name: "import",
		args: "[...what]",
		summary: "adopt the Gos of other version managers, after proving them",
		files: true,
		options: [
			{ flags: "--all", summary: "everything that is proven" },
			{ flags: "--dry-run", summary: "only show what was found" },
			{ flags: "--link", summary: "share the module cache's read-only files by hard links" },
			{ flags: "--unofficial", summary: "also import Gos that differ from what the Go project published" },
			{ flags: "--files", summary: "write a .go-version beside version files that only other tools read" },
		],
		examples: [
			["gox import", "show what was found, and ask"],
			["gox import --all", "everything that is proven"],
			["gox import goenv 1.22", "goenv's, and every 1.22"],
			["gox import /usr/local/go", "that one"],
			["gox import --files ~/projects", "take over mise.toml, .prototools and .gvmrc"],
		],
		load: () => import("./import.ts"),
	},
	{
		name: "init",
		args: "<shell>",
		summary: "print the shell hook, for eval",
		examples: [['eval "$(gox init zsh)"', "in place of gox setup"]],
		load: () => import("./init.ts"),
	},
	{
		name: "doctor",
		args: "",
		summary: "what is wrong with Go on this machine, why it matters, and how to fix it",
		options: [
			{ flags: "--fix", summary: "make the safe repairs, after showing them; each can be undone" },
			{ flags: "--undo [number]", summary: "undo the last --fix, or one of its repairs" },
			{ flags: "--deep", summary: "also build and run: a program, cgo, go test -race, a profile" },
			{ flags: "--offline", summary: "don't use the network" },
		],
		examples: [
			["gox doctor", "what is wrong; exit 1 if something is broken"],
			["gox doctor --fix", "and make the safe repairs"],
			["gox doctor --deep", "also build and run programs with the Go in use"],
			["gox doctor --json", "every finding, for scripts"],
		],
		load: () => import("./doctor.ts"),
	},
	{
		name: "proxy",
		summary: "where Go gets modules from",
		defaultAction: "show",
		actions: [
			{
				name: "show",
				args: "",
				summary: "the settings in force, and where each comes from",
				examples: [["gox proxy", "what is in force, and where it comes from"]],
				load: async () => ({ run: (await import("./proxy.ts")).show }),
			},
			{
				name: "use",
				args: "<profile> [address]",
				summary: "test a profile (public, mirror or company), then write it with go env -w",
				firstWords: ["public", "mirror", "company"],
				options: [
					{ flags: "--private <patterns>", summary: "modules to fetch without a proxy or checksum database (GOPRIVATE)" },
					{ flags: "--private-by-proxy", summary: "fetch private modules from the company's proxy too (GONOPROXY=none)" },
					{ flags: "--sumdb <database>", summary: "another checksum database (GOSUMDB); default: Go's own" },
					{ flags: "--module <path>", summary: "test with this module; default: golang.org/x/text" },
					{ flags: "--dry-run", summary: "test and show, write nothing" },
					{ flags: "--force", summary: "write the profile even if its test fails" },
					insecure,
				],
				examples: [
					["gox proxy use mirror https://proxy.example", "that one first, then each module's repository"],
					["gox proxy use company https://go.corp.example --private 'corp.example/*'", "that one first, then Go's own"],
					["gox proxy use public", "Go's own settings"],
				],
				load: async () => ({ run: (await import("./proxy.ts")).useProfile }),
			},
			{
				name: "test",
				args: "[...addresses]",
				summary: "test every proxy in force, or those named, and the checksum database",
				options: [{ flags: "--module <path>", summary: "test with this module; default: golang.org/x/text" }, insecure],
				examples: [["gox proxy test", "test every proxy in force, and the checksum database"]],
				load: async () => ({ run: (await import("./proxy.ts")).testProxies }),
			},
			{
				name: "undo",
				args: "",
				summary: "undo the last use",
				options: [
					{ flags: "--dry-run", summary: "show what would be undone, write nothing" },
					{ flags: "--force", summary: "undo it even if the file was changed since" },
				],
				examples: [["gox proxy undo", "as it was before the last use"]],
				load: async () => ({ run: (await import("./proxy.ts")).undoProfile }),
			},
		],
	},
	{
		name: "mirror",
		summary: "where gox downloads Go from",
		defaultAction: "list",
		actions: [
			{
				name: "list",
				args: "",
				summary: "the mirrors in force, in order, and where they come from",
				options: [insecure],
				examples: [["gox mirror", "what is in force, and where it comes from"]],
				load: async () => ({ run: (await import("./mirror.ts")).list }),
			},
			{
				name: "test",
				args: "[...addresses]",
				summary: "time and check mirrors, propose an order, and ask whether to write it",
				options: [
					{ flags: "--only", summary: "test only the mirrors named, or else those in force" },
					{ flags: "--quick", summary: "don't download a whole file to check its hash" },
					{ flags: "--refresh", summary: "download a new list of releases first" },
					{ flags: "--dry-run", summary: "test and propose, write nothing" },
					insecure,
				],
				examples: [
					["gox mirror test", "time and check them, propose an order, ask whether to write it"],
					["gox mirror test https://mirror.example/go --yes", "with one more, and write the order without asking"],
					["gox config mirrors --unset", "back to the built-in order"],
				],
				load: async () => ({ run: (await import("./mirror.ts")).test }),
			},
		],
	},
	{
		name: "editor",
		summary: "make an editor use the Go that each directory asks for",
		actions: [
			{
				name: "vscode",
				args: "",
				summary: "point the Go extension at the shims",
				options: [
					{ flags: "--workspace", summary: ".vscode/settings.json of this directory, not the user's settings" },
					{ flags: "--settings <path>", summary: "this settings.json (Insiders, VSCodium, Cursor)" },
					...editorOptions,
				],
				examples: [
					["gox editor vscode", "the Go extension runs the shims; comments and other settings stay"],
					["gox editor vscode --yes", "also remove settings that fix a GOROOT"],
				],
				load: async () => ({ run: (await import("./editor.ts")).vscode }),
			},
			{
				name: "goland",
				args: "",
				summary: "say which GOROOT to choose in GoLand, or write it",
				options: [{ flags: "--write", summary: "write the project's file" }, ...editorOptions],
				examples: [["gox editor goland", "where to put which path"]],
				load: async () => ({ run: (await import("./editor.ts")).goland }),
			},
			{
				name: "neovim",
				args: "",
				summary: "print a snippet for Neovim, or write it",
				options: [{ flags: "--write", summary: "write it to a file in Neovim's plugin directory" }, ...editorOptions],
				examples: [["gox editor neovim --write", "a file in Neovim's plugin directory"]],
				load: async () => ({ run: (await import("./editor.ts")).neovim }),
			},
		],
	},
	{
		name: "tools",
		summary: "the programs that `go install` made",
		defaultAction: "list",
		actions: [
			{
				name: "list",
				args: "[...names]",
				summary: "each tool with its version, the Go that built it, and what is wrong with it",
				examples: [["gox tools", "each with its version, the Go that built it, and what is wrong with it"]],
				load: async () => ({ run: (await import("./tools.ts")).list }),
			},
			{
				name: "upgrade",
				args: "[...names]",
				summary: "build the latest versions with the Go in use",
				options: [{ flags: "--dry-run", summary: "show what would be done" }],
				examples: [["gox tools upgrade gopls", "go install …@latest, with the Go in use"]],
				load: async () => ({ run: (await import("./tools.ts")).upgrade }),
			},
			{
				name: "rebuild",
				args: "[...names]",
				summary: "build the same versions again where an older Go built them, or for another platform",
				options: [
					{ flags: "--all", summary: "also rebuild those that don't need it" },
					{ flags: "--dry-run", summary: "show what would be done" },
				],
				examples: [["gox tools rebuild", "the same versions, where an older Go built them or for another platform"]],
				load: async () => ({ run: (await import("./tools.ts")).rebuild }),
			},
			{
				name: "default",
				summary: "the tools that each new Go can bring with it",
				defaultAction: "list",
				actions: [
					{
						name: "list",
						args: "",
						summary: "the default tools, and which of them are installed",
						examples: [["gox tools default", "the default tools, and which of them are installed"]],
						load: async () => ({ run: (await import("./tools.ts")).listDefaults }),
					},
					{
						name: "add",
						args: "<...packages>",
						summary: "add packages to the list",
						examples: [
							["gox tools default add golang.org/x/tools/gopls@latest", "and gox config default_tools on: with each new Go"],
						],
						load: async () => ({ run: (await import("./tools.ts")).addDefaults }),
					},
					{
						name: "remove",
						args: "<...packages>",
						summary: "take packages off the list; what is installed stays",
						examples: [["gox tools default remove gopls", "the program stays"]],
						load: async () => ({ run: (await import("./tools.ts")).removeDefaults }),
					},
					{
						name: "install",
						args: "",
						summary: "install those that are missing, now",
						examples: [["gox tools default install", "those that are missing, now"]],
						load: async () => ({ run: (await import("./tools.ts")).installDefaults }),
					},
				],
			},
		],
	},
	{
		name: "completions",
		args: "<shell>",
		summary: "print completions for zsh, bash or fish",
		examples: [
			['eval "$(gox completions bash)"', "in .bashrc; for zsh in .zshrc, after compinit"],
			["gox completions fish | source", "in config.fish"],
		],
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
		name: "version",
		args: "",
		summary: "the version of gox itself",
		examples: [
			["gox version", "as gox --version"],
			["gox version --json", "for scripts"],
		],
		load: () => import("./version.ts"),
	},
	{
		name: "auto-install",
		args: "<request>",
		summary: "called by the shim when the requested version isn't installed",
		options: [{ flags: "--asked-by <file>", summary: "the file that requests it" }],
		examples: [["gox auto-install 1.22.5 --asked-by .go-version", "ask if auto_install says so, then install"]],
		hidden: true,
		load: () => import("./auto-install.ts"),
	},
	{
		name: "shim",
		args: "<tool>",
		summary: "called by gox-shim.sh: print the line of shell that runs a Go tool",
		takesCommand: true,
		options: [{ flags: "--again", summary: "a version that is missing has been asked for already" }],
		examples: [["gox shim go -- version", "what `go version` runs here"]],
		hidden: true,
		load: () => import("./shim.ts"),
	},
];

/** Every command that can be called; help and completions list them too. */
export const commands: readonly CommandSpec[] = [...versions, ...choice, ...running, ...upkeep, ...machine];

/** The command of that name or alias. */
export function commandCalled(name: string): CommandSpec | undefined {
	return commands.find((command) => command.name === name || command.aliases?.includes(name));
}
