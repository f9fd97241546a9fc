import { describe, expect, it } from "vitest";
import { ArchivePolicy, archiveLimits, type EntryClaim } from "../../src/archive/policy.ts";
import { GoxError } from "../../src/errors.ts";

const file = (path: string, more: Partial<EntryClaim> = {}): EntryClaim => ({
	path,
	type: "file",
	size: 1,
	mode: 0o644,
	...more,
});
const directory = (path: string): EntryClaim => ({ path, type: "directory", size: 0, mode: 0o755 });
const symlink = (path: string, target: string): EntryClaim => ({ path, type: "symlink", size: 0, mode: 0o777, target });
const hardlink = (path: string, target: string): EntryClaim => ({ path, type: "hardlink", size: 0, mode: 0o644, target });

describe("what an archive may contain", { tags: "fault-16" }, () => {
	it.each<[string, EntryClaim[], object]>([
		["a file", [file("go/VERSION")], { kind: "file", path: "VERSION", executable: false }],
		["an executable", [file("go/bin/go", { mode: 0o755 })], { kind: "file", path: "bin/go", executable: true }],
		["the top directory", [directory("go/")], { kind: "directory", path: "" }],
		["a directory told twice", [directory("go/src/"), directory("go/src/")], { kind: "directory", path: "src" }],
		["a name with two dots in it", [file("go/src/a..b")], { path: "src/a..b" }],
		["a link that stays inside", [symlink("go/a/b", "../c/./d")], { kind: "symlink", target: "../c/./d" }],
		["a hard link to a file of the archive", [file("go/a"), hardlink("go/b", "go/a")], { kind: "hardlink", existing: "a" }],
	])("accepts %s", (_, claims, expected) => {
		const policy = new ArchivePolicy("go/");
		expect(claims.map((claim) => policy.accept(claim)).at(-1)).toMatchObject(expected);
	});

	it.each<[string, EntryClaim[], RegExp]>([
		["..", [file("go/../x")], /climbs out/],
		["a hidden ..", [file("go/a/../../x")], /climbs out/],
		["an absolute path", [file("/etc/passwd")], /absolute/],
		["another top directory", [file("gone/x")], /lies outside go\//],
		["no top directory", [file("VERSION")], /lies outside/],
		["a . part", [file("go/./x")], /empty, \. or/],
		["an empty part", [file("go//x")], /empty, \. or/],
		["a file as the top directory", [file("go")], /top directory/],
		["a backslash", [file("go/a\\b")], /backslash/],
		["a NUL", [file("go/a\u0000b")], /control character/],
		["a newline", [file("go/a\nb")], /control character/],
		["a path of 2,000 characters", [file(`go/${"a/".repeat(1000)}b`)], /1,024/],
		["a name of 300 characters", [file(`go/${"a".repeat(300)}`)], /overlong/],
		["set-uid", [file("go/x", { mode: 0o4755 })], /set-uid/],
		["a device", [file("go/x", { type: "CharacterDevice" })], /CharacterDevice/],
		["a FIFO", [file("go/x", { type: "FIFO" })], /FIFO/],
		["an absolute link", [symlink("go/x", "/etc")], /absolute/],
		["an empty link", [symlink("go/x", "")], /absolute or unreadable/],
		["a link out of the tree", [symlink("go/x", "../etc")], /out of the tree/],
		["a link that leaves on its way", [symlink("go/a/b", "../../go/x")], /out of the tree/],
		["a write through a link", [symlink("go/a", "b"), file("go/a/x")], /written through/],
		["a write through a link, deeper", [symlink("go/a", "b"), file("go/a/c/x")], /written through/],
		["a file that replaces a link", [symlink("go/a", "b"), file("go/a")], /twice/],
		["a directory that replaces a link", [symlink("go/a", "b"), directory("go/a/")], /twice/],
		["a file told twice", [file("go/a"), file("go/a")], /twice/],
		["names that collide on a case-insensitive disk", [file("go/Makefile"), file("go/makefile")], /case-insensitive/],
		["directories that collide", [file("go/A/x"), file("go/a/y")], /case-insensitive/],
		["names that collide once composed", [file("go/\u00e9"), file("go/e\u0301")], /case-insensitive/],
		["a hard link out", [hardlink("go/x", "../etc/passwd")], /climbs out|outside/],
		["a hard link to what isn't there", [hardlink("go/x", "go/y")], /isn't a file of this archive/],
		["a hard link to a symlink", [symlink("go/y", "z"), hardlink("go/x", "go/y")], /isn't a file of this archive/],
		["a negative size", [file("go/x", { size: -1 })], /size/],
		["a size that isn't a number", [file("go/x", { size: Number.NaN })], /size/],
		["a file over the limit", [file("go/x", { size: archiveLimits.file + 1 })], /size/],
	])("refuses %s", (_, claims, message) => {
		const policy = new ArchivePolicy("go/");
		for (const claim of claims.slice(0, -1)) policy.accept(claim);
		const last = claims.at(-1);
		const attempt = () => last && policy.accept(last);
		expect(attempt).toThrow(message);
		expect(attempt).toThrow(GoxError);
		try {
			attempt();
		} catch (error) {
			expect((error as GoxError).exit).toBe(5);
		}
	});

	it("stops at too many entries, too many bytes, and a bomb", () => {
		const limits = { entries: 2, total: 10_000_000, file: 9_000_000, expansion: 2 };
		const many = new ArchivePolicy("go/", limits);
		many.accept(file("go/1"));
		many.accept(file("go/2"));
		expect(() => many.accept(file("go/3"))).toThrow(/more than 2 entries/);
		const large = new ArchivePolicy("go/", limits);
		large.accept(file("go/1", { size: 8_000_000 }));
		expect(() => large.accept(file("go/2", { size: 8_000_000 }))).toThrow(/over 10000000 bytes/);
		expect(() => large.checkExpansion(1000)).toThrow(/2 times/);
		expect(() => large.checkExpansion(20_000_000)).not.toThrow();
	});
});
