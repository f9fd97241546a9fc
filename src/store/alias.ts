import { lstatSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { ifPresent, namesIn, replaceSymlink } from "../fs.ts";
import { isAliasName } from "../version/request.ts";
import { type Installed, installedVersions, linkedKey } from "./installed.ts";
import { type Layout, layoutOf } from "./layout.ts";

/**
 * Makes `aliases/` say what is installed: the newest release of each minor (`1.22`), of each major (`1`) and
 * of all (`latest`), for the host's platform; an alias of the user's whose version is gone is removed.
 * Idempotent. Returns the user's aliases that were removed.
 */
export function refreshAliases(context: Context, installed = installedVersions(context)): string[] {
	const layout = layoutOf(context.home);
	const wanted = automaticAliases(context, installed);
	const keys = new Set(installed.map((each) => each.key));
	const removed: string[] = [];
	for (const [name, key] of wanted) point(layout, name, key);
	for (const name of namesIn(layout.aliases)) {
		if (wanted.has(name)) continue;
		const isUsers = isAliasName(name);
		if (isUsers && keys.has(linkedKey(join(layout.aliases, name)) ?? "")) continue;
		rmSync(join(layout.aliases, name), { force: true });
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

/** @throws GoxError `usage` for a name that is or looks like a version, or is reserved. */
export function setAlias(context: Context, name: string, installed: Installed): void {
	checkAliasName(name);
	point(layoutOf(context.home), name, installed.key);
}

/** @throws GoxError `usage` where there is no such alias of the user's. */
export function removeAlias(context: Context, name: string): void {
	checkAliasName(name);
	if (!userAliases(context).has(name)) throw new GoxError("usage", `there is no alias ${quote(name)}`, { hint: "gox alias" });
	rmSync(join(layoutOf(context.home).aliases, name));
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

function point(layout: Layout, name: string, key: string): void {
	const path = join(layout.aliases, name);
	const target = `../versions/${key}`;
	if (ifPresent(() => lstatSync(path))?.isSymbolicLink() && readlinkSync(path) === target) return;
	replaceSymlink(target, path);
}
