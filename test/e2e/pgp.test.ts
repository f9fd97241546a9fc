import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Options } from "../../src/cli/command.ts";
import { reportOn } from "../../src/cli/report.ts";
import { run as installCommand } from "../../src/commands/install.ts";
import { commands } from "../../src/commands/table.ts";
import type { GoxError } from "../../src/errors.ts";
import { layoutOf } from "../../src/store/layout.ts";
import { readReceipt } from "../../src/store/receipt.ts";
import { goArchive, sha256 } from "../support/archives.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, type TestContext, testContext } from "../support/context.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { published, type SigningKey, signed, signingKey, withSubkey } from "../support/pgp.ts";
import { Sandbox } from "../support/sandbox.ts";
import { startServer, type TestServer } from "../support/server.ts";

const version = "go1.90.1";
const archive = goArchive({ version, platform: hostPlatform });
let key: SigningKey;
let stranger: SigningKey;
let mirror: Mirror;
let asc: string;

beforeAll(async () => {
	key = await withSubkey(await signingKey(), "2020-02-01", 3);
	stranger = await withSubkey(await signingKey(), "2020-02-01");
});
beforeEach(async () => {
	mirror = await startMirror();
	mirror.add({ version, platform: hostPlatform, bytes: archive });
	asc = `${mirror.path(version)}.asc`;
});
afterEach(() => mirror.close());

/** The index knows the release, but not its SHA-256. */
function forgetHash(): void {
	const [os, arch] = hostPlatform.split("-");
	const filename = `${version}.${hostPlatform}.tar.gz`;
	mirror.server.putIndex([
		{ version, stable: true, files: [{ filename, os, arch, version, sha256: "", size: 0, kind: "archive" }] },
	]);
}

describe("gox install --verify pgp, against Google's key", { tags: "fault-14" }, () => {
	it.each<[string, () => Promise<string | undefined>, RegExp]>([
		[
			"by another key",
			() => signed(stranger, archive),
			/is by [0-9A-F]{16}, which is no key of EB4C1BFD4F042F6DDDCCEC917721F63BD38B4796/,
		],
		["that isn't there", async () => undefined, /no signature of go1\.90\.1\..* could be had:\n.*\.asc is not there \(404\)/],
		["that is a web page", async () => "<!DOCTYPE html><title>hello</title>", /is not an OpenPGP signature/],
		["that is garbage", async () => "\u0000\u0001\u0002", /is not an OpenPGP signature/],
	])("refuses a signature %s", async (_, content, why) => {
		const text = await content();
		if (text !== undefined) mirror.server.put(asc, text);
		const box = new Sandbox(mirror.env);
		// The key's published edition lies on another host: nothing here may ask for it.
		const { status, stderr } = await box.gox(["install", "1.90.1", "--verify", "pgp"], {
			env: { HTTPS_PROXY: "http://127.0.0.1:9" },
		});
		expect(status, stderr).toBe(5);
		expect(stderr).toMatch(why);
		expect(box.names("versions")).toEqual([]);
		expect(box.leftovers()).toEqual([]);
	});

	it("refuses a key file of somebody else's, whatever it signed", async () => {
		mirror.server.put(asc, await signed(stranger, archive));
		const box = new Sandbox(mirror.env);
		box.write({ "key.asc": published(stranger), config: "verify = pgp\npgp_key = key.asc\n" });
		for (const env of [{ GOX_PGP_KEY: join(box.root, "key.asc") }, { GOX_CONFIG: join(box.root, "config") }]) {
			const { status, stderr } = await box.gox(["install", "1.90.1", "--verify", "pgp"], { env });
			expect(status).toBe(5);
			expect(stderr).toContain(`it has ${stranger.fingerprint}\n`);
		}
		const missing = await box.gox(["install", "1.90.1", "--verify", "pgp"], { env: { GOX_PGP_KEY: "/nowhere/key" } });
		expect(missing.status).toBe(6);
		expect(box.names("versions")).toEqual([]);
	});

	it("a release without a SHA-256 needs a signature, and without one isn't installed", async () => {
		forgetHash();
		const box = new Sandbox(mirror.env);
		for (const source of ["download", "any"]) {
			const { status, stderr } = await box.gox(["install", "1.90.1", "--source", source]);
			expect(status, stderr).toBe(5);
			expect(stderr).toContain(".asc is not there");
		}
		expect(box.names("versions")).toEqual([]);
	});
});

