import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { besideShape, linkTarget, namesIn, replaceSymlink } from "../fs.ts";
import { isAliasName } from "../version/request.ts";
import { goneMeanwhile, type Installed, isComplete, linkedKey } from "./installed.ts";
import { announced, endTrials } from "./journal.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { isLocked } from "./lock.ts";

/**
 * Makes `aliases/` say what is installed: the newest release of each minor (`1.22`), of each major (`1`) and
 * of all (`latest`), for the host's platform; an alias of the user's whose version is gone is removed.
 * Idempotent. Returns the user's aliases that were removed.
 * @param own the version that this process has the lock of: one that somebody else works on may come back
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
 * @throws GoxError `usage` for a name that is or looks like a version, or is reserved; `not-installed` when the version
 * is uninstalled meanwhile.
 */
export function setAlias(context: Context, name: string, installed: Installed): void {
	checkAliasName(name);
	const layout = layoutOf(context.home);
	announced(context, layout, () => {
		point(context, layout, name, installed.key);
		context.checkpoint("alias:done");
		// Who uninstalls looks for aliases after the version is gone; who sets one, for the version after it is set.
		if (isComplete(installed.goroot) || isLocked(layout, installed.key)) return;
		rmSync(join(layout.aliases, name), { force: true });
		throw goneMeanwhile(installed);
	});
	endTrials(context, layout, installed.key);
}

/** @throws GoxError `usage` where there is no such alias of the user's. */
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
