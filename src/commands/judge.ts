import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import type { Chosen } from "../releases/catalog.ts";
import { openHome } from "../store/home.ts";
import { type Installed, installedVersions } from "../store/installed.ts";
import { type Announcement, announce } from "../store/journal.ts";
import { uninstallVersion } from "../store/uninstall.ts";
import { progressOn } from "../ui/progress.ts";
import type { Report } from "../ui/report.ts";
import { timeInWords } from "../ui/table.ts";
import { majority, type Verdict } from "../version/bisection.ts";
import type { Release } from "../version/release.ts";
import { type Bringing, bring, bringingBy } from "./bringing.ts";
import type { Invocation } from "./command.ts";
import { outputInWords, tailOf } from "./spool.ts";
import { type Ending, endingInWords, runTrial, shellStatus, trialEnvironment } from "./trial.ts";

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
export class Judge {
	readonly findings: Finding[] = [];
	readonly #context: Context;
	readonly #caller: Context;
	readonly #report: Report;
	readonly #argv: readonly string[];
	readonly #once: boolean;
	readonly #keep: boolean;
	readonly #choose: (release: Release) => Chosen;
	readonly #bringing: Bringing;
	readonly #output: string;

	/** @param context as the invocation's, with the configured sites. @param spool a directory for output. */
	constructor(invocation: Invocation, context: Context, choose: (release: Release) => Chosen, spool: string) {
		const { report, options, rest } = invocation;
		this.#context = context;
		this.#caller = invocation.context;
		this.#report = report;
		this.#argv = rest;
		this.#once = options.has("once");
		this.#keep = options.has("keep");
		this.#choose = choose;
		this.#bringing = bringingBy(context, report, options, progressOn(context, report.quiet || report.asJson));
		this.#output = join(spool, "output");
	}

	/**
	 * The verdict on one release: given twice, or by two of three runs where two differ. `skip` is believed at once.
	 * @throws GoxError `command-not-found`, `not-executable`, or `usage` for an end by a signal; `interrupted`; and as
	 * `gox install` fails.
	 */
	async judge(release: Release): Promise<Finding> {
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
			const { status, installed } = await bring(this.#bringing, this.#choose(release), trial !== undefined);
			this.#bringing.progress.end();
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
		const env = trialEnvironment(this.#caller, bin);
		const ending = await runTrial(this.#caller, { argv: this.#argv, env, output: this.#output });
		this.#caller.signal.throwIfAborted();
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
