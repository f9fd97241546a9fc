import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** The rooms of src/ from top to bottom: a file imports from its own room and from those below. */
const rooms = [
	"gox.ts main.ts",
	"commands/",
	"doctor/checks/",
	"doctor/",
	"tools/ run/",
	"cli/",
	"select/",
	"shell/ editor/",
	"foreign/",
	"install/",
	"store/",
	"releases/",
	"proxy/ archive/",
	"fetch/ verify/",
	"go/ sumdb/",
	// Every other file that lies in src/ itself.
	"",
	"version/",
	"errors.ts",
].map((names) => names.split(" "));

const root = join(import.meta.dirname, "../src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const imports = new Map(
	files.map((file) => {
		const specifiers = readFileSync(join(root, file), "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+\.ts)"/g);
		return [file, [...specifiers].map(([, to = ""]) => normalize(join(dirname(file), to)))];
	}),
);

function roomOf(file: string): number {
	const named = rooms.findLastIndex((names) => names.some((name) => name !== "" && file.startsWith(name)));
	return named < 0 ? rooms.findIndex(([name]) => name === "") : named;
}

describe("imports, of types too", () => {
	it("go downward", () => {
		const upward = [...imports].flatMap(([file, others]) =>
			others.filter((other) => roomOf(other) < roomOf(file)).map((other) => `${file} imports ${other}`),
		);
		expect(files.length).toBeGreaterThan(100);
		expect(upward).toEqual([]);
	});

	it("make no circle", () => {
		const done = new Set<string>();
		const walk = (file: string, way: readonly string[]): void => {
			expect(way, "a circle").not.toContain(file);
			if (done.has(file)) return;
			for (const other of imports.get(file) ?? []) walk(other, [...way, file]);
			done.add(file);
		};
		for (const file of files) walk(file, []);
		expect(done.size).toBe(files.length);
	});
});
