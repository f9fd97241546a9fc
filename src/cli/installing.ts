import { statSync } from "node:fs";
import { resolve } from "node:path";
import { Bundle } from "../archive/bundle.ts";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { ifPresent } from "../fs.ts";
import { acquire, type SourceChoice } from "../install/acquire.ts";
import type { Built, InstallListener } from "../install/built.ts";
import { type BundleSource, buildFromBundle } from "../install/frombundle.ts";
import { type InstallOutcome, type InstallPlan, installVersion } from "../install/install.ts";
import { type Chosen, matching } from "../releases/catalog.ts";
import type { IndexRelease } from "../releases/list.ts";
import { type FoundToolchain, findGoxLock, holdToLock, lockedFor } from "../select/goxlock.ts";
import { type Part, type Timings, untimed } from "../stopwatch.ts";
import { installedVersions } from "../store/installed.ts";
import { layoutOf, versionKey } from "../store/layout.ts";
import { type Receipt, readReceipt } from "../store/receipt.ts";
import { linkWarning } from "../store/sharing.ts";
import { type Policy, witnessInWords } from "../verify/witness.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { newestFirst } from "../version/release.ts";
import type { Request } from "../version/request.ts";
import type { Options } from "./command.ts";
import { sourceChoice } from "./operands.ts";
import type { Progress } from "./progress.ts";
import type { Report, Style } from "./report.ts";
import { bytesInWords, columns, timeInWords } from "./text.ts";

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
			build: async (place) => {
				timings?.add("lock", performance.now() - started);
				const job = { ...place, insecure: installation.insecure, listener };
				const built = installation.bundle
					? await buildFromBundle(job, bundled(installation.bundle, installation))
					: await acquire(job, chosen, installation);
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
	const { newestKnown, statusInWords, releaseStatuses } = await import("../releases/status.ts");
	const words = statusInWords(releaseStatuses([...newestKnown(context), release])(release, platform));
	if (words) say(`  ${release.version}: ${words}`);
}

