import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { parseModFile } from "../../src/select/modfile.ts";
import { parseGoVersionFile, parsePin, parseToolVersions, withoutGo } from "../../src/select/versionfile.ts";

const words = ["1.22.5", "go1.22.5", "1.22", "latest", "system", "work", "1.22rc1", "1.20.0", "1.15.15@darwin-amd64"];
const rubbish = fc.oneof(
	fc.string({ unit: "binary", maxLength: 40 }),
	fc.stringMatching(/^[ \t\r\n0-9a-z.#/"`(),=>-]{0,40}$/),
	fc
		.array(fc.constantFrom(...words, "go", "golang", "toolchain", "#", "//", " ", "\n", "\r\n", "(", ")", "\ufeff", "x", "."), {
			maxLength: 12,
		})
		.map((parts) => parts.join("")),
);

function orRefused<T>(read: () => T): T | "refused" {
	try {
		return read();
	} catch (error) {
		if (error instanceof GoxError && error.code === "bad-version-file") return "refused";
		throw error;
	}
}

describe("the readers", { tags: "fault-25" }, () => {
	it("say something, say nothing or refuse, whatever the text", () => {
		fc.assert(
			fc.property(rubbish, fc.boolean(), (text, aliases) => {
				orRefused(() => parseGoVersionFile(text, "/p/.go-version", () => aliases));
				orRefused(() => parseToolVersions(text, "/p/.tool-versions", () => aliases));
				orRefused(() => parseModFile(text, "/p/go.mod"));
			}),
			{ numRuns: 5_000 },
		);
	});

	it("what a version file says is a pin that stands in it as a whole word", () => {
		fc.assert(
			fc.property(rubbish, (text) => {
				const word = orRefused(() => parseGoVersionFile(text, "/p/.go-version", () => true));
				if (word === undefined || word === "refused") return;
				expect(parsePin(word)).toBeDefined();
				expect(text.replace(/^\ufeff/, "").split(/[ \t\r\n\f\v]+/)).toContain(word);
			}),
			{ numRuns: 5_000 },
		);
	});

	it("what tool-versions say are pins that stand behind golang or go", () => {
		fc.assert(
			fc.property(rubbish, (text) => {
				const found = orRefused(() => parseToolVersions(text, "/p/.tool-versions", () => true));
				if (found === "refused") return;
				for (const word of found) expect(parsePin(word)).toBeDefined();
				if (found.length > 0) expect(text).toMatch(/(^|[\n \t\r\f\v])(golang|go)[ \t\r\f\v]/);
			}),
			{ numRuns: 5_000 },
		);
	});

	it("a word with anything stuck to it is no longer that word", () => {
		const stuck = fc
			.string({ unit: "grapheme", minLength: 1, maxLength: 3 })
			.filter((text) => !/[\s#]/.test(text) && !text.startsWith("//"));
		fc.assert(
			fc.property(fc.constantFrom("1.22.5", "1.22", "go1.22.5", "latest"), stuck, (word, more) => {
				expect(orRefused(() => parseGoVersionFile(`${word}${more}\n`, "/f", () => true))).not.toBe(word);
				expect(orRefused(() => parseGoVersionFile(`${more}${word}\n`, "/f", () => true))).not.toBe(word);
			}),
		);
	});

	it("blanks, comments, line ends and a BOM change nothing", () => {
		const blank = fc.stringMatching(/^[ \t\f\v]{0,5}$/);
		const end = fc.constantFrom("\n", "\r\n", "\n\n", "\n# 1.19\n", "\r\n// 1.19\r\n", " # 1.19\n", "\t//\n");
		fc.assert(
			fc.property(fc.constantFrom(...words), blank, blank, end, end, (word, before, behind, first, last) => {
				const text = `${before}${first}${before}${word}${behind}${last}`;
				expect(parseGoVersionFile(text, "/f", () => true)).toBe(word);
			}),
		);
	});

	it.each([
		["a line of blanks and a letter", `${" ".repeat(65_000)}x${" ".repeat(500)}`],
		["a line of slashes", "/".repeat(65_000)],
		["a line of hashes", " #".repeat(32_000)],
		["nothing but quotes", '"`'.repeat(32_000)],
		["a word and blanks and a word", `go ${" ".repeat(65_000)}x`],
	])("are quick on %s", (_, text) => {
		const start = performance.now();
		orRefused(() => parseGoVersionFile(text, "/f", () => false));
		orRefused(() => parseToolVersions(`golang ${text}`, "/f", () => false));
		orRefused(() => parseModFile(text, "/f"));
		expect(performance.now() - start).toBeLessThan(1_000);
	});

	it("a go.mod of one line of 16 MiB is read", () => {
		expect(parseModFile(`${"x ".repeat(1 << 23)}\ngo 1.22\n`, "/f")?.line).toBe("go 1.22");
		expect(parseModFile(`"${"\\".repeat(1 << 24)}\ngo 1.22\n`, "/f")?.line).toBe("go 1.22");
	});
});

describe("pins", () => {
	it.each(["1.22.5", "go1.22.5", "1.22rc1", "1.9.2rc2", "1.20.0"])("%s is exact", (word) => {
		expect(parsePin(word)?.kind).toBe("exact");
	});

	it.each(["1.22", "go1.22", "1.22.x", "go1.22.x", "1", "1.x", "1.20", "go1.20"])("%s is a prefix", (word) => {
		expect(parsePin(word)?.kind).toBe("prefix");
	});

	it.each([
		"oldstable",
		"rc",
		"next",
		"mod",
		"default",
		"current",
		">=1.21",
		"^1.22",
		"go1.22x",
		"1.22@linux-amd64",
		"go1.20@linux-amd64",
		"1.22.5@",
		"",
		"-",
		"é",
	])("%s is none", (word) => {
		expect(parsePin(word)).toBeUndefined();
	});

	it("go in front changes the word, not what it means", () => {
		fc.assert(
			fc.property(fc.stringMatching(/^[0-9][0-9a-z.]{0,8}$/), (word) => {
				expect(withoutGo(`go${word}`)).toBe(word);
				expect(parsePin(`go${word}`)).toEqual(parsePin(word));
			}),
		);
	});
});
