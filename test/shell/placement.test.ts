import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placementsIn, wasMadeByGox, withBlocks, withoutBlocks } from "../../src/shell/startup.ts";
import { tried } from "../support/tally.ts";
import { bashProfile, bashrc, fishConfig, type Kind, startupCases, unmark, zprofile, zshrc } from "./startupcases.ts";

describe("where the block goes", { tags: "fault-27" }, () => {
	it.each(startupCases)("%s", (_name, file, marked) => {
		const { text, offsets } = unmark(marked);
		expect(placementsIn(text, file)).toEqual(offsets);
	});
});

const statement = 'if [ -r "$HOME/.gox/hook.zsh" ]; then . "$HOME/.gox/hook.zsh"; fi';

describe("the block", { tags: "fault-27" }, () => {
	const kinds = fc.constantFrom<Kind>(bashrc, bashProfile, zshrc, zprofile, fishConfig);
	const snippets = fc.constantFrom(
		...startupCases.map(([, , text]) => unmark(text).text),
		"\r\n",
		"export A=1\r\n",
		"\n",
		"'",
		"if x",
		"#",
	);
	const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString("latin1"));
	const contents = fc.oneof(
		bytes,
		fc.array(snippets, { maxLength: 6 }).map((parts) => parts.join("")),
		fc.string({ unit: "grapheme" }).map((text) => Buffer.from(text, "utf8").toString("latin1")),
	);

	it("goes in and out again to the byte, whatever the file holds", (test) => {
		tried(test, 3000);
		fc.assert(
			fc.property(contents, kinds, fc.boolean(), (text, kind, madeFile) => {
				const offsets = placementsIn(text, kind);
				for (const offset of offsets) expect(offset === 0 || offset === text.length || text[offset - 1] === "\n").toBe(true);
				const with1 = withBlocks(text, offsets, { statement, madeFile });
				expect(withoutBlocks(with1, "f")).toBe(text);
				expect(wasMadeByGox(with1, "f")).toBe(madeFile);
			}),
			{ numRuns: 3000 },
		);
	});

	it("keeps CRLF, and ends each line so that the CR is part of a comment", () => {
		const text = withBlocks("a\r\nb\r\n", [6], { statement, madeFile: false });
		expect(text.split("\n").every((line) => line === "" || line.endsWith("\r"))).toBe(true);
		expect(text).toContain(`${statement} # gox\r\n`);
	});

	it("is replaced between its markers only, however it was edited", () => {
		const text = withBlocks("a\nb\n", [4], { statement, madeFile: false });
		const edited = `first\n${text.replace(statement, "echo mine\necho more").replace("# <<<", "  # <<<")}last\n`;
		expect(withoutBlocks(edited, "f")).toBe("first\na\nb\nlast\n");
	});

	it.each([
		["a beginning without an end", "a\n# >>> gox >>>\nb\n", "f:2: gox's block begins here and has no end"],
		["two beginnings", "# >>> gox >>>\n# >>> gox >>>\n# <<< gox <<<\n", "f:1: gox's block begins here and has no end"],
		["an end without a beginning", "a\nb\n# <<< gox <<<\n", "f:3: gox's block ends here and has no beginning"],
	])("is refused when it is %s", (_name, text, message) => {
		expect(() => withoutBlocks(text, "f")).toThrow(message);
	});
});
