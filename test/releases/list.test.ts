import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GoxError } from "../../src/errors.ts";
import { decodeIndex } from "../../src/releases/list.ts";
import { goIndex } from "../support/server.ts";
import { tried } from "../support/tally.ts";

const origin = "https://example.org/dl";
const published = gunzipSync(readFileSync(resolve(import.meta.dirname, "../../data/releases.json.gz"))).toString();

function decode(list: unknown) {
	return decodeIndex(typeof list === "string" ? list : JSON.stringify(list), origin);
}

const file = {
	filename: "go1.22.5.linux-amd64.tar.gz",
	os: "linux",
	arch: "amd64",
	version: "go1.22.5",
	sha256: "0".repeat(64),
	size: 7,
	kind: "archive",
};
const release = { version: "go1.22.5", stable: true, files: [file] };
const named = (version: string) => ({
	version,
	stable: true,
	files: [{ ...file, version, filename: `${version}.linux-amd64.tar.gz` }],
});
const withFile = (change: object) => [{ ...release, files: [{ ...file, ...change }] }];

describe("a good list", () => {
	test("as published: all releases, and no bootstrap snapshot", () => {
		const { releases } = decode(published);
		expect(releases).toHaveLength(339);
		expect(releases[0]?.release.name).toBe("go1.27.0");
		expect(releases.at(-1)?.release.name).toBe("go1.2.2");
		expect(releases.find((entry) => entry.release.name === "go1.22.5")?.archives.get("linux-amd64")).toEqual({
			filename: "go1.22.5.linux-amd64.tar.gz",
			sha256: "904b924d435eaea086515bc63235b192ea441bd8c9b198c507e85009e6e4c7f0",
			size: expect.any(Number),
		});
	});

	test("is sorted by Go's order, whatever its own", () => {
		const names = ["go1.9.2rc2", "go1.21rc9", "go1.21.0", "go1.21rc10", "go1.9.2", "go1.20", "go1.20.1", "go1.9.1", "go1.20rc1"];
		const { releases } = decode(goIndex(names.map((version) => ({ version, platform: "linux-amd64" }))));
		expect(releases.map((entry) => entry.release.name)).toEqual([
			"go1.21.0",
			"go1.21rc10",
			"go1.21rc9",
			"go1.20.1",
			"go1.20",
			"go1.20rc1",
			"go1.9.2",
			"go1.9.2rc2",
			"go1.9.1",
		]);
	});

	test.each<[string, unknown]>([
		["unknown fields", [{ ...release, featured: 1, files: [{ ...file, mirror: "x" }] }]],
		["a byte-order mark", `\ufeff${JSON.stringify([release])}`],
		["releases that aren't Go versions", [release, ...["go1.22", "go2", "go1.20.0", "weekly.2012", "1.22.6"].map(named)]],
		[
			"a release for other platforms only",
			[release, { version: "go1.22.6", stable: true, files: [{ ...file, version: "go1.22.6", os: "plan9" }] }],
		],
		[
			"files of other kinds and platforms, whatever their names",
			[{ ...release, files: [file, { ...file, kind: "source", os: "", filename: "go1.22.5.src.tar.gz" }] }],
		],
		["no stable", [{ ...release, stable: undefined }]],
	])("may have %s", (_, list) => {
		expect(decode(list).releases.map((entry) => entry.release.name)).toEqual(["go1.22.5"]);
	});

	test.each<[string, object, object]>([
		["an empty sha256", { sha256: "" }, { sha256: undefined }],
		["no sha256", { sha256: undefined }, { sha256: undefined }],
		["a sha256 in capitals", { sha256: "AB".repeat(32) }, { sha256: "ab".repeat(32) }],
		["no size", { size: undefined }, { size: 0 }],
		["size 0", { size: 0 }, { size: 0 }],
	])("may have a file with %s", { tags: "fault-11" }, (_, change, archive) => {
		expect(decode(withFile(change)).releases[0]?.archives.get("linux-amd64")).toMatchObject(archive);
	});

	test("of two old archives for macOS the later one counts", () => {
		const old = (system: string) => ({
			...file,
			version: "go1.4.2",
			os: "darwin",
			filename: `go1.4.2.darwin-amd64-osx10.${system}.tar.gz`,
		});
		const [entry] = decode([{ version: "go1.4.2", stable: true, files: [old("6"), old("8")] }]).releases;
		expect(entry?.archives.get("darwin-amd64")?.filename).toBe("go1.4.2.darwin-amd64-osx10.8.tar.gz");
	});

	test("of 10,000 releases", { tags: "fault-11" }, () => {
		const list = goIndex(Array.from({ length: 10_000 }, (_, patch) => ({ version: `go1.99.${patch}`, platform: "linux-arm64" })));
		const { releases } = decode(list);
		expect([releases.length, releases[0]?.release.name]).toEqual([10_000, "go1.99.9999"]);
	});
});