describe("gox install --verify pgp, against a key of the test's", { tags: "fault-14" }, () => {
	let context: TestContext;
	let keys: TestServer;

	beforeEach(async () => {
		keys = await startServer();
		keys.put("/key.pub", `${published(stranger)}\n${published(key)}`);
		mirror.server.put(asc, await signed(key, archive));
		const root = freshRoot();
		const plain = testContext({ root, host: hostPlatform, env: { GOPROXY: "off", GOSUMDB: "off", ...mirror.env } });
		context = {
			...plain,
			assets: fakeAssets(root, hostPlatform),
			releaseKey: { fingerprint: key.fingerprint, address: `${keys.origin}/key.pub` },
		};
	});
	afterEach(() => keys.close());

	async function install(options: Record<string, unknown> = { verify: "pgp" }, env = {}): Promise<GoxError | undefined> {
		const own = { ...context, env: { ...context.env, ...env } };
		const report = reportOn(own, { json: false, quiet: false, verbose: true });
		return Promise.resolve(
			installCommand({
				context: own,
				report,
				args: ["1.90.1"],
				options: new Options(options),
				name: "install",
				commands,
				rest: [],
			}),
		).then(
			() => undefined,
			(error: GoxError) => error,
		);
	}
	const receipt = () => readReceipt(layoutOf(context.home), version);
	const nothing = () => expect(receipt()).toBeUndefined();

	it("a good one is among the witnesses, with the fingerprints of primary key and subkey", async () => {
		expect(await install()).toBeUndefined();
		expect(receipt()?.witnesses).toEqual([
			{ kind: "index", digest: sha256(archive), where: expect.any(String) },
			{
				kind: "pgp",
				digest: sha256(archive),
				fingerprint: key.fingerprint,
				subkey: key.private.subkeys[0]?.getFingerprint().toUpperCase(),
				signedAt: "2021-06-01T00:00:00.000Z",
			},
		]);
		expect(context.err()).toContain(`a signature of 2021-06-01 by the key ${key.fingerprint}`);
	});

	it("without --verify nobody asks for it", async () => {
		expect(await install({})).toBeUndefined();
		expect(mirror.server.requestsFor(asc)).toEqual([]);
	});

	it("is all that vouches for a release without a SHA-256; a byte changed is refused", async () => {
		forgetHash();
		const changed = Buffer.from(archive);
		changed[changed.length - 5] = (changed[changed.length - 5] ?? 0) ^ 1;
		mirror.server.put(mirror.path(version), changed);
		expect(await install({ source: "download" })).toMatchObject({ code: "integrity" });
		const other = goArchive({ version, platform: hostPlatform, more: [{ path: "go/evil", content: "x" }] });
		mirror.server.put(mirror.path(version), other);
		expect(await install({ source: "download" })).toMatchObject({
			code: "integrity",
			message: expect.stringContaining("it is of other bytes"),
		});
		nothing();
		mirror.server.put(mirror.path(version), archive);
		expect(await install({ source: "download" })).toBeUndefined();
		expect(receipt()?.witnesses.map(({ kind }) => kind)).toEqual(["pgp"]);
	});

	it("one of another file is refused, though the SHA-256 is right", async () => {
		mirror.server.put(asc, await signed(key, Buffer.from("another file")));
		expect(await install()).toMatchObject({ code: "integrity", message: expect.stringContaining("it is of other bytes") });
		nothing();
	});

	it("one made after the subkey expired is refused", async () => {
		mirror.server.put(asc, await signed(key, archive, { on: "2023-06-01" }));
		expect(await install()).toMatchObject({ code: "integrity", message: expect.stringContaining("expired") });
		nothing();
	});

	it("survives a connection that is cut in the middle", async () => {
		mirror.server.fail(mirror.path(version), { cutAfter: 700 });
		expect(await install()).toBeUndefined();
		expect(receipt()?.witnesses.map(({ kind }) => kind)).toEqual(["index", "pgp"]);
	});

	it("is taken from the first mirror that has one by the pinned key", async () => {
		const bare = await startServer({ files: new Map([["/dl/x", "x"]]) });
		const foul = await startServer({ files: new Map([[asc, await signed(stranger, archive)]]) });
		const GOX_MIRRORS = [bare, foul, mirror.server].map((server) => server.mirror).join(",");
		expect(await install({ verify: "pgp" }, { GOX_MIRRORS })).toBeUndefined();
		await Promise.all([bare.close(), foul.close()]);
	});

	it("the key is fetched once, and again when a newer subkey signs", async () => {
		expect(await install()).toBeUndefined();
		expect(await install({ verify: "pgp", force: true })).toBeUndefined();
		expect(keys.requestsFor("/key.pub")).toHaveLength(1);
		const rotated = await withSubkey(key, "2022-06-01", 3);
		mirror.server.put(asc, await signed(rotated, archive, { on: "2022-07-01" }));
		expect(await install({ verify: "pgp", force: true })).toMatchObject({
			code: "integrity",
			message: expect.stringContaining("which is no key of"),
		});
		keys.put("/key.pub", published(rotated));
		expect(await install({ verify: "pgp", force: true })).toBeUndefined();
		expect(receipt()?.witnesses.at(-1)).toMatchObject({ subkey: rotated.private.subkeys[1]?.getFingerprint().toUpperCase() });
	});

	it("a key at the published address that isn't the pinned one is refused", async () => {
		keys.put("/key.pub", published(stranger));
		mirror.server.put(asc, await signed(stranger, archive));
		expect(await install()).toMatchObject({ code: "integrity", message: expect.stringContaining("holds another key") });
		nothing();
	});

	it("offline, a key file and files on this machine will do", async () => {
		const { writeFileSync } = await import("node:fs");
		writeFileSync(join(context.cwd, "key.asc"), published(key));
		writeFileSync(join(context.cwd, `${version}.${hostPlatform}.tar.gz`), archive);
		writeFileSync(join(context.cwd, `${version}.${hostPlatform}.tar.gz.asc`), await signed(key, archive));
		expect(await install({})).toBeUndefined();
		const env = { GOX_OFFLINE: "1", GOX_PGP_KEY: "key.asc", GOX_MIRRORS: `file://${context.cwd}` };
		expect(await install({ verify: "pgp", force: true }, env)).toBeUndefined();
		expect(receipt()?.source.from).toContain("file://");
		expect(keys.requests).toEqual([]);
	});

	it("the module proxy has no signatures: --source proxy can't be asked for one", async () => {
		expect(await install({ verify: "pgp", source: "proxy" })).toMatchObject({ code: "usage" });
	});
});
