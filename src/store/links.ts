import { renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote, systemCode } from "../errors.ts";
import { besideName, besideShape, ifPresent, linkTarget, namesIn, replaceSymlink, syncDirectory } from "../fs.ts";
import { hasPrefix } from "../releases/catalog.ts";
import type { Platform } from "../version/platform.ts";
import { inRange, isAliasName, type Request } from "../version/request.ts";
import { makeHome, openHome } from "./home.ts";
import { goneMeanwhile, type Installed, installedVersions, isComplete, linkedKey } from "./installed.ts";
import { announced, endTrials } from "./journal.ts";
import { type Layout, layoutOf, versionKey } from "./layout.ts";
import { isLocked } from "./lock.ts";
import { placeShims } from "./shims.ts";

export interface SettledLinks {
	readonly installed: readonly Installed[];
	/** The user's aliases whose version is gone. */
	readonly removedAliases: readonly string[];
	/** Whether the default was a version that is gone. */
	readonly lostDefault: boolean;
}

/**
 * Updates aliases, shims and the default to what is installed. Processes that work on different versions do this at the same
 * time without a lock. Each looks again afterwards and starts over if the store has changed, so the last writer is right.
 * @param own the version whose lock this process has. Links to a version that another process works on stay: it may be back
 * in a moment.
 */
export function settleLinks(context: Context, layout: Layout, own?: string): SettledLinks {
	const removedAliases: string[] = [];
	let lostDefault = false;
	for (;;) {
		const installed = installedVersions(context);
		const keys = new Set(installed.map(({ key }) => key));
		removedAliases.push(...refreshAliases(context, installed, own));
		context.checkpoint("links:aliases");
		placeShims(context, layout, installed);
		context.checkpoint("links:shims");
		const current = linkedKey(layout.current);
		if (current !== undefined && !keys.has(current) && (current === own || !isLocked(layout, current)))
			lostDefault = dropDefault(context, layout, current) || lostDefault;
		const now = installedVersions(context);
		if (now.length === keys.size && now.every(({ key }) => keys.has(key))) {
			for (const directory of [layout.aliases, layout.shims, layout.home]) syncDirectory(directory);
			return { installed, removedAliases, lostDefault };
		}
	}
}

/**
 * Updates `aliases/` to what is installed: the newest release of each minor (`1.22`), of each major (`1`) and
 * of all (`latest`), for the host's platform; user aliases whose version is gone are removed. Idempotent.
 * Returns the removed user aliases.
 * @param own the version whose lock this process has: one that another process works on may come back
 */
export function refreshAliases(context: Context, installed: readonly Installed[], own?: string): string[] {
	const layout = layoutOf(context.home);
	const wanted = automaticAliases(context, installed);
	const keys = new Set(installed.map((each) => each.key));
	const removed: string[] = [];
	for (const [name, key] of wanted) point(context, layout, name, key);
	for (const name of namesIn(layout.aliases)) {
		if (wanted.has(name)) continue;
		const isUsers = isAliasName(name);
		const key = linkedKey(join(layout.aliases, name)) ?? "";
		if (isUsers && (keys.has(key) || (key !== own && isLocked(layout, key)))) continue;
		if (besideShape.test(name)) continue;
		rmSync(join(layout.aliases, name), { force: true });
		context.checkpoint("alias:removed");
		if (isUsers) removed.push(name);
	}
	return removed;
}

/** The user's own aliases: name → key. */
export function userAliases(context: Context): ReadonlyMap<string, string> {
	const { aliases } = layoutOf(context.home);
	const named = namesIn(aliases).filter(isAliasName);
	return new Map(
		named.flatMap((name) => {
			const key = linkedKey(join(aliases, name));
			return key === undefined ? [] : [[name, key] as const];
		}),
	);
}

/**
 * @throws GoxError `usage` for a name that is or looks like a version, or is reserved; `not-installed` if the version
 * is uninstalled meanwhile.
 */
export function setAlias(context: Context, name: string, installed: Installed): void {
	checkAliasName(name);
	const layout = layoutOf(context.home);
	announced(context, layout, () => {
		point(context, layout, name, installed.key);
		context.checkpoint("alias:done");
		// An uninstaller looks for aliases after the version is gone, and this looks for the version after the alias is set.
		if (isComplete(installed.goroot) || isLocked(layout, installed.key)) return;
		rmSync(join(layout.aliases, name), { force: true });
		throw goneMeanwhile(installed);
	});
	endTrials(context, layout, installed.key);
}

/** @throws GoxError `usage` if the user has no such alias. */
export function removeAlias(context: Context, name: string): void {
	checkAliasName(name);
	if (!userAliases(context).has(name)) throw new GoxError("usage", `there is no alias ${quote(name)}`, { hint: "gox alias" });
	rmSync(join(layoutOf(context.home).aliases, name), { force: true });
	context.checkpoint("alias:removed");
}

function checkAliasName(name: string): void {
	if (isAliasName(name)) return;
	throw new GoxError(
		"usage",
		`${quote(name)} can't be an alias: it must begin with a letter, hold only letters, digits, _ and -, and not be a version or a reserved word`,
	);
}

