import { cpSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { expectSound, goroots } from "../support/oracle.ts";
import { type Running, start } from "../support/running.ts";
import { type Ran, Sandbox } from "../support/sandbox.ts";
import { randomBy } from "../support/seed.ts";
import { tried } from "../support/tally.ts";

const versions = ["1.90.1", "1.90.2", "1.91.0", "1.91.1", "1.92.0", "1.92.1", "1.93.0", "1.93.1"];

let mirror: Mirror;
/** A home with go1.90.1, the default, and go1.91.0, called `work`. */
let two: Sandbox;

beforeAll(async () => {
	mirror = await startMirror(versions.map((version) => ({ version: `go${version}`, platform: hostPlatform })));
	two = new Sandbox(mirror.env);
	expect((await two.gox(["install", "1.90.1", "1.91.0"])).status).toBe(0);
	expect((await two.gox(["alias", "work", "1.91.0"])).status).toBe(0);
});
afterAll(() => mirror.close());

function copyOf(of: Sandbox): Sandbox {
	const box = new Sandbox(mirror.env);
	cpSync(of.home, box.home, { recursive: true, verbatimSymlinks: true });
	return box;
}

const downloads = () => mirror.server.requests.filter(({ url }) => url.endsWith(".gz")).length;
const statuses = (ran: readonly Ran[]) => ran.map(({ status }) => status);
const talk = (ran: readonly Ran[]) => ran.map(({ stderr }) => stderr).join("\n");

/** @param checkpoint where it stops itself, as by SIGSTOP: by name, or the Nth of all */
async function startAndRest(box: Sandbox, args: readonly string[], checkpoint?: string | number): Promise<Running> {
	const env = checkpoint === undefined ? {} : { GOX_CHECKPOINT: `stop:${checkpoint}` };
	const running = start((options) => box.gox(args, { ...options, env }));
	await running.rests;
	return running;
}

describe("eight at once", { tags: "fault-19" }, () => {
	it("installing one version: one download, eight successes", async (test) => {
		const box = new Sandbox(mirror.env);
		const before = downloads();
		const ran = await Promise.all(Array.from({ length: 8 }, () => box.gox(["install", "1.90.1"])));
		expect(statuses(ran), talk(ran)).toEqual(Array(8).fill(0));
		expect(downloads() - before).toBe(1);
		expectSound(box.home);
		tried(test, 8);
	});

	it("installing eight versions: all are there, and the aliases name the newest of each minor", async (test) => {
		const box = new Sandbox(mirror.env);
		const ran = await Promise.all(versions.map((version) => box.gox(["install", version])));
		expect(statuses(ran), talk(ran)).toEqual(Array(8).fill(0));
		expect(box.names("versions")).toEqual(versions.map((version) => `go${version}`));
		expectSound(box.home);
		tried(test, 8);
	});

	it("uninstalling eight versions", async (test) => {
		const box = copyOf(two);
		expect((await box.gox(["install", ...versions, "--jobs", "4"])).status).toBe(0);
		const ran = await Promise.all(versions.map((version) => box.gox(["uninstall", version])));
		expect(statuses(ran), talk(ran)).toEqual(Array(8).fill(0));
		expect([box.names("versions"), box.names("aliases"), box.names("receipts")]).toEqual([[], [], []]);
		expectSound(box.home);
		tried(test, 8);
	});
});

describe("removing a version that is in use", { tags: "fault-20" }, () => {
	it("an uninstall waits for the install of the same version, and then removes it", async () => {
		const box = copyOf(two);
		const install = await startAndRest(box, ["install", "1.92.0"], "install:renamed");
		const uninstall = await startAndRest(box, ["uninstall", "1.92.0"]);
		expect(uninstall.over()).toBe(false);
		install.signal("SIGCONT");
		expect(statuses(await Promise.all([install.ended, uninstall.ended]))).toEqual([0, 0]);
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.91.0"]);
		expectSound(box.home, { digests: goroots(two.home) });
	});

	it("an install waits for the uninstall of the same version, and then installs it anew", async () => {
		const box = copyOf(two);
		const uninstall = await startAndRest(box, ["uninstall", "1.91.0"], "uninstall:renamed");
		const install = await startAndRest(box, ["install", "1.91.0"]);
		expect(install.over()).toBe(false);
		uninstall.signal("SIGCONT");
		expect(statuses(await Promise.all([uninstall.ended, install.ended]))).toEqual([0, 0]);
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.91.0"]);
		expectSound(box.home);
	});

	it("two uninstalls of one version: the second says that the first was faster", async () => {
		const box = copyOf(two);
		const first = await startAndRest(box, ["uninstall", "1.91.0"], "uninstall:start");
		const second = await startAndRest(box, ["uninstall", "1.91.0"]);
		first.signal("SIGCONT");
		expect((await first.ended).status).toBe(0);
		expect(await second.ended).toMatchObject({
			status: 3,
			stderr: expect.stringContaining("go1.91.0 is not installed any more"),
		});
		expectSound(box.home);
	});

	it.each([
		[
			["default", "1.91.0"],
			["default:link", "default:made", "default:done"],
		],
		[
			["alias", "mine", "1.91.0"],
			["alias:made", "alias:pointed", "alias:done"],
		],
	])("%j and the uninstall of that version: nothing points at what is gone", async (args, checkpoints) => {
		for (const checkpoint of checkpoints) {
			const box = copyOf(two);
			const chosen = await startAndRest(box, args, checkpoint);
			expect((await box.gox(["uninstall", "1.91.0"])).status).toBe(0);
			chosen.signal("SIGCONT");
			const { status, stderr } = await chosen.ended;
			expect([status, stderr]).toEqual([3, expect.stringContaining("go1.91.0 is not installed any more")]);
			expectSound(box.home, { why: checkpoint });
		}
	});

	it.each([
		["install", "1.92.1", "install:built"],
		["install", "1.92.1", "install:renamed"],
		["prune", "--yes", "uninstall:start"],
		["prune", "--yes", "uninstall:renamed"],
		["prune", "--yes", "uninstall:receipt"],
	])(
		"gox %s %s stopped at %s, and a prune or an install beside it: what is needed stays, what was asked for is there",
		async (verb, word, checkpoint) => {
			const box = copyOf(two);
			expect((await box.gox(["install", "1.92.0"])).status).toBe(0);
			expect((await box.gox(["install", "1.91.1"])).status).toBe(0);
			// go1.91.0 has an alias of the user's; go1.92.0 is the newest of its minor until 1.92.1 is there.
			const first = await startAndRest(box, [verb, word], checkpoint);
			const second = await startAndRest(box, verb === "install" ? ["prune", "--yes"] : ["install", "1.92.1"]);
			first.signal("SIGCONT");
			expect(statuses(await Promise.all([first.ended, second.ended]))).toEqual([0, 0]);
			expect(box.names("versions")).toEqual(expect.arrayContaining(["go1.90.1", "go1.91.0", "go1.91.1", "go1.92.1"]));
			expectSound(box.home, { digests: goroots(two.home) });
		},
	);

	it("a prune and an install of the very version that it removes: one after the other", async () => {
		for (const checkpoint of ["uninstall:start", "uninstall:renamed", "uninstall:links", "uninstall:removed"]) {
			const box = copyOf(two);
			expect((await box.gox(["install", "1.92.0", "1.92.1"])).status).toBe(0);
			const prune = await startAndRest(box, ["prune", "--yes"], checkpoint);
			const install = await startAndRest(box, ["install", "1.92.0"]);
			prune.signal("SIGCONT");
			expect(statuses(await Promise.all([prune.ended, install.ended])), checkpoint).toEqual([0, 0]);
			expectSound(box.home, { digests: goroots(two.home), why: checkpoint });
			// Before the version is out of sight, the install finds it there and has nothing to do.
			if (checkpoint !== "uninstall:start") expect(box.names("versions"), checkpoint).toContain("go1.92.0");
		}
	});

	it("an uninstall that stands still loses nobody else's default", async () => {
		const box = copyOf(two);
		expect((await box.gox(["default", "1.91.0"])).status).toBe(0);
		for (const checkpoint of ["uninstall:renamed", "default:aside"]) {
			const here = copyOf(box);
			const uninstall = await startAndRest(here, ["uninstall", "1.91.0"], checkpoint);
			expect((await here.gox(["default", "1.90.1"])).status).toBe(0);
			uninstall.signal("SIGCONT");
			expect((await uninstall.ended).status).toBe(0);
			expect(readlinkSync(join(here.home, "current")), checkpoint).toBe("versions/go1.90.1");
			expectSound(here.home);
		}
	});

	it("an install --force that stands between its renames costs a version nothing that points at it", async () => {
		const box = copyOf(two);
		const force = await startAndRest(box, ["install", "1.91.0", "--force"], "install:moved-old");
		expect((await box.gox(["install", "1.92.0"])).status).toBe(0);
		expect((await box.gox(["uninstall", "1.90.1"])).status).toBe(0);
		expect(box.names("aliases")).toContain("work");
		force.signal("SIGCONT");
		expect((await force.ended).status).toBe(0);
		expect(readlinkSync(join(box.home, "aliases/work"))).toBe("../versions/go1.91.0");
		expectSound(box.home);
	});

	it("an uninstall under a running build: the build ends by itself, and the store is sound", async () => {
		const box = copyOf(two);
		// What a build is: a process that was started from the GOROOT, and that starts tools of it again and again.
		const build = 'while "$0" version >/dev/null 2>&1; do :; done; echo stopped; test ! -e "$0"';
		const go = join(box.home, "versions/go1.91.0/bin/go");
		const building = box.run("sh", ["-c", build, go]);
		expect((await box.gox(["uninstall", "1.91.0"])).status).toBe(0);
		expect(await building).toMatchObject({ status: 0, stdout: "stopped\n" });
		expectSound(box.home);
	});
});

describe("the holder of a lock", { tags: "fault-21" }, () => {
	it("killed: who waits goes on at once", async () => {
		const box = copyOf(two);
		for (const checkpoint of ["lock:taken", "lock:owned", "install:built", "install:renamed", "lock:disowned"]) {
			const holder = await startAndRest(box, ["install", "1.92.0", "--force"], checkpoint);
			const waiter = await startAndRest(box, ["install", "1.92.0"]);
			holder.signal("SIGKILL");
			expect((await waiter.ended).status, checkpoint).toBe(0);
			await holder.ended;
			expect((await box.gox(["list"])).status).toBe(0);
			expectSound(box.home, { why: checkpoint });
		}
	});

	it("stopped and woken: who waits has its turn then, and both succeed", async () => {
		const box = copyOf(two);
		const holder = await startAndRest(box, ["install", "1.92.0"], "install:built");
		const waiter = await startAndRest(box, ["install", "1.92.0"]);
		expect(waiter.over()).toBe(false);
		expect((await box.gox(["list"])).status).toBe(0);
		expect(box.names("tmp").length).toBe(1);
		holder.signal("SIGCONT");
		expect(statuses(await Promise.all([holder.ended, waiter.ended]))).toEqual([0, 0]);
		expectSound(box.home);
	});
});

describe("one command stops at a checkpoint, another comes, and the first goes on or is killed", { tags: "fault-17" }, () => {
	const seed = Number(process.env.GOX_SEED ?? 20_260_731);
	const pairs = Number(process.env.GOX_PAIRS ?? 30);
	const commands = [
		["install", "1.92.0"],
		["install", "1.91.0", "--force"],
		["install", "1.91.1", "--default"],
		["uninstall", "1.91.0"],
		["uninstall", "1.90.1"],
		["default", "1.91.0"],
		["alias", "mine", "1.91.0"],
		["prune", "--unused", "--yes"],
		["pin", "1.91.0"],
		["dedupe"],
		["list"],
	];
	/** Of the two that are there, those which neither command removes: `work` is needed, the default may change. */
	const bystanders = (pair: readonly (readonly string[])[]) =>
		["go1.90.1", "go1.91.0"].filter((key) =>
			pair.every(([verb, word]) => (verb === "uninstall" ? `go${word}` !== key : verb !== "prune" || key === "go1.91.0")),
		);

	it(`${pairs} pairs by the seed ${seed} (GOX_SEED, GOX_PAIRS)`, async (test) => {
		const random = randomBy(seed);
		const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
		for (let pair = 0; pair < pairs; pair++) {
			const box = copyOf(two);
			const [first, second, at, end] = [
				pick(commands),
				pick(commands),
				1 + Math.floor(random() * 24),
				pick(["SIGCONT", "SIGKILL"] as const),
			];
			const why = `seed ${seed}, pair ${pair}: gox ${first.join(" ")} stopped at ${at}, gox ${second.join(" ")}, ${end}`;
			const stopping = await startAndRest(box, first, at);
			const other = await startAndRest(box, second);
			stopping.signal(end);
			const ran = await Promise.all([stopping.ended, other.ended]);
			// Uninstalled meanwhile is an answer.
			for (const { status, signal, stderr } of ran) expect([0, 3, signal && null], `${why}\n${stderr}`).toContain(status);
			expect((await box.gox(pick([["list"], ["why"], ["alias"], ["config"]]))).status, why).toBe(0);
			const digests = goroots(two.home, bystanders([first, second]));
			expectSound(box.home, { digests, places: [box.root], why, run: false });
		}
		tried(test, pairs);
	});
});
