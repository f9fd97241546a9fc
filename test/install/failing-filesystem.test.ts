import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { runCommandLine } from "../../src/main.ts";
import { goEntries, tarGz } from "../support/archives.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { type FaultCode, faultCodes, withFailingFs } from "../support/failingfs.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { type Digests, faultsOf, goroots, temporaries } from "../support/oracle.ts";
import { tried } from "../support/tally.ts";

let mirror: Mirror;
/** The store with go1.90.1 (the default, called `mine`), and with go1.90.2 besides. */
let one: Place;
let both: Place;

interface Place {
	readonly root: string;
	readonly home: string;
	readonly copy: string;
	readonly digests: Digests;
}

interface Ran {
	readonly exit: number;
	readonly err: string;
}

beforeAll(async () => {
	mirror = await startMirror();
	for (const version of ["go1.90.1", "go1.90.2"]) mirror.add({ version, platform: hostPlatform, bytes: tiny(version) });
	one = await place("1.90.1");
	both = await place("1.90.1", "1.90.2");
});
afterAll(() => mirror.close());

/** As few files as a Go can have, for as few calls. */
function tiny(version: string): Buffer {
	const kept = /^go\/(?:VERSION|bin\/go|src\/go\.mod)$/;
	return tarGz(goEntries({ version, platform: hostPlatform }).filter(({ path }) => kept.test(path)));
}

/** Every run is another process's, and dead when the next begins. */
let pid = 5_000_000;
async function gox({ root }: Pick<Place, "root">, ...argv: string[]): Promise<Ran> {
	const own = ++pid;
	const context = testContext({
		root,
		cwd: join(root, "project"),
		env: { ...mirror.env, GOX_HOME: join(root, "home"), GOPROXY: "off", GOSUMDB: "off" },
	});
	const exit = await runCommandLine(
		{ ...context, assets: join(root, "assets"), pid: own, isAlive: (other) => other === own },
		argv,
	);
	return { exit, err: context.err() };
}

async function place(...versions: string[]): Promise<Place> {
	const root = freshRoot();
	const home = join(root, "home");
	mkdirSync(join(root, "project"));
	fakeAssets(root, hostPlatform);
	for (const version of versions) expect(await gox({ root }, "install", version)).toMatchObject({ exit: 0 });
	expect(await gox({ root }, "alias", "mine", "1.90.1")).toMatchObject({ exit: 0 });
	const copy = join(root, "copy");
	cpSync(home, copy, { recursive: true, verbatimSymlinks: true });
	return { root, home, copy, digests: goroots(home, ["go1.90.1"]) };
}

function restore({ home, copy, root }: Place): void {
	for (const path of [home, join(root, "project")]) rmSync(path, { recursive: true, force: true });
	cpSync(copy, home, { recursive: true, verbatimSymlinks: true });
	mkdirSync(join(root, "project"));
}

interface Story {
	readonly argv: readonly string[];
	readonly from: () => Place;
	/** Whether it has been done, seen from outside. */
	readonly done: (place: Place) => boolean;
	/** What the same command may answer when it has been done already. */
	readonly again?: number;
	/** Every so manieth call, where others stand for those between. */
	readonly step?: number;
}

const linkOf = (path: string) => existsSync(path) && readFileSync(join(path, "VERSION"), "utf8").split("\n")[0];
const stories: readonly Story[] = [
	{ argv: ["install", "1.90.2"], from: () => one, done: ({ home }) => existsSync(join(home, "versions/go1.90.2")) },
	{
		step: 2,
		argv: ["install", "1.90.2", "--default"],
		from: () => both,
		done: ({ home }) => linkOf(join(home, "current")) === "go1.90.2",
	},
	{
		step: 3,
		argv: ["install", "1.90.2", "--force"],
		from: () => both,
		done: ({ home }) => existsSync(join(home, "versions/go1.90.2")),
	},
	{ argv: ["uninstall", "1.90.2"], from: () => both, done: ({ home }) => !existsSync(join(home, "versions/go1.90.2")), again: 3 },
	{ argv: ["default", "1.90.2"], from: () => both, done: ({ home }) => linkOf(join(home, "current")) === "go1.90.2" },
	{
		argv: ["alias", "yours", "1.90.2"],
		from: () => both,
		done: ({ home }) => linkOf(join(home, "aliases/yours")) === "go1.90.2",
	},
	{
		argv: ["alias", "mine", "--remove"],
		from: () => both,
		done: ({ home }) => !existsSync(join(home, "aliases/mine")),
		again: 2,
	},
	{ argv: ["pin", "1.90.2"], from: () => both, done: ({ root }) => existsSync(join(root, "project/.go-version")) },
	{
		argv: ["bundle", "1.90.2", "-o", "go.bundle", "--source", "download"],
		from: () => one,
		done: ({ root }) => existsSync(join(root, "project/go.bundle")),
	},
];