describe("a bad list", { tags: "fault-11" }, () => {
	test.each<[string, unknown, string]>([
		["nothing", "", "the answer is empty"],
		["a web page", "  <!DOCTYPE html><html>log in</html>", "a web page came instead"],
		["a cut list", published.slice(0, 50_000), "not JSON; it seems to be cut off"],
		["text", "[not json]", "it is not JSON"],
		["an object", { releases: [] }, "it is an object, not a list"],
		["null", "null", "it is null, not a list"],
		["an empty list", [], "the list is empty"],
		["a list of words", ["go1.22.5"], 'release 1: it is "go1.22.5", not a release'],
		["no version", [{ files: [] }], "release 1: it has no version"],
		["a number for a version", [{ ...release, version: 1.22 }], "release 1: it has no version"],
		["no files", [{ version: "go1.22.5", stable: true }], "release 1 (go1.22.5): it has no list of files"],
		["stable as a word", [{ ...release, stable: "yes" }], 'stable is "yes"'],
		["a file that is none", [{ ...release, files: [null] }], "file 1: it is null, not a file"],
		["a file name with ..", withFile({ filename: "../../.bashrc" }), '"../../.bashrc" is not a file name'],
		["a file name with ..s inside", withFile({ filename: "go1.22.5..linux-amd64.tar.gz" }), "is not a file name"],
		["a file name with a slash", withFile({ filename: "dl/go1.22.5.linux-amd64.tar.gz" }), "is not a file name"],
		["a file name with a backslash", withFile({ filename: "a\\b" }), "is not a file name"],
		["a file name with a query", withFile({ filename: "go1.22.5.linux-amd64.tar.gz?x" }), "is not a file name"],
		["no file name", withFile({ filename: undefined }), "missing is not a file name"],
		["a slash in a file for another platform", withFile({ os: "plan9", filename: "a/b" }), "is not a file name"],
		["a short sha256", withFile({ sha256: "abc" }), '"abc" is not a SHA-256'],
		["a sha256 that isn't hex", withFile({ sha256: "g".repeat(64) }), "is not a SHA-256"],
		["a negative size", withFile({ size: -1 }), "its size is -1"],
		["a size as text", withFile({ size: "7" }), 'its size is "7"'],
		[
			"another version's archive",
			withFile({ filename: "go1.22.4.linux-amd64.tar.gz" }),
			"is not the archive of go1.22.5 for linux-amd64",
		],
		[
			"another platform's archive",
			withFile({ filename: "go1.22.5.linux-arm64.tar.gz" }),
			"is not the archive of go1.22.5 for linux-amd64",
		],
		["a zip for Linux", withFile({ filename: "go1.22.5.linux-amd64.zip" }), "is not the archive of"],
		["a file of another version", withFile({ version: "go1.22.4" }), 'is of "go1.22.4", not of go1.22.5'],
		["no kind", withFile({ kind: undefined }), "has no os, arch or kind"],
		["a release twice", [release, release], "go1.22.5 is in the list twice"],
		["nothing for any platform", withFile({ os: "plan9" }), "is in the list"],
	])("%s", (_, list, message) => {
		expect(() => decode(list)).toThrow(
			expect.objectContaining({ code: "bad-index", exit: 4, message: expect.stringContaining(message) }),
		);
		expect(() => decode(list)).toThrow(new RegExp(`^${origin}: `));
	});

	test("terminal control characters don't reach the message", () => {
		expect(() => decode(withFile({ filename: "\u001b[2J" }))).toThrow(/"\\u001b\[2J" is not a file name/);
	});

	test("whatever JSON says: a list, or a GoxError", (context) => {
		tried(context, 100);
		fc.assert(
			fc.property(fc.jsonValue(), (value) => {
				try {
					decode(value);
				} catch (error) {
					expect(error).toBeInstanceOf(GoxError);
				}
			}),
		);
	});

	test("cut anywhere: never a shorter list", (context) => {
		const text = JSON.stringify([release, { ...release, version: "go1.22.4", files: [] }]);
		tried(context, text.length);
		for (let end = 0; end < text.length; end++) expect(() => decode(text.slice(0, end))).toThrow(GoxError);
	});
});
