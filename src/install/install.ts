import { renameSync } from "node:fs";
import { join } from "node:path";
import { type Config, loadConfig } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, quote, systemCode } from "../errors.ts";
import { isThere, readIfPresent, removeTree, syncDirectory } from "../fs.ts";
import { checkBuiltFor } from "../go/builtfor.ts";
import { goxVersion } from "../product.ts";
import { recover } from "../store/abandoned.ts";
import { makeHome, makeStaging, openHome } from "../store/home.ts";
import { type Installed, isComplete, linkedKey } from "../store/installed.ts";
import { announce, endTrials } from "../store/journal.ts";
import { type Layout, versionKey } from "../store/layout.ts";
import { setDefault, settleLinks } from "../store/links.ts";
import { withLock } from "../store/lock.ts";
import { placeReceipt, type Receipt, readReceipt, removeReceipt, type Shared, writeReceipt } from "../store/receipt.ts";
import { discard, putAside, putBack } from "../store/removal.ts";
import { sharingWithNearest } from "../store/sharing.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import type { Built, Staging } from "./built.ts";

export interface InstallPlan {
	readonly release: Release;
	readonly platform: Platform;
	/** Install again what is there already. */
	readonly force: boolean;
	/** Whether it becomes the default: always, where there is none yet, or not at all. */
	readonly asDefault: "always" | "if-none" | "no";
	/** How it shares files with another version; the config's `dedupe` by default. */
	readonly dedupe?: Config["dedupe"] | undefined;
	/** Who installs it takes it away again: it doesn't become wanted by this. */
	readonly trial?: boolean | undefined;
	/** Puts a proven GOROOT into the staging directory. */
	build(place: Staging): Promise<Built>;
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
 *
 * What is promised after a power loss: the receipt and the names (the rename, the links to it) are on the disk before this
 * returns, and the journal's entry before the rename, so that the next command can restore missing links. The contents of the
 * tree's files are the kernel's to write, within seconds, unless the config says `durable = true`; until then a power loss
 * can leave files empty, and `gox verify` tells.
 * @throws GoxError; file-system errors as they come.
 */
export async function installVersion(context: Context, plan: InstallPlan): Promise<InstallOutcome> {
	const layout = openHome(context);
	const key = versionKey(plan.release.name, plan.platform, context.host());
	await recover(context);
	const there = plan.force ? undefined : already(context, layout, plan, key);
	if (there) return there;
	makeHome(layout);
	return withLock(
		context,
		layout,
		key,
		async ({ signal, check }) => {
			const there = plan.force ? undefined : already(context, layout, plan, key);
			if (there) return there;
			const staging = makeStaging(context, layout, key);
			try {
				context.checkpoint("install:staged");
				const { dedupe, durable } = loadConfig(context);
				const sharing = sharingWithNearest(context, staging, plan, plan.dedupe ?? dedupe);
				const { release, platform } = plan;
				const built = await plan.build({ context: { ...context, signal }, release, platform, staging, sharing, durable });
				checkGoroot(built.goroot, plan.release, plan.platform);
				writeReceipt(staging, key, receiptOf(context, plan, built, sharing?.shared), built.files);
				context.checkpoint("install:built");
				check();
				const entry = announce(context, layout, { work: "install", key, asDefault: becomesDefault(context, layout, plan) }, true);
				try {
					context.checkpoint("install:announced");
					commit(context, layout, key, built, staging);
				} catch (error) {
					// Undone, unless it is there: then the next command does what is left to do.
					if (isThere(built.goroot)) entry.end();
					throw error;
				}
				const outcome = settle(context, layout, plan, key);
				entry.end();
				context.checkpoint("install:done");
				return outcome;
			} finally {
				removeTree(staging);
			}
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
	checkBuiltFor(join(goroot, "bin/go"), platform);
}

/** The receipt first: one without a version is swept, a version without one couldn't be audited. */
function commit(context: Context, layout: Layout, key: string, built: Built, staging: string): void {
	const final = join(layout.versions, key);
	const replaced = isThere(final) ? putAside(context, layout, key, staging) : undefined;
	try {
		placeReceipt(staging, layout, key);
		context.checkpoint("install:receipt");
		// The path must not exist: if another process was first, its complete version stays.
		renameSync(built.goroot, final);
	} catch (error) {
		if (replaced) putBack(context, layout, key, replaced);
		else if (!isThere(final)) removeReceipt(layout, key);
		// This process was stopped for so long that another one took its lock, and its work, over.
		if (isComplete(final) && (systemCode(error) === "ENOTEMPTY" || systemCode(error) === "EEXIST")) return;
		throw error;
	}
	context.checkpoint("install:renamed");
	syncDirectory(layout.versions);
	if (!replaced) return;
	discard(replaced, key);
	context.checkpoint("install:discarded");
}

/** What is there already, with what follows from that; also mends what somebody took away. */
function already(context: Context, layout: Layout, plan: InstallPlan, key: string): InstallOutcome | undefined {
	if (!isComplete(join(layout.versions, key))) return undefined;
	const entry = announce(context, layout, { work: "links" });
	try {
		return { ...settle(context, layout, plan, key), status: "already" };
	} catch (error) {
		// Somebody uninstalls it at this moment.
		if (error instanceof GoxError && error.code === "not-installed") return undefined;
		throw error;
	} finally {
		entry.end();
	}
}

/** What follows from a version's being there. @throws GoxError `not-installed` when it is uninstalled meanwhile. */
function settle(context: Context, layout: Layout, plan: InstallPlan, key: string): InstallOutcome {
	const installed = settleLinks(context, layout, key).installed.find((each) => each.key === key);
	if (!installed)
		throw new GoxError("not-installed", `${key} was uninstalled while it was being installed`, { hint: "gox list" });
	context.checkpoint("install:links");
	if (!plan.trial) endTrials(context, layout, key);
	if (becomesDefault(context, layout, plan)) setDefault(context, installed);
	return { installed, status: "installed", receipt: readReceipt(layout, key), isDefault: linkedKey(layout.current) === key };
}

function becomesDefault(context: Context, layout: Layout, plan: InstallPlan): boolean {
	if (plan.asDefault !== "if-none") return plan.asDefault === "always";
	return plan.platform === context.host() && !isComplete(layout.current);
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
