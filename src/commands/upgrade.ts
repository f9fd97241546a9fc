import type { Invocation } from "../cli/command.ts";
import { installChosen } from "../cli/installing.ts";
import { catalogOptions, sourceChoice, wantedPlatform } from "../cli/operands.ts";
import { progressOn } from "../cli/progress.ts";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import type { Catalog, Chosen } from "../releases/catalog.ts";
import { loadCatalog } from "../releases/lookup.ts";
import { select } from "../select/select.ts";
import { usageOf } from "../select/usage.ts";
import { uninstallVersion } from "../store/abandoned.ts";
import { openHome } from "../store/home.ts";
import { defaultVersion, type Installed, installedVersions } from "../store/installed.ts";
import { matching, setDefault } from "../store/links.ts";
import { completeShims } from "../store/shims.ts";
import type { Platform } from "../version/platform.ts";
import { compareParsed } from "../version/release.ts";
import { parseRequest, type Request } from "../version/request.ts";
import { welcomeNewGo } from "./tools.ts";

/** What is installed of one minor for one platform, newest first. */
interface Line {
	readonly minor: string;
	readonly platform: Platform;
	readonly installed: readonly Installed[];
}

interface Outcome {
	readonly version: string;
	readonly platform: Platform;
	readonly from: readonly string[];
	readonly status: "installed" | "already" | "planned";
	readonly default: boolean;
	readonly removed: readonly string[];
}

/**
 * Each step stands for itself: the new version is complete before the default moves, and that before an old one goes, so
 * whatever ends an upgrade, the next one goes on from there.
 */
export async function run(invocation: Invocation): Promise<number> {
	const { report, options } = invocation;
	const { context } = invocation;
	openHome(context);
	const lines = wantedLines(context, invocation);
	const catalog = await loadCatalog(context, catalogOptions(invocation));
	const outcomes: Outcome[] = [];
	const failures: unknown[] = [];
	for (const line of lines) {
		try {
			outcomes.push(await upgrade(context, invocation, line, newestOf(catalog, line)));
		} catch (error) {
			context.signal.throwIfAborted();
			failures.push(error);
			if (lines.length > 1) report.warn(`Go ${line.minor} was not upgraded: ${error instanceof Error ? error.message : error}`);
		}
	}
	if (report.asJson) report.json(outcomes);
	if (failures.length > 0) throw failures.at(-1);
	if (options.has("dryRun") && !outcomes.some(({ status }) => status === "planned")) report.say("nothing to do");
	return 0;
}

function wantedLines(context: Context, { args, options }: Invocation): readonly Line[] {
	const all = installedVersions(context);
	if (options.has("all")) {
		if (args.length > 0) throw new GoxError("usage", "upgrade: --all takes no versions", { hint: "gox upgrade --all" });
		return linesOf(
			all,
			options.given("platform") ? all.filter((each) => each.platform === wantedPlatform(context, options)) : all,
		);
	}
	const chosen = args.length > 0 ? args.flatMap((word) => named(context, word, options)) : [inForce(context, all)];
	return linesOf(all, chosen);
}

function named(context: Context, word: string, options: Invocation["options"]): readonly Installed[] {
	const request: Request = parseRequest(word);
	const platform = request.platform ?? wantedPlatform(context, options);
	const found = matching(context, request, platform);
	if (found.length > 0) return found;
	const minor = request.kind === "exact" ? request.release.minor : request.kind === "prefix" ? request.prefix : undefined;
	const others = installedVersions(context).filter((each) => each.release.minor === minor && each.platform === platform);
	if (others.length > 0) return others;
	throw new GoxError("not-installed", `no installed Go matches ${word}, so there is nothing to upgrade`, {
		hint: `gox install ${word}`,
	});
}

/** The version in force here, if it is gox's, else the default. */
function inForce(context: Context, all: readonly Installed[]): Installed {
	const { goroot } = select(context);
	const found = all.find((each) => each.goroot === goroot) ?? defaultVersion(context, all);
	if (found) return found;
	throw new GoxError("usage", "no version of gox's is in force here: which one is to be upgraded?", {
		hint: "gox upgrade --all\ngox install latest",
	});
}

