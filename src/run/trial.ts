import { spawn } from "node:child_process";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { bytesInWords } from "../cli/text.ts";
import type { Context, Env } from "../context.ts";
import { GoxError } from "../errors.ts";
import { environmentFor } from "./environment.ts";
import { interruptedBy, notStarted, startable } from "./program.ts";

/** One command line, run unattended with one Go. */
export interface Trial {
	readonly argv: readonly string[];
	readonly env: Env;
	/** The file that stdout and stderr go to, in the order in which they are written; made anew. */
	readonly output: string;
	/** Ends the command early. */
	readonly stop?: AbortSignal;
}

/** How a command ended: with a status or by a signal. */
export interface Ending {
	readonly status: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly milliseconds: number;
	/** Whether gox ended it: after Ctrl-C, or by `stop`. */
	readonly stopped: boolean;
}

/** Milliseconds between asking a command's processes to end and making them. */
export const grace = 3000;

/**
 * Runs a command with its output in a file and nothing on stdin, in a process group of its own, so that all it started
 * ends with it: on Ctrl-C, on `stop`, and when gox itself exits. A command that can't be started ends as it would in a
 * shell, with 126 or 127 and the reason in the file.
 * @param graceMs see `grace`.
 */
export async function runTrial(context: Context, { argv, env, output, stop }: Trial, graceMs = grace): Promise<Ending> {
	const started = performance.now();
	const ending = (status: number | null, signal: NodeJS.Signals | null, stopped: boolean): Ending => ({
		status,
		signal,
		stopped,
		milliseconds: Math.round(performance.now() - started),
	});
	writeFileSync(output, "", { mode: 0o644 });
	if (context.signal.aborted || stop?.aborted) return ending(null, null, true);
	try {
		const child = start(context, argv, env, output);
		const group = await new Promise<number>((running, failed) => {
			child.on("error", failed);
			child.on("spawn", () => running(child.pid ?? 0));
		});
		const reaper = endOnDemand(context, group, stop, graceMs);
		try {
			const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((ended) => {
				if (child.exitCode !== null || child.signalCode !== null) ended([child.exitCode, child.signalCode]);
				child.on("exit", (...how) => ended(how));
			});
			return ending(status, signal, reaper.asked());
		} finally {
			reaper.done();
		}
	} catch (error) {
		const failure = error instanceof GoxError ? error : notStarted(argv[0] ?? "", error);
		writeFileSync(output, `${failure.message}\n`);
		return ending(failure.exit, null, false);
	}
}

/**
 * The environment of a trial. GOTOOLCHAIN is `local` unless it is set: a go.mod that asks for more would make Go switch,
 * and the version that runs would not be the one that is shown.
 */
export function trialEnvironment(context: Context, bin: string): Env {
	return { ...environmentFor(context, bin, { pinned: true }), GOTOOLCHAIN: context.env.GOTOOLCHAIN || "local" };
}

/** The status that a shell would give: 128+n for signal n. */
export function shellStatus({ status, signal }: Pick<Ending, "status" | "signal">): number {
	return signal === null ? (status ?? 1) : 128 + constants.signals[signal];
}

/** `ok`, `exit 1`, `SIGSEGV`. */
export function endingInWords({ status, signal }: Pick<Ending, "status" | "signal">): string {
	return signal ?? (status === 0 ? "ok" : `exit ${status}`);
}

function start(context: Context, argv: readonly string[], env: Env, output: string) {
	const [name = "", ...args] = argv;
	const program = startable(context, name, env.PATH ?? "");
	const file = openSync(output, "a");
	try {
		return spawn(program, args, { argv0: name, cwd: context.cwd, env, detached: true, stdio: ["ignore", file, file] });
	} finally {
		closeSync(file);
	}
}

/** Ends a process group when it is asked to, and whatever is left of it once its leader has ended. */
function endOnDemand(context: Context, group: number, stop: AbortSignal | undefined, graceMs: number) {
	const demand = stop ? AbortSignal.any([context.signal, stop]) : context.signal;
	const forget = context.atExit(() => context.signalGroup(group, "SIGKILL"));
	let timer: NodeJS.Timeout | undefined;
	const end = () => {
		context.signalGroup(group, context.signal.aborted ? interruptedBy(context) : "SIGTERM");
		timer = setTimeout(() => context.signalGroup(group, "SIGKILL"), graceMs);
	};
	if (demand.aborted) end();
	else demand.addEventListener("abort", end, { once: true });
	return {
		asked: () => timer !== undefined,
		done: () => {
			demand.removeEventListener("abort", end);
			forget();
			if (timer === undefined) return;
			clearTimeout(timer);
			context.signalGroup(group, "SIGKILL");
		},
	};
}

/** The most that is shown of one command's output, in bytes: what it ended with is what tells. */
export const shownAtMost = 4 << 20;

/** What a command has written, as lines under a heading. */
export function outputInWords(heading: string, { text, omitted }: Tail): readonly string[] {
	const lines = text.replace(/\n$/, "").split("\n");
	if (text === "") return [`${heading}, no output`];
	return [heading, ...(omitted > 0 ? [`(${bytesInWords(omitted)} before this are left out)`] : []), ...lines];
}

/** The end of a file, from the beginning of a line on. */
export interface Tail {
	readonly text: string;
	/** Bytes in front of it that were left out. */
	readonly omitted: number;
}

/** Reads what a command has written, as UTF-8; of more than `limit` bytes, the last lines. */
export function tailOf(path: string, limit = shownAtMost): Tail {
	const file = openSync(path, "r");
	try {
		const chunks: Buffer[] = [];
		let total = 0;
		let kept = 0;
		for (;;) {
			const chunk = Buffer.alloc(Math.min(limit, 64 << 10));
			const read = readSync(file, chunk);
			if (read === 0) break;
			chunks.push(chunk.subarray(0, read));
			total += read;
			kept += read;
			while (kept - (chunks[0]?.length ?? 0) >= limit) kept -= chunks.shift()?.length ?? 0;
		}
		return cut(Buffer.concat(chunks), total, limit);
	} finally {
		closeSync(file);
	}
}

function cut(kept: Buffer, total: number, limit: number): Tail {
	if (total <= limit) return { text: kept.toString(), omitted: 0 };
	const end = kept.subarray(kept.length - limit);
	const whole = end.subarray(end.indexOf("\n") + 1);
	return { text: whole.toString(), omitted: total - whole.length };
}
