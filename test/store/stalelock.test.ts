import { cpSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { buildActor } from "../support/actorbuild.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { hostPlatform } from "../support/mirror.ts";
import { expectSound, goroots } from "../support/oracle.ts";
import { type Running, start } from "../support/running.ts";
import { Sandbox } from "../support/sandbox.ts";
import { act, type Deed, type Stage } from "../support/storeactor.ts";
import { tried } from "../support/tally.ts";

const box = new Sandbox();
const program = join(box.root, "actor.mjs");
const assets = fakeAssets(freshRoot(), hostPlatform);
/** The least that proper-lockfile knows of. */
const lockTimes = { stale: 2_000, update: 1_000, poll: 20, giveUpAfter: 60_000 };

beforeAll(async () => {
	await buildActor(program);
	const context = { ...testContext({ root: box.root, env: { GOX_HOME: box.home } }), assets };
	for (const name of ["go1.90.1", "go1.91.0"]) await act(context, { verb: "install", name }, () => {});
});

/** The story's own home, and processes in it. */
function staged(name: string): { home: string; begin: (deed: Deed, stopAt?: string) => Running } {
	const home = join(box.root, name);
	cpSync(box.home, home, { recursive: true, verbatimSymlinks: true });
	const stage: Stage = { root: box.root, home, assets, lockTimes };
	return {
		home,
		begin: (deed, stopAt) =>
			start((options) => box.run(process.execPath, [program, JSON.stringify({ deed, stage, stopAt })], options)),
	};
}

const name = "go1.91.0";

describe("the lock's holder stopped past the stale time, and woken", { tags: "fault-21" }, () => {
	it.each<[deed: Deed, stopAt: string, other: Deed, how: string]>([
		[{ verb: "force", name }, "install:built", { verb: "force", name }, "locked"],
		[{ verb: "force", name }, "install:announced", { verb: "install", name }, "done"],
		[{ verb: "force", name }, "install:moved-old", { verb: "install", name }, "done"],
		[{ verb: "force", name }, "install:receipt", { verb: "install", name }, "done"],
		[{ verb: "force", name }, "install:renamed", { verb: "uninstall", name }, "refused"],
		[{ verb: "install", name: "go1.92.0" }, "install:receipt", { verb: "install", name: "go1.92.0" }, "done"],
		[{ verb: "uninstall", name }, "uninstall:renamed", { verb: "install", name }, "done"],
		[{ verb: "uninstall", name }, "uninstall:links", { verb: "install", name }, "done"],
		[{ verb: "uninstall", name }, "uninstall:receipt", { verb: "install", name }, "done"],
	])("%j at %s, meanwhile %j: no damage", async (deed, stopAt, other, how) => {
		const { home, begin } = staged(`${deed.verb}-${stopAt}`.replace(":", "-"));
		const digests = goroots(home, ["go1.90.1"]);
		const holder = begin(deed, stopAt);
		await holder.rests;
		expect(holder.over()).toBe(false);
		const second = begin(other);
		expect((await second.ended).stdout).toBe("done");
		holder.signal("SIGCONT");
		expect(await holder.ended).toMatchObject({ status: 0, stdout: how });
		expect((await begin({ verb: "list", name: "" }).ended).stdout).toBe("done");
		expectSound(home, { digests });
	});

	it("stays the holder for everyone else's commands", async (test) => {
		const { home, begin } = staged("others");
		const holder = begin({ verb: "force", name }, "install:built");
		await holder.rests;
		for (const deed of [
			{ verb: "install", name: "go1.92.0" },
			{ verb: "uninstall", name: "go1.90.1" },
			{ verb: "default", name },
			{ verb: "alias", name },
			{ verb: "list", name: "" },
		] as const)
			expect((await begin(deed).ended).stdout).toBe("done");
		holder.signal("SIGCONT");
		expect((await holder.ended).stdout).toBe("done");
		expectSound(home, { digests: goroots(box.home, [name]) });
		tried(test, 5);
	});
});
