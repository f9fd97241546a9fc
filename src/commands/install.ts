import type { Bundle } from "../archive/bundle.ts";
import type { Invocation } from "../cli/command.ts";
import { bundleNamed, chooseBundled, inParallel, installChosen, outcomeAsJson, timingsAsJson } from "../cli/installing.ts";
import {
	catalogOptions,
	forPlatform,
	jobCount,
	namedPlatform,
	requestNamed,
	sourceChoice,
	wantedPlatform,
} from "../cli/operands.ts";
import { progressOn } from "../cli/progress.ts";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import type { InstallOutcome } from "../install/install.ts";
import type { Chosen } from "../releases/catalog.ts";
import { lookUp } from "../releases/lookup.ts";
import { lockedWord, refuseUnlocked } from "../select/goxlock.ts";
import { projectRequest } from "../select/projectrequest.ts";
import { isFile } from "../select/selection.ts";
import { Thread, Timings } from "../stopwatch.ts";
import { openHome } from "../store/home.ts";
import { requireForHost } from "../store/links.ts";
import { rememberProject } from "../store/projects.ts";
import { completeShims } from "../store/shims.ts";
import { parsePolicy } from "../verify/witness.ts";
import type { Platform } from "../version/platform.ts";
import { parseRequest, type Request } from "../version/request.ts";
import { welcomeNewGo } from "./tools.ts";

export async function run(invocation: Invocation): Promise<number> {
	const { report, options } = invocation;
	const { context } = invocation;
	openHome(context);
	const platform = wantedPlatform(context, options);
	const bundle = bundleNamed(context, options.text("source"));
	const source = bundle ? "any" : sourceChoice(options.text("source"));
	const demanded = options.text("verify");
	const policy = demanded === undefined ? undefined : parsePolicy(demanded);
	const jobs = jobCount(options.text("jobs"), 2);
	const asked = requests(invocation);
	if (asked === undefined) return 0;
	const began = performance.now();
	const chosen = await choose(context, invocation, asked, platform, bundle);
	if (options.has("default") && chosen[0]) requireForHost(context, chosen[0]);
	if (invocation.args.length > 0) for (const { release } of chosen) refuseUnlocked(context, release);
	const timings = options.has("timings") ? stopwatches(chosen, began) : new Map<Chosen, Timings>();
	const progress = progressOn(context, report.quiet || report.asJson);
	const outcomes = new Map<string, InstallOutcome>();
	const failures: unknown[] = [];
	await inParallel(jobs, chosen, async (each) => {
		try {
			outcomes.set(
				`${each.release.name} ${each.platform}`,
				await installChosen({
					context,
					report,
					progress,
					chosen: each,
					source,
					bundle,
					policy,
					// The first of several becomes the default where there is none, whichever is ready first.
					asDefault: each === chosen[0] ? (options.has("default") ? "always" : "if-none") : "no",
					force: options.has("force"),
					dedupe: options.has("dedupe"),
					unofficial: options.has("unofficial") || variablesIn(context.env).unofficial,
					insecure: options.has("insecure"),
					timings: timings.get(each),
				}),
			);
		} catch (error) {
			failures.push(error);
			if (chosen.length > 1 && failures.length < chosen.length && !context.signal.aborted)
				progress.interleave(() =>
					report.warn(`${each.release.name} was not installed: ${error instanceof Error ? error.message : String(error)}`),
				);
		}
	});
	progress.end();
	if (failures.length > 0) throw failures.at(-1);
	const fresh = [...outcomes.values()].filter(({ status }) => status === "installed");
	await welcomeNewGo(
		context,
		report,
		fresh.map(({ installed }) => installed),
	);
	if (report.asJson)
		report.json(
			chosen.flatMap((each) => {
				const outcome = outcomes.get(`${each.release.name} ${each.platform}`);
				const spent = timings.get(each);
				return outcome ? [{ ...outcomeAsJson(outcome), ...(spent && { timings: timingsAsJson(spent) }) }] : [];
			}),
		);
	else if (chosen.some((each) => each.platform === context.host())) adviseShims(context, report.say);
	return 0;
}

/** One for each version; all of them had to wait for the start of the command and for the index. */
function stopwatches(chosen: readonly Chosen[], began: number): ReadonlyMap<Chosen, Timings> {
	const thread = new Thread();
	const index = performance.now() - began;
	return new Map(
		chosen.map((each) => {
			const timings = new Timings(thread);
			timings.add("start", began);
			timings.add("index", index);
			return [each, timings];
		}),
	);
}

/** What the command line asks for, or else this directory. Undefined when that is there already. */
function requests({ context, report, args, options }: Invocation): readonly Request[] | undefined {
	const platform = namedPlatform(options);
	if (args.length > 0) return args.map((word) => requestNamed(context, word, platform));
	const found = projectRequest(context);
	if (!found)
		throw new GoxError("usage", "nothing in this directory says which Go it wants", {
			hint: "gox install latest\ngox pin 1.22.5, then gox install",
		});
	const { source, request, installed, selection } = found;
	const who = source.path ?? source.kind;
	if (isFile(source)) rememberProject(context, source.path);
	if (request === "system") {
		report.say(`${who} asks for the system's go: nothing to install`);
		if (report.asJson) report.json([]);
		return undefined;
	}
	const locked = lockedWord(context, source.path, request);
	if (locked !== undefined) {
		report.say(`${who} asks for ${source.text}, and gox.lock says what that is: ${locked}`);
		return [forPlatform(parseRequest(locked), platform)];
	}
	// For another platform than this machine's, the request is looked up as any other.
	if (installed && wantedPlatform(context, options) === context.host()) {
		completeShims(context);
		report.say(`${selection.version} is installed, as ${who} asks`);
		if (report.asJson)
			report.json([{ version: selection.version, platform: context.host(), goroot: selection.goroot, status: "already" }]);
		return undefined;
	}
	report.say(`${who} asks for ${source.text}`);
	return [forPlatform(parseRequest(request), platform)];
}

/** One release for each request; two requests that mean the same one are one. */
async function choose(
	context: Context,
	invocation: Invocation,
	asked: readonly Request[],
	platform: Platform,
	bundle: Bundle | undefined,
): Promise<readonly Chosen[]> {
	const chosen = new Map<string, Chosen>();
	const options = catalogOptions(invocation);
	for (const request of asked) {
		const one = bundle ? await chooseBundled(bundle, request, platform) : await lookUp(context, request, platform, options);
		chosen.set(`${one.release.name} ${one.platform}`, one);
	}
	return [...chosen.values()];
}

/** Someone whose PATH doesn't have the shims yet would go on running another go. */
function adviseShims(context: Context, say: (text: string) => void): void {
	const shims = `${context.home}/shims`;
	if ((context.env.PATH ?? "").split(":").includes(shims)) return;
	say(`to run it as go: gox setup   (puts ${shims} on PATH)`);
}
