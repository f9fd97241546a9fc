import { join } from "node:path";
import type { Invocation } from "../cli/command.ts";
import { type Installer, installerFor, installWith } from "../cli/installing.ts";
import { catalogOptions, requestNamed } from "../cli/operands.ts";
import { progressOn } from "../cli/progress.ts";
import type { Report } from "../cli/report.ts";
import { timeInWords } from "../cli/text.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { removeTree } from "../fs.ts";
import type { Catalog, Chosen } from "../releases/catalog.ts";
import { loadCatalog } from "../releases/lookup.ts";
import {
	type Bisection,
	type Boundary,
	bisect,
	boundary,
	inQuestion,
	majority,
	next,
	stepsLeft,
	told,
	type Verdict,
} from "../run/bisection.ts";
import { type Ending, endingInWords, outputInWords, runTrial, shellStatus, tailOf, trialEnvironment } from "../run/trial.ts";
import { uninstallVersion } from "../store/abandoned.ts";
import { makeStaging, openHome } from "../store/home.ts";
import { type Installed, installedVersions } from "../store/installed.ts";
import { type Announcement, announce } from "../store/journal.ts";
import { compareParsed, type Release } from "../version/release.ts";

/** The exit status when skipped releases stand where the verdict changes. */
const undecided = 125;

/** One end of the search, as the command line has it. */
type End = { readonly release: Release; readonly verdict: "good" | "bad"; readonly option: string };

/**
 * `gox bisect --good A --bad B -- command`: the first release between the two, by Go's order of versions, with which the
 * command's verdict is that of the newer one. Exit status 0 is good, 125 skips, 126, 127 and signals end it all,
 * anything else is bad.
 */
export async function run(invocation: Invocation): Promise<number> {
	const { report, options, rest } = invocation;
	if (rest.length === 0)
		throw new GoxError("usage", "bisect: there is no command to test with", {
			hint: "gox bisect --good 1.21 --bad 1.23 -- go test ./...",
		});
	const { context } = invocation;
	const layout = openHome(context);
	const catalog = await loadCatalog(context, catalogOptions(invocation));
	const [older, newer] = endsOf(invocation, catalog);
	const offered = catalog.offered(context.host());
	const between = offered.filter(
		(each) =>
			compareParsed(each.parsed, older.release.parsed) > 0 &&
			compareParsed(each.parsed, newer.release.parsed) < 0 &&
			(each.stable || !options.has("stable")),
	);
	const directory = makeStaging(context, layout, "bisect");
	try {
		const verdictOn = new Verdicts(invocation, (release) => choose(catalog, release, invocation), directory);
		const line = [older.release, ...between.reverse(), newer.release];
		report.say(`checking both ends: ${older.release.name} and ${newer.release.name}`);
		for (const end of [older, newer]) checkEnd(end, await verdictOn.verdictOn(end.release));
		let search = bisect(line, older.verdict);
		for (let release = next(search); release !== undefined; release = next(search)) {
			report.say(progressInWords(search));
			search = told(search, (await verdictOn.verdictOn(release)).verdict);
		}
		return conclude(invocation, search, newer.verdict, verdictOn.findings);
	} finally {
		removeTree(directory);
	}
}

/** The older end first. @throws GoxError `usage`, and as `Catalog.pick`. */
function endsOf(invocation: Invocation, catalog: Catalog): readonly [End, End] {
	const [good, bad] = (["good", "bad"] as const).map((verdict): End => {
		const word = invocation.options.text(verdict);
		if (word === undefined)
			throw new GoxError("usage", `bisect: --${verdict} is missing`, {
				hint: "gox bisect --good 1.21 --bad 1.23 -- go test ./...",
			});
		const { release } = catalog.pick(requestNamed(invocation.context, word), invocation.context.host());
		return { release, verdict, option: `--${verdict} ${word}` };
	}) as [End, End];
	const order = compareParsed(good.release.parsed, bad.release.parsed);
	if (order === 0)
		throw new GoxError("usage", `${good.option} and ${bad.option} are the same release, ${good.release.name}`, {
			hint: `gox list --remote ${good.release.minor}`,
		});
	return order < 0 ? [good, bad] : [bad, good];
}

