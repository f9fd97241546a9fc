import { describe, expect, it } from "vitest";
import { commandHelp, ownWords, parseArguments } from "../../src/cli/arguments.ts";
import type { CommandSpec } from "../../src/cli/command.ts";
import { commandCalled, commands } from "../../src/commands/table.ts";
import { GoxError } from "../../src/errors.ts";

const spec = (name: string): CommandSpec => {
	const found = commandCalled(name);
	if (!found) throw new Error(name);
	return found;
};

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
	it("has no name twice, and every command has help with its options", () => {
		const names = commands.flatMap((command) => [command.name, ...(command.aliases ?? [])]);
		expect(new Set(names).size).toBe(names.length);
		for (const command of commands) {
			const help = commandHelp(command);
			expect(help).toContain(command.summary);
			for (const { flags } of command.options ?? []) expect(help).toContain(flags);
			expect(command.examples?.length, command.name).toBeGreaterThan(0);
			expect(help).toContain(`Examples:\n  ${command.examples?.[0]?.[0]}`);
		}
	});
});
