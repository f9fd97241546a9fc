import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { isAbandoned, makerMark } from "../../src/maker.ts";
import { recover } from "../../src/store/abandoned.ts";
import { installedVersions } from "../../src/store/installed.ts";
import { announce, editing } from "../../src/store/journal.ts";
import { layoutOf } from "../../src/store/layout.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";
import { hostPlatform } from "../support/mirror.ts";

/** No Linux gives such an id. */
const nobody = 4_194_305;
const elsewhere = makerMark(process.pid).replace(/[^-]+$/, "00000000");

let context: TestContext;
beforeEach(() => {
	const root = freshRoot();
	context = { ...testContext({ root, host: hostPlatform }), assets: fakeAssets(root, hostPlatform) };
});

const inHome = (...parts: string[]) => join(context.home, ...parts);

/** Something that a process made in `tmp/`. */
function staged(mark: string): string {
	const path = inHome("tmp", `new.${mark}.0123456789ab.go1.22.5`);
	mkdirSync(path, { recursive: true });
	return path;
}

describe("whose work it is", () => {
	const isAlive = (pid: number) => pid === process.pid;
	it.each<[what: string, mark: string, abandoned: boolean]>([
		["this process", makerMark(process.pid), false],
		["a dead process", makerMark(nobody), true],
		["another machine's", elsewhere, false],
		["one whose start is unknown", makerMark(process.pid).replace(/-\d+-/, "-0-"), false],
	])("%s", (_, mark, abandoned) => {
		expect(isAbandoned(isAlive, mark, staged(mark))).toBe(abandoned);
	});

	it.skipIf(process.platform !== "linux")(
		"another process that had the same id (where the system tells when one began: Linux)",
		() => {
			const mark = makerMark(process.pid).replace(/-\d+-/, "-17-");
			expect(isAbandoned(isAlive, mark, staged(mark))).toBe(true);
		},
	);

	it("another machine's, untouched for more than a day", () => {
		const path = staged(elsewhere);
		const yesterday = Date.now() / 1000 - 25 * 3600;
		utimesSync(path, yesterday, yesterday);
		expect(isAbandoned(isAlive, elsewhere, path)).toBe(true);
	});
});

describe("recovery", () => {
	it("makes no home", async () => {
		await recover(context);
		expect(existsSync(context.home)).toBe(false);
	});

	it("removes what is dead and leaves what lives", async () => {
		const [dead, living, foreign] = [makerMark(nobody), makerMark(process.pid), elsewhere].map(staged);
		await recover(context);
		expect([dead, living, foreign].map((path) => existsSync(path ?? ""))).toEqual([false, true, true]);
	});

	it("leaves alone what isn't named as its own are", async () => {
		const strange = [inHome("tmp", "mine"), inHome("journal", "notes.json"), inHome("locks", "README")];
		for (const path of strange) {
			mkdirSync(join(path, ".."), { recursive: true });
			writeFileSync(path, "");
		}
		staged(makerMark(nobody));
		await recover(context);
		expect(strange.filter((path) => !existsSync(path))).toEqual([]);
	});

	it.each(["", "{", '{"work":"uninstall","key":"../../x"}', '{"work":"edit","path":7}', '{"work":"trial","key":"go9.9.9"}'])(
		"takes a journal entry that says %j for what it is worth",
		async (text) => {
			const victim = join(context.home, "..", "x");
			mkdirSync(victim);
			mkdirSync(inHome("journal"), { recursive: true });
			writeFileSync(inHome("journal", `${makerMark(nobody)}.0123456789ab.json`), text);
			await recover(context);
			expect(existsSync(victim)).toBe(true);
			expect(readdirSync(inHome("journal"))).toEqual([]);
		},
	);

	it("fails nothing in a home that it can't use", async () => {
		const said: string[] = [];
		const odd = { ...context, home: join(context.home, "a b") };
		mkdirSync(join(odd.home, "tmp", `new.${makerMark(nobody)}.0123456789ab.x`), { recursive: true });
		await recover(odd, (text) => said.push(text));
		expect(said).toEqual([expect.stringContaining("can't be cleaned up now")]);
	});
});

describe("the journal", () => {
	it("of someone who has no home leaves none behind, whether the edit succeeds or not", () => {
		const path = join(context.cwd, ".go-version");
		expect(editing(context, path, () => readdirSync(inHome("journal")).length)).toBe(1);
		expect(() =>
			editing(context, path, () => {
				throw new Error("no");
			}),
		).toThrow("no");
		expect(existsSync(context.home)).toBe(false);
	});

	it("keeps what else is in the home", () => {
		const entry = announce(context, layoutOf(context.home), { work: "links" });
		editing(context, join(context.cwd, ".go-version"), () => {});
		expect(entry.stands()).toBe(true);
		entry.end();
		expect(entry.stands()).toBe(false);
	});
});

describe("a complete version", () => {
	it.each<[what: string, content: string | undefined, complete: boolean]>([
		["has a bin/go", "a program", true],
		["has one that isn't a shim", "#!/bin/sh\n# gox-shim-marker\n", false],
		["has one at all", undefined, false],
	])("%s", (_, content, complete) => {
		mkdirSync(inHome("versions/go1.22.5/bin"), { recursive: true });
		if (content !== undefined) writeFileSync(inHome("versions/go1.22.5/bin/go"), content);
		expect(installedVersions(context).length).toBe(complete ? 1 : 0);
	});
});
