import { GoxError } from "../errors.ts";
import { removeTree } from "../fs.ts";
import type { Catalog, Chosen } from "../releases/catalog.ts";
import { loadCatalog } from "../releases/lookup.ts";
import { openHome } from "../store/home.ts";
import { makeStaging } from "../store/staging.ts";
import { timeInWords } from "../ui/table.ts";
import { type Bisection, type Boundary, bisect, boundary, inQuestion, next, stepsLeft, told } from "../version/bisection.ts";
import { compareParsed } from "../version/goversion.ts";
import type { Release } from "../version/release.ts";
import { catalogOptions, withConfiguredSites } from "./catalog.ts";
import type { Invocation } from "./command.ts";
import { type Finding, Judge } from "./judge.ts";
import { requestNamed } from "./requested.ts";

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
		throw new GoxError("usage", "bisect: there is no command to judge by", {
			hint: "gox bisect --good 1.21 --bad 1.23 -- go test ./...",
		});
	const context = withConfiguredSites(invocation.context);
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
	const spool = makeStaging(context, layout, "bisect");
	try {
		const judge = new Judge(invocation, context, (release) => choose(catalog, release, invocation), spool);
		const line = [older.release, ...between.reverse(), newer.release];
		report.say(`checking both ends: ${older.release.name} and ${newer.release.name}`);
		for (const end of [older, newer]) checkEnd(end, await judge.judge(end.release));
		let search = bisect(line, older.verdict);
		for (let release = next(search); release !== undefined; release = next(search)) {
			report.say(progressInWords(search));
			search = told(search, (await judge.judge(release)).verdict);
		}
		return conclude(invocation, search, newer.verdict, judge.findings);
	} finally {
		removeTree(spool);
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
	const says = found === "skip" ? "the command can't judge it" : `the command ${found === "good" ? "succeeds" : "fails"} there`;
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