function choose(catalog: Catalog, release: Release, { context }: Invocation): Chosen {
	return catalog.pick({ kind: "exact", release, text: release.version }, context.host());
}

/** @throws GoxError `usage` when the command says something else of an end than the person did. */
function checkEnd({ release, verdict, option }: End, { verdict: found, ending }: Finding): void {
	if (found === verdict) return;
	const says = found === "skip" ? "the command can't tell" : `the command ${found === "good" ? "succeeds" : "fails"} there`;
	throw new GoxError("usage", `${option}: ${release.name} was to be ${verdict}, and ${says} (${ending})`, {
		hint: `gox exec ${release.word} -- COMMAND   shows what it says; --good names a release with which it exits 0, --bad one with which it doesn't`,
	});
}

function progressInWords(search: Bisection<Release>): string {
	const left = inQuestion(search).length;
	const steps = stepsLeft(search);
	return `${left} ${left === 1 ? "release" : "releases"} left, about ${steps} ${steps === 1 ? "step" : "steps"}`;
}

/** Says what was found, and returns the exit status. */
function conclude(
	{ report }: Invocation,
	search: Bisection<Release>,
	verdict: "good" | "bad",
	findings: readonly Finding[],
): number {
	const found = boundary(search);
	const time = findings.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
	report.detail(`${findings.length} releases tried, ${timeInWords(time)} in the command`);
	if (report.asJson) report.json(asJson(found, verdict, findings));
	else report.line(inWords(found, verdict));
	return found.first ? 0 : undecided;
}

function inWords({ first, last, candidates }: Boundary<Release>, verdict: "good" | "bad"): string {
	const [does, before] = verdict === "good" ? ["passes", "fails"] : ["fails", "passes"];
	if (first) return `${first.name} is the first release with which the command ${does}; with ${last.name} it ${before}`;
	const names = candidates.map(({ name }) => name);
	const skipped = names.slice(0, -1);
	return [
		`the first release with which the command ${does} is one of: ${names.join(", ")}`,
		`(${skipped.join(", ")} ${skipped.length === 1 ? "was" : "were"} skipped; with ${last.name} it ${before})`,
	].join("\n");
}

function asJson({ first, last, candidates }: Boundary<Release>, verdict: "good" | "bad", findings: readonly Finding[]) {
	const names = (some: readonly Finding[]) => some.map(({ release }) => release.name);
	return {
		first: first?.name ?? null,
		verdict,
		[verdict === "good" ? "last_bad" : "last_good"]: last.name,
		candidates: candidates.map(({ name }) => name),
		skipped: names(findings.filter((each) => each.verdict === "skip")),
		flaky: names(findings.filter(({ flaky }) => flaky)),
		tried: findings.map(({ release, verdict, milliseconds, runs }) => ({ version: release.name, verdict, milliseconds, runs })),
	};
}

/** What is known of one release, after all its runs. */
export interface Finding {
	readonly release: Release;
	readonly verdict: Verdict;
	/** How a run with that verdict ended, in words. */
	readonly ending: string;
	/** Of all runs together. */
	readonly milliseconds: number;
	readonly runs: number;
	/** Whether two runs differed. */
	readonly flaky: boolean;
}

/** Says of releases whether a command passes with them; installs them for it, and removes them again. */
export class Verdicts {
	readonly findings: Finding[] = [];
	readonly #context: Context;
	readonly #report: Report;
	readonly #argv: readonly string[];
	readonly #once: boolean;
	readonly #keep: boolean;
	readonly #choose: (release: Release) => Chosen;
	readonly #installer: Installer;
	readonly #output: string;

	/** @param directory a directory for output */
	constructor(invocation: Invocation, choose: (release: Release) => Chosen, directory: string) {
		const { context, report, options, rest } = invocation;
		this.#context = context;
		this.#report = report;
		this.#argv = rest;
		this.#once = options.has("once");
		this.#keep = options.has("keep");
		this.#choose = choose;
		this.#installer = installerFor(context, report, options, progressOn(context, report.quiet || report.asJson));
		this.#output = join(directory, "output");
	}

