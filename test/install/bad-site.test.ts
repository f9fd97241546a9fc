import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/main.ts";
import { goArchive } from "../support/archives.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { directory, file, hostileTars } from "../support/hostiletars.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { type Digests, expectSound, goroots } from "../support/oracle.ts";
import { rawTar } from "../support/rawtar.ts";
import { type Fault, goIndex } from "../support/server.ts";
import { ofFault } from "../support/tally.ts";

/*
 * What the other files of this directory try piece by piece, through `gox install` and with the oracle: its exit code and
 * message, and a store with another version in it that is as sound afterwards as it was before.
 */

const version = "go1.90.2";
const good = goArchive({
	version,
	platform: hostPlatform,
	more: [{ path: "go/src/large", content: randomBytes(300_000) }],
});
/** Of a size that is worth several connections. */
const large = goArchive({ version, platform: hostPlatform, more: [{ path: "go/src/large", content: randomBytes(8_000_000) }] });
const [middle, last] = [good.length >> 1, good.length - 1];

let mirror: Mirror;
/** A second site, which knows no index. */
let second: Mirror;
let root: string;
let home: string;
let before: Digests;

beforeAll(async () => {
	mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
	second = await startMirror();
	second.server.put(mirror.path(version), good);
	root = freshRoot();
	home = join(root, "home");
	fakeAssets(root, hostPlatform);
	expect(await gox(["install", "1.90.1", "--source", "download"])).toMatchObject({ exit: 0 });
	expect(await gox(["alias", "work", "1.90.1"])).toMatchObject({ exit: 0 });
	before = goroots(home);
});
afterAll(() => Promise.all([mirror.close(), second.close()]));

interface Ran {
	readonly exit: number;
	readonly err: string;
}

async function gox(argv: readonly string[], env: Readonly<Record<string, string>> = {}, now = () => new Date()): Promise<Ran> {
	const all = { ...mirror.env, GOX_HOME: home, GOPROXY: "off", GOSUMDB: "off", ...env };
	const context = { ...testContext({ root, env: all, now }), assets: join(root, "assets") };
	return { exit: await runCommandLine(context, argv), err: context.err() };
}

function publish(bytes: Buffer): void {
	mirror.server.putIndex(
		goIndex([
			{ version: "go1.90.1", platform: hostPlatform },
			{ version, platform: hostPlatform, content: bytes },
		]),
	);
	mirror.server.put(mirror.path(version), bytes);
	// The list of the case before is fresh for an hour, and what it downloaded might be gone on with.
	rmSync(join(root, ".cache"), { recursive: true, force: true });
}

