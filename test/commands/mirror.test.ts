import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultMirrors } from "../../src/releases/mirrors.ts";
import type { MirrorTrial } from "../../src/releases/mirrortrial.ts";
import { proposedOrder } from "../../src/releases/mirrortrial.ts";
import { shWord } from "../../src/shell/shell.ts";
import { archiveName, goArchive } from "../support/archives.ts";
import { command } from "../support/command.ts";
import { freshRoot } from "../support/context.ts";
import { goIndex, startServer, type TestServer } from "../support/server.ts";

const platform = "linux-amd64";
const versions = ["go1.91.0", "go1.90.3", "go1.90.2"];
const archives = new Map(versions.map((version) => [version, goArchive({ version, platform })]));
const newest = archiveName("go1.91.0", platform);

let server: TestServer;
let root: string;

beforeEach(async () => {
	root = freshRoot();
	server = await startServer({ index: goIndex([...archives].map(([version, content]) => ({ version, platform, content }))) });
	for (const site of ["good", "other", "late", "bad"]) fill(site, versions);
});
afterEach(() => server.close());

function fill(site: string, which: readonly string[]): void {
	for (const version of which) server.put(`/${site}/${archiveName(version, platform)}`, archives.get(version) ?? "");
}

const at = (site: string) => `${server.origin}/${site}`;
const config = () => join(root, ".config/gox/config");
const gox = (words: readonly string[], { env = {}, answers }: { env?: Record<string, string>; answers?: string[] } = {}) =>
	command({ root, host: platform, env: { GOX_INDEX: server.index, ...env }, ...(answers && { answers }) }, "mirror", ...words);

describe("gox mirror list", () => {
	test("says what is in force, and who says so", async () => {
		expect(await gox([])).toMatchObject({ out: `${defaultMirrors.join("\n")}\n`, err: expect.stringContaining("built in") });
		mkdirSync(join(config(), ".."), { recursive: true });
		writeFileSync(config(), `mirrors = ${at("good")}, https://joe:s3cret@mirror.example/go\n`);
		const configured = await gox(["list", "--json"]);
		expect(JSON.parse(configured.out)).toEqual({ from: config(), mirrors: [at("good"), "https://mirror.example/go"] });
		const variable = await gox(["list"], { env: { GOX_MIRRORS: at("other") } });
		expect(variable).toMatchObject({ out: `${at("other")}\n`, err: "tried in this order; from GOX_MIRRORS\n" });
	});
});

