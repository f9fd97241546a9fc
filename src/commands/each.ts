import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { removeTree } from "../fs.ts";
import { openHome } from "../store/home.ts";
import { makeStaging } from "../store/staging.ts";
import { progressOn } from "../ui/progress.ts";
import type { Report } from "../ui/report.ts";
import { type StatusLine, statusLineOn } from "../ui/statusline.ts";
import { columns, timeInWords } from "../ui/table.ts";
import { bring, bringingBy } from "./bringing.ts";
import { catalogOptions, withConfiguredSites } from "./catalog.ts";
import type { Invocation } from "./command.ts";
import { jobCount } from "./installoptions.ts";
import { type Member, membersOf } from "./matrix.ts";
import { outputInWords, tailOf } from "./spool.ts";
import { type Ending, endingInWords, runTrial, shellStatus, trialEnvironment } from "./trial.ts";
import { inTurns } from "./turns.ts";

/** A Go that is installed. */
interface Runner {
	readonly name: string;
	readonly bin: string;
}

/** How the command ended with one Go. `not run`: another one's failure came first. */
interface Result extends Pick<Ending, "status" | "signal" | "milliseconds"> {
	readonly version: string;
	readonly result: "ok" | "failed" | "stopped" | "not run";
	/** The file with the output. */
	readonly output: string;
}

/**
 * `gox exec --each LIST -- command`: the command once with each Go of the list, so many at a time; a table at the end.
 * Exits 0 if it succeeded with all, else as it did with the first in the list with which it failed.
 */
export async function runEach(invocation: Invocation, list: string, argv: readonly string[]): Promise<number> {
	const { report, options } = invocation;
	const context = withConfiguredSites(invocation.context);
	const layout = openHome(context);
	const jobs = jobCount(options.text("jobs"), context.processors);
	const runners = await provide(context, invocation, await membersOf(context, list, catalogOptions(invocation)));
	const spool = makeStaging(context, layout, "each");
	try {
		const matrix = new Matrix(invocation.context, report, runners, argv, spool, options.has("failFast"));
		await matrix.run(jobs);
		context.signal.throwIfAborted();
		if (report.asJson) report.json(matrix.results.map((each) => asJson(each, report)));
		else for (const line of table(matrix.results, report)) report.line(line);
		return statusOf(matrix.results);
	} finally {
		removeTree(spool);
	}
}

/** Installs what is missing, two at a time; the first failure is everyone's, before anything has run. */
async function provide(
	context: Context,
	{ report, options }: Invocation,
	members: readonly Member[],
): Promise<readonly Runner[]> {
	const progress = progressOn(context, report.quiet || report.asJson);
	const bringing = bringingBy(context, report, options, progress);
	const runners = new Map<string, Runner>();
	const failures: unknown[] = [];
	await inTurns(2, members, async (member) => {
		if (failures.length > 0) return;
		try {
			const bin = member.kind === "here" ? member.bin : join((await bring(bringing, member.chosen)).installed.goroot, "bin");
			runners.set(member.name, { name: member.name, bin });
		} catch (error) {
			failures.push(error);
		}
	});
	progress.end();
	if (failures.length > 0) throw failures[0];
	return members.flatMap(({ name }) => runners.get(name) ?? []);
}

class Matrix {
	readonly #context: Context;
	readonly #report: Report;
	readonly #argv: readonly string[];
	readonly #failFast: boolean;
	readonly #stop = new AbortController();
	readonly #line: StatusLine;
	readonly #results: (Result | undefined)[] = [];
	readonly #running = new Map<string, number>();
	readonly #plans: readonly { readonly runner: Runner; readonly output: string; readonly place: number }[];

	constructor(
		context: Context,
		report: Report,
		runners: readonly Runner[],
		argv: readonly string[],
		spool: string,
		failFast: boolean,
	) {
		this.#context = context;
		this.#report = report;
		this.#argv = argv;
		this.#failFast = failFast;
		this.#line = statusLineOn(context, report.quiet || report.asJson);
		this.#plans = runners.map((runner, place) => ({ runner, output: join(spool, String(place)), place }));
	}

