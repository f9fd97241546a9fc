import { join } from "node:path";
import type { Invocation, Run } from "../cli/command.ts";
import { inParallel, installerFor, installWith } from "../cli/installing.ts";
import { catalogOptions, jobCount, requestNamed } from "../cli/operands.ts";
import { progressOn, type StatusLine, statusLineOn } from "../cli/progress.ts";
import type { Report } from "../cli/report.ts";
import { columns, timeInWords } from "../cli/text.ts";
import { isOffline } from "../config.ts";
import type { Context, Env } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { removeTree } from "../fs.ts";
import type { Chosen } from "../releases/catalog.ts";
import { type CatalogOptions, loadCatalog, lookUp } from "../releases/lookup.ts";
import { environmentFor } from "../run/environment.ts";
import { isProgram, runInForeground } from "../run/program.ts";
import { type Ending, endingInWords, outputInWords, runTrial, shellStatus, tailOf, trialEnvironment } from "../run/trial.ts";
import { toolchainNamed } from "../select/projectrequest.ts";
import { select } from "../select/select.ts";
import { isFile, isPin, type Toolchain } from "../select/selection.ts";
import { makeStaging, openHome } from "../store/home.ts";
import { type Installed, installedVersions } from "../store/installed.ts";
import { versionKey } from "../store/layout.ts";
import { matching } from "../store/links.ts";
import { rememberProject } from "../store/projects.ts";
import type { Release } from "../version/release.ts";
import type { Request } from "../version/request.ts";

/** `gox exec [version] -- command`: one command with one Go; its exit status is the command's. With `--each`, a matrix. */
export const run: Run = async (invocation) => {
	const {
		context,
		args: [word],
		options,
		rest,
	} = invocation;
	const list = options.text("each");
	if (list !== undefined) {
		return runEach(invocation, list, commandOfEach(invocation.args, rest));
	}
	const stray = ["jobs", "failFast", "source"].find((name) => options.given(name));
	if (stray !== undefined)
		throw new GoxError("usage", `exec: --${stray.replace("F", "-f")} is for --each`, {
			hint: "gox exec --each 1.21,1.22 -- go version",
		});
	if (rest.length === 0) {
		throw new GoxError("usage", "exec: there is no command to run", { hint: "gox exec 1.22 -- go version" });
	}
	return runInForeground(context, rest, environmentOf(context, word, rest));
};

/** What the command line names is a pin, except for `mod`, which is the floor of the directory's go.mod. */
function environmentOf(context: Context, word: string | undefined, rest: readonly string[]): Env {
	if (word !== undefined) return environmentFor(context, toolchainOrHint(context, word, rest).bin, { pinned: word !== "mod" });
	const { bin, failure, source } = select(context);
	if (isFile(source)) rememberProject(context, source.path);
	if (bin === null) throw failure ?? new GoxError("no-go", "no Go is in force here");
	return environmentFor(context, bin, { pinned: isPin(source.kind) });
}

/** `gox exec go version` names no version: the way to say it is shown. */
function toolchainOrHint(context: Context, word: string, rest: readonly string[]): Toolchain {
	try {
		return toolchainNamed(context, word);
	} catch (error) {
		if (!(error instanceof GoxError) || error.code !== "not-a-version" || !isProgram(context, word)) throw error;
		throw new GoxError(error.code, error.message, { hint: `gox exec -- ${[word, ...rest].join(" ")}`, cause: error });
	}
}

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
	const { context } = invocation;
	const layout = openHome(context);
	const jobs = jobCount(options.text("jobs"), context.processors);
	const runners = await provide(context, invocation, await membersOf(context, list, catalogOptions(invocation)));
	const directory = makeStaging(context, layout, "each");
	try {
		const matrix = new Matrix(invocation.context, report, runners, argv, directory, options.has("failFast"));
		await matrix.run(jobs);
		context.signal.throwIfAborted();
		if (report.asJson) report.json(matrix.results.map((each) => asJson(each, report)));
		else for (const line of table(matrix.results, report)) report.line(line);
		return statusOf(matrix.results);
	} finally {
		removeTree(directory);
	}
}

