import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeIndex } from "../../src/releases/list.ts";
import { builtInTable } from "../../src/releases/table.ts";
import { freshRoot } from "../support/context.ts";
import { goIndex } from "../support/server.ts";

const root = resolve(import.meta.dirname, "../..");
const tableFile = join(root, "data/release-table.json");

/** Runs the script against a table of its own. */
async function refresh(out: string, list: unknown, ...args: string[]) {
	const from = join(freshRoot(), "list.json.gz");
	writeFileSync(from, gzipSync(JSON.stringify(list)));
	const script = join(root, "scripts/release-table.mjs");
	return promisify(execFile)(process.execPath, [script, from, "--out", out, "--date", "2027-01-02", ...args]).then(
		() => ({ code: 0, stderr: "" }),
		(error: { code: number; stderr: string }) => ({ code: error.code, stderr: error.stderr }),
	);
}

describe("the built-in table", () => {
	test("says what the stored list says, for every release and platform", () => {
		const stored = decodeIndex(gunzipSync(readFileSync(join(root, "data/releases.json.gz"))).toString(), "stored").releases;
		const plain = (list: typeof stored) => list.map(({ release, archives }) => [release.name, Object.fromEntries(archives)]);
		expect(plain(builtInTable().releases)).toEqual(plain(stored));
	});

	test("has a date", () => {
		expect(builtInTable().date).toMatch(/^20\d\d-\d\d-\d\d$/);
	});
});

describe("scripts/release-table.mjs", () => {
	const one = [{ version: "go1.99.0", platform: "linux-amd64", sha256: "a".repeat(64) }];

	test("makes the same table again", async () => {
		const out = join(freshRoot(), "table.json");
		await promisify(execFile)(process.execPath, [join(root, "scripts/release-table.mjs"), "--out", out]);
		expect(readFileSync(out, "utf8")).toBe(readFileSync(tableFile, "utf8"));
	});

	test("adds to what is known, and keeps what the new list lacks", async () => {
		const out = join(freshRoot(), "table.json");
		await refresh(out, goIndex(one));
		await refresh(out, goIndex([{ version: "go1.99rc10", platform: "linux-arm64", sha256: "b".repeat(64), size: 5 }]));
		expect(readFileSync(out, "utf8")).toBe(
			`{"date":"2027-01-02","releases":{\n"go1.99.0":{"linux-amd64":["${"a".repeat(64)}"]},\n"go1.99rc10":{"linux-arm64":["${"b".repeat(64)}",5]}\n}}\n`,
		);
	});

	test("refuses a changed digest, unless it is accepted", async () => {
		const out = join(freshRoot(), "table.json");
		await refresh(out, goIndex(one));
		const changed = goIndex([{ ...one[0], version: "go1.99.0", platform: "linux-amd64", sha256: "c".repeat(64) }]);
		const refused = await refresh(out, changed);
		expect(refused.code).toBe(1);
		expect(refused.stderr).toContain("go1.99.0 linux-amd64");
		expect(readFileSync(out, "utf8")).toContain("a".repeat(64));
		expect((await refresh(out, changed, "--accept")).code).toBe(0);
		expect(readFileSync(out, "utf8")).toContain("c".repeat(64));
	});

	test("never loses a digest to a list without one, nor takes what isn't one", async () => {
		const out = join(freshRoot(), "table.json");
		await refresh(out, goIndex(one));
		await refresh(out, goIndex([{ version: "go1.99.0", platform: "linux-amd64", sha256: "" }]));
		expect(readFileSync(out, "utf8")).toContain("a".repeat(64));
		const other = join(freshRoot(), "table.json");
		expect((await refresh(other, goIndex([{ version: "go1.99.0", platform: "linux-amd64", sha256: "zz" }]))).code).toBe(1);
		expect(existsSync(other)).toBe(false);
	});
});
