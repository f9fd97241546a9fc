import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/main.ts";
import { goArchive, sha256 } from "../support/archives.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { printingProgram } from "../support/fakego.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { type Digests, expectSound, goroots } from "../support/oracle.ts";
import { goIndex } from "../support/server.ts";
import { tried } from "../support/tally.ts";

const version = "go1.90.2";
let mirror: Mirror;
let root: string;
let before: Digests;

beforeAll(async () => {
	mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
	root = freshRoot();
	fakeAssets(root, hostPlatform);
	expect(await install("1.90.1")).toMatchObject({ exit: 0 });
	before = goroots(join(root, "home"));
});
afterAll(() => mirror.close());

async function install(word: string): Promise<{ exit: number; err: string }> {
	const env = { ...mirror.env, GOX_HOME: join(root, "home"), GOPROXY: "off", GOSUMDB: "off" };
	const context = { ...testContext({ root, env }), assets: join(root, "assets") };
	return { exit: await runCommandLine(context, ["install", word, "--source", "download"]), err: context.err() };
}

/** The index publishes the digest of `published`; the site sends `sent`. */
async function expectRefused(published: Buffer, sent: Buffer, message: RegExp): Promise<void> {
	mirror.server.putIndex(goIndex([{ version, platform: hostPlatform, content: published }]));
	mirror.server.put(mirror.path(version), sent);
	// The list of the case before is fresh for an hour.
	rmSync(join(root, ".cache"), { recursive: true, force: true });
	const { exit, err } = await install("1.90.2");
	expect(exit, err).toBe(5);
	expect(err).toMatch(message);
	expect(err).not.toMatch(/\n {4}at |undefined/);
	expect(readdirSync(join(root, "home/versions"))).toEqual(["go1.90.1"]);
	expectSound(join(root, "home"), { digests: before, run: false });
}

describe("wrong bytes", { tags: "fault-13" }, () => {
	it("one bit flipped, anywhere in the archive: refused, whatever gunzip and tar make of it", async (test) => {
		const good = goArchive({ version, platform: hostPlatform });
		const bits = Array.from({ length: 64 }, (_, at) => Math.floor(((at + 0.5) * good.length * 8) / 64));
		for (const bit of [0, 7, good.length * 8 - 1, ...bits]) {
			const bad = Buffer.from(good);
			bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
			expect(sha256(bad)).not.toBe(sha256(good));
			await expectRefused(good, bad, /SHA-256|what it sent is not the file/);
			tried(test);
		}
	});

	const others = (["darwin-arm64", "darwin-amd64", "linux-arm64", "linux-amd64"] as const).filter(
		(each) => each !== hostPlatform,
	);
	it.each(others)("the right hash, but bin/go is a program for %s", async (platform) => {
		const archive = goArchive({ version, platform: hostPlatform, program: printingProgram(platform, "x") });
		await expectRefused(archive, archive, /bin\/go is .*, not for/);
	});

	it.each(["go1.90.1", "go1.90", "devel", "", "go1.90.2-evil"])("the right hash, but VERSION says %j", async (versionFile) => {
		const archive = goArchive({ version, platform: hostPlatform, versionFile });
		await expectRefused(archive, archive, /VERSION says/);
	});

	it("the right hash, but bin/go is a script", async () => {
		const archive = goArchive({ version, platform: hostPlatform, program: Buffer.from("#!/bin/sh\necho go version go1.90.2\n") });
		await expectRefused(archive, archive, /bin\/go/);
	});
});
