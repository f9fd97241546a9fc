import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Bundle, type PartSource, writeBundle } from "../../src/archive/bundle.ts";
import type { Platform } from "../../src/version/platform.ts";
import { goEntries, sha256, type TarEntry, tarGz } from "../support/archives.ts";
import { hostPlatform } from "../support/mirror.ts";
import { type ProvenSite, publish, startProvenSite } from "../support/provensite.ts";
import { realToolchains } from "../support/realgo.ts";
import { Sandbox } from "../support/sandbox.ts";

const foreign: Platform = hostPlatform === "darwin-arm64" ? "linux-amd64" : "darwin-arm64";
const both = `${hostPlatform},${foreign}`;
/** A machine without a network, and without a word from anybody. */
const alone = { GOX_OFFLINE: "1", GOPROXY: "off", GOX_INDEX: "", GOX_MIRRORS: "" };
const releases = ["go1.90.1", "go1.90.2", "go1.91.0"].flatMap((version) => [
	{ version, platform: hostPlatform },
	{ version, platform: foreign },
]);
let site: ProvenSite;
/** Who has a network and makes the bundle. */
let maker: Sandbox;
/** Who has none. */
let user: Sandbox;

beforeAll(async () => {
	site = await startProvenSite(releases);
	maker = new Sandbox(site.env);
	const { status, stderr } = await maker.gox(["bundle", "1.90.1", "1.91", "--platform", both, "-o", "go.bundle"]);
	expect(status, stderr).toBe(0);
});
afterAll(() => site.close());
beforeEach(() => {
	user = new Sandbox({ ...alone, GOSUMDB: site.signer.verifierKey });
	copyFileSync(join(maker.root, "go.bundle"), join(user.root, "go.bundle"));
});

const bundlePath = () => join(user.root, "go.bundle");
/** Nothing was installed, and nothing is left over. */
function untouched(): void {
	expect(user.names("versions")).toEqual([]);
	expect(user.leftovers()).toEqual([]);
}

/** The user's bundle with some of its parts replaced or taken out. */
async function rewrite(change: (name: string, content: Buffer) => Buffer | undefined, honest = true): Promise<void> {
	const bundle = Bundle.open(bundlePath());
	const sources: PartSource[] = [];
	const toolchains = [];
	for (const toolchain of bundle.toolchains) {
		const chunks: Buffer[] = [];
		for await (const chunk of bundle.bytes(toolchain)) chunks.push(chunk);
		const content = change(toolchain.file, Buffer.concat(chunks));
		if (!content) continue;
		sources.push({ name: toolchain.file, content });
		toolchains.push({ ...toolchain, size: content.length, ...(honest && { sha256: sha256(content) }) });
	}
	for (const { name, content } of bundle.answers()) {
		const changed = change(`sumdb/${name}`, content);
		if (changed) sources.push({ name: `sumdb/${name}`, content: changed });
	}
	writeBundle(bundlePath(), toolchains, sources, new AbortController().signal);
}

function flip(content: Buffer, at = content.length >> 1): Buffer {
	const changed = Buffer.from(content);
	changed[at] = (changed[at] ?? 0) ^ 1;
	return changed;
}

