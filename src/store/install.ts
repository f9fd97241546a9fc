import { renameSync } from "node:fs";
import { join } from "node:path";
import { type Config, loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { isThere, readIfPresent, removeTree, syncDirectory } from "../fs.ts";
import { goxVersion } from "../product.ts";
import { checkMachine } from "../verify/machine.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { refreshAliases } from "./alias.ts";
import type { Built } from "./built.ts";
import { setDefault } from "./default.ts";
import { makeHome, openHome } from "./home.ts";
import { type Installed, installedVersions, linkedKey } from "./installed.ts";
import { type Layout, versionKey } from "./layout.ts";
import { withLock } from "./lock.ts";
import { type Receipt, readReceipt, type Shared, writeReceipt } from "./receipt.ts";
import { recover } from "./recover.ts";
import { shareWithNearest } from "./sharedinstall.ts";
import { completeShims } from "./shims.ts";
import { makeStaging, stagingPath } from "./staging.ts";

export interface InstallPlan {
	readonly release: Release;
	readonly platform: Platform;
	/** Install again what is there already. */
	readonly force: boolean;
	/** Whether it becomes the default: always, where there is none yet, or not at all. */
	readonly asDefault: "always" | "if-none" | "no";
	/** How it shares files with another version; the config's `dedupe` by default. */
	readonly dedupe?: Config["dedupe"] | undefined;
	/** Puts a proven GOROOT into the staging directory. */
	build(staging: string, signal: AbortSignal): Promise<Built>;
	/** Another process is at it. */
	waiting(owner: string): void;
}

export interface InstallOutcome {
	readonly installed: Installed;
	/** `already` when it was there. */
	readonly status: "installed" | "already";
	/** Undefined for a version that was there and has none. */
	readonly receipt: Receipt | undefined;
	readonly isDefault: boolean;
}

/**
 * Installs one version: built and proven in `tmp/`, then visible in one rename. Whatever happens on the way,
 * `versions/` holds the complete version or none (or, with `force`, the old one).
 * @throws GoxError; file-system errors as they come.
 */
export async function installVersion(context: Context, plan: InstallPlan): Promise<InstallOutcome> {
	const layout = openHome(context);
	const key = versionKey(plan.release.name, plan.platform, context.host());
	recover(context, layout);
	if (!plan.force && isComplete(layout, key)) return settle(context, layout, plan, key, "already");
	makeHome(layout);
	return withLock(
		context,
		layout,
		key,
		async (signal) => {
			if (!plan.force && isComplete(layout, key)) return settle(context, layout, plan, key, "already");
			const staging = makeStaging(context, layout, key);
			try {
				context.checkpoint("install:staged");
				const built = await plan.build(staging, signal);
				checkGoroot(built.goroot, plan.release, plan.platform);
				signal.throwIfAborted();
				context.checkpoint("install:built");
				const shared = shareWithNearest(context, built, plan, plan.dedupe ?? loadConfig(context).dedupe);
				commit(context, layout, plan, key, built, shared);
			} finally {
				removeTree(staging);
			}
			return settle(context, layout, plan, key, "installed");
		},
		(owner) => plan.waiting(owner),
	);
}

/**
 * The last checks before a GOROOT becomes visible: it is the release it should be, for the machine it should be.
 * @throws GoxError `integrity`.
 */
export function checkGoroot(goroot: string, release: Release, platform: Platform): void {
	const version = readIfPresent(join(goroot, "VERSION"))?.split("\n")[0]?.trim();
	if (version === undefined) throw new GoxError("integrity", "the archive holds no go/VERSION");
	if (version !== release.name)
		throw new GoxError("integrity", `the archive's VERSION says ${quote(version)}, not ${release.name}`);
	if (!isThere(join(goroot, "bin/go"))) throw new GoxError("integrity", "the archive holds no go/bin/go");
	checkMachine(join(goroot, "bin/go"), platform);
}

/** The receipt first: one without a version is swept, a version without one couldn't be audited. */
function commit(
	context: Context,
	layout: Layout,
	plan: InstallPlan,
	key: string,
	built: Built,
	shared: Shared | undefined,
): void {
	const final = join(layout.versions, key);
	writeReceipt(layout, key, receiptOf(context, plan, built, shared), built.files);
	context.checkpoint("install:receipt");
	const replaced = isThere(final) ? stagingPath(context, layout, "old", key) : undefined;
	if (replaced) {
		renameSync(final, replaced);
		context.checkpoint("install:moved-old");
	}
	// Onto a path that must not exist: whoever else may have come here first, its complete version stays.
	renameSync(built.goroot, final);
	syncDirectory(layout.versions);
	context.checkpoint("install:renamed");
	if (replaced) removeTree(replaced);
}

/** What follows from a version's being there; also mends what a killed process didn't get to. */
function settle(
	context: Context,
	layout: Layout,
	plan: InstallPlan,
	key: string,
	status: InstallOutcome["status"],
): InstallOutcome {
	const all = installedVersions(context);
	const installed = all.find((each) => each.key === key);
	if (!installed) throw new GoxError("internal", `${key} was installed and can't be found`);
	refreshAliases(context, all);
	context.checkpoint("install:aliases");
	completeShims(context);
	context.checkpoint("install:shims");
	const native = installed.platform === context.host();
	const hasDefault = all.some((each) => each.key === linkedKey(layout.current));
	if (plan.asDefault === "always" || (plan.asDefault === "if-none" && native && !hasDefault)) setDefault(context, installed);
	return { installed, status, receipt: readReceipt(layout, key), isDefault: linkedKey(layout.current) === key };
}

function isComplete(layout: Layout, key: string): boolean {
	return isThere(join(layout.versions, key, "bin/go"));
}

function receiptOf(context: Context, plan: InstallPlan, built: Built, shared: Shared | undefined): Receipt {
	return {
		version: plan.release.name,
		platform: plan.platform,
		source: built.source,
		archive: built.archive,
		h1: built.h1,
		witnesses: built.witnesses,
		official: built.official,
		unasked: built.unasked,
		installedAt: context.now().toISOString(),
		files: built.files.length,
		size: built.files.reduce((sum, file) => sum + file.size, 0),
		gox: goxVersion,
		shared,
	};
}