	/** In the order of the list, once `run` has ended. */
	get results(): readonly Result[] {
		return this.#results.filter((each) => each !== undefined);
	}

	async run(jobs: number): Promise<void> {
		const clock = this.#line.live ? setInterval(() => this.#draw(), 200) : undefined;
		try {
			await inTurns(jobs, this.#plans, async ({ runner, output, place }) => {
				this.#running.set(runner.name, performance.now());
				this.#draw();
				const env = trialEnvironment(this.#context, runner.bin);
				const ending = await runTrial(this.#context, { argv: this.#argv, env, output, stop: this.#stop.signal });
				this.#running.delete(runner.name);
				const result = resultOf(runner.name, ending, output);
				this.#results[place] = result;
				if (result.result === "failed" && this.#failFast) this.#stop.abort();
				if (!this.#context.signal.aborted) this.#tell(result);
			});
		} finally {
			clearInterval(clock);
			this.#line.clear();
		}
	}

	#tell(result: Result): void {
		const { result: word, version, output } = result;
		this.#line.interleave(() => {
			if (!this.#line.live && word !== "not run")
				this.#report.say(`${version}: ${resultInWords(result)} (${timeInWords(result.milliseconds)})`);
			if (this.#report.asJson || !(word === "failed" || (this.#report.verbose && word !== "not run"))) return;
			const { bold } = this.#report.style;
			for (const text of outputInWords(bold(`${version}: ${resultInWords(result)}`), tailOf(output))) this.#report.line(text);
		});
		this.#draw();
	}

	#draw(): void {
		const running = [...this.#running].map(([name, since]) => `${name} ${timeInWords(performance.now() - since)}`);
		const failed = this.results.filter(({ result }) => result === "failed").length;
		const counts = `${this.results.length} of ${this.#plans.length} done${failed ? `, ${failed} failed` : ""}`;
		this.#line.show([counts, ...running].join("   "));
	}
}

function resultOf(version: string, ending: Ending, output: string): Result {
	const { status, signal, stopped, milliseconds } = ending;
	const started = status !== null || signal !== null;
	const result = !started ? "not run" : stopped ? "stopped" : status === 0 ? "ok" : "failed";
	return { version, result, status, signal, milliseconds, output };
}

/** The first in the list that failed of itself decides. */
function statusOf(results: readonly Result[]): number {
	const failed = results.find(({ result }) => result === "failed");
	return failed ? shellStatus(failed) : 0;
}

function resultInWords(result: Result): string {
	return result.result === "ok" || result.result === "failed" ? endingInWords(result) : result.result;
}

function table(results: readonly Result[], { style }: Report): string[] {
	const paint = { ok: style.green, failed: style.red, stopped: style.yellow, "not run": style.dim };
	return columns([
		["version", "result", "time"].map(style.dim),
		...results.map((each) => [
			each.version,
			paint[each.result](resultInWords(each)),
			each.result === "not run" ? "" : timeInWords(each.milliseconds),
		]),
	]);
}

function asJson({ version, result, status, signal, milliseconds, output }: Result, { verbose }: Report) {
	const shown = result === "failed" || (verbose && result !== "not run");
	const { text, omitted } = shown ? tailOf(output) : { text: undefined, omitted: 0 };
	return {
		version,
		result,
		status,
		signal,
		milliseconds,
		...(text !== undefined && { output: text }),
		...(omitted > 0 && { omitted }),
	};
}

/** @throws GoxError `usage` where there is no command, or where the list was written with blanks. */
export function commandOfEach(args: readonly string[], rest: readonly string[]): readonly string[] {
	const [word] = args;
	if (word !== undefined && /^(go)?\d/.test(word))
		throw new GoxError("usage", `exec: ${quote(word)} can't be run; --each takes one list, with commas`, {
			hint: "gox exec --each 1.21,1.22,latest -- go test ./...",
		});
	const argv = [...args, ...rest];
	if (argv.length > 0) return argv;
	throw new GoxError("usage", "exec: there is no command to run", { hint: "gox exec --each 1.21,1.22 -- go version" });
}