function bundled(bundle: Bundle, { chosen, policy }: Installation): BundleSource {
	const { release, platform, hashes } = chosen;
	const toolchain = bundle.toolchains.find((each) => each.release.name === release.name && each.platform === platform);
	if (!toolchain) throw new GoxError("internal", `${bundle.path} has no ${release.name} for ${platform}`);
	return { bundle, toolchain, hashes, policy };
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

/** How a command that runs several Gos installs what is missing: as `gox install` does, but never as the default. */
export interface Installer {
	readonly context: Context;
	readonly report: Report;
	readonly progress: Progress;
	readonly source: SourceChoice;
	readonly insecure: boolean;
}

/** @throws GoxError `usage` */
export function installerFor(context: Context, report: Report, options: Options, progress: Progress): Installer {
	return {
		context,
		report,
		progress,
		source: sourceChoice(options.text("source")),
		insecure: options.has("insecure"),
	};
}

/**
 * Installs a release, unless it is there; `status` of the outcome tells. Throws as `gox install` fails.
 * @param trial whether it is taken away again afterwards
 */
export function installWith(installer: Installer, chosen: Chosen, trial = false): Promise<InstallOutcome> {
	return installChosen({
		...installer,
		chosen,
		asDefault: "no",
		force: false,
		trial,
		unofficial: variablesIn(installer.context.env).unofficial,
	});
}

const meanings: Readonly<Record<Part, string>> = {
	start: "until the command ran",
	index: "to learn what exists",
	lock: "to get the lock and clear up",
	download: "waiting for bytes, and their digest",
	gunzip: "waiting for zlib, which works on another thread",
	parse: "what is in the archive, and whether it may be",
	write: "files and directories",
	hash: "every file, and the tree",
	fsync: "every file (durable)",
	proof: "waiting for the checksum database",
	others: "busy with other versions",
	commit: "receipt, rename, aliases, shims",
};

/** Where an installation's time went: each part with its share of the whole. */
export function timetable(timings: Timings): string[] {
	const { spent, total } = timings;
	const row = (name: string, milliseconds: number, meaning: string) => {
		const share = total > 0 ? Math.round((milliseconds / total) * 100) : 0;
		return ["", name, timeInWords(milliseconds).padStart(7), `${share}%`.padStart(4), meaning];
	};
	return columns([...spent.map(([part, milliseconds]) => row(part, milliseconds, meanings[part])), row("total", total, "")]);
}

/** The same for --json: milliseconds. */
export function timingsAsJson(timings: Timings): Readonly<Record<string, number>> {
	const tenths = (milliseconds: number) => Math.round(milliseconds * 10) / 10;
	return Object.fromEntries([...timings.spent, ["total", timings.total] as const].map(([name, value]) => [name, tenths(value)]));
}

/** What an installation from a directory with a gox.lock must pass, before a byte is fetched and before it becomes visible. */
export interface LockCheck {
	/** @throws GoxError `integrity` for anything but what is locked. */
	hold(built: Built): void;
}

/**
 * The check for a release, by the nearest gox.lock if that locks this very release; another release isn't its business.
 * What is known already is checked at once: the hash that the table and the index publish, and what is installed.
 * @throws GoxError `integrity` as `hold`; `bad-version-file` for a lock that can't be understood.
 */
export function lockCheck(
	context: Context,
	{ release, platform, hashes }: Pick<Chosen, "release" | "platform" | "hashes">,
	force: boolean,
): LockCheck | undefined {
	const found = findGoxLock(context);
	if (!found || found.lock.release.name !== release.name) return undefined;
	const { path, lock } = found;
	const key = versionKey(release.name, platform, context.host());
	const hold = (toolchain: FoundToolchain, who: string, hint: string) => holdToLock(lock, path, platform, toolchain, who, hint);
	const git = `git log -p ${path}`;
	if (!force && installedVersions(context).some((each) => each.key === key)) {
		const receipt = readReceipt(layoutOf(context.home), key);
		const again = `gox verify ${release.word}\ngox install ${release.word} --force`;
		hold(receipt ? toolchainOf(receipt) : {}, `what is installed as ${key}`, again);
	} else if (lockedFor(lock, path, platform).sha256 !== undefined) {
		for (const [who, sha256] of [
			["gox's release table", hashes.table],
			["the index", hashes.index],
		] as const)
			if (sha256) hold({ sha256 }, who, git);
	}
	return { hold: (built) => hold(toolchainOf(built), `what came from ${built.source.from}`, git) };
}

function toolchainOf({ source, archive, h1 }: Pick<Receipt, "source" | "archive" | "h1">): FoundToolchain {
	return { h1, sha256: source.kind === "archive" ? archive?.sha256 : undefined };
}

/** Runs `work` on each item in order, at most `jobs` at a time. */
export async function inParallel<T>(jobs: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	const queue = items.values();
	const worker = async () => {
		for (const item of queue) await work(item);
	};
	await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
}

/**
 * The bundle that `--source` names: a path with a slash, a `.bundle`, or the name of a file here. Undefined for any
 * other word.
 * @throws GoxError as `Bundle.open`.
 */
export function bundleNamed(context: Context, word: string | undefined): Bundle | undefined {
	if (word === undefined || ["any", "download", "proxy"].includes(word)) return undefined;
	const path = resolve(context.cwd, word);
	const isPath = word.includes("/") || word.endsWith(".bundle") || ifPresent(() => statSync(path)) !== undefined;
	return isPath ? Bundle.open(path) : undefined;
}

/**
 * The toolchain of a bundle that a request means: the newest in it.
 * @throws GoxError `no-such-release`, saying what the bundle has.
 */
export async function chooseBundled(bundle: Bundle, request: Request, platform: Platform): Promise<Chosen> {
	const wanted = request.platform ?? platform;
	const [found] = matching(request, releasesIn(bundle), wanted);
	const bundled = bundle.toolchains.find((each) => each.release.name === found?.release.name && each.platform === wanted);
	if (!bundled) {
		throw new GoxError(
			"no-such-release",
			`${bundle.path} has no ${request.text.trim()} for ${wanted}; it has ${contentsInWords(bundle)}`,
			{
				hint: `gox bundle --list ${bundle.path}`,
			},
		);
	}
	const { builtInTable } = await import("../releases/table.ts");
	const { release, kind, size } = bundled;
	const table = builtInTable()
		.releases.find((each) => each.release.name === release.name)
		?.archives.get(wanted)?.sha256;
	return {
		release,
		platform: wanted,
		archive: { filename: bundled.file, sha256: table, size },
		hashes: table && kind === "archive" ? { table } : {},
	};
}

/** `go1.22.5 (darwin-arm64, linux-amd64), go1.21.13 (linux-amd64)` */
export function contentsInWords(bundle: Bundle): string {
	const releases = releasesIn(bundle).map(({ release, archives }) => `${release.name} (${[...archives.keys()].join(", ")})`);
	return releases.join(", ") || "nothing";
}

function releasesIn({ toolchains }: Bundle): readonly IndexRelease[] {
	const names = [...new Set(toolchains.map(({ release }) => release.name))];
	return names
		.flatMap((name) => {
			const editions = toolchains.filter(({ release }) => release.name === name);
			const release = editions[0]?.release;
			if (!release) return [];
			const sorted = platforms.flatMap((platform) => editions.find((each) => each.platform === platform) ?? []);
			const archives = new Map(
				sorted.map(({ platform, file, sha256, size }) => [platform, { filename: file, sha256, size }] as const),
			);
			return [{ release, stable: release.stable, archives }];
		})
		.sort((left, right) => newestFirst(left.release, right.release));
}