describe("gox bundle", () => {
	it("--list says what is inside, for people and for programs", async () => {
		const { stdout } = await user.gox(["bundle", "--list", "go.bundle"]);
		expect(stdout.split("\n").map((line) => line.split(/ {2,}/).slice(0, 3).join(" "))).toEqual([
			...["go1.91.0", "go1.90.1"].flatMap((version) =>
				[foreign, hostPlatform].sort().map((platform) => `${version} ${platform} archive`),
			),
			"",
		]);
		const { contents, databases } = JSON.parse((await user.gox(["bundle", "--list", "go.bundle", "--json"])).stdout);
		expect(databases).toEqual(["log.example.org"]);
		const { sha256: hash, h1, archive } = site.toolchain("go1.90.1", hostPlatform);
		expect(contents).toContainEqual({
			version: "go1.90.1",
			platform: hostPlatform,
			kind: "archive",
			file: `archives/go1.90.1.${hostPlatform}.tar.gz`,
			sha256: hash,
			size: archive.length,
			h1,
		});
	});

	it("gives the same bytes for the same request, in whatever order it is made", async () => {
		const again = await maker.gox([
			"bundle",
			"1.91.0",
			"1.90.1",
			"--platform",
			both.split(",").reverse().join(","),
			"-o",
			"again.bundle",
		]);
		expect(again.status, again.stderr).toBe(0);
		expect(sha256(readFileSync(join(maker.root, "again.bundle")))).toBe(sha256(readFileSync(join(maker.root, "go.bundle"))));
		expect(maker.leftovers()).toEqual([]);
	});

	it.each<[string, string[], number, string]>([
		["nothing", ["bundle"], 2, "which versions"],
		["a release that isn't", ["bundle", "1.99.1"], 3, "1.99"],
		["a platform that isn't", ["bundle", "1.90.1", "--platform", "linux-amd64,plan9-386"], 2, "plan9-386"],
		["a directory that isn't", ["bundle", "1.90.1", "-o", "nowhere/go.bundle"], 6, "nowhere"],
		["--list of nothing", ["bundle", "--list"], 2, "one bundle"],
		["--list of no bundle", ["bundle", "--list", "text.bundle"], 5, "is not a whole bundle"],
	])("asked for %s says so", async (_, words, exit, why) => {
		maker.write({ "text.bundle": "no bundle\n" });
		const { status, stderr } = await maker.gox(words);
		expect(status, stderr).toBe(exit);
		expect(stderr).toContain(why);
		expect(maker.leftovers()).toEqual([]);
	});

	it("refuses a mirror's wrong bytes, and leaves the old bundle as it was", async () => {
		const path = site.mirror.path("go1.90.2");
		site.mirror.server.failAlways(path, { body: flip(site.toolchain("go1.90.2", hostPlatform).archive) });
		writeFileSync(join(maker.root, "old.bundle"), "old");
		const { status } = await maker.gox(["bundle", "1.90.2", "-o", "old.bundle"]);
		site.mirror.server.failAlways(path, undefined);
		expect(status).toBe(5);
		expect(maker.read("old.bundle")).toBe("old");
		expect(maker.leftovers()).toEqual([]);
	});

	it("holds modules where only the module proxy can be reached", async () => {
		const made = await maker.gox(["bundle", "1.90.2", "--source", "proxy", "-o", "module.bundle"]);
		expect(made.status, made.stderr).toBe(0);
		expect(JSON.parse((await maker.gox(["bundle", "--list", "module.bundle", "--json"])).stdout).contents).toMatchObject([
			{ version: "go1.90.2", kind: "module", h1: site.toolchain("go1.90.2", hostPlatform).h1 },
		]);
		const { status, stderr } = await user.gox(["install", "1.90.2", "--source", join(maker.root, "module.bundle")]);
		expect(status, stderr).toBe(0);
		expect(stderr).toContain("vouched for by Go's checksum database log.example.org");
	});

	it("says when a proof is missing that will be needed", async () => {
		const { status, stderr } = await maker.gox(["bundle", "1.90.2", "-o", "bare.bundle"], { env: { GOSUMDB: "off" } });
		expect(status, stderr).toBe(0);
		expect(stderr).toContain("without it nobody vouches for it");
		const refused = await user.gox(["install", "1.90.2", "--source", join(maker.root, "bare.bundle")]);
		expect(refused.status).toBe(5);
		expect(refused.stderr).toContain("nobody vouches for go1.90.2");
		untouched();
	});
});

