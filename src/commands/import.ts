import { loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { exitCodes, GoxError } from "../errors.ts";
import { untimed } from "../stopwatch.ts";
import { buildByAdoption } from "../store/foreign/adoption.ts";
import { isModuleCacheTree } from "../store/foreign/elsewhere.ts";
import { type InstallOutcome, installVersion } from "../store/install.ts";
import { defaultVersion, installedVersions } from "../store/installed.ts";
import { versionKey } from "../store/layout.ts";
import { type Progress, progressOn } from "../ui/progress.ts";
import { rulesOf } from "../verify/policy.ts";
import type { Invocation } from "./command.ts";
import { chosenFrom, wantedEverything } from "./importchoice.ts";
import { asJson, type Candidate, isAdoptable, lookAround, reasonOf, tableOf } from "./importtable.ts";
import { outcomeAsJson, tellOutcome } from "./installation.ts";
import { lockCheck } from "./lockcheck.ts";

/**
 * `gox import`: the Gos that other tools installed, each held against Go's checksum database; those that are chosen become
 * gox's own, and the originals stay as they are. Exit status 5 when one that was named isn't what was published, 4 when
 * nobody could say.
 */
export async function run(invocation: Invocation): Promise<number> {
	const { context, report, args, options } = invocation;
	if (options.has("files")) return (await import("./importfiles.ts")).importFiles(invocation);
	const progress = progressOn(context, report.quiet || report.asJson);
	const candidates = await lookAround(invocation, progress);
	progress.end();
	const unofficial = options.has("unofficial");
	if (!report.asJson) for (const line of tableOf(invocation, candidates)) report.line(line);
	for (const candidate of candidates) {
		const reason = reasonOf(candidate);
		if (reason !== undefined) report.say(`${candidate.go.path}: ${reason}`);
	}
	const chosen = options.has("dryRun") ? [] : await chosenFrom(invocation, candidates);
	const outcomes: InstallOutcome[] = [];
	let status = 0;
	for (const candidate of onceEach(context, chosen)) {
		if (candidate.state !== "installed" && !isAdoptable(candidate, unofficial)) {
			const isNamed = args.length > 0;
			if (isNamed || !wantedEverything(invocation)) status = refuse(invocation, candidate);
			continue;
		}
		// Of one that is there already, an import that was killed may have left its aliases and shims to this one.
		const outcome = await adopt(invocation, candidate, defaultOf(context, chosen, unofficial) === candidate, progress);
		if (outcome.status === "installed") outcomes.push(outcome);
	}
	progress.end();
	if (report.asJson) report.json({ found: candidates.map(asJson), imported: outcomes.map(outcomeAsJson) });
	else adviseOn(invocation, candidates, outcomes);
	return status;
}

async function adopt(
	{ context, report, options, args }: Invocation,
	{ go, state, proof }: Candidate,
	isDefault: boolean,
	progress: Progress,
): Promise<InstallOutcome> {
	const { release, platform } = go;
	const { durable, verify = "default" } = loadConfig(context);
	if (state !== "installed" && !rulesOf(verify).modules) throw onlyArchives(verify, release.version);
	const link = options.has("link");
	if (link && state !== "installed" && !isModuleCacheTree(go.goroot)) throw notToBeLinked(go.path);
	const key = versionKey(release.name, platform, context.host());
	const lock = lockCheck(context, { release, platform, hashes: {} }, false);
	const started = performance.now();
	const say = (text: string) => progress.interleave(() => report.say(text));
	const warn = (text: string) => progress.interleave(() => report.warn(text));
	context.checkpoint("import:chosen");
	const outcome = await installVersion(context, {
		release,
		platform,
		force: false,
		asDefault: isDefault ? "if-none" : "no",
		build: async (staging, signal) => {
			if (!proof) throw new GoxError("internal", `${go.path} was never held against anything`);
			const built = await buildByAdoption(context, { go, proof, link, durable, signal }, staging, {
				progress: (received, total) => progress.update(key, received, total),
				note: (text) => progress.interleave(() => report.detail(text)),
				say,
				warn,
				stopwatch: untimed,
			});
			lock?.hold(built);
			return built;
		},
		waiting: (owner) => say(`waiting for ${owner}, who is installing ${key}`),
	});
	progress.remove(key);
	if (outcome.status === "installed" || args.length > 0)
		tellOutcome(outcome, key, performance.now() - started, { say, warn }, report.style);
	if (proof && proof.leftBehind > 0)
		report.detail(`  ${proof.leftBehind} files stayed behind: nobody vouches for them (api, doc, misc, test, what a tool added)`);
	context.checkpoint("import:adopted");
	return outcome;
}

/** Two tools may have the same release: one of them will do, and a proven one before any other. */
function onceEach(context: Context, chosen: readonly Candidate[]): readonly Candidate[] {
	const byKey = new Map<string, Candidate>();
	for (const candidate of chosen) {
		const key = versionKey(candidate.go.release.name, candidate.go.platform, context.host());
		const other = byKey.get(key);
		if (!other || (other.state !== "proven" && other.state !== "installed" && candidate.state === "proven"))
			byKey.set(key, candidate);
	}
	return [...byKey.values()];
}

/** What becomes the default where there is none: what another tool has as its own, else the newest. */
function defaultOf(context: Context, chosen: readonly Candidate[], unofficial: boolean): Candidate | undefined {
	const fit = onceEach(context, chosen).filter(
		(candidate) =>
			candidate.go.platform === context.host() && (candidate.state === "installed" || isAdoptable(candidate, unofficial)),
	);
	const preferred = chosen.filter(({ go }) => go.isPreferred).map(({ go }) => go.release.name);
	return fit.find(({ go }) => preferred.includes(go.release.name)) ?? fit[0];
}

function refuse({ report }: Invocation, { go, state, why }: Candidate): number {
	report.warn(`${go.path} was not imported: ${why}`);
	report.say(state === "unknown" ? "  to ask again: gox import" : `  to see what differs: gox verify ${go.path}`);
	return state === "unknown" ? exitCodes.network : exitCodes.integrity;
}

function adviseOn(
	{ context, report, options }: Invocation,
	candidates: readonly Candidate[],
	outcomes: readonly InstallOutcome[],
): void {
	const open = candidates.filter((candidate) => isAdoptable(candidate, false) && candidate.state !== "installed");
	if (candidates.length === 0) report.say("no Go of another tool was found");
	if (options.has("dryRun") && open.length > 0)
		report.say("to import them: gox import --all   (or name versions, tools or paths)");
	else if (outcomes.length === 0 && open.length > 0 && !wantedEverything({ options } as Invocation))
		report.say("to import them: gox import --all   (or name versions, tools or paths)");
	const installed = installedVersions(context);
	const current = defaultVersion(context, installed);
	const wish = candidates.find(({ go }) => go.isPreferred && installed.some((each) => each.release.name === go.release.name));
	if (outcomes.length > 0 && wish && current && wish.go.release.name !== current.release.name)
		report.say(`${wish.go.tool} has ${wish.go.release.name} as its default; to have it too: gox default ${wish.go.release.word}`);
	if (outcomes.length > 0) report.say("to take the other tools out of your shell's start-up files: gox setup --remove-leftovers");
}

function onlyArchives(policy: string, version: string): GoxError {
	return new GoxError("usage", `verify = ${policy} wants an archive's published SHA-256, and what is on the disk is no archive`, {
		hint: `gox install ${version}`,
	});
}

function notToBeLinked(path: string): GoxError {
	return new GoxError("usage", `${path} can't be shared by hard links: a change there would change gox's copy too`, {
		hint: "gox import   (without --link: cloned or copied)",
	});
}
