import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leftoversIn } from "../../src/shell/leftovers.ts";
import { removalOf, restored } from "../../src/shell/restoring.ts";
import { tried } from "../support/tally.ts";

const surroundings = { userHome: "/home/me", onlyGo: { asdf: true, mise: true } };

function taken(text: string) {
	return removalOf(text, leftoversIn(text, "bash", surroundings));
}

const goenv = 'eval "$(goenv init -)"\n';
const gvm = '[[ -s "$HOME/.gvm/scripts/gvm" ]] && source "$HOME/.gvm/scripts/gvm"\n';
const g = 'export GOPATH="$HOME/go"; export GOROOT="$HOME/.go"; export PATH="$GOPATH/bin:$PATH"; # g-install: do NOT edit\n';

describe("what was taken out of a start-up file is put back", { tags: "fault-27" }, () => {
	it("to the byte, whatever else the file holds", (test) => {
		const piece = fc.constantFrom(
			goenv,
			gvm,
			g,
			goenv.trimEnd(),
			"a\n",
			"b",
			"\r\n",
			"\n",
			"# goenv\n",
			"if x; then\n",
			"fi\n",
			"é\xff\n",
			"export GOROOT=/usr/local/go\r\n",
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
				const text = pieces.join("");
				const out = taken(text);
				expect(restored(out.left, out)).toEqual({ text, lost: [] });
				// Killed before the file was written: everything is there still.
				expect(restored(text, out)).toEqual({ text, lost: [] });
				tried(test);
			}),
			{ numRuns: 500 },
		);
	});

	it.each([
		["lines added at the end", `a\n${goenv}b\n`, (text: string) => `${text}c\n`, `a\n${goenv}b\nc\n`],
		["lines added in front", `a\n${goenv}b\n`, (text: string) => `z\n${text}`, `z\na\n${goenv}b\n`],
		["a line added in its place", `a\n${goenv}b\n`, () => "a\nmine\nb\n", `a\n${goenv}mine\nb\n`],
		["the line above changed", `a\n${goenv}b\n`, () => "A\nb\n", `A\n${goenv}b\n`],
		["the line below changed", `a\n${goenv}b\n`, () => "a\nB\n", `a\n${goenv}B\n`],
		["nothing but it, and lines since", goenv, () => "mine\n", `${goenv}mine\n`],
		["a last line without newline, and lines since", `a\n${goenv.trimEnd()}`, () => "a\nmine\n", `a\n${goenv}mine\n`],
		["two tools", `a\n${goenv}b\n${gvm}c\n`, (text: string) => text.replace("b", "b2"), `a\n${goenv}b2\n${gvm}c\n`],
		["put back by hand", `a\n${goenv}b\n`, () => `a\n${goenv}b\nc\n`, `a\n${goenv}b\nc\n`],
		["put back by hand elsewhere", `a\n${goenv}b\n`, () => `A\nB\n${goenv}`, `A\nB\n${goenv}`],
		["a changed line, and lines since", `a\n${g}b\n`, (text: string) => `${text}c\n`, `a\n${g}b\nc\n`],
	])("where the person edited the file since: %s", (_name, before, edit, after) => {
		const out = taken(before);
		expect(restored(edit(out.left), out)).toEqual({ text: after, lost: [] });
	});

	it.each([
		["everything around it is gone", `a\n${goenv}b\n`, () => "x\ny\n"],
		["the line that it became was edited", `a\n${g}b\n`, (text: string) => text.replace("GOPATH=", "GOPATH=x")],
	])("or named as lost: %s", (_name, before, edit) => {
		const out = taken(before);
		const now = edit(out.left);
		expect(restored(now, out)).toEqual({ text: now, lost: out.lines });
	});

	it("keeps every line of the person's, whatever they did", (test) => {
		const line = fc.constantFrom("a\n", "b\n", "c\n", "d\n");
		const lines = fc.array(fc.oneof(line, fc.constantFrom(goenv, gvm, g)), { maxLength: 8 });
		fc.assert(
			fc.property(lines, fc.array(line, { maxLength: 8 }), (before, mine) => {
				const out = taken(before.join(""));
				const { text } = restored(mine.join(""), out);
				const rest = text.split("\n").filter((each) => /^[abcd]$/.test(each));
				expect(rest).toEqual(mine.map((each) => each.trimEnd()));
				tried(test);
			}),
			{ numRuns: 500 },
		);
	});
});
