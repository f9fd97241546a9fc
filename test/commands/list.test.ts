import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Commanded, command } from "../support/command.ts";
import { freshRoot } from "../support/context.ts";
import { goIndex, startServer, type TestServer } from "../support/server.ts";

const noon = Date.parse("2027-03-01T12:00:00Z");

let server: TestServer;
let root: string;

beforeEach(async () => {
	root = freshRoot();
	server = await startServer({ index: listOf("go1.99.1", "go1.99rc1") });
});
afterEach(() => server.close());

function listOf(...versions: string[]) {
	return goIndex(versions.map((version) => ({ version, platform: "linux-amd64" })));
}

/** `gox list --remote` so many minutes past noon. */
function listed(minutes = 0, ...words: string[]): Promise<Commanded> {
	const now = () => new Date(noon + minutes * 60_000);
	return command({ root, env: { GOX_INDEX: server.index }, host: "linux-amd64", now }, "list", "--remote", ...words);
}

const directory = () => join(root, ".cache/gox/index");
const note = () => join(directory(), "available.json");

/** Writes another release into the note, so that it shows where the note is believed. */
function forge(): void {
	writeFileSync(note(), readFileSync(note(), "utf8").replaceAll("go1.99.1", "go1.99.9"));
}

describe("gox list --remote, out of what was noted of the list", () => {
	it("says the same, and reads no list for it", async () => {
		const first = await listed();
		expect(first.out).toMatch(/^go1\.99\.1\ngo1\.99rc1 {2,}pre-release\ngo1\.27\.0\n/);
		expect((await listed(1)).out).toBe(first.out);
		forge();
		expect((await listed(2)).out).toBe(first.out.replace("go1.99.1", "go1.99.9"));
		rmSync(note());
		expect((await listed(3)).out).toBe(first.out);
		expect(server.requests).toHaveLength(1);
	});

	it("for each platform what that has", async () => {
		await listed();
		const there = await listed(1, "--platform", "darwin-arm64");
		expect(there.out).toMatch(/^go1\.27\.0\n/);
		rmSync(note());
		expect((await listed(2, "--platform", "darwin-arm64")).out).toBe(there.out);
	});

	it.each<[string, () => void]>([
		["no JSON", () => writeFileSync(note(), "{")],
		["of another shape", () => writeFileSync(note(), JSON.stringify({ [server.index]: { gox: 1, list: {}, releases: [[1]] } }))],
		[
			"of releases that are none",
			() => writeFileSync(note(), readFileSync(note(), "utf8").replace('"releases":[', '"releases":[null,')),
		],
		["nothing", () => writeFileSync(note(), "null")],
		["another gox's", () => writeFileSync(note(), readFileSync(note(), "utf8").replace(/"gox":"[^"]*"/, '"gox":"0.0.0"'))],
		["for others to write", () => chmodSync(note(), 0o666)],
		[
			"of a list that lies elsewhere",
			() => writeFileSync(note(), readFileSync(note(), "utf8").replace(/"file":"/, '"file":"../x')),
		],
		["of a list that was written again", () => void utimesSync(listFile(), new Date(noon), new Date(noon))],
		["of a list that is gone", () => rmSync(listFile())],
	])("doesn't believe a note that is %s", async (_, spoil) => {
		const first = await listed();
		forge();
		spoil();
		expect((await listed(1)).out).toBe(first.out);
	});

	it("asks again after an hour, with --refresh, and when the clock ran backwards", async () => {
		await listed();
		forge();
		for (const [minutes, ...words] of [[61], [1, "--refresh"], [-5]] as [number, ...string[]][]) {
			server.put("/dl/", JSON.stringify(listOf(`go1.99.${20 + minutes}`)));
			expect((await listed(minutes, ...words)).out).not.toContain("go1.99.9\n");
			forge();
		}
	});

	it("is not noted where there was no list", async () => {
		await server.close();
		await listed();
		expect(existsSync(directory()) ? readdirSync(directory()) : []).toEqual([]);
		server = await startServer();
	});
});

function listFile(): string {
	const [name = "none"] = readdirSync(directory()).filter((each) => /^[0-9a-f]{32}$/.test(each));
	return join(directory(), name);
}
