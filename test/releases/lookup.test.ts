import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CatalogOptions, loadCatalog, lookUp } from "../../src/releases/lookup.ts";
import { indexSources } from "../../src/releases/mirrors.ts";
import { builtInTable } from "../../src/releases/table.ts";
import { parseRelease } from "../../src/version/release.ts";
import { parseRequest } from "../../src/version/request.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { goIndex, startServer, type TestServer } from "../support/server.ts";

const minute = 60_000;
const day = "2027-03-01";
const noon = Date.parse(`${day}T12:00:00Z`);
const page = "/dl/";

let server: TestServer;
let root: string;

beforeEach(async () => {
	root = freshRoot();
	server = await startServer({ index: listOf("go1.99.1") });
});

afterEach(async () => {
	await server.close();
});

function listOf(...versions: string[]) {
	return goIndex(versions.map((version) => ({ version, platform: "linux-amd64" })));
}

/** Loads at a time of day in minutes from noon; the cache is the story's. */
async function load(minutes: number, env: Record<string, string | undefined> = {}, options: Partial<CatalogOptions> = {}) {
	const warnings: string[] = [];
	const context = testContext({
		root,
		env: { GOX_INDEX: server.index, ...env },
		host: "linux-amd64",
		now: () => new Date(noon + minutes * minute),
	});
	const catalog = await loadCatalog(context, { warn: (text) => void warnings.push(text), ...options });
	return { catalog, warnings, newest: catalog.pick(parseRequest("latest"), "linux-amd64").release.name };
}

/** The one file of the cache. */
function cacheFile(): string {
	const directory = join(root, ".cache/gox/index");
	const [name = "none"] = readdirSync(directory);
	return join(directory, name);
}

function damage(change: (text: string) => string): void {
	writeFileSync(cacheFile(), change(readFileSync(cacheFile(), "utf8")));
}

