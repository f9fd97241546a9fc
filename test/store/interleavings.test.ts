import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LockTimes } from "../../src/context.ts";
import { buildActor } from "../support/actorbuild.ts";
import { fakeAssets } from "../support/assets.ts";
import { freshRoot, testContext } from "../support/context.ts";
import { hostPlatform } from "../support/mirror.ts";
import { faultsOf, goroots } from "../support/oracle.ts";
import { randomBy } from "../support/seed.ts";
import { act, type Cue, type Deed, firstPid, type Part, type Stage } from "../support/storeactor.ts";
import { tried } from "../support/tally.ts";

const seed = Number(process.env.GOX_SEED ?? 20_260_731);
const runs = Number(process.env.GOX_RUNS ?? 500);
/** Locks are never stale here: dead holders are known by their process. */
const lockTimes: LockTimes = { stale: 60_000, update: 30_000, poll: 2, giveUpAfter: 60_000 };

const root = freshRoot();
const program = join(root, "actor.mjs");
const assets = fakeAssets(root, hostPlatform);
const template = join(root, "template");
const alive = new Int32Array(new SharedArrayBuffer(4 * 100_000));
let nextPid = firstPid;

/** A thread that plays one process after the other. */
class Actor {
	readonly #baton = new Int32Array(new SharedArrayBuffer(4));
	readonly #thread = new Worker(program, { workerData: { alive, baton: this.#baton } });
	readonly #cues: Cue[] = [];
	#wanted: (() => void) | undefined;
	state: Cue | { readonly kind: "idle" | "runs" } = { kind: "idle" };
	deed: Deed | undefined;
	pid = 0;

	constructor() {
		this.#thread.on("message", (cue: Cue) => {
			this.#cues.push(cue);
			this.#wanted?.();
		});
		this.#thread.unref();
	}

	begin(deed: Deed, stage: Stage): void {
		this.deed = deed;
		this.pid = nextPid++;
		Atomics.store(alive, this.pid - firstPid, 1);
		this.state = { kind: "runs" };
		this.#thread.postMessage({ deed, pid: this.pid, stage } satisfies Part);
	}

	/** Until it stands at its next checkpoint, waits for a lock, or has ended. */
	async rest(): Promise<void> {
		while (this.#cues.length === 0)
			await new Promise<void>((resolve) => {
				this.#wanted = resolve;
			});
		const cue = this.#cues.shift();
		if (cue) this.state = cue;
		if (cue?.kind === "ended") Atomics.store(alive, this.pid - firstPid, 0);
	}

	/** Whether it has moved on by itself: a lock that it waited for was let go. */
	get stirs(): boolean {
		return this.#cues.length > 0;
	}

	goOn(): void {
		this.state = { kind: "runs" };
		Atomics.add(this.#baton, 0, 1);
		Atomics.notify(this.#baton, 0);
	}

	async kill(): Promise<void> {
		await this.#thread.terminate();
		Atomics.store(alive, this.pid - firstPid, 0);
	}
}

const spare: Actor[] = [];

beforeAll(async () => {
	await buildActor(program);
	const context = { ...testContext({ root, env: { GOX_HOME: template } }), assets };
	for (const name of ["go1.90.1", "go1.91.0"]) await act(context, { verb: "install", name }, () => {});
	await act(context, { verb: "alias", name: "go1.91.0" }, () => {});
	expect(faultsOf(template, new Map(), [], false)).toEqual([]);
});
afterAll(async () => {
	await Promise.all(spare.map((actor) => actor.kill()));
});

const deeds: readonly Deed[] = [
	...["go1.90.1", "go1.91.0", "go1.91.1"].flatMap((name) =>
		(["install", "force", "uninstall", "default", "alias"] as const).map((verb) => ({ verb, name })),
	),
	{ verb: "list", name: "" },
];

/** One run: what the processes did, in order, and what was wrong afterwards. */
async function perform(random: () => number, index: number): Promise<{ log: string[]; faults: string[] }> {
	const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
	const home = join(root, `home${index}`);
	cpSync(template, home, { recursive: true, verbatimSymlinks: true });
	const stage: Stage = { root, home, assets, lockTimes };
	const cast = Array.from({ length: 2 + Math.floor(random() * 2) }, () => spare.pop() ?? new Actor());
	const log: string[] = [];
	const faults: string[] = [];
	for (const actor of cast) {
		actor.begin(pick(deeds), stage);
		await actor.rest();
	}
	const removed = cast.flatMap(({ deed }) => (deed?.verb === "uninstall" ? [deed.name] : []));
	const staying = goroots(
		template,
		["go1.90.1", "go1.91.0"].filter((name) => !removed.includes(name)),
	);
	const say = (actor: Actor, what: string) => log.push(`${actor.pid} ${actor.deed?.verb} ${actor.deed?.name}: ${what}`);
	let acting = cast;
	while (acting.length > 0) {
		const waiting = acting.filter(({ state }) => state.kind === "waits");
		for (const { deed } of waiting) {
			const rivals = waiting.filter((each) => each.deed?.name === deed?.name && each.state.kind === "waits");
			const isHeld = () => acting.some((each) => each.state.kind === "at" && each.deed?.name === deed?.name);
			// Nobody else works on that version: one of those who wait for its lock has it in a moment.
			while (rivals.length > 0 && !isHeld() && !rivals.some(({ stirs }) => stirs)) await delay(1);
			for (const each of rivals.filter(({ stirs }) => stirs)) await each.rest();
		}
		const ready = acting.filter(({ state }) => state.kind === "at");
		const actor = ready.length > 0 ? pick(ready) : undefined;
		if (actor?.state.kind === "at") {
			const { checkpoint } = actor.state;
			if (random() < 0.008) {
				say(actor, `killed at ${checkpoint}`);
				await actor.kill();
				acting = acting.filter((each) => each !== actor);
				continue;
			}
			say(actor, checkpoint);
			actor.goOn();
			await actor.rest();
		}
		for (const each of acting) {
			if (each.state.kind !== "ended") continue;
			say(each, each.state.how);
			if (each.state.how !== "done" && each.state.how !== "refused") faults.push(each.state.how);
			each.state = { kind: "idle" };
			spare.push(each);
		}
		acting = acting.filter(({ state }) => state.kind !== "idle");
	}
	const last = { ...testContext({ root, env: { GOX_HOME: home } }), assets, isAlive: () => false };
	await act(last, { verb: "list", name: "" }, () => {});
	faults.push(...faultsOf(home, staying, [], false));
	rmSync(home, { recursive: true });
	return { log, faults };
}

describe("several processes at once, one step of one of them at a time, any of them killed anywhere", {
	tags: "fault-17",
}, () => {
	it(`${runs} interleavings by the seed ${seed} (GOX_SEED, GOX_RUNS)`, async (test) => {
		mkdirSync(root, { recursive: true });
		for (let index = 0; index < runs; index++) {
			const { log, faults } = await perform(randomBy(seed + index), index);
			expect(faults, `GOX_SEED=${seed + index} GOX_RUNS=1\n${log.join("\n")}`).toEqual([]);
		}
		expect(existsSync(template)).toBe(true);
		tried(test, runs);
	});
});
