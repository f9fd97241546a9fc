import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { harmless, withoutSecrets } from "../src/output.ts";

describe("text for a terminal", () => {
	test.each([
		["plain", "plain"],
		["two\nlines\tand a tab", "two\nlines\tand a tab"],
		["\u001b[31mred\u001b[0m", "\u001b[31mred\u001b[0m"],
		["\u001b[2J", "\\u001b[2J"],
		["\u001b[38;5;1m", "\\u001b[38;5;1m"],
		["\u001b[8mhidden", "\\u001b[8mhidden"],
		["\u001b]0;title\u0007", "\\u001b]0;title\\u0007"],
		["over\rwritten\b", "over\\u000dwritten\\u0008"],
		["\u009b31m", "\\u009b31m"],
		["a\u202eb", "a\\u202eb"],
		["größe 目录", "größe 目录"],
	])("%j is shown as %j", (text, shown) => {
		expect(harmless(text)).toBe(shown);
	});

	it("holds no control character but newline, tab and the five styles, whatever it is made of", () => {
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom("\u001b", "[", "3", "1", "m", "\n", "\u0007", "\u009b", "x") }), (text) => {
				const rest = harmless(text).replace(/\u001b\[(?:0|1|2|31|32|33)m/g, "");
				expect(rest).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
			}),
		);
	});
});

describe("addresses in a text", () => {
	test.each([
		["https://joe:word@host/x", "https://…@host/x"],
		["https://joe@host", "https://…@host"],
		["http://a:b@c,https://d,https://e:f@g|direct", "http://…@c,https://d,https://…@g|direct"],
		["https://joe:p@ss@host/", "https://…@host/"],
		["https://host/golang.org/toolchain@v0.0.1-go1.22.5", "https://host/golang.org/toolchain@v0.0.1-go1.22.5"],
		["https://host/x?token=abc&mode=json&X-Sig=d", "https://host/x?token=…&mode=json&X-Sig=…"],
		["https://host/?mode=json&include=all", "https://host/?mode=json&include=all"],
		['"https://joe:word@host"', '"https://…@host"'],
		["mail joe@example.org", "mail joe@example.org"],
	])("%j is shown as %j", (text, shown) => {
		expect(withoutSecrets(text)).toBe(shown);
	});
});