describe("the cache", () => {
	test("a list younger than an hour is used without a request", async () => {
		expect((await load(0)).catalog).toMatchObject({ origin: "network", url: server.index, fetchedAt: new Date(noon) });
		server.putIndex(listOf("go1.99.2"));
		for (const minutes of [0, 1, 59]) {
			expect(await load(minutes)).toMatchObject({ newest: "go1.99.1", warnings: [], catalog: { origin: "cache" } });
		}
		expect(server.requests).toHaveLength(1);
	});

	test("an older one is asked for again, on condition that it changed", async () => {
		await load(0);
		const first = await load(60);
		expect(first).toMatchObject({ newest: "go1.99.1", warnings: [], catalog: { origin: "network" } });
		expect(server.requests.map(({ status }) => status)).toEqual([200, 304]);
		expect((await load(100)).catalog.origin).toBe("cache");
		server.putIndex(listOf("go1.99.2"));
		expect(await load(121)).toMatchObject({ newest: "go1.99.2" });
		expect(server.requests.map(({ status }) => status)).toEqual([200, 304, 200]);
	});

	test("Last-Modified serves where there is no ETag", async () => {
		const since = "Mon, 01 Mar 2027 08:00:00 GMT";
		server.fail(page, { headers: { etag: undefined, "last-modified": since } }, { status: 304 });
		await load(0);
		expect((await load(90)).newest).toBe("go1.99.1");
		expect(server.requests[1]?.headers).toMatchObject({ "if-modified-since": since });
	});

	test("a clock that ran backwards makes it old", { tags: "fault-12" }, async () => {
		await load(0);
		expect((await load(-1)).catalog.origin).toBe("network");
		expect(server.requests).toHaveLength(2);
	});

	test("refresh asks although it is fresh", async () => {
		await load(0);
		expect((await load(1, {}, { refresh: true })).catalog.origin).toBe("network");
		expect(server.requests.map(({ status }) => status)).toEqual([200, 304]);
	});

	test("each GOX_INDEX has its own", async () => {
		await load(0);
		const other = await startServer({ index: listOf("go1.98.0") });
		expect((await load(1, { GOX_INDEX: other.index })).newest).toBe("go1.98.0");
		expect((await load(1)).newest).toBe("go1.99.1");
		await other.close();
	});

	test("credentials in GOX_INDEX are sent, and don't reach the disk", async () => {
		const secret = server.index.replace("http://", "http://joe:s3cret@");
		const { catalog } = await load(0, { GOX_INDEX: secret });
		expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from("joe:s3cret").toString("base64")}`);
		expect(readFileSync(cacheFile(), "utf8") + catalog.url).not.toContain("s3cret");
	});

	test.each<[string, (text: string) => string]>([
		["a changed byte", (text) => text.replace('"size": 0', '"size": 9')],
		["a cut body", (text) => text.slice(0, -10)],
		["a cut head", (text) => text.slice(0, 20)],
		["nothing", () => ""],
		["another head", (text) => text.replace(/"fetchedAt":"[^"]*"/, '"fetchedAt":"yesterday"')],
	])("%s on disk is noticed, and the list is asked for without conditions", { tags: "fault-12" }, async (_, change) => {
		await load(0);
		damage(change);
		expect(await load(1)).toMatchObject({ newest: "go1.99.1", warnings: [], catalog: { origin: "network" } });
		expect(server.requests[1]).toMatchObject({ status: 200 });
		expect(server.requests[1]?.headers["if-none-match"]).toBeUndefined();
		expect((await load(2)).catalog.origin).toBe("cache");
	});

	test("a 304 to somebody who has nothing is no list", { tags: "fault-12" }, async () => {
		await load(0);
		damage(() => "");
		server.fail(page, { status: 304 });
		const { catalog, warnings } = await load(1);
		expect(catalog.origin).toBe("table");
		expect(warnings[0]).toContain("304");
	});

	test("a directory that can't be written costs nothing but the cache", async () => {
		writeFileSync(join(root, ".cache"), "a file");
		expect(await load(0)).toMatchObject({ newest: "go1.99.1", warnings: [] });
	});
});

describe("no network", { tags: "fault-12" }, () => {
	const stall = async () => server.failAlways(page, { stall: "headers" });

	test("GOX_OFFLINE: a fresh list is good, an old one comes with a warning, and nothing is asked", async () => {
		await load(0);
		expect(await load(59, { GOX_OFFLINE: "1" })).toMatchObject({ newest: "go1.99.1", warnings: [] });
		const old = await load(61, { GOX_OFFLINE: "1" });
		expect(old).toMatchObject({ newest: "go1.99.1", catalog: { origin: "stale" } });
		expect(old.warnings).toEqual([`GOX_OFFLINE is set; using the list of releases of ${day}`]);
		expect(server.requests).toHaveLength(1);
	});

	test("GOX_OFFLINE and no list: the table, with its date", async () => {
		const { catalog, warnings, newest } = await load(0, { GOX_OFFLINE: "1", GOX_INDEX: undefined });
		expect([catalog.origin, newest]).toEqual(["table", "go1.27.0"]);
		expect(warnings).toEqual([`GOX_OFFLINE is set; gox knows the releases up to ${builtInTable().date} by itself`]);
	});

	test("GOX_OFFLINE=0 is no such thing", async () => {
		expect((await load(0, { GOX_OFFLINE: "0" })).catalog.origin).toBe("network");
	});

	test.each([
		["refused", "ECONNREFUSED", async () => await server.close()],
		["no answer", "no answer within 200 ms", stall],
		["a broken server", "500", async () => server.failAlways(page, { status: 500 })],
		["blocked", "451", async () => server.failAlways(page, { status: 451 })],
		["reset", "before an answer came", async () => server.failAlways(page, { reset: true })],
		["cut", "the connection was cut", async () => server.failAlways(page, { cutAfter: 100, body: "[1, 2, 3]".repeat(100) })],
	])("%s: an old list is used with a warning, else the table", async (_, reason, fail) => {
		await load(0);
		await fail();
		const timing = fail === stall ? { headersMs: 200 } : {};
		const old = await load(90, {}, { timing });
		expect(old).toMatchObject({ newest: "go1.99.1", catalog: { origin: "stale" } });
		expect(old.warnings).toEqual([expect.stringMatching(new RegExp(`${reason}.*; using the list of releases of ${day}$`))]);
		damage(() => "");
		const none = await load(90, {}, { timing });
		expect(none.catalog.origin).toBe("table");
		expect(none.warnings).toEqual([expect.stringContaining(reason)]);
	});

	test("a file needs none, and isn't cached", async () => {
		const path = join(root, "my list.json");
		writeFileSync(path, JSON.stringify(listOf("go1.97.0")));
		const env = { GOX_OFFLINE: "1", GOX_INDEX: pathToFileURL(path).href };
		expect(await load(0, env)).toMatchObject({ newest: "go1.97.0", warnings: [], catalog: { origin: "network" } });
		writeFileSync(path, JSON.stringify(listOf("go1.97.1")));
		expect((await load(1, env)).newest).toBe("go1.97.1");
		expect(readdirSync(root)).toEqual(["my list.json"]);
	});

	test("Ctrl-C is not answered with the table", async () => {
		server.failAlways(page, { stall: "headers" });
		const context = testContext({ root, env: { GOX_INDEX: server.index } });
		const loading = loadCatalog(context, { warn: () => {} });
		context.interrupt();
		await expect(loading).rejects.toMatchObject({ code: "interrupted" });
	});
});

describe("a bad answer", { tags: "fault-11" }, () => {
	const faults = {
		"a login page": { html: true },
		"a cut list": { body: '[{"version":"go1.99.3","stable":true,"files":[' },
		"an empty list": { body: "[]" },
		"an empty answer": { body: "" },
		"a path in a file name": { body: JSON.stringify(listOf("go1.99.3")).replace("go1.99.3.linux", "../go1.99.3.linux") },
		"no such page": { status: 404 },
	};

	test.each(Object.entries(faults))("%s: the good list is kept and used, with a warning", async (_, fault) => {
		await load(0);
		server.fail(page, fault);
		const { newest, warnings, catalog } = await load(90);
		expect([newest, catalog.origin]).toEqual(["go1.99.1", "stale"]);
		expect(warnings).toHaveLength(1);
		expect((await load(30)).catalog.origin).toBe("cache");
	});

	test.each(Object.entries(faults))("%s, and no list: GOX_INDEX is wrong, and that is said", async (_, fault) => {
		server.fail(page, fault);
		await expect(load(0)).rejects.toMatchObject({ code: "bad-index", exit: 4, hint: expect.any(String) });
	});

	test("the default list is not the person's: the table stands in", async () => {
		const secure = indexSources(undefined, {});
		expect(secure).toMatchObject({ explicit: false });
		expect(secure.urls.map((url) => url.href)).toEqual([
			"https://go.dev/dl/?mode=json&include=all",
			"https://golang.google.cn/dl/?mode=json&include=all",
		]);
	});

	test.each(["go.dev/dl", "ftp://go.dev/dl", "http://go.dev/dl", "file://host/list", "javascript:1"])(
		"GOX_INDEX=%s is refused",
		async (url) => {
			await expect(load(0, { GOX_INDEX: url })).rejects.toMatchObject({ code: "usage", exit: 2 });
		},
	);
});

describe("the list and the table together", () => {
	const digest = "a".repeat(64);

	test("a floating request takes what the list has; by name the table's are there too", async () => {
		server.putIndex(listOf("go1.22.5", "go1.21.13"));
		const { catalog, newest } = await load(0);
		expect(newest).toBe("go1.22.5");
		const pick = (text: string) => catalog.pick(parseRequest(text), "linux-amd64").release.name;
		expect(["1.22", ">=1.21", "1.26.7", "1.19"].map(pick)).toEqual(["go1.22.5", "go1.22.5", "go1.26.7", "go1.19.13"]);
		expect(catalog.matching(parseRequest("1.22"), "linux-amd64").map(({ release }) => release.name)).toEqual(["go1.22.5"]);
		expect(catalog.releases.length).toBe(builtInTable().releases.length);
	});

	test("both hashes are told, so that they can be compared", async () => {
		server.putIndex(goIndex([{ version: "go1.22.5", platform: "linux-amd64", sha256: digest }]));
		const { catalog } = await load(0);
		const { hashes, archive } = catalog.pick(parseRequest("1.22.5"), "linux-amd64");
		expect(hashes).toEqual({ table: archive.sha256, index: digest });
		expect(archive.sha256).toMatch(/^904b924d/);
	});

	test("one witness alone, and none", async () => {
		server.putIndex(goIndex([{ version: "go1.99.0", platform: "linux-amd64", sha256: digest }]));
		const { catalog } = await load(0);
		const hashes = (name: string) => catalog.hashes(parseRelease(name) ?? expect.fail(), "linux-amd64");
		expect(hashes("go1.99.0")).toEqual({ index: digest });
		expect(hashes("go1.22.4")).toEqual({ table: expect.any(String) });
		expect(hashes("go1.4")).toEqual({});
	});

	test("what is not found in an old list may be newer than it, and that is said", async () => {
		await load(0);
		const { catalog } = await load(90, { GOX_OFFLINE: "1" });
		expect(() => catalog.pick(parseRequest("1.99.2"), "linux-amd64")).toThrow(
			expect.objectContaining({ code: "no-such-release", message: expect.stringContaining(`as of ${day}`) }),
		);
	});
});

describe("a damaged list on disk", { tags: "fault-12" }, () => {
	const flip = (text: string) => text.replace('"size": 0', '"size": 9');

	test("that is old, and a server that says 304 all the same: the table, and why", async () => {
		await load(0);
		damage(flip);
		server.fail(page, { status: 304 });
		const { catalog, warnings } = await load(90);
		expect(server.requests[1]?.headers["if-none-match"]).toBeUndefined();
		expect(catalog.origin).toBe("table");
		expect(warnings[0]).toContain("304");
	});

	test("offline: the table, never the damaged list", async () => {
		await load(0);
		damage(flip);
		expect((await load(1, { GOX_OFFLINE: "1" })).catalog.origin).toBe("table");
		expect(server.requests).toHaveLength(1);
	});

	test("that claims to be of the future is asked for again", async () => {
		await load(60 * 24 * 365);
		expect((await load(0)).catalog.origin).toBe("network");
	});
});

describe("looking one release up", () => {
	const context = (env: Record<string, string>) => testContext({ root, env, now: () => new Date(noon) });
	const options = { warn: (text: string) => expect.fail(text) };

	test("an exact one that the table knows: no network, no file, no warning", async () => {
		const blocked = { https_proxy: server.origin };
		const chosen = await lookUp(context(blocked), parseRequest("1.22.5"), "darwin-arm64", options);
		expect(chosen).toMatchObject({
			release: { name: "go1.22.5" },
			platform: "darwin-arm64",
			archive: { filename: "go1.22.5.darwin-arm64.tar.gz" },
		});
		expect(chosen.hashes).toEqual({ table: chosen.archive.sha256 });
		expect(server.requests).toHaveLength(0);
		expect(readdirSync(root)).toEqual([]);
	});

	test("with a GOX_INDEX that one is asked, so that it can contradict", async () => {
		server.putIndex(goIndex([{ version: "go1.22.5", platform: "linux-amd64", sha256: "b".repeat(64) }]));
		const { hashes } = await lookUp(context({ GOX_INDEX: server.index }), parseRequest("1.22.5"), "linux-amd64", options);
		expect(hashes).toEqual({ table: expect.any(String), index: "b".repeat(64) });
	});

	test("one that came out within the hour is found, though the cached list is fresh", async () => {
		const env = { GOX_INDEX: server.index };
		await lookUp(context(env), parseRequest("latest"), "linux-amd64", options);
		server.putIndex(listOf("go1.99.1", "go1.99.2"));
		const chosen = await lookUp(context(env), parseRequest("1.99.2"), "linux-amd64", options);
		expect(chosen.release.name).toBe("go1.99.2");
		await expect(lookUp(context(env), parseRequest("1.99.3"), "linux-amd64", options)).rejects.toMatchObject({ exit: 3 });
	});

	test("the request's own platform wins", async () => {
		const chosen = await lookUp(context({}), parseRequest("1.15.15@darwin-amd64"), "darwin-arm64", options);
		expect(chosen).toMatchObject({ platform: "darwin-amd64", archive: { filename: "go1.15.15.darwin-amd64.tar.gz" } });
	});
});
