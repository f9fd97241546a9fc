import { describe, expect, test } from "vitest";
import { matching, resolve } from "../../src/releases/catalog.ts";
import { decodeIndex } from "../../src/releases/list.ts";
import { builtInTable } from "../../src/releases/table.ts";
import type { Platform } from "../../src/version/platform.ts";
import { parseRequest } from "../../src/version/request.ts";
import { goIndex } from "../support/server.ts";

const { releases } = builtInTable();

function pick(text: string, platform: Platform, from = releases): string {
	return resolve(parseRequest(text), from, platform).release.name;
}

function list(...versions: string[]) {
	return decodeIndex(JSON.stringify(goIndex(versions.map((version) => ({ version, platform: "linux-amd64" })))), "list").releases;
}

type Row = readonly [request: string, darwinArm: string, darwinAmd: string, linuxAmd: string, linuxArm: string];

const everywhere = (request: string, name: string): Row => [request, name, name, name, name];

describe("every form of request, against what is published", () => {
	const rows: Row[] = [
		everywhere("1.22.5", "go1.22.5"),
		everywhere("go1.22.5", "go1.22.5"),
		everywhere("1.20rc2", "go1.20rc2"),
		everywhere("1.21.0", "go1.21.0"),
		everywhere("1.20.0", "go1.20"),
		everywhere("go1.18beta1", "go1.18beta1"),
		everywhere("1.22", "go1.22.12"),
		everywhere("go1.22", "go1.22.12"),
		everywhere("1.22.x", "go1.22.12"),
		everywhere("1.20", "go1.20.14"),
		everywhere("1", "go1.27.0"),
		everywhere("1.x", "go1.27.0"),
		everywhere("latest", "go1.27.0"),
		everywhere("stable", "go1.27.0"),
		everywhere("oldstable", "go1.26.7"),
		everywhere("next", "go1.27.0"),
		everywhere("rc", "go1.27.0"),
		everywhere(">=1.21 <1.23", "go1.22.12"),
		everywhere("^1.21", "go1.27.0"),
		everywhere("~1.22.3", "go1.22.12"),
		everywhere(">=1.20rc1 <1.20.0", "go1.20rc2"),
		everywhere("<1.21 || 1.23.1", "go1.23.1"),
		everywhere("1.16", "go1.16.15"),
		everywhere("1.22.5@linux-amd64", "go1.22.5"),
		["1.15", "no-such-platform", "go1.15.15", "go1.15.15", "go1.15.15"],
		["1.15.15", "no-such-platform", "go1.15.15", "go1.15.15", "go1.15.15"],
		["1.15.15@darwin-amd64", "go1.15.15", "go1.15.15", "go1.15.15", "go1.15.15"],
		["<1.16", "no-such-platform", "go1.15.15", "go1.15.15", "go1.15.15"],
		["<=1.16.0", "go1.16", "go1.16", "go1.16", "go1.16"],
		["1.9.2rc2", "no-such-platform", "go1.9.2rc2", "go1.9.2rc2", "go1.9.2rc2"],
		["1.8", "no-such-platform", "go1.8.7", "go1.8.7", "go1.8.7"],
		["1.8.4", "no-such-platform", "go1.8.4", "go1.8.4", "no-such-platform"],
		["1.5", "no-such-platform", "go1.5.4", "go1.5.4", "no-such-platform"],
		everywhere("1.91.2", "no-such-release"),
		everywhere("1.22.99", "no-such-release"),
		everywhere("1.99", "no-such-release"),
		everywhere("2", "no-such-release"),
		everywhere(">=1.99", "no-such-release"),
		everywhere("work", "not-a-version"),
		everywhere("mod", "not-a-version"),
		everywhere("system", "not-a-version"),
	];
	const cases = rows.flatMap(([request, ...expected]) =>
		(["darwin-arm64", "darwin-amd64", "linux-amd64", "linux-arm64"] as const).map(
			(platform, at) => [request, platform, expected[at] ?? ""] as const,
		),
	);
	test.each(cases)("%s on %s is %s", (request, platform, expected) => {
		if (expected.startsWith("go")) expect(pick(request, platform)).toBe(expected);
		else expect(() => pick(request, platform)).toThrow(expect.objectContaining({ code: expected }));
	});
});