function automaticAliases(context: Context, installed: readonly Installed[]): Map<string, string> {
	const wanted = new Map<string, string>();
	for (const { release, platform, key } of installed) {
		if (platform !== context.host() || !release.stable) continue;
		for (const name of ["latest", release.parsed.major, release.minor]) {
			if (!wanted.has(name)) wanted.set(name, key);
		}
	}
	return wanted;
}

function point(context: Context, layout: Layout, name: string, key: string): void {
	const path = join(layout.aliases, name);
	const target = `../versions/${key}`;
	if (linkTarget(path) === target) return;
	replaceSymlink(target, path, () => context.checkpoint("alias:made"));
	context.checkpoint("alias:pointed");
}

/**
 * Points `current` at an installed version, in one step: a stable GOROOT for editors.
 * @throws GoxError `usage` for a version of another platform than the machine's; `not-installed` when the version is
 * uninstalled meanwhile.
 */
export function setDefault(context: Context, installed: Installed): void {
	requireForHost(context, installed);
	const layout = openHome(context);
	makeHome(layout);
	endTrials(context, layout, installed.key);
	if (linkedKey(layout.current) === installed.key) return;
	announced(context, layout, () => {
		context.checkpoint("default:link");
		replaceSymlink(`versions/${installed.key}`, layout.current, () => context.checkpoint("default:made"));
		syncDirectory(layout.home);
		context.checkpoint("default:done");
		// As for aliases: an uninstaller looks at the default after the version is gone.
		if (isComplete(installed.goroot) || isLocked(layout, installed.key)) return;
		dropDefault(context, layout, installed.key);
		throw goneMeanwhile(installed);
	});
}

/**
 * What is the default has to run on this machine.
 * @throws GoxError `usage`
 */
export function requireForHost(context: Context, { release, platform }: Pick<Installed, "release" | "platform">): void {
	const host = context.host();
	if (platform === host) return;
	const key = versionKey(release.name, platform, host);
	throw new GoxError("usage", `${key} is for ${platform}; the default must be for this machine, ${host}`, {
		hint: `gox install ${release.word} --default`,
	});
}

/** Removes the default: the next `go` on PATH then runs if nothing asks for a version. */
export function unsetDefault(context: Context): void {
	const layout = openHome(context);
	rmSync(layout.current, { force: true });
	context.checkpoint("default:unset");
}

/**
 * Removes the default if it is this version, and tells whether it was. The link is renamed first and read then, so a default
 * that another process sets at that moment stays.
 */
export function dropDefault(context: Context, layout: Layout, key: string): boolean {
	if (linkedKey(layout.current) !== key) return false;
	const aside = besideName(layout.current);
	if (ifPresent(() => moved(layout.current, aside)) === undefined) return false;
	context.checkpoint("default:aside");
	const taken = linkedKey(aside);
	if (taken !== undefined && taken !== key) putBackUnlessReplaced(taken, layout.current);
	rmSync(aside, { force: true });
	context.checkpoint("default:dropped");
	return taken === key;
}

function putBackUnlessReplaced(key: string, current: string): void {
	try {
		symlinkSync(`versions/${key}`, current);
	} catch (error) {
		if (systemCode(error) !== "EEXIST") throw error;
	}
}

function moved(from: string, to: string): true {
	renameSync(from, to);
	return true;
}

/** The installed versions that a request matches, newest first. */
export function matching(context: Context, request: Request, platform: Platform): readonly Installed[] {
	const installed = installedVersions(context);
	const candidates = installed.filter((each) => each.platform === platform);
	const stable = candidates.filter((each) => each.release.stable);
	switch (request.kind) {
		case "exact":
			return candidates.filter((each) => each.release.name === request.release.name);
		case "prefix":
			return stable.filter((each) => hasPrefix(each.release, request.prefix));
		case "latest":
			return stable.slice(0, 1);
		case "oldstable":
			return stable.filter((each) => each.release.minor !== stable[0]?.release.minor).slice(0, 1);
		case "next":
			return candidates.slice(0, 1);
		case "range":
			return candidates.filter((each) => inRange(each.release, request.range));
		case "alias": {
			const key = userAliases(context).get(request.name);
			return installed.filter((each) => each.key === key);
		}
		case "mod":
		case "system":
			return [];
	}
}

/**
 * The newest installed version that a request matches.
 * @throws GoxError `not-installed` with the command that installs it; `not-a-version` for a word that is no alias.
 */
export function pickInstalled(
	context: Context,
	request: Request,
	platform: Platform = request.platform ?? context.host(),
): Installed {
	const [found] = matching(context, request, platform);
	if (found) return found;
	const word = request.text.trim().replace(/@.*$/, "");
	if (request.kind === "alias") {
		throw new GoxError("not-a-version", `"${word}" is not a Go version, and no alias has that name`, {
			hint: "gox list; gox alias",
		});
	}
	const what = request.kind === "exact" ? request.release.name : request.kind === "prefix" ? `Go ${request.prefix}` : word;
	const foreign = platform === context.host() ? "" : ` for ${platform}`;
	throw new GoxError(
		"not-installed",
		request.kind === "exact" ? `${what} is not installed${foreign}` : `no installed Go matches ${what}${foreign}`,
		{
			hint: `gox install ${/[\s<>|*]/.test(word) ? `'${word}'` : word}${foreign ? ` --platform ${platform}` : ""}`,
		},
	);
}
