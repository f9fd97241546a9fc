import type { CommandSpec } from "../command.ts";
import { insecure } from "./options.ts";

/** What sets the machine and gox itself up. */
export const machine: readonly CommandSpec[] = [
	{
		name: "setup",
		args: "",
		summary: "put gox into your shell's start-up files",
		options: [
			{ flags: "--shell <name>", summary: "zsh, bash or fish; default: yours" },
			{ flags: "--remove-leftovers", summary: "take out what gvm, goenv, g, asdf and others left in those files" },
			{ flags: "--undo", summary: "take it out again, to the byte, and put back what was taken out" },
			{ flags: "--dry-run", summary: "show what would change" },
		],
		examples: [
			["gox setup", "for your shell"],
			["gox setup --dry-run", "show what would change"],
			["gox setup --remove-leftovers", "and take out the lines of other version managers"],
			["gox setup --undo", "take it out again"],
		],
		load: () => import("../setup.ts"),
	},
	{
		name: "import",
		args: "[...what]",
		summary: "adopt the Gos of gvm, goenv, g, gobrew, goup, asdf, mise and others, proven first",
		options: [
			{ flags: "--all", summary: "everything that is proven" },
			{ flags: "--dry-run", summary: "only show what there is" },
			{ flags: "--link", summary: "share the module cache's read-only files by hard links" },
			{ flags: "--unofficial", summary: "also what isn't what the Go project published" },
			{ flags: "--files", summary: "write a .go-version beside version files that only other tools read" },
		],
		examples: [
			["gox import", "shows what there is, and asks"],
			["gox import --all", "everything that is proven"],
			["gox import goenv 1.22", "goenv's, and every 1.22"],
			["gox import /usr/local/go", "that one"],
			["gox import --files ~/projects", "take over mise.toml, .prototools and .gvmrc"],
		],
		load: () => import("../import.ts"),
	},
	{
		name: "init",
		args: "<shell>",
		summary: "print the shell hook, for eval",
		examples: [['eval "$(gox init zsh)"', "in place of gox setup"]],
		load: () => import("../init.ts"),
	},
	{
		name: "doctor",
		args: "",
		summary: "what is wrong on this machine with Go, why it matters, and what to paste",
		options: [
			{ flags: "--fix", summary: "do what is safe, after showing it; each can be undone" },
			{ flags: "--undo [number]", summary: "undo the last --fix, or one of its repairs" },
			{ flags: "--deep", summary: "also build and run: a program, cgo, go test -race, a profile" },
			{ flags: "--offline", summary: "don't ask the network" },
		],
		examples: [
			["gox doctor", "what is wrong; exit 1 if something is broken"],
			["gox doctor --fix", "and set right what is safe"],
			["gox doctor --deep", "with the Go in force, build and run things"],
			["gox doctor --json", "every finding, for scripts"],
		],
		load: () => import("../doctor.ts"),
	},
	{
		name: "proxy",
		args: "[...action]",
		summary: "where Go gets modules from (GOPROXY, GOSUMDB, GOPRIVATE): show, use, test or undo",
		options: [
			{ flags: "--private <patterns>", summary: "modules that no proxy and no checksum database is asked about (GOPRIVATE)" },
			{ flags: "--private-by-proxy", summary: "the company's proxy has the private ones too (GONOPROXY=none)" },
			{ flags: "--sumdb <database>", summary: "another checksum database (GOSUMDB); default: Go's own" },
			{ flags: "--module <path>", summary: "ask for this module; default: golang.org/x/text" },
			{ flags: "--dry-run", summary: "test and show, write nothing" },
			{ flags: "--force", summary: "write what failed the test; undo what was changed since" },
			insecure,
		],
		examples: [
			["gox proxy", "what is in force, and who says so"],
			["gox proxy test", "ask every proxy in force, and the checksum database"],
			["gox proxy use mirror https://proxy.example", "that one first, then each module's repository"],
			["gox proxy use company https://go.corp.example --private 'corp.example/*'", "that one first, then Go's own"],
			["gox proxy use public", "Go's own settings"],
			["gox proxy undo", "as it was before the last use"],
		],
		load: () => import("../proxy.ts"),
	},
	{
		name: "completions",
		args: "<shell>",
		summary: "print completions for zsh, bash or fish",
		load: () => import("../completions.ts"),
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
		load: () => import("../config.ts"),
	},
	{
		name: "auto-install",
		args: "<request>",
		summary: "called by the shim when the version that is asked for isn't installed",
		options: [{ flags: "--asked-by <file>", summary: "who asked" }],
		hidden: true,
		load: () => import("../auto-install.ts"),
	},
];
