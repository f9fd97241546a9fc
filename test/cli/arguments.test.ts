import { cac } from "cac";
import { describe, expect, it } from "vitest";
import { actionNamed, ownWords, parseArguments } from "../../src/cli/arguments.ts";
import { type ActionSpec, type CommandSpec, isGroup } from "../../src/cli/command.ts";
import { commandHelp } from "../../src/cli/help.ts";
import { commandCalled, commands } from "../../src/commands/table.ts";
import { GoxError } from "../../src/errors.ts";

const spec = (name: string): CommandSpec => {
	const found = commandCalled(name);
	if (!found) throw new Error(name);
	return found;
};

describe("why words go through an adapter: what cac does with them by itself", () => {
	const parsed = (...words: string[]) => {
		const parser = cac("gox");
		const command = parser.command("install [...versions]", "");
		for (const flags of ["--platform <goos-goarch>", "--force", "--dry-run"]) command.option(flags, "");
		return { ...parser.parse(["", "", "install", ...words], { run: false }), parser };
	};

	it("a version becomes a number, which drops its last digit; an empty word becomes 0", () => {
		expect(parsed("--platform", "1.20").options.platform).toBe(1.2);
		expect(parsed("--platform", "").options.platform).toBe(0);
		expect(parsed("--platform=1.20").options.platform).toBe(1.2);
		expect(parsed("--force", "1.20").args).toEqual([1.2]);
	});

	it("the value behind a flag that takes none becomes one of the words", () => {
		expect(parsed("--force=1.20")).toMatchObject({ args: [1.2], options: { force: true } });
	});

	it("a flag of two words takes the word behind it for its value", () => {
		expect(parsed("--dry-run", "1.22")).toMatchObject({ args: [], options: { dryRun: 1.22 } });
	});

	it("an unknown option is named in camel case", () => {
		expect(() => parsed("--not-there").parser.matchedCommand?.checkUnknownOptions()).toThrow("--notThere");
	});
});

describe("words stay the strings they were in argv", () => {
	it.each([
		[["1.20"], ["1.20"]],
		[["--force", "1.20"], ["1.20"]],
		[
			["1.20", "--force", "1.10", "1e3", "0x10", "007"],
			["1.20", "1.10", "1e3", "0x10", "007"],
		],
		[[""], [""]],
		[["--platform", "darwin-arm64", "1.20"], ["1.20"]],
		[["-y", "1.20"], ["1.20"]],
		[
			["1.21", "--", "1.20", "--force"],
			["1.21", "1.20", "--force"],
		],
		[
			["true", "false"],
			["true", "false"],
		],
	])("install %j", async (words, args) => {
		expect((await parseArguments(spec("install"), words)).args).toEqual(args);
	});

	it("and so do the values of options", async () => {
		expect((await parseArguments(spec("install"), ["--platform", "1.20"])).options.text("platform")).toBe("1.20");
		expect((await parseArguments(spec("install"), ["--platform=1.20"])).options.text("platform")).toBe("1.20");
		expect((await parseArguments(spec("install"), ["--jobs=4"])).options.text("jobs")).toBe("4");
	});
});

describe("a flag of two words leaves the word behind it alone", () => {
	it.each([
		["upgrade", ["--dry-run", "1.20"], "dryRun", ["1.20"]],
		["import", ["--dry-run", "goenv"], "dryRun", ["goenv"]],
		["tools", ["rebuild", "--dry-run", "gopls"], "dryRun", ["gopls"]],
		["proxy", ["use", "--private-by-proxy", "public"], "privateByProxy", ["public"]],
		["setup", ["--remove-leftovers", "--shell", "zsh"], "removeLeftovers", []],
	])("%s %j", async (name, words, option, args) => {
		const parsed = await parseArguments(spec(name), words);
		expect([parsed.options.has(option), parsed.args]).toEqual([true, args]);
	});

	it("and an option of two words keeps its value", async () => {
		expect((await parseArguments(spec("auto-install"), ["1.22", "--asked-by", "1.20"])).options.text("askedBy")).toBe("1.20");
		expect((await parseArguments(spec("auto-install"), ["--asked-by=1.20", "1.22"])).options.text("askedBy")).toBe("1.20");
	});
});