function linesOf(all: readonly Installed[], chosen: readonly Installed[]): readonly Line[] {
	const lines = new Map<string, Line>();
	for (const { release, platform } of chosen) {
		const installed = all.filter((each) => each.release.minor === release.minor && each.platform === platform);
		lines.set(`${release.minor} ${platform}`, { minor: release.minor, platform, installed });
	}
	return [...lines.values()];
}

/** The newest release of the line's minor; while it has only pre-releases, the newest of those. */
function newestOf(catalog: Catalog, { minor, platform, installed }: Line): Chosen {
	const [first] = installed;
	const preview = catalog
		.offered(platform)
		.filter((each) => each.minor === minor)
		.sort((left, right) => compareParsed(right.parsed, left.parsed))[0];
	const request = parseRequest(minor);
	if (catalog.matching(request, platform).length > 0) return catalog.pick(request, platform);
	const wanted = preview ?? first?.release;
	return catalog.pick(wanted ? { kind: "exact", release: wanted, text: wanted.version } : request, platform);
}

async function upgrade(context: Context, invocation: Invocation, line: Line, chosen: Chosen): Promise<Outcome> {
	const { report, options } = invocation;
	const { release, platform } = chosen;
	const older = line.installed.filter((each) => compareParsed(each.release.parsed, release.parsed) < 0);
	const there = line.installed.find((each) => compareParsed(each.release.parsed, release.parsed) >= 0);
	const moves = older.some((each) => each.key === defaultVersion(context)?.key);
	const from = older.map((each) => each.release.name);
	const base = { version: there?.release.name ?? release.name, platform, from };
	if (options.has("dryRun")) {
		const superfluous = options.has("prune") ? superseded(context, older, moves).map(({ key }) => key) : [];
		const what = [
			...(there ? [] : [`install ${release.name}`]),
			...(moves ? ["make it the default"] : []),
			...superfluous.map((key) => `remove ${key}`),
		];
		if (what.length > 0) report.say(`Go ${line.minor}: ${what.join(", ")}`);
		return { ...base, status: what.length > 0 ? "planned" : "already", default: moves, removed: superfluous };
	}
	const newest = there ?? (await install(context, invocation, chosen));
	context.checkpoint("upgrade:installed");
	if (moves) {
		setDefault(context, newest);
		completeShims(context);
		report.say(`the default is now ${newest.release.name}`);
	} else if (there) report.say(`${newest.key} is the newest Go ${line.minor}`);
	context.checkpoint("upgrade:default");
	const removed: string[] = [];
	for (const each of options.has("prune") ? superseded(context, older, false) : []) {
		await uninstallVersion(context, each);
		removed.push(each.key);
		report.say(`removed ${each.key}`);
		context.checkpoint("upgrade:pruned");
	}
	if (!there) await welcomeNewGo(context, report, [newest]);
	return { ...base, status: there ? "already" : "installed", default: moves, removed };
}

/** The older ones that nothing needs; what is needed is said, and why. @param moves the default is about to leave them */
function superseded(context: Context, older: readonly Installed[], moves: boolean): readonly Installed[] {
	const { needs } = usageOf(context, installedVersions(context));
	return older.filter((each) => (needs.get(each.key) ?? []).filter((who) => !(moves && who === "the default")).length === 0);
}

async function install(context: Context, { report, options }: Invocation, chosen: Chosen): Promise<Installed> {
	const progress = progressOn(context, report.quiet || report.asJson);
	try {
		const { installed } = await installChosen({
			context,
			report,
			progress,
			chosen,
			source: sourceChoice(options.text("source")),
			asDefault: "no",
			force: false,
			dedupe: options.has("dedupe"),
			unofficial: variablesIn(context.env).unofficial,
			insecure: options.has("insecure"),
		});
		return installed;
	} finally {
		progress.end();
	}
}
