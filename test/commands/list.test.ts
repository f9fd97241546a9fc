import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
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
		expect(first.out).toMatch(/^go1\.99\.1\ngo1\.99rc1 {2,}pre-release\n$/);
		expect((await listed(1)).out).toBe(first.out);
		forge();
		expect((await listed(2)).out).toBe(first.out.replace("go1.99.1", "go1.99.9"));
		rmSync(note());
		expect((await listed(3)).out).toBe(first.out);
		expect(server.requests).toHaveLength(1);
	});

	it("for each platform what that has", async () => {
		server.put("/dl/", JSON.stringify([...listOf("go1.99.1"), ...goIndex([{ version: "go1.98.0", platform: "darwin-arm64" }])]));
		await listed();
		const there = await listed(1, "--platform", "darwin-arm64");
		expect(there.out).toMatch(/^go1\.98\.0\n$/);
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

describe("a list of one's own", () => {
	const inConfig = () => {
		writeFileSync(join(root, "config"), `index = ${server.index}\n`);
		return { GOX_CONFIG: join(root, "config") };
	};
	const run = (env: Record<string, string>, ...words: string[]) =>
		command({ root, env, host: "linux-amd64", now: () => new Date(noon) }, "list", ...words);
	const settings: readonly [string, () => Record<string, string>][] = [
		["GOX_INDEX", () => ({ GOX_INDEX: server.index })],
		["the config's index", inConfig],
	];

	it.each(settings)("from %s is all that gox list --remote lists", async (_, env) => {
		expect((await run(env(), "--remote")).out).toBe("go1.99.1\ngo1.99rc1  pre-release\n");
		const json = JSON.parse((await run(env(), "--remote", "--json")).out) as { version: string }[];
		expect(json.map(({ version }) => version)).toEqual(["go1.99.1", "go1.99rc1"]);
		expect((await run(env(), "--remote", "1.99")).out).toBe("go1.99.1\n");
	});

	it.each(settings)("from %s doesn't list what only the table knows, by name either", async (_, env) => {
		const { status, out, failure } = await run(env(), "--remote", "1.22.5");
		expect([status, out]).toEqual([3, ""]);
		expect(failure).toBe(`${server.index} does not list go1.22.5\ngox list --remote`);
	});

	it.each(settings)("from %s says which of the installed versions are out of date", async (_, env) => {
		server.put("/dl/", JSON.stringify(listOf("go1.99.2", "go1.98.1")));
		const bin = join(root, ".gox/versions/go1.99.1/bin");
		mkdirSync(bin, { recursive: true });
		writeFileSync(join(bin, "go"), "", { mode: 0o755 });
		writeFileSync(join(bin, "../VERSION"), "go1.99.1\n");
		await run(env(), "--remote");
		expect((await run(env())).out).toContain("1.99.2 is newer");
	});
});

function listFile(): string {
	const [name = "none"] = readdirSync(directory()).filter((each) => /^[0-9a-f]{32}$/.test(each));
	return join(directory(), name);
}