describe("gox install --source BUNDLE, without a network", () => {
	it("installs and proves, for this machine and another", async () => {
		const { status, stderr, stdout } = await user.gox(["install", "--source", "go.bundle", "1.90.1", "latest", "--json"]);
		expect(status, stderr).toBe(0);
		const { h1 } = site.toolchain("go1.90.1", hostPlatform);
		expect(JSON.parse(stdout)).toMatchObject([
			{
				version: "go1.90.1",
				status: "installed",
				official: true,
				source: { kind: "archive", from: `the bundle ${bundlePath()}` },
				witnesses: [{ kind: "sumdb", where: "log.example.org", digest: h1, recordNumber: 300 }],
			},
			{ version: "go1.91.0" },
		]);
		expect((await user.run(join(user.home, "shims/go"), ["version"])).stdout).toContain("go1.90.1");
		expect((await user.gox(["install", "--source", "go.bundle", "1.90", "--platform", foreign])).status).toBe(0);
		expect(user.names("versions")).toEqual(["go1.90.1", `go1.90.1@${foreign}`, "go1.91.0"]);
		expect(user.leftovers()).toEqual([]);
	});

	it("without a version installs what the directory asks for, and obeys its lock", async () => {
		user.write({ "p/.go-version": "1.90\n", "p/go.mod": "module p\n" });
		const installed = await user.gox(["install", "--source", "../go.bundle"], { cwd: "p" });
		expect(installed.status, installed.stderr).toBe(0);
		expect(user.names("versions")).toEqual(["go1.90.1"]);
		const { sha256: hash, h1 } = site.toolchain("go1.90.1", hostPlatform);
		const lock = (h1: string) => JSON.stringify({ lock: 1, version: "go1.91.0", platforms: { [hostPlatform]: { h1 } } });
		user.write({ "q/.go-version": "1.91.0\n", "q/gox.lock": lock(h1) });
		const refused = await user.gox(["install", "--source", "../go.bundle"], { cwd: "q" });
		expect(refused.status).toBe(5);
		expect(refused.stderr).toContain(`the lock says ${h1}`);
		user.write({ "q/gox.lock": lock(site.toolchain("go1.91.0", hostPlatform).h1) });
		expect((await user.gox(["install", "--source", "../go.bundle"], { cwd: "q" })).status).toBe(0);
		expect(hash).toMatch(/^[0-9a-f]{64}$/);
	});

	it.each([
		["1.90.2", hostPlatform],
		["1.89", hostPlatform],
		["1.90.1", hostPlatform.startsWith("linux") ? "darwin-amd64" : "linux-arm64"],
	])("of %s for %s, which it hasn't, says what it has", async (word, platform) => {
		const { status, stderr } = await user.gox(["install", "--source", "go.bundle", word, "--platform", platform]);
		expect(status).toBe(3);
		expect(stderr).toContain(`has no ${word} for ${platform}; it has go1.91.0 (`);
		untouched();
	});

	it("of a file that isn't there, or no bundle, says so", async () => {
		expect((await user.gox(["install", "--source", "nowhere.bundle", "1.90.1"])).status).toBe(6);
		expect((await user.gox(["install", "--source", "sideways", "1.90.1"])).status).toBe(2);
		user.write({ "x.bundle": "hello" });
		expect((await user.gox(["install", "--source", "x.bundle", "1.90.1"])).status).toBe(5);
		untouched();
	});

	it("trusts nobody's other database: a bundle proven by a forger's log is refused", async () => {
		const forged = await startProvenSite([
			{ version: "go1.90.1", platform: hostPlatform, more: [{ path: "go/src/evil.go", content: "package evil\n" }] },
		]);
		const forger = new Sandbox(forged.env);
		await forger.gox(["bundle", "1.90.1", "-o", "go.bundle"]);
		await forged.close();
		copyFileSync(join(forger.root, "go.bundle"), bundlePath());
		const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.90.1"]);
		expect(status).toBe(5);
		expect(stderr).toContain("log.example.org");
		untouched();
	});

	it("refuses another archive in the same place, also when the manifest agrees with it", async () => {
		const more = [{ path: "go/src/evil.go", content: "package evil\n" }];
		const evil = publish({ version: "go1.90.1", platform: hostPlatform, more });
		await rewrite((name, content) => (name === `archives/go1.90.1.${hostPlatform}.tar.gz` ? evil.archive : content));
		const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.90.1"]);
		expect(status).toBe(5);
		expect(stderr).toContain(`its files have ${evil.h1}`);
		untouched();
	});

	it("installs only what the h1 covers where nobody else vouches: without api, doc, misc and test", async () => {
		const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.90.1"]);
		expect(status, stderr).toBe(0);
		expect(stderr).toContain("go1.90.1: without api, doc, misc, test, which the checksum database doesn't cover");
		expect(user.names("versions/go1.90.1")).toEqual(["VERSION", "bin", "pkg", "src"]);
		const audit = JSON.parse((await user.gox(["verify", "1.90.1", "--json"])).stdout);
		expect(audit).toMatchObject({ ok: true, verdict: "proven", missing: [], added: [], uncovered: 0 });
	});

	it.each<[string, (entry: TarEntry) => TarEntry[], string]>([
		[
			"a link into what the h1 doesn't cover",
			(entry) =>
				entry.path === "go/src/fmt/print.go"
					? [
							entry,
							{ path: "go/test/evil.go", content: "package fmt\n" },
							{ path: "go/src/fmt/evil.go", type: "SymbolicLink", linkpath: "../../test/evil.go" },
						]
					: [entry],
			'has a link, "src/fmt/evil.go"',
		],
		[
			"a go.mod by another name",
			(entry) => (entry.path === "go/src/go.mod" ? [{ ...entry, path: "go/src/_go.mod" }] : [entry]),
			"would pass for a go.mod",
		],
	])("refuses an archive with %s, though its files have the proven h1", async (_, change, why) => {
		const file = `archives/go1.90.1.${hostPlatform}.tar.gz`;
		const evil = tarGz(goEntries({ version: "go1.90.1", platform: hostPlatform }).flatMap(change));
		await rewrite((name, content) => (name === file ? evil : content));
		const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.90.1"]);
		expect(status, stderr).toBe(5);
		expect(stderr).toContain(why);
		untouched();
	});

	it("refuses an archive that the release table knows otherwise, whatever the bundle proves", async () => {
		const own = await startProvenSite([{ version: "go1.22.5", platform: hostPlatform }]);
		const liar = new Sandbox({ ...own.env, GOX_UNOFFICIAL: "1" });
		const made = await liar.gox(["bundle", "1.22.5", "--source", "proxy", "-o", "go.bundle"]);
		expect(made.status, made.stderr).toBe(0);
		await own.close();
		const { archive, h1 } = own.toolchain("go1.22.5", hostPlatform);
		const [module] = Bundle.open(join(liar.root, "go.bundle")).toolchains;
		if (!module) throw new Error("no toolchain");
		const file = `archives/go1.22.5.${hostPlatform}.tar.gz`;
		const toolchain = { ...module, kind: "archive" as const, file, sha256: sha256(archive), size: archive.length, h1 };
		const answers = [...Bundle.open(join(liar.root, "go.bundle")).answers()].map(({ name, content }) => ({
			name: `sumdb/${name}`,
			content,
		}));
		writeBundle(bundlePath(), [toolchain], [{ name: file, content: archive }, ...answers], new AbortController().signal);
		const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.22.5"], {
			env: { GOSUMDB: own.signer.verifierKey },
		});
		expect(status).toBe(5);
		expect(stderr).toContain(`it has the SHA-256 ${toolchain.sha256}\npublished is `);
		untouched();
	});

	it("refuses every damaged part: archive, record, head, tiles", async () => {
		const whole = readFileSync(bundlePath());
		const parts = [`archives/go1.90.1.${hostPlatform}.tar.gz`];
		for (const { name } of Bundle.open(bundlePath()).answers()) {
			// Those of the other releases aren't read.
			if (!name.includes("/lookup/") || name.includes(`go1.90.1.${hostPlatform}`)) parts.push(`sumdb/${name}`);
		}
		expect(parts.filter((name) => name.includes("/tile/")).length).toBeGreaterThan(1);
		for (const part of parts) {
			await rewrite((name, content) => (name === part ? flip(content) : content), false);
			const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.90.1"]);
			expect(status, `${part}: ${stderr}`).toBe(5);
			untouched();
			writeFileSync(bundlePath(), whole);
			// What was proven on the way is kept, and would mend the next damage.
			for (const directory of ["user/.cache", "goxhome/sumdb"])
				rmSync(join(user.root, directory), { recursive: true, force: true });
		}
	});

	it("without its proofs isn't enough for what the table doesn't know; --verify sumdb demands them", async () => {
		await rewrite((name, content) => (name.startsWith("sumdb/") ? undefined : content));
		const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.90.1"]);
		expect(status).toBe(5);
		expect(stderr).toContain("nobody vouches for go1.90.1");
		expect((await user.gox(["install", "--source", "go.bundle", "1.90.1", "--verify", "sumdb"])).status).toBe(5);
		untouched();
	});

	it("with any of its bytes changed is refused, between the parts and at its end too", async () => {
		const whole = readFileSync(bundlePath());
		const zeros = [...whole.keys()].filter((at) => at % 512 === 511 && whole[at] === 0);
		expect(zeros.length).toBeGreaterThan(20);
		const named = ["h1:", '"sha256"', '"h1"', "go1.90.1", ".tar.gz", "ustar"].map((text) => whole.indexOf(text));
		for (const at of [0, ...named, ...zeros.slice(0, 12), whole.length - 600, whole.length - 1]) {
			writeFileSync(bundlePath(), flip(whole, at));
			const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.90.1", "--platform", foreign]);
			expect(status, `byte ${at}: ${stderr}`).toBe(5);
			untouched();
		}
	});

	it("cut off, or with two files exchanged, is refused", async () => {
		const whole = readFileSync(bundlePath());
		for (const length of [0, 100, 512, 2000, whole.length >> 1, whole.length - 1024, whole.length - 512, whole.length - 1]) {
			writeFileSync(bundlePath(), whole.subarray(0, length));
			const { status } = await user.gox(["install", "--source", "go.bundle", "1.90.1"]);
			expect(status, `${length} bytes`).toBe(5);
		}
		writeFileSync(bundlePath(), whole);
		const other = site.toolchain("go1.91.0", hostPlatform).archive;
		await rewrite((name, content) => (name === `archives/go1.90.1.${hostPlatform}.tar.gz` ? other : content));
		expect((await user.gox(["install", "--source", "go.bundle", "1.90.1"])).status).toBe(5);
		untouched();
	});

	it("--verify pgp has nothing to go by in a bundle", async () => {
		const { status, stderr } = await user.gox(["install", "--source", "go.bundle", "1.90.1", "--verify", "pgp"]);
		expect(status).toBe(2);
		expect(stderr).toContain("holds no signatures");
	});

	it.each([
		["of an earlier day is consistent with it", [hostPlatform], 0],
		["of another history under the same key is refused", [foreign, hostPlatform], 5],
	])("after one bundle, a second one %s", async (_, order, exit) => {
		expect((await user.gox(["install", "--source", "go.bundle", "1.91"])).status).toBe(0);
		const published = order.map((platform) => ({ version: "go1.90.1", platform }));
		const second = await startProvenSite(published, site.signer);
		const other = new Sandbox(second.env);
		await other.gox(["bundle", "1.90.1", "-o", "second.bundle"]);
		await second.close();
		const { status, stderr } = await user.gox(["install", "--source", join(other.root, "second.bundle"), "1.90.1"]);
		expect(status, stderr).toBe(exit);
		if (exit !== 0) expect(stderr).toMatch(/two histories/);
		expect(user.names("versions")).toHaveLength(exit === 0 ? 2 : 1);
	});
});