	/**
	 * The verdict on one release: given twice, or by two of three runs where two differ. `skip` is believed at once.
	 * @throws GoxError `command-not-found`, `not-executable`, or `usage` for an end by a signal; `interrupted`; and as
	 * `gox install` fails.
	 */
	async verdictOn(release: Release): Promise<Finding> {
		return await this.#with(release, async (bin) => {
			const first = await this.#ask(release, bin);
			const runs = [first];
			if (!this.#once && first.verdict !== "skip") runs.push(await this.#ask(release, bin));
			const flaky = new Set(runs.map(({ verdict }) => verdict)).size > 1;
			if (flaky) runs.push(await this.#ask(release, bin));
			const verdicts = runs.map(({ verdict }) => verdict);
			const verdict = runs.length === 1 ? first.verdict : majority(verdicts);
			const finding: Finding = {
				release,
				verdict,
				ending: endingInWords((runs.find((each) => each.verdict === verdict) ?? first).ending),
				milliseconds: runs.reduce((sum, { ending }) => sum + ending.milliseconds, 0),
				runs: runs.length,
				flaky,
			};
			this.findings.push(finding);
			this.#report.say(`${release.name}: ${finding.verdict} (${finding.ending}, ${timeInWords(finding.milliseconds)})`);
			if (flaky) this.#report.warn(`${release.name} is flaky: ${verdicts.join(", then ")}; taken for ${finding.verdict}`);
			return finding;
		});
	}

	/** Has the release installed while `work` runs; what was there before stays, and with --keep everything does. */
	async #with<T>(release: Release, work: (bin: string) => Promise<T>): Promise<T> {
		const here = installedVersions(this.#context).find((each) => each.key === release.name);
		if (here) return await work(join(here.goroot, "bin"));
		// Should this process be killed, the next command removes the release.
		const trial = this.#keep ? undefined : this.#announce(release);
		try {
			const { status, installed } = await installWith(this.#installer, this.#choose(release), trial !== undefined);
			this.#installer.progress.end();
			try {
				return await work(join(installed.goroot, "bin"));
			} finally {
				// Somebody who asked for it meanwhile has taken the entry away.
				if (status === "installed" && trial?.stands()) await this.#remove(installed);
			}
		} finally {
			trial?.end();
		}
	}

	#announce({ name }: Release): Announcement {
		return announce(this.#context, openHome(this.#context), { work: "trial", key: name });
	}

	/** Also after an interruption, which therefore doesn't reach it. */
	async #remove(installed: Installed): Promise<void> {
		await uninstallVersion({ ...this.#context, signal: new AbortController().signal }, installed);
		this.#report.detail(`removed ${installed.key}`);
	}

	async #ask(release: Release, bin: string): Promise<{ verdict: Verdict; ending: Ending }> {
		const env = trialEnvironment(this.#context, bin);
		const ending = await runTrial(this.#context, { argv: this.#argv, env, output: this.#output });
		this.#context.signal.throwIfAborted();
		const heading = `${release.name}: ${endingInWords(ending)}`;
		const failure = faultOf(release, ending);
		if (failure || this.#report.verbose) for (const line of outputInWords(heading, tailOf(this.#output))) this.#report.say(line);
		if (failure) throw failure;
		return { verdict: verdictOf(shellStatus(ending)), ending };
	}
}

/** The rule of `git bisect run`: 0 is good, 125 can't tell, 1 to 124 are bad. */
export function verdictOf(status: number): Verdict {
	return status === 0 ? "good" : status === 125 ? "skip" : "bad";
}

/** A command that isn't there, or dies, says nothing about Go. */
function faultOf(release: Release, ending: Ending): GoxError | undefined {
	const status = shellStatus(ending);
	const what = `with ${release.name} the command ended with ${endingInWords(ending)}`;
	if (status === 127) return new GoxError("command-not-found", `${what}: something wasn't found, which is no verdict`);
	if (status === 126) return new GoxError("not-executable", `${what}: something couldn't be executed, which is no verdict`);
	if (status < 128) return undefined;
	return new GoxError("usage", `${what}, which is no verdict`, {
		hint: `if it is one: gox bisect … -- sh -c 'COMMAND || exit 1'   (exit 125 skips a release)`,
	});
}
