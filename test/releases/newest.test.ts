import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import builtIn from "../../data/newest.json" with { type: "json" };
import { NewestNotes } from "../../src/releases/cache.ts";
import { newestKnown, newestOfMinors } from "../../src/releases/status.ts";
import { builtInTable } from "../../src/releases/table.ts";
import { parseRelease, type Release } from "../../src/version/release.ts";
import { freshRoot, testContext } from "../support/context.ts";

const index = "http://127.0.0.1:1/dl/?mode=json";

function released(...names: string[]): Release[] {
	return names.map((name) => parseRelease(name) as Release);
}

function names(releases: Iterable<Release>): string[] {
	return [...releases].map(({ name }) => name);
}

describe("the newest release of each minor", () => {
	it.each([
		[["go1.21.0", "go1.21.13", "go1.21.2"], ["go1.21.13"]],
		[["go1.22rc1", "go1.21.9"], ["go1.21.9"]],
		[
			["go1.20", "go1.9.2"],
			["go1.20", "go1.9.2"],
		],
	])("of %j", (all, newest) => {
		expect(names(newestOfMinors(released(...all)).values())).toEqual(newest);
	});

	it("that gox was built with are those of its table", () => {
		const table = newestOfMinors(builtInTable().releases.map(({ release }) => release));
		expect([...builtIn].sort()).toEqual(names(table.values()).sort());
	});
});

describe("what is known without asking", () => {
	function known(noted?: string, env: Record<string, string> = { GOX_INDEX: index }) {
		const context = testContext({ env, root: freshRoot("gox-newest-") });
		const notes = new NewestNotes(context.cacheDir, context.uid);
		if (noted !== undefined) notes.write(new URL(index), JSON.parse(noted));
		return names(newestKnown(context));
	}

	it("is the built-in table where nothing was fetched", () => {
		expect(known().sort()).toEqual([...builtIn].sort());
	});

	it("is what the last list had, where that goes further", () => {
		const all = known('["go1.22.99", "go1.99.1", "go1.21.1"]');
		expect(all).toContain("go1.22.99");
		expect(all).toContain("go1.99.1");
		expect(all).not.toContain("go1.21.1");
	});

	it.each(['{"a":1}', "[1,null]", '["../../x","go1"]'])("survives the note %s", (noted) => {
		expect(known(noted)).toContain("go1.26.7");
	});

	it("survives a note that is no JSON", () => {
		const context = testContext({ env: { GOX_INDEX: index }, root: freshRoot("gox-newest-") });
		new NewestNotes(context.cacheDir, context.uid).write(new URL(index), []);
		const directory = join(context.cacheDir, "index");
		for (const name of readdirSync(directory)) writeFileSync(join(directory, name), "[");
		expect(names(newestKnown(context))).toContain("go1.26.7");
	});

	it("doesn't mind an index that can't be asked", () => {
		expect(known(undefined, { GOX_INDEX: "ftp://nowhere" })).toContain("go1.26.7");
	});
});
