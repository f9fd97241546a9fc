import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { archiveName, goArchive } from "../support/archives.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";
import { goIndex } from "../support/server.ts";
import { h1Of } from "../support/sumdb/log.ts";
import { sumdbFiles, toolchainProxy } from "../support/sumdb/toolchainproxy.ts";

// A release that no table knows, so the mirror's index vouches for its archive, and a database of the tests' own for its files.
const published = toolchainProxy("go1.90.1", hostPlatform);
const { log, version, h1 } = published;
const lookup = `/a/sumdb/log.example.org/lookup/golang.org/toolchain@${version}`;

let mirror: Mirror;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
	serve("/a", published.files);
	serve("/forked", sumdbFiles(log.fork(300).fill(500, "other").add("golang.org/toolchain", version, h1)));
	serve("/lying", sumdbFiles(log.fork(300).add("golang.org/toolchain", version, h1Of("another")).fill(40)));
});
afterAll(() => mirror.close());
beforeEach(() => {
	mirror.server.failAlways(lookup, undefined);
	box = new Sandbox({ ...mirror.env, GOPROXY: `${mirror.server.origin}/a`, GOSUMDB: log.signer.verifierKey });
});

function serve(base: string, files: ReadonlyMap<string, Buffer | string>): void {
	for (const [path, content] of files) mirror.server.put(`${base}/${path}`, content);
}
const receipt = () => JSON.parse(box.read("goxhome/receipts/go1.90.1.json"));
const via = (path: string) => ({ env: { GOPROXY: `${mirror.server.origin}${path}` } });
const askedDatabase = () => mirror.server.requests.filter(({ url }) => url.includes("/sumdb/")).length;