/** A command that fails says what failed, once, in words. */
function expectWords({ exit, err }: Ran, root: string, where: string): void {
	expect([0, 6], `${where}\n${err}`).toContain(exit);
	expect(err, where).not.toMatch(/\n {4}at |in gox itself|undefined|injected/);
	if (exit === 6) expect(err, where).toMatch(new RegExp(`gox: .*${root}`));
}

interface Trial {
	readonly code: FaultCode;
	readonly at: number;
	readonly lasting: boolean;
	/** Whether the same command is then given again, without any fault. */
	readonly twice: boolean;
}

async function expectSurvived(story: Story, { code, at, lasting, twice }: Trial): Promise<string | undefined> {
	const { argv, from, done, again } = story;
	const scene = from();
	const { root, home, digests } = scene;
	restore(scene);
	const { value: ran, failed } = await withFailingFs({ root, code, at, lasting }, () => gox(scene, ...argv));
	const [locks, names] = [existsSync(join(home, "locks")) ? readdirSync(join(home, "locks")) : [], /\.(?:claim|owner)$/];
	// proper-lockfile takes back a lock that it couldn't look at behind our back; a process has ended by then.
	await turn();
	if (failed === undefined) {
		expect(ran.exit, ran.err).toBe(0);
		return undefined;
	}
	const where = `gox ${argv.join(" ")}: ${code} at call ${at}${lasting ? " and after" : ""}, ${failed}`;
	expectWords(ran, root, where);
	expect(locks.length === 0 || locks.some((name) => names.test(name)), `${where}: a lock of nobody's is left: ${locks}`).toBe(
		true,
	);
	if (ran.exit === 0) expect(done(scene), where).toBe(true);
	// No half version is ever seen, and nobody else's is touched.
	expect(
		faultsOf(home, digests, [], false).filter((fault) => /^versions/.test(fault)),
		where,
	).toEqual([]);
	const next = await gox(scene, "list");
	expect(next.exit, `${where}; the next command\n${next.err}`).toBe(0);
	// In the tests' own process temporary files bear the mark of a living one; a real process's are a dead one's by now.
	const left = [...faultsOf(home, digests, [], false), ...temporaries(join(root, "project"))];
	expect(
		left.filter((fault) => !lasting || !fault.includes(`.${process.pid}-`)),
		`${where}; after the next command`,
	).toEqual([]);
	if (!twice) return failed;
	const second = await gox(scene, ...argv);
	expect(second.exit === 0 || second.exit === again, `${where}; the same again\n${second.err}`).toBe(true);
	expect(done(scene), `${where}; the same again`).toBe(true);
	expect(faultsOf(home, digests, [], false), `${where}; the same again`).toEqual([]);
	return failed;
}

async function everyCall(test: TestContext, story: Story, how: Omit<Trial, "at">, step = 1): Promise<void> {
	let at = 1;
	for (; (await expectSurvived(story, { ...how, at })) !== undefined; at += step) tried(test);
	expect(at).toBeGreaterThan(10);
}

const small = stories.filter(({ argv }) => ["install 1.90.2", "uninstall 1.90.2"].includes(argv.join(" ")));

describe("a file system that fails at its Nth call, for every N", { tags: "fault-18" }, () => {
	describe("EIO, and then the same command again", () => {
		for (const story of stories)
			it(`gox ${story.argv.join(" ")}`, (test) =>
				everyCall(test, story, { code: "EIO", lasting: false, twice: true }, story.step));
	});
	for (const code of faultCodes.filter((each) => each !== "EIO"))
		for (const story of small)
			it(`${code}: gox ${story.argv.join(" ")}`, (test) => everyCall(test, story, { code, lasting: false, twice: false }));
});

describe("a disk that is full, or read-only, from its Nth call on", { tags: "fault-18" }, () => {
	for (const code of ["ENOSPC", "EROFS"] as const)
		for (const story of small)
			it(`${code}: gox ${story.argv.join(" ")}`, (test) => everyCall(test, story, { code, lasting: true, twice: false }, 2));
});

it("the injected faults reach what libraries do with files, and are gone afterwards", async () => {
	const { root, home } = one;
	const { value, failed } = await withFailingFs({ root, code: "EIO", at: 1 }, async () => readdirSync(home).length === 0).catch(
		() => ({
			value: "failed",
			failed: undefined,
		}),
	);
	expect({ value, failed }).toEqual({ value: "failed", failed: undefined });
	expect(readdirSync(home)).toContain("versions");
});