describe("a command line that is passed on", () => {
	it.each<[string[], string[], string[]]>([
		[["1.22", "--", "go", "test", "-v"], ["1.22"], ["go", "test", "-v"]],
		[["1.22", "go", "test", "--json", "--", "x"], ["1.22"], ["go", "test", "--json", "--", "x"]],
		[["--", "prog", "--help"], [], ["prog", "--help"]],
		[["--quiet", "1.22", "--", "a", "--", "b"], ["1.22"], ["a", "--", "b"]],
	])("exec %j", async (words, args, rest) => {
		expect(await parseArguments(spec("exec"), words)).toMatchObject({ args, rest });
	});

	it.each([
		[["--each", "1.20,1.21", "--jobs", "2", "--", "go", "--help"], { each: "1.20,1.21", jobs: "2" }, ["go", "--help"]],
		[["--jobs=2", "--fail-fast", "--each", "1.20", "--", "--", "x"], { each: "1.20", jobs: "2" }, ["--", "x"]],
		[["--each", ">=1.20 <1.22", "--json", "--"], { each: ">=1.20 <1.22" }, []],
	])("the values of options are no command: exec %j", async (words, values, rest) => {
		const parsed = await parseArguments(spec("exec"), words);
		expect(parsed).toMatchObject({ args: [], rest });
		expect({ each: parsed.options.text("each"), jobs: parsed.options.text("jobs") }).toEqual({ jobs: undefined, ...values });
	});

	it("a command that takes no words of its own ends its options at the first", async () => {
		const parsed = await parseArguments(spec("bisect"), ["--good", "1.20", "--bad=1.9", "go", "vet", "--", "--good", "-json"]);
		expect(parsed).toMatchObject({ args: [], rest: ["go", "vet", "--", "--good", "-json"] });
		expect([parsed.options.text("good"), parsed.options.text("bad")]).toEqual(["1.20", "1.9"]);
	});

	it.each([
		["exec", ["--json", "1.22", "--", "prog", "--help"], ["--json", "1.22"]],
		["exec", ["--each", "1.22", "--json", "--", "prog", "-h"], ["--each", "1.22", "--json"]],
		["exec", ["1.22", "prog", "--json"], ["1.22"]],
		["bisect", ["prog", "--help"], []],
		["bisect", ["--good", "1.20", "--help"], ["--good", "1.20", "--help"]],
		["install", ["1.22", "--", "--json"], ["1.22"]],
	])("gox's own words in %s %j", (name, words, own) => {
		expect(ownWords(spec(name), words)).toEqual(own);
	});
});

describe("what can't be understood is a usage error", () => {
	it.each<[string, string[], RegExp]>([
		["install", ["--frobnicate"], /no option --frobnicate/],
		["install", ["--dry-run"], /no option --dry-run/],
		["install", ["--JSON"], /no option --JSON$/],
		["install", ["--not-so-dry=1"], /no option --not-so-dry$/],
		["install", ["-x"], /no option -x$/],
		["install", ["--platform"], /--platform <goos-goarch> wants a value/],
		["uninstall", [], /too few words/],
		["init", [], /too few words/],
		["init", ["zsh", "bash"], /one word too many/],
		["current", ["x"], /one word too many/],
		["install", ["--force=1.20"], /--force takes no value/],
		["list", ["--json=1", "1.20"], /--json takes no value/],
	])("%s %j", async (name, words, message) => {
		const failure = await parseArguments(spec(name), words).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(GoxError);
		expect(String(failure)).toMatch(message);
	});

	it("an option given twice with two values", async () => {
		const { options } = await parseArguments(spec("install"), ["--platform", "a", "--platform", "b"]);
		expect(() => options.text("platform")).toThrow(/one value/);
	});
});

describe("the table of commands", () => {
	const actionsOf = (command: CommandSpec, path = command.name): readonly (readonly [string, ActionSpec])[] =>
		isGroup(command)
			? command.actions.flatMap((action) => actionsOf(action, `${path} ${action.name}`))
			: [[path, command] as const];

	it("has no name twice, and every command has help with its options", () => {
		const names = commands.flatMap((command) => [command.name, ...(command.aliases ?? [])]);
		expect(new Set(names).size).toBe(names.length);
		for (const command of commands) {
			const help = commandHelp(command);
			expect(help).toContain(command.summary);
			expect(help).toContain(`Examples:\n  ${actionsOf(command)[0]?.[1].examples?.[0]?.[0]}`);
			if (isGroup(command))
				for (const action of command.actions) {
					expect(help).toContain(action.summary);
					expect(help).toMatch(new RegExp(`^  ${action.name}\\b`, "m"));
				}
		}
	});

	it.each(commands.flatMap((command) => actionsOf(command)))(
		"%s --help names its options and gives an example",
		(path, action) => {
			const help = commandHelp(action, path);
			expect(help).toContain(`Usage:\n  gox ${path}`);
			for (const { flags } of action.options ?? []) expect(help).toContain(flags);
			expect(action.examples?.length, path).toBeGreaterThan(0);
			expect(help).toContain(`Examples:\n  ${action.examples?.[0]?.[0]}`);
		},
	);

	it("the default action of a command is one of its actions", () => {
		for (const command of commands)
			if (isGroup(command) && command.defaultAction !== undefined)
				expect(command.actions.map(({ name }) => name)).toContain(command.defaultAction);
	});
});