describe("by default", () => {
	it("the database vouches beside the index, with its evidence", async () => {
		const { status, stderr } = await box.gox(["install", "1.90.1"]);
		expect(status, stderr).toBe(0);
		expect(stderr).toMatch(/vouched for by the index \S+ and Go's checksum database log\.example\.org \(record 300 of 701\)/);
		expect(receipt().witnesses).toEqual([
			expect.objectContaining({ kind: "index" }),
			{
				kind: "sumdb",
				where: "log.example.org",
				digest: h1,
				treeSize: 701,
				rootHash: expect.stringMatching(/^[\w+/]{43}=$/),
				recordNumber: 300,
			},
		]);
		expect(receipt()).not.toHaveProperty("unasked");
	});

	it.each([
		["fails", { status: 500 }, /answered 500/],
		["doesn't know the release", { status: 404 }, /has no lookup/],
		["never answers", { stall: "headers" }, /no answer within/],
	] as const)("a database that %s holds nothing up, and --verbose and the receipt say so", async (_what, fault, reason) => {
		mirror.server.failAlways(lookup, fault);
		const { status, stderr } = await box.gox(["install", "1.90.1", "--verbose"]);
		expect(status, stderr).toBe(0);
		expect(stderr).toMatch(/go1\.90\.1: Go's checksum database was not asked: /);
		expect(stderr).toMatch(reason);
		expect(receipt()).toMatchObject({ unasked: expect.stringMatching(reason), witnesses: [{ kind: "index" }] });
	});

	it("offline, from files, goes on", async () => {
		const files = join(box.root, "files");
		mkdirSync(files);
		const bytes = goArchive({ version: "go1.90.1", platform: hostPlatform });
		writeFileSync(join(files, archiveName("go1.90.1", hostPlatform)), bytes);
		writeFileSync(
			join(files, "index.json"),
			JSON.stringify(goIndex([{ version: "go1.90.1", platform: hostPlatform, content: bytes }])),
		);
		const before = mirror.server.requests.length;
		const { status, stderr } = await box.gox(["install", "1.90.1"], {
			env: {
				GOX_OFFLINE: "1",
				GOX_MIRRORS: pathToFileURL(files).href,
				GOX_INDEX: pathToFileURL(join(files, "index.json")).href,
			},
		});
		expect(status, stderr).toBe(0);
		expect(stderr).not.toContain("checksum database");
		expect(receipt().unasked).toContain("GOX_OFFLINE");
		expect(mirror.server.requests).toHaveLength(before);
	});

	it("a captive portal's page is warned of, and goes on", async () => {
		mirror.server.failAlways(lookup, { html: true });
		const { status, stderr } = await box.gox(["install", "1.90.1", "--quiet"]);
		expect(status, stderr).toBe(0);
		expect(stderr).toMatch(/^warning: go1\.90\.1: .*web page/m);
	});

	it("GOPROXY=off: nothing is asked", async () => {
		const before = askedDatabase();
		const { status, stderr } = await box.gox(["install", "1.90.1"], { env: { GOPROXY: "off" } });
		expect(status, stderr).toBe(0);
		expect(receipt().unasked).toContain("GOPROXY is off");
		expect(askedDatabase()).toBe(before);
	});

	it("a database that contradicts the files stops it, whatever the index says", async () => {
		const { status, stderr } = await box.gox(["install", "1.90.1"], via("/lying"));
		expect(status).toBe(5);
		expect(stderr).toContain(`its files have ${h1}`);
		expect(stderr).toContain(`log.example.org says ${h1Of("another")}`);
		expect(box.names("versions")).toEqual([]);
		expect(box.names("receipts")).toEqual([]);
		expect(box.leftovers()).toEqual([]);
	});

	it("a database with two histories stops it, and shows both heads", async () => {
		expect((await box.gox(["install", "1.90.1"])).status).toBe(0);
		const { status, stderr } = await box.gox(["install", "1.90.1", "--force"], {
			env: { ...via("/forked").env, XDG_CACHE_HOME: join(box.root, "other-cache") },
		});
		expect(status).toBe(5);
		expect(stderr).toContain("shows two histories");
		expect(stderr.match(/— log\.example\.org /g)).toHaveLength(2);
		expect(receipt().witnesses[1]).toMatchObject({ treeSize: 701 });
	});

	it("an unofficial build is never asked about, and the receipt says so", async () => {
		const mine = await startMirror([{ version: "go1.22.5", platform: hostPlatform }]);
		const before = askedDatabase();
		try {
			const { status, stderr } = await box.gox(["install", "1.22.5", "--unofficial"], { env: mine.env });
			expect(status, stderr).toBe(0);
			expect(JSON.parse(box.read("goxhome/receipts/go1.22.5.json"))).toMatchObject({
				official: false,
				unasked: "it is asked about official builds only",
			});
			const required = await box.gox(["install", "1.22.5", "--unofficial", "--force", "--verify", "sumdb"], { env: mine.env });
			expect(required.status).toBe(5);
			expect(askedDatabase()).toBe(before);
		} finally {
			await mine.close();
		}
	});
});

describe("--verify", () => {
	it.each([
		["table", [], 5, /release table doesn't know go1\.90\.1/],
		["table", ["--source", "proxy"], 2, /wants an archive's published SHA-256/],
		["index", [], 0, /vouched for by the index \S+$/m],
		["index", ["--source", "proxy"], 2, /wants an archive's published SHA-256/],
		["sumdb", [], 0, /index .* and Go's checksum database/],
		["sumdb", ["--source", "proxy"], 0, /vouched for by Go's checksum database/],
		["all", [], 0, /index .* and Go's checksum database/],
		["all", ["--source", "proxy"], 2, /--verify sumdb/],
		["everyone", [], 2, /one of: table, index, sumdb/],
	] as const)("%s %j: exit %d", async (policy, more, wanted, words) => {
		const { status, stderr } = await box.gox(["install", "1.90.1", "--verify", policy, ...more]);
		expect(status, stderr).toBe(wanted);
		expect(stderr).toMatch(words);
		expect(box.names("versions")).toEqual(wanted === 0 ? ["go1.90.1"] : []);
	});

	it("index asks the database nothing", async () => {
		const before = askedDatabase();
		expect((await box.gox(["install", "1.90.1", "--verify", "index"])).status).toBe(0);
		expect(askedDatabase()).toBe(before);
		expect(receipt().unasked).toBe("verify = index");
	});

	it.each([
		["sumdb", "fails", { status: 500 }],
		["sumdb", "is a captive portal", { html: true }],
		["all", "doesn't know the release", { status: 404 }],
	] as const)("%s: a database that %s is a refusal", async (policy, _what, fault) => {
		mirror.server.failAlways(lookup, fault);
		const { status, stderr } = await box.gox(["install", "1.90.1", "--verify", policy]);
		expect(status).toBe(5);
		expect(stderr).toContain(`Go's checksum database must vouch for go1.90.1 (verify = ${policy})`);
		expect(box.names("versions")).toEqual([]);
	});

	it("is a setting too, and the command line wins", async () => {
		mirror.server.failAlways(lookup, { status: 500 });
		expect((await box.gox(["config", "verify", "sumdb"])).status).toBe(0);
		expect((await box.gox(["install", "1.90.1"])).status).toBe(5);
		expect((await box.gox(["install", "1.90.1", "--verify", "index"])).status).toBe(0);
		expect((await box.gox(["config", "verify", "nobody"])).status).toBe(2);
	});
});