describe("a second bundle, of a later day", () => {
	it("hasn't what leads from the first to it: it is proven, and the two trees are compared once there is a network", async () => {
		expect((await user.gox(["install", "--source", "go.bundle", "1.91"])).status).toBe(0);
		const later = await startProvenSite(releases, site.signer, [{ version: "go1.92.0", platform: hostPlatform }]);
		const other = new Sandbox(later.env);
		expect((await other.gox(["bundle", "1.92", "-o", "later.bundle"])).status).toBe(0);
		await later.close();
		const { status, stderr } = await user.gox(["install", "--source", join(other.root, "later.bundle"), "1.92"]);
		expect(status, stderr).toBe(0);
		expect(stderr).toContain("(record 2348 of 2356; not yet compared with the tree of 348 seen before)");
		const receipt = JSON.parse(user.read("goxhome/receipts/go1.92.0.json"));
		expect(receipt.witnesses).toMatchObject([{ kind: "sumdb", treeSize: 2356, uncompared: [348] }]);
		expect(user.names("sumdb/log.example.org/seen")).toHaveLength(2);
		expect((await user.gox(["verify"])).stdout).toContain("go1.92.0: proven");
		const { GOPROXY } = later.env;
		const compared = await user.gox(["verify", "1.92"], { env: { GOPROXY, XDG_CACHE_HOME: join(user.root, "empty") } });
		expect(compared.stdout).toBe("go1.92.0: proven by Go's checksum database log.example.org (record 2348 of 2356)\n");
		expect(user.names("sumdb/log.example.org/seen")).toEqual([expect.stringMatching(/^2356-/)]);
	});
});

const real = realToolchains();
if (!real) console.warn("skipped: no go that reaches its module proxy, so no real toolchains");

describe.skipIf(!real)("a bundle of a real toolchain", () => {
	it("is made from the module proxy, and proven by Go's checksum database on a machine without a network", async () => {
		const [first] = real ?? [];
		const online = new Sandbox({ GOPROXY: `file://${first?.proxy}`, GOX_MIRRORS: "http://127.0.0.1:9/dl" });
		const made = await online.gox(["bundle", "1.22.5", "-o", "go.bundle"]);
		expect(made.status, made.stderr).toBe(0);
		const offline = new Sandbox(alone);
		const bundle = join(online.root, "go.bundle");
		const { status, stderr, stdout } = await offline.gox(["install", "--source", bundle, "1.22.5", "--json"]);
		expect(status, stderr).toBe(0);
		expect(JSON.parse(stdout)[0].witnesses).toMatchObject([{ kind: "sumdb", where: "sum.golang.org", digest: first?.h1 }]);
		expect((await offline.run(join(offline.home, "shims/go"), ["version"])).stdout).toBe(
			`go version go1.22.5 ${hostPlatform.replace("-", "/")}\n`,
		);
		expect(existsSync(bundle)).toBe(true);
	});
});
