import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatGoxLock, type GoxLock, holdToLock, type LockedToolchain, parseGoxLock } from "../../src/select/goxlock.ts";
import { type Platform, platforms } from "../../src/version/platform.ts";
import { parseRelease, type Release } from "../../src/version/release.ts";
import { h1Of } from "../support/sumdb/log.ts";

const release = parseRelease("go1.22.5") as Release;
const path = "/p/gox.lock";
const a = "a".repeat(64);
const b = "b".repeat(64);

function lockOf(entries: readonly (readonly [Platform, LockedToolchain])[]): GoxLock {
	return { release, platforms: new Map(entries) };
}

const anyLock = fc
	.uniqueArray(fc.constantFrom(...platforms), { minLength: 1 })
	.chain((names) =>
		fc.tuple(
			fc.constantFrom("go1.22.5", "go1.20", "go1.22rc1", "go1.9.2rc2"),
			fc.tuple(
				...names.map((name) =>
					fc
						.constantFrom<LockedToolchain>({ sha256: a }, { h1: h1Of(name) }, { sha256: b, h1: h1Of("x") })
						.map((entry) => [name, entry] as const),
				),
			),
		),
	)
	.map(([name, entries]): GoxLock => ({ release: parseRelease(name) as Release, platforms: new Map(entries) }));

describe("gox.lock", () => {
	it("is read as it was written, and written the same whatever the order", () => {
		fc.assert(
			fc.property(anyLock, (lock) => {
				const text = formatGoxLock(lock);
				const read = parseGoxLock(text, path);
				expect(read.release.name).toBe(lock.release.name);
				expect(formatGoxLock(read)).toBe(text);
				expect(formatGoxLock({ ...lock, platforms: new Map([...lock.platforms].reverse()) })).toBe(text);
			}),
		);
	});

	it("has one line for each hash", () => {
		const lock = lockOf([
			["linux-amd64", { sha256: a, h1: h1Of("x") }],
			["darwin-arm64", { sha256: b }],
		]);
		expect(formatGoxLock(lock)).toBe(
			`{\n  "lock": 1,\n  "version": "go1.22.5",\n  "platforms": {\n    "darwin-arm64": {\n      "sha256": "${b}"\n    },\n    "linux-amd64": {\n      "sha256": "${a}",\n      "h1": "${h1Of("x")}"\n    }\n  }\n}\n`,
		);
	});

	const good = { lock: 1, version: "go1.22.5", platforms: { "linux-amd64": { sha256: a } } };
	it.each<[string, unknown, RegExp]>([
		["nothing", "", /not a JSON object/],
		["a list", [], /not a JSON object/],
		["text", "go1.22.5\n", /not a JSON object/],
		["a merge conflict", "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> x\n", /merge conflict/],
		["half a file", formatGoxLock(lockOf([["linux-amd64", { sha256: a }]])).slice(0, -4), /not a JSON object/],
		["no form", { ...good, lock: undefined }, /"lock" must be 1/],
		["a later form", { ...good, lock: 2 }, /newer gox/],
		["no version", { ...good, version: undefined }, /not the name of a release/],
		["a prefix", { ...good, version: "go1.22" }, /"go1.22" is not the name of a release/],
		["a version without go", { ...good, version: "1.22.5" }, /not the name of a release/],
		["an escape", { ...good, version: "go1.22.5/../../x" }, /not the name of a release/],
		["no platforms", { ...good, platforms: {} }, /locks no platform/],
		["a platform of elsewhere", { ...good, platforms: { "windows-amd64": { sha256: a } } }, /"windows-amd64" is not a platform/],
		["a short hash", { ...good, platforms: { "linux-amd64": { sha256: "abc" } } }, /linux-amd64: "abc" is not a SHA-256/],
		["a hash in capitals", { ...good, platforms: { "linux-amd64": { sha256: a.toUpperCase() } } }, /not a SHA-256/],
		["a bad h1", { ...good, platforms: { "linux-amd64": { h1: "h1:xx" } } }, /"h1:xx" is not an h1/],
		["no hash", { ...good, platforms: { "linux-amd64": {} } }, /neither/],
		["something unknown", { ...good, unless: true }, /"unless" is not known/],
		["something unknown of a platform", { ...good, platforms: { "linux-amd64": { sha256: a, skip: 1 } } }, /"skip" is not known/],
	])("with %s is refused", (_, content, why) => {
		const text = typeof content === "string" ? content : JSON.stringify(content);
		expect(() => parseGoxLock(text, path)).toThrow(expect.objectContaining({ code: "bad-version-file" }));
		expect(() => parseGoxLock(text, path)).toThrow(why);
	});
});

describe("a toolchain held to a lock", () => {
	const both = { sha256: a, h1: h1Of("x") };
	it.each<[string, LockedToolchain, LockedToolchain, "passes" | RegExp]>([
		["both the same", both, both, "passes"],
		["only the h1 known of it", both, { h1: h1Of("x") }, "passes"],
		["only its archive locked", { sha256: a }, both, "passes"],
		["another archive, the same files", both, { ...both, sha256: b }, /it has b{64}\nthe lock says a{64}/],
		["the same archive, another h1", both, { ...both, h1: h1Of("y") }, /the lock says h1:/],
		["another h1 alone", { h1: h1Of("x") }, { h1: h1Of("y") }, /the lock says h1:/],
		["nothing in common", { sha256: a }, { h1: h1Of("x") }, /locks only the archive's SHA-256/],
		["nothing known of it", both, {}, /doesn't tell/],
	])("%s", (_, locked, found, verdict) => {
		const hold = () => holdToLock(lockOf([["linux-amd64", locked]]), path, "linux-amd64", found, "it", "gox verify");
		if (verdict === "passes") expect(hold).not.toThrow();
		else {
			expect(hold).toThrow(verdict);
			expect(hold).toThrow(expect.objectContaining({ code: "integrity" }));
		}
	});

	it("for a platform that isn't locked is refused", () => {
		const lock = lockOf([["linux-amd64", both]]);
		expect(() => holdToLock(lock, path, "darwin-arm64", both, "it", "")).toThrow(
			"/p/gox.lock doesn't lock go1.22.5 for darwin-arm64",
		);
	});
});