describe("gox mirror test", () => {
	test("excludes loudly a mirror that sends other bytes, and never proposes it", async () => {
		server.put(`/bad/${newest}`, goArchive({ version: "go1.91.0", platform, versionFile: "go1.91.0x" }));
		for (const version of versions)
			server.failAlways(`/bad/${archiveName(version, platform)}`, { body: goArchive({ version, platform, versionFile: "x" }) });
		const { status, out, err } = await gox(["test", "--only", at("bad"), at("good"), "--yes"]);
		expect(status).toBe(5);
		expect(err).toContain(`warning: ${at("bad")} sends other bytes than were published`);
		expect(out).toMatch(/^- +http:\S*bad .* WRONG$/m);
		expect(readFileSync(config(), "utf8")).toBe(`mirrors = ${at("good")}\n`);
	});

	test("puts who is behind last, and says how far", async () => {
		for (const version of versions.slice(0, 2)) server.failAlways(`/late/${archiveName(version, platform)}`, { status: 404 });
		const { status, out } = await gox(["test", "--only", at("late"), at("good"), "--json", "--yes"]);
		expect(status).toBe(0);
		expect(JSON.parse(out)).toMatchObject({
			newest: "go1.91.0",
			list: { origin: "network" },
			mirrors: [
				{
					address: at("late"),
					standing: "behind",
					newest: "go1.90.2",
					behind: 2,
					hash: "right",
					notes: ["its newest is go1.90.2: 2 releases behind"],
				},
				{ address: at("good"), standing: "good", newest: "go1.91.0", behind: 0, hash: "right" },
			],
			proposal: [at("good"), at("late")],
			written: true,
		});
		expect(readFileSync(config(), "utf8")).toBe(`mirrors = ${at("good")},${at("late")}\n`);
	});

	test.each([
		["refuses access", { status: 403 }, /it answered 403/],
		["is overloaded", { status: 503 }, /it answered 503/],
		["resets the connection", { reset: true }, /cut|reset/],
		["answers with a login page", { html: true }, /a web page came in place of go1\.91\.0\.linux-amd64\.tar\.gz/],
		["redirects to plain http elsewhere", { redirect: "http://192.0.2.1/x" }, /refused: plain http/],
	])("leaves out one that %s", async (_what, fault, said) => {
		server.failAlways(`/other/${newest}`, fault);
		const { status, out, err } = await gox(["test", "--only", "--yes"], {
			env: { GOX_MIRRORS: [at("good"), at("other")].join(",") },
		});
		expect(status).toBe(0);
		expect(out.replace(/\s+/g, " ")).toMatch(said);
		// It is the person's own, and may be well tomorrow.
		expect(out).toMatch(/^2 +http:\S*other .* unchecked$/m);
		expect(err).toContain("that is already the order in force");
	});

	test("with none of use, nothing is written, and the exit status says network", async () => {
		const { status, out } = await gox(["test", "--only", "http://127.0.0.1:9/dl", "--yes"]);
		expect(status).toBe(4);
		expect(out).toMatch(/refused the connection/);
		expect(existsSync(config())).toBe(false);
	});

	test("one that has nothing is not proposed, unless it is in the settings", async () => {
		const words = ["test", "--only", "--json", "--dry-run"];
		const { out } = await gox([...words, at("good"), at("nothing")], { env: {} });
		expect(JSON.parse(out)).toMatchObject({
			mirrors: [{ standing: "good" }, { standing: "empty", newest: null, hash: "unchecked" }],
		});
		const own = await gox(words, { env: { GOX_MIRRORS: `${at("nothing")},${at("good")}` } });
		expect(JSON.parse(own.out).proposal).toEqual([at("good"), at("nothing")]);
	});

	test("a directory is a mirror too", async () => {
		const directory = join(root, "mirror");
		mkdirSync(directory);
		for (const [version, content] of archives) writeFileSync(join(directory, archiveName(version, platform)), content);
		const { out } = await gox(["test", "--only", pathToFileURL(directory).href, "--json", "--dry-run"]);
		expect(JSON.parse(out).mirrors).toMatchObject([{ standing: "good", hash: "right" }]);
	});

	test("asks before it writes, and without a terminal wants --yes", async () => {
		const words = ["test", "--only", at("good")];
		expect(await gox(words)).toMatchObject({ status: 2, failure: expect.stringContaining(`--only ${shWord(at("good"))} --yes`) });
		expect(await gox(words, { answers: ["n"] })).toMatchObject({
			status: 0,
			err: expect.stringContaining("nothing was changed"),
		});
		expect(existsSync(config())).toBe(false);
		expect((await gox([...words, "--dry-run"])).status).toBe(0);
		expect(existsSync(config())).toBe(false);
		expect((await gox(words, { answers: ["y"] })).err).toContain("to undo: gox config mirrors --unset");
		expect(readFileSync(config(), "utf8")).toBe(`mirrors = ${at("good")}\n`);
	});

	test("keeps the rest of the config, and a password in it to itself", async () => {
		mkdirSync(join(config(), ".."), { recursive: true });
		writeFileSync(config(), "# mine\ndurable = on\nmirrors = https://old.example\n", { mode: 0o640 });
		const secret = at("good").replace("//", "//joe:s3cret@");
		const { out, err } = await gox(["test", "--only", secret, "--yes", "--verbose"]);
		expect(out + err).not.toContain("s3cret");
		expect(readFileSync(config(), "utf8")).toBe(`# mine\ndurable = on\nmirrors = ${secret}\n`);
		expect(statSync(config()).mode & 0o777).toBe(0o600);
		expect(server.requests.filter(({ url }) => url.includes("/good/")).every(({ headers }) => headers.authorization)).toBe(true);
		chmodSync(config(), 0o640);
		await gox(["test", "--only", at("good"), "--yes"]);
		expect(statSync(config()).mode & 0o777).toBe(0o640);
	});

	test("--quick fetches no whole file", async () => {
		const { out } = await gox(["test", "--only", at("good"), "--quick", "--json", "--dry-run"]);
		expect(JSON.parse(out).mirrors).toMatchObject([{ standing: "good", hash: "unchecked" }]);
		expect(server.requests.filter(({ url }) => url.includes("/good/")).every(({ headers }) => headers.range)).toBe(true);
	});

	test("says so if the environment overrides the config", async () => {
		const { err } = await gox(["test", at("good"), "--only", "--yes"], { env: { GOX_MIRRORS: at("other") } });
		expect(err).toContain("GOX_MIRRORS in the environment overrides");
	});

	test.each([
		[["nonsense"], /wants list or test, not "nonsense"/],
		[["https://joe:s3cret@mirror.example"], /wants list or test, not an address/],
		[["list", "more"], /"more" is one word too many/],
		[["test", "--only", "http://mirror.example"], /plain http to another machine/],
		[["test", "--only", "nonsense"], /is not a URL/],
	])("%j is refused", async (words, said) => {
		const { status, failure } = await gox(words);
		expect({ status, failure }).toEqual({ status: 2, failure: expect.stringMatching(said) });
		expect(failure).not.toContain("s3cret");
	});

	test("fits 80 columns", async () => {
		server.failAlways(`/other/${newest}`, { status: 403 });
		const long = at(`${"very-long-name/".repeat(5)}go`);
		const { out } = await gox(["test", "--only", at("good"), at("other"), long, "--dry-run"]);
		expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
	});
});

describe("the proposed order", () => {
	const trial = (address: string, more: Partial<MirrorTrial>): MirrorTrial => ({
		base: new URL(address),
		address,
		standing: "good",
		latencyMs: 100,
		bytesPerSecond: 10e6,
		newest: "go1.91.0",
		behind: 0,
		hash: "right",
		notes: [],
		...more,
	});
	const [fast, near, slow, late, later, dead, wrong] = [
		trial("https://fast.example/", { bytesPerSecond: 50e6 }),
		trial("https://near.example/", { latencyMs: 10 }),
		trial("https://slow.example/", { bytesPerSecond: 1e6 }),
		trial("https://late.example/", { standing: "behind", behind: 1, bytesPerSecond: 90e6 }),
		trial("https://later.example/", { standing: "behind", behind: 3, bytesPerSecond: 90e6 }),
		trial("https://dead.example/", { standing: "unreachable", latencyMs: null, bytesPerSecond: null }),
		trial("https://wrong.example/", { standing: "wrong", hash: "wrong", bytesPerSecond: 99e6 }),
	] as const;
	const all = [wrong, dead, later, late, slow, near, fast];

	test.each([
		["the fastest first, the outdated last, the dead and the wrong not at all", () => false, [fast, near, slow, late, later]],
		["a dead one of the settings last of all, a wrong one never", () => true, [fast, near, slow, late, later, dead]],
	])("%s", (_what, own, wanted) => {
		expect(proposedOrder(all, own).map(({ address }) => address)).toEqual(wanted.map(({ address }) => address));
	});
});