describe("actions", () => {
	it.each<[string, string[], { path: string; args: string[] }]>([
		["cache", [], { path: "cache show", args: [] }],
		["cache", ["--json"], { path: "cache show", args: [] }],
		["cache", ["clean", "--json"], { path: "cache clean", args: [] }],
		["proxy", ["use", "mirror", "https://a.example"], { path: "proxy use", args: ["mirror", "https://a.example"] }],
		["proxy", ["--private", "corp.example", "use", "public"], { path: "proxy use", args: ["public"] }],
		["proxy", ["test", "--module", "a.b/c", "--", "x"], { path: "proxy test", args: ["x"] }],
		["tools", ["rebuild", "--all", "list"], { path: "tools rebuild", args: ["list"] }],
		["tools", ["default"], { path: "tools default list", args: [] }],
		["tools", ["default", "--quiet", "add", "a.b/c@v1"], { path: "tools default add", args: ["a.b/c@v1"] }],
		["mirror", ["test", "1.20"], { path: "mirror test", args: ["1.20"] }],
		["editor", ["--settings", "x", "vscode"], { path: "editor vscode", args: [] }],
	])("gox %s %j", async (name, words, { path, args }) => {
		const parsed = await parseArguments(spec(name), words);
		expect(parsed.args).toEqual(args);
		const named = actionNamed(spec(path.split(" ")[0] ?? ""), path.split(" ").slice(1));
		expect(named).toEqual({ path, spec: parsed.action });
	});

	it.each<[string, string[], RegExp]>([
		["editor", [], /^GoxError: editor: which\? vscode, goland or neovim$/],
		["editor", ["emacs"], /^GoxError: gox editor wants vscode, goland or neovim, not "emacs"$/],
		["cache", ["empty"], /gox cache wants show, path, size or clean, not "empty"/],
		["cache", ["show", "more"], /cache show: "more" is one word too many/],
		["proxy", ["https://joe:s3cret@a.example"], /gox proxy wants show, use, test or undo, not an address$/],
		["proxy", ["use"], /proxy use: too few words: it is `gox proxy use <profile> \[address\]`/],
		["proxy", ["test", "--force"], /^GoxError: proxy test: --force belongs to gox proxy use and gox proxy undo$/],
		["proxy", ["--dry-run"], /^GoxError: proxy show: --dry-run belongs to gox proxy use and gox proxy undo$/],
		["proxy", ["undo", "--module=x"], /proxy undo: --module belongs to gox proxy use and gox proxy test/],
		["editor", ["neovim", "--workspace"], /editor neovim: --workspace belongs to gox editor vscode$/],
		["tools", ["upgrade", "--all"], /tools upgrade: --all belongs to gox tools rebuild/],
		[
			"tools",
			["default", "add", "--dry-run", "a.b/c"],
			/tools default add: --dry-run belongs to gox tools upgrade and gox tools/,
		],
		["tools", ["default", "add"], /too few words: it is `gox tools default add <...packages>`/],
		["tools", ["default", "polish"], /gox tools default wants list, add, remove or install, not "polish"/],
		["mirror", ["test", "--frobnicate"], /^GoxError: mirror test: there is no option --frobnicate$/],
	])("gox %s %j is a usage error", async (name, words, message) => {
		const failure = await parseArguments(spec(name), words).catch((error: unknown) => error);
		expect(failure).toMatchObject({ code: "usage", hint: expect.stringMatching(/^gox \w/) });
		expect(String(failure)).toMatch(message);
	});

	it("help is of the action that the words name, as far as they name one", () => {
		const path = (name: string, ...words: string[]) => actionNamed(spec(name), words).path;
		expect([path("proxy"), path("proxy", "use", "--help"), path("proxy", "nonsense")]).toEqual(["proxy", "proxy use", "proxy"]);
		expect([path("tools", "default"), path("tools", "default", "add"), path("install", "1.22")]).toEqual([
			"tools default",
			"tools default add",
			"install",
		]);
	});
});