/** Installs what is missing, two at a time; the first failure is everyone's, before anything has run. */
async function provide(
	context: Context,
	{ report, options }: Invocation,
	members: readonly Member[],
): Promise<readonly Runner[]> {
	const progress = progressOn(context, report.quiet || report.asJson);
	const installer = installerFor(context, report, options, progress);
	const runners = new Map<string, Runner>();
	const failures: unknown[] = [];
	await inParallel(2, members, async (member) => {
		if (failures.length > 0) return;
		try {
			const bin =
				member.kind === "here" ? member.bin : join((await installWith(installer, member.chosen)).installed.goroot, "bin");
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
		directory: string,
		failFast: boolean,
	) {
		this.#context = context;
		this.#report = report;
		this.#argv = argv;
		this.#failFast = failFast;
		this.#line = statusLineOn(context, report.quiet || report.asJson);
		this.#plans = runners.map((runner, place) => ({ runner, output: join(directory, String(place)), place }));
	}

	/** In the order of the list, once `run` has ended. */
	get results(): readonly Result[] {
		return this.#results.filter((each) => each !== undefined);
	}

	async run(jobs: number): Promise<void> {
		const clock = this.#line.live ? setInterval(() => this.#draw(), 200) : undefined;
		try {
			await inParallel(jobs, this.#plans, async ({ runner, output, place }) => {
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

/** One Go of a matrix, by the name it is shown under. */
export type Member = { readonly name: string } & (
	| { readonly kind: "here"; readonly bin: string }
	| { readonly kind: "missing"; readonly chosen: Chosen }
);

/**
 * The Gos that a list such as `1.20,1.21.3,latest` or `>=1.20 <1.23,system` means, each once, in the list's order.
 * A word means what `gox install` would take for it; a range means the newest release of every minor in it, oldest minor
 * first. What is installed needs no list of releases if it is named exactly, or with GOX_OFFLINE.
 * @throws GoxError `usage`, `not-a-version`, `no-such-release`, `no-go`, and as `lookUp`.
 */
export async function membersOf(context: Context, list: string, options: CatalogOptions): Promise<readonly Member[]> {
	const members = new Map<string, Member>();
	for (const word of list.split(",").map((each) => each.trim())) {
		if (word === "")
			throw new GoxError("usage", "--each wants versions with commas between them", {
				hint: "gox exec --each 1.21,1.22,latest -- go test ./...",
			});
		for (const member of await membersFor(context, word, options)) {
			if (!members.has(member.name)) members.set(member.name, member);
		}
	}
	return [...members.values()];
}

/** The newest of each minor, oldest minor first. `releases` are newest first. */
export function newestPatches<T extends { readonly release: Release }>(releases: readonly T[]): readonly T[] {
	const minors = new Map<string, T>();
	for (const each of releases) if (!minors.has(each.release.minor)) minors.set(each.release.minor, each);
	return [...minors.values()].reverse();
}

async function membersFor(context: Context, word: string, options: CatalogOptions): Promise<readonly Member[]> {
	if (word === "system") {
		const { version, bin } = toolchainNamed(context, word);
		return [{ kind: "here", name: version === "system" ? version : `${version} (system)`, bin }];
	}
	const request = requestNamed(context, word);
	const platform = request.platform ?? context.host();
	if (request.kind === "exact" || isOffline(context)) {
		const found = matching(context, request, platform);
		const here = request.kind === "range" ? newestPatches(found) : found.slice(0, 1);
		if (here.length > 0) return here.map(installedMember);
	}
	return (await chosenFor(context, request, options)).map((chosen) => member(context, chosen));
}

async function chosenFor(context: Context, request: Request, options: CatalogOptions): Promise<readonly Chosen[]> {
	if (request.kind !== "range") return [await lookUp(context, request, context.host(), options)];
	const platform = request.platform ?? context.host();
	const catalog = await loadCatalog(context, options);
	const minors = newestPatches(catalog.matching(request, platform));
	// Nothing matches: `pick` says why.
	if (minors.length === 0) return [catalog.pick(request, platform)];
	return minors.map(({ release }) => catalog.pick({ kind: "exact", release, text: release.version }, platform));
}

function member(context: Context, chosen: Chosen): Member {
	const key = versionKey(chosen.release.name, chosen.platform, context.host());
	const installed = installedVersions(context).find((each) => each.key === key);
	return installed ? installedMember(installed) : { kind: "missing", name: key, chosen };
}

function installedMember({ key, goroot }: Installed): Member {
	return { kind: "here", name: key, bin: `${goroot}/bin` };
}