describe("requests that depend on what is newest", () => {
	const withNext = list("go1.28rc10", "go1.28rc9", "go1.27.1", "go1.27.0", "go1.26.8", "go1.25.3", "go1.27rc1");
	test.each([
		["next", "go1.28rc10"],
		["rc", "go1.28rc10"],
		["latest", "go1.27.1"],
		["1", "go1.27.1"],
		["oldstable", "go1.26.8"],
		["^1.26", "go1.27.1"],
	])("%s is %s", (request, expected) => {
		expect(pick(request, "linux-amd64", withNext)).toBe(expected);
	});

	test("a minor with pre-releases only has no release yet, and the hint names the newest", () => {
		expect(() => pick("1.28", "linux-amd64", withNext)).toThrow(
			expect.objectContaining({
				code: "no-such-release",
				message: "there is no release of Go 1.28 yet, only go1.28rc10",
				hint: "gox install 1.28rc10",
			}),
		);
	});

	test("the newest that the platform has, not the newest of all", () => {
		const entries = goIndex([
			{ version: "go1.28.0", platform: "darwin-arm64" },
			{ version: "go1.27.1", platform: "darwin-arm64" },
			{ version: "go1.27.0", platform: "darwin-amd64" },
			{ version: "go1.26.0", platform: "darwin-amd64" },
		]);
		const some = decodeIndex(JSON.stringify(entries), "list").releases;
		expect(["latest", "1.27", "oldstable", ">=1.26"].map((request) => pick(request, "darwin-amd64", some))).toEqual([
			"go1.27.0",
			"go1.27.0",
			"go1.26.0",
			"go1.27.0",
		]);
	});
});

describe("what list --remote shows", () => {
	const names = (request: string, platform: Platform = "linux-amd64") =>
		matching(parseRequest(request), releases, platform).map(({ release }) => release.name);

	test("a prefix: its releases, newest first, no pre-releases", () => {
		expect(names("1.21")).toEqual([...Array.from({ length: 14 }, (_, at) => `go1.21.${13 - at}`)]);
	});

	test("a range, and a range that names pre-releases", () => {
		expect(names(">=1.21.12 <1.22.2")).toEqual(["go1.22.1", "go1.22.0", "go1.21.13", "go1.21.12"]);
		expect(names(">=1.20rc1 <1.20.1")).toEqual(["go1.20", "go1.20rc2", "go1.20rc1"]);
	});

	test("only what the platform has", () => {
		expect(names("1.16", "darwin-arm64").at(-1)).toBe("go1.16");
		expect(names("1.15", "darwin-arm64")).toEqual([]);
	});

	test.each(["latest", "1.22", "oldstable", "next", "^1.20", "1.22.5"])("%s: its first is what install takes", (request) => {
		expect(names(request)[0]).toBe(pick(request, "linux-amd64"));
	});
});

describe("what is said when there is none", () => {
	test.each<[string, Platform, string, string]>([
		["1.91.2", "linux-amd64", "there is no Go 1.91.2; the nearest is go1.27.0", "gox install 1.27.0\ngox list --remote"],
		["1.22.99", "linux-amd64", "there is no Go 1.22.99; the nearest is go1.22.12", "gox install 1.22.12\ngox list --remote 1.22"],
		["1.22rc7", "linux-amd64", "there is no Go 1.22rc7; the nearest is go1.22.0", "gox install 1.22.0\ngox list --remote 1.22"],
		["1.99", "linux-amd64", "there is no Go 1.99; the nearest is go1.27.0", "gox install 1.27.0\ngox list --remote"],
		[">=1.99", "linux-amd64", 'no Go release matches ">=1.99"', "gox list --remote"],
		[
			"1.15.15",
			"darwin-arm64",
			"go1.15.15 was never published for darwin-arm64; the nearest release that was is go1.16",
			"gox install 1.16\ngox install 1.15.15 --platform darwin-amd64",
		],
		[
			"1.15",
			"darwin-arm64",
			"Go 1.15 was never published for darwin-arm64; the nearest release that was is go1.16",
			"gox install 1.16\ngox install 1.15.15 --platform darwin-amd64",
		],
		[
			"1.8.4",
			"linux-arm64",
			"go1.8.4 was never published for linux-arm64; the nearest release that was is go1.8.5",
			"gox install 1.8.5",
		],
		[
			"1.22.99@linux-arm64",
			"linux-amd64",
			"there is no Go 1.22.99; the nearest is go1.22.12",
			"gox install 1.22.12 --platform linux-arm64\ngox list --remote 1.22",
		],
		[
			"1.15.15@darwin-arm64",
			"linux-amd64",
			"go1.15.15 was never published for darwin-arm64; the nearest release that was is go1.16",
			"gox install 1.16 --platform darwin-arm64\ngox install 1.15.15 --platform darwin-amd64",
		],
		[
			"1.15.0",
			"darwin-arm64",
			"go1.15 was never published for darwin-arm64; the nearest release that was is go1.16",
			"gox install 1.16\ngox install 1.15.0 --platform darwin-amd64",
		],
	])("%s on %s", (request, platform, message, hint) => {
		expect(() => pick(request, platform)).toThrow(expect.objectContaining({ message, hint }));
	});
});
