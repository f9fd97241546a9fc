import type { Bundle } from "../archive/bundle.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import type { Chosen } from "../releases/catalog.ts";
import { type Timings, untimed } from "../stopwatch.ts";
import { acquire, type SourceChoice } from "../store/acquire.ts";
import type { InstallListener } from "../store/built.ts";
import { type BundleSource, buildFromBundle } from "../store/frombundle.ts";
import { type InstallOutcome, type InstallPlan, installVersion } from "../store/install.ts";
import { versionKey } from "../store/layout.ts";
import { linkWarning } from "../store/sharedinstall.ts";
import type { Progress } from "../ui/progress.ts";
import type { Report, Style } from "../ui/report.ts";
import { bytesInWords, timeInWords } from "../ui/table.ts";
import type { Policy } from "../verify/policy.ts";
import { witnessInWords } from "../verify/witness.ts";
import { lockCheck } from "./lockcheck.ts";
import { timetable } from "./timetable.ts";

/** One release to be installed, and how. */
export interface Installation {
	readonly context: Context;
	readonly report: Report;
	readonly progress: Progress;
	readonly chosen: Chosen;
	readonly source: SourceChoice;
	/** Where it comes from instead; `chosen` was chosen from it. */
	readonly bundle?: Bundle | undefined;
	/** The config's by default. */
	readonly policy?: Policy | undefined;
	readonly force: boolean;
	/** With hard links, where its files can't be cloned. */
	readonly dedupe?: boolean;
	/** As of the plan's. */
	readonly trial?: boolean | undefined;
	readonly asDefault: InstallPlan["asDefault"];
	readonly unofficial: boolean;
	readonly insecure: boolean;
	/** Where its times are booked, for --timings. */
	readonly timings?: Timings | undefined;
}

/** Installs a chosen release and tells of it: what it is, where its bytes came from, who vouches for them. */
export async function installChosen(installation: Installation): Promise<InstallOutcome> {
	const { context, report, progress, chosen, timings } = installation;
	const { release, platform } = chosen;
	const key = versionKey(release.name, platform, context.host());
	const lock = lockCheck(context, chosen, installation.force);
	const talk = (text: string) => progress.interleave(() => report.say(text));
	const started = performance.now();
	const listener: InstallListener = {
		progress: (received, total) => progress.update(key, received, total),
		note: (text) => progress.interleave(() => report.detail(text)),
		say: talk,
		warn: (text) => progress.interleave(() => report.warn(text)),
		stopwatch: timings ?? untimed,
	};
	let builtAt = started;
	try {
		const outcome = await installVersion(context, {
			release,
			platform,
			force: installation.force,
			dedupe: installation.dedupe ? "link" : undefined,
			trial: installation.trial,
			asDefault: installation.asDefault,
			build: async (staging, signal, sharing) => {
				timings?.add("lock", performance.now() - started);
				const built = installation.bundle
					? await buildFromBundle(context, { ...bundled(installation.bundle, installation, signal), sharing }, staging, listener)
					: await acquire(context, chosen, { ...installation, sharing }, staging, signal, listener);
				lock?.hold(built);
				builtAt = performance.now();
				return built;
			},
			waiting: (owner) => talk(`waiting for ${owner}, who is installing ${key}`),
		});
		timings?.addBusy("commit", performance.now() - builtAt);
		progress.remove(key);
		tellOutcome(outcome, key, performance.now() - started, listener, report.style);
		if (outcome.status === "installed") await tellStanding(context, chosen, talk);
		const warning = outcome.status === "installed" && outcome.receipt?.shared?.how === "link" && linkWarning(context);
		if (warning) listener.warn(warning);
		if (timings) for (const line of timetable(timings)) talk(line);
		return outcome;
	} finally {
		progress.remove(key);
	}
}

/** What is known against it, in a few words. */
async function tellStanding(context: Context, { release, platform }: Chosen, say: (text: string) => void): Promise<void> {
	const [{ newestKnown }, { standingInWords, standings }] = await Promise.all([
		import("../releases/newest.ts"),
		import("../releases/standing.ts"),
	]);
	const words = standingInWords(standings([...newestKnown(context), release])(release, platform));
	if (words) say(`  ${release.version}: ${words}`);
}

function bundled(bundle: Bundle, { chosen, policy, insecure }: Installation, signal: AbortSignal): BundleSource {
	const { release, platform, hashes } = chosen;
	const toolchain = bundle.toolchains.find((each) => each.release.name === release.name && each.platform === platform);
	if (!toolchain) throw new GoxError("internal", `${bundle.path} has no ${release.name} for ${platform}`);
	return { bundle, toolchain, hashes, policy, insecure, signal };
}

/** Tells what became of an installation: what it is, where it came from, who vouches for it. */
export function tellOutcome(
	{ status, receipt, installed, isDefault }: InstallOutcome,
	key: string,
	milliseconds: number,
	{ say, warn }: Pick<InstallListener, "say" | "warn">,
	style: Style,
): void {
	if (status === "already") {
		say(`${key} is installed already${isDefault ? ", and the default" : ""}`);
		return;
	}
	const size = receipt ? `${bytesInWords(receipt.size)}, ` : "";
	say(
		`${style.green("installed")} ${style.bold(key)}${isDefault ? " as the default" : ""} (${size}${timeInWords(milliseconds)}) in ${installed.goroot}`,
	);
	if (!receipt) return;
	say(`  from ${receipt.source.from}`);
	if (receipt.shared) say(`  shares ${bytesInWords(receipt.shared.bytes)} with ${receipt.shared.with}`);
	say(`  vouched for by ${receipt.witnesses.map(witnessInWords).join(" and ") || "nobody"}`);
	if (!receipt.official) warn(`${key} is not what the Go project published under that name`);
}

/** What became of an installation, for --json. */
export function outcomeAsJson({ installed, status, receipt, isDefault }: InstallOutcome) {
	return {
		version: installed.release.name,
		platform: installed.platform,
		goroot: installed.goroot,
		status,
		default: isDefault,
		source: receipt?.source ?? null,
		witnesses: receipt?.witnesses ?? [],
		official: receipt?.official ?? null,
	};
}