/** Installs, expects this outcome, and the store to be sound with it and after the next command. */
async function expectOutcome({ exit, err }: Ran, expected: number, message: RegExp): Promise<void> {
	expect(exit, err).toBe(expected);
	expect(err).toMatch(message);
	expect(err).not.toMatch(/\n {4}at |undefined|\[object/);
	expect(readdirSync(join(home, "versions"))).toEqual(expected === 0 ? ["go1.90.1", version] : ["go1.90.1"]);
	expectSound(home, { digests: before, run: false });
	expect(await gox(["list"])).toMatchObject({ exit: 0 });
	if (expected === 0) expect(await gox(["uninstall", "1.90.2"])).toMatchObject({ exit: 0 });
	expectSound(home, { digests: before, run: false });
}

/** Downloads that go on in the next run. */
function partials(): string[] {
	const directory = join(root, ".cache/gox/partial");
	return existsSync(directory) ? readdirSync(directory) : [];
}

const once = (...faults: Fault[]) => ({ faults, always: undefined });
const always = (fault: Fault) => ({ faults: [], always: fault });
const done = /^installed go1\.90\.2/m;
const changed = { etag: '"another"' };

describe("a site that misbehaves, through gox install", () => {
	const whole: readonly [
		kind: number,
		title: string,
		{ faults: Fault[]; always: Fault | undefined },
		exit: number,
		message: RegExp,
	][] = [
		[1, "cut at byte 0", once({ cutAfter: 0 }), 0, done],
		[1, "cut at byte 1", once({ cutAfter: 1 }), 0, done],
		[1, "cut in the middle", once({ cutAfter: middle }), 0, done],
		[1, "cut before the last byte", once({ cutAfter: last }), 0, done],
		[1, "cut twice, a piece further each time", once({ cutAfter: middle }, { cutAfter: 100_000 }), 0, done],
		[1, "cut whatever is asked", always({ cutAfter: 0 }), 4, /could not be downloaded[\s\S]*connection/],
		[2, "a resume answered with 200", once({ cutAfter: middle }, { ignoreRange: true }), 0, done],
		[3, "the ETag changed", once({ cutAfter: middle }, { headers: changed }), 0, done],
		[3, "a 206 of another ETag", once({ cutAfter: middle }, { ignoreIfRange: true, headers: changed }), 0, done],
		[3, "a 206 with the wrong start", once({ cutAfter: middle }, { contentRange: `bytes 7-${last}/${good.length}` }), 0, done],
		[3, "a 206 with the wrong total", once({ cutAfter: middle }, { contentRange: `bytes ${middle}-${last}/9` }), 0, done],
		[4, "416 to who has it all, for a length that lied", once({ length: good.length + 10 }), 0, done],
		[5, "a plausible 206 with wrong bytes", once({ cutAfter: middle }, { body: randomBytes(good.length) }), 0, done],
		[8, "503, and when to come again", once({ status: 503, headers: { "retry-after": "0" } }), 0, done],
		[8, "404", always({ status: 404 }), 4, /no such file \(404\)/],
		[8, "403", always({ status: 403 }), 4, /\(403\)/],
		[10, "a Content-Length that is too small", always({ length: 1000 }), 5, /what it sent is not the file/],
		[10, "an encoding nobody asked for", always({ headers: { "content-encoding": "br" } }), 4, /encoded as br/],
		[13, "other bytes", always({ body: randomBytes(good.length) }), 5, /what it sent is not the file/],
		[13, "a login page", always({ html: true }), 4, /web page/],
		[13, "nothing", always({ body: "" }), 5, /not the file/],
	];
	for (const [kind, title, { faults, always: fault }, exit, message] of whole)
		it(title, ofFault(kind), async () => {
			publish(good);
			mirror.server.fail(mirror.path(version), ...faults);
			mirror.server.failAlways(mirror.path(version), fault);
			const ran = await gox(["install", "1.90.2", "--source", "download"]);
			mirror.server.failAlways(mirror.path(version), undefined);
			await expectOutcome(ran, exit, message);
			expect(partials()).toEqual([]);
		});

	const refused: readonly [kind: number, title: string, fault: Fault][] = [
		[8, "404", { status: 404 }],
		[8, "403", { status: 403 }],
		[10, "an encoding nobody asked for", { headers: { "content-encoding": "br" } }],
		[13, "other bytes", { body: randomBytes(good.length) }],
		[13, "a login page", { html: true }],
	];
	for (const [kind, title, fault] of refused)
		it(`${title}: the second mirror takes over`, ofFault(kind), async () => {
			publish(good);
			mirror.server.failAlways(mirror.path(version), fault);
			const GOX_MIRRORS = `${mirror.server.mirror},${second.server.mirror}`;
			const ran = await gox(["install", "1.90.2", "--source", "download"], { GOX_MIRRORS });
			mirror.server.failAlways(mirror.path(version), undefined);
			await expectOutcome(ran, 0, done);
		});

	const inRanges: readonly [kind: number, title: string, fault: Fault][] = [
		[6, "a range that gets 503", { status: 503, headers: { "retry-after": "0" } }],
		[6, "a range that is cut", { cutAfter: 100_000 }],
		[6, "a range that comes short", { shortRange: 100_000 }],
		[6, "a range answered with the whole file", { ignoreRange: true }],
		[6, "a range of another file", { headers: changed }],
	];
	for (const [kind, title, fault] of inRanges)
		it(title, ofFault(kind), async () => {
			publish(large);
			const path = mirror.path(version);
			const before = mirror.server.requestsFor(path).length;
			// So slow that gox goes on in ranges; the second of them has the fault.
			mirror.server.fail(path, { trickle: { bytes: 40_000, everyMs: 20 } }, {}, fault);
			await expectOutcome(await gox(["install", "1.90.2", "--source", "download"]), 0, done);
			const ranges = mirror.server
				.requestsFor(path)
				.slice(before)
				.map(({ headers }) => headers.range);
			expect(ranges).toEqual(expect.arrayContaining([undefined, expect.stringMatching(/^bytes=\d+-\d+$/)]));
			expect(ranges.length).toBeGreaterThan(3);
			expect(partials()).toEqual([]);
		});

	const slow: readonly [kind: number, title: string, fault: Fault][] = [
		[7, "headers that never come", { stall: "headers" }],
		[7, "a body that stops", { stall: middle }],
		[7, "a trickle", { trickle: { bytes: 1, everyMs: 50 } }],
	];
	for (const [kind, title, fault] of slow)
		it(`${title}: given up when GOX_TIMEOUT is over`, ofFault(kind), async () => {
			publish(good);
			mirror.server.failAlways(mirror.path(version), fault);
			const ran = await gox(["install", "1.90.2", "--source", "download"], { GOX_TIMEOUT: "1s" });
			mirror.server.failAlways(mirror.path(version), undefined);
			await expectOutcome(ran, 4, /was not done within 1 s/);
			// What came is kept for the next run, which leaves none of it.
			await expectOutcome(await gox(["install", "1.90.2", "--source", "download"]), 0, done);
			expect(partials()).toEqual([]);
		});
});

describe("a list that is none, through gox install", { tags: "fault-11" }, () => {
	const list = JSON.stringify(goIndex([{ version, platform: hostPlatform, content: good }]));
	const bad: readonly (readonly [string, Fault])[] = [
		["HTML", { html: true }],
		["cut short", { body: list.slice(0, -30) }],
		["empty", { body: "" }],
		["no list", { body: '{"version": "go1.90.2"}' }],
		["../ in a file name", { body: list.replace("go1.90.2.", "../go1.90.2.") }],
		["another digest's shape", { body: list.replace(/"sha256":"./, '"sha256":"x') }],
		["gone", { status: 404 }],
	];

	it.each(bad)("%s: the good one is kept, and serves", async (_, fault) => {
		publish(good);
		expect((await gox(["list", "--remote"])).exit).toBe(0);
		mirror.server.failAlways("/dl/", fault);
		const later = () => new Date(Date.now() + 2 * 3_600_000);
		const ran = await gox(["install", "1.90.2", "--source", "download"], {}, later);
		mirror.server.failAlways("/dl/", undefined);
		expect(ran.err).toMatch(/^warning: /m);
		await expectOutcome(ran, 0, done);
	});

	it.each(bad)("%s, and no other is known: exit 4", async (_, fault) => {
		publish(good);
		mirror.server.failAlways("/dl/", fault);
		const ran = await gox(["install", "1.90.2", "--source", "download"]);
		mirror.server.failAlways("/dl/", undefined);
		await expectOutcome(ran, 4, new RegExp(`${mirror.server.origin}/dl/`));
	});

	it("a clock that runs backwards, and one that is years ahead", { tags: "fault-12" }, async () => {
		publish(good);
		for (const years of [0, -20, 20, -40]) {
			const now = () => new Date(Date.now() + years * 365 * 86_400_000);
			await expectOutcome(await gox(["install", "1.90.2", "--source", "download"], {}, now), 0, done);
		}
	});
});

describe("a hostile archive with the digest that it should have, through gox install", { tags: "fault-16" }, () => {
	for (const [kind, cases] of Object.entries(hostileTars))
		describe(kind, () => {
			it.each(cases)("%s", async (_, entries, message) => {
				publish(gzipSync(rawTar([directory("go/"), ...entries, file("go/zz")])));
				await expectOutcome(await gox(["install", "1.90.2", "--source", "download"]), 5, message);
				expect(readdirSync(root).sort()).toEqual([".cache", "assets", "home"]);
			});
		});
});
