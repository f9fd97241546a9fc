import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Ran, RunOptions } from "./sandbox.ts";

/** A process at work. */
export interface Running {
	/** Resolves when it has ended, stands still at its checkpoint, or waits for another's lock. */
	readonly rests: Promise<void>;
	readonly ended: Promise<Ran>;
	readonly over: () => boolean;
	signal(signal: NodeJS.Signals): void;
}

/** @param run starts a process that says `checkpoint NAME` and `waiting for …` on stderr */
export function start(run: (options: RunOptions) => Promise<Ran>): Running {
	let pid = 0;
	let over = false;
	let stops = false;
	let rest = () => {};
	const rests = new Promise<void>((resolve) => {
		rest = resolve;
	});
	const ended = run({
		started: (started) => (pid = started),
		heard: (stderr) => {
			if (/^waiting for /m.test(stderr)) rest();
			if (!stops && /^checkpoint /m.test(stderr)) {
				stops = true;
				void stopped(pid).then(rest);
			}
		},
	});
	void ended.then(() => {
		over = true;
		rest();
	});
	return { rests, ended, over: () => over, signal: (signal) => void (over || process.kill(pid, signal)) };
}

/** It says where it is just before it stops. */
async function stopped(pid: number): Promise<void> {
	while (!/^(?:State:\s+)?[Tt]/m.test(stateOf(pid))) await delay(2);
}

function stateOf(pid: number): string {
	if (process.platform !== "linux") return execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
	return /^State:.*$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[0] ?? "";
}
