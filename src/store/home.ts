import { randomBytes } from "node:crypto";
import { lstatSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { ifPresent, makeDirectory, namesIn, removeTree } from "../fs.ts";
import { isAbandoned, makerMark, makerShape } from "../maker.ts";
import { exposureOf, nearestExisting } from "../permissions.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** Letters, digits, and characters without a meaning in make, cgo's flags, PATH and shells. */
const plain = /^[A-Za-z0-9/._+,@=-]+$/;

/**
 * The tree under GOX_HOME, for commands that only read it.
 * @throws GoxError `bad-home` for a GOX_HOME that depends on the directory, or that has a `..`, which the kernel and a lexical
 * reader resolve differently behind a symlink. The shims refuse it in the same words.
 */
export function homeLayout({ env, home }: Context): Layout {
	const { home: named = "" } = variablesIn(env);
	if (named !== "" && (!isAbsolute(named) || named.split("/").includes(".."))) {
		throw new GoxError("bad-home", `GOX_HOME must be an absolute path without "..", not ${quote(named)}`, {
			hint: 'export GOX_HOME="$HOME/.gox"',
		});
	}
	return layoutOf(home);
}

/**
 * The tree under GOX_HOME, once its path is known to suit a GOROOT.
 * @throws GoxError `bad-home` as `homeLayout`; also for a space, non-ASCII, a character that breaks cgo or make, a place where
 * others can write (permissions.ts), and a user's home in which sudo would leave root's files.
 */
export function openHome(context: Context): Layout {
	const layout = homeLayout(context);
	const { home } = layout;
	if (home === "/") {
		throw new GoxError("bad-home", "/ can't be gox's home: its versions/, tmp/ and the rest would lie among the system's own", {
			hint: "choose another place, such as: export GOX_HOME=/opt/gox",
		});
	}
	const odd = oddCharacter(home);
	if (odd !== undefined) {
		throw new GoxError(
			"bad-home",
			`${quote(home, 200)} can't be gox's home: ${odd} in a GOROOT's path breaks cgo, make or PATH`,
			{
				hint: "choose another place, such as: export GOX_HOME=/opt/gox",
			},
		);
	}
	const stat = ifPresent(() => statSync(home));
	if (stat && !stat.isDirectory()) throw new GoxError("bad-home", `${home} is gox's home and is not a directory`);
	refuseExposed(home);
	refuseSudo(context);
	return layout;
}

/** A user who can change a directory on the way to a GOROOT decides what runs as `go`. */
function refuseExposed(home: string): void {
	const exposure = exposureOf(home);
	if (!exposure) return;
	const { path, writers, fix } = exposure;
	const where = path === home ? "" : path.startsWith(`${home}/`) ? `, in gox's home` : `, above gox's home ${home}`;
	throw new GoxError("bad-home", `${writers} can write to ${path}${where}, so nothing in it can be trusted`, { hint: fix });
}

/** sudo often keeps HOME, and root's files in a user's home are then in that user's way. */
function refuseSudo({ env, uid, home }: Context): void {
	if (uid !== 0 || !Number(env.SUDO_UID)) return;
	const { path, uid: owner } = nearestExisting(home);
	if (owner === 0) return;
	throw new GoxError("bad-home", `${home} would be root's: gox was called by sudo, and ${path} belongs to the user ${owner}`, {
		hint: "call gox without sudo; for a home that is root's: sudo GOX_HOME=/opt/gox gox …",
	});
}

/**
 * Creates the missing directories of the tree.
 * @throws GoxError `bad-home` if they are on several file systems.
 */
export function makeHome(layout: Layout): void {
	for (const directory of [layout.home, layout.versions, layout.aliases, layout.shims, layout.receipts, layout.tmp, layout.locks])
		makeDirectory(directory);
	checkPlaces(layout);
}

/** Checked before a download: renames put a version in place, and links in the home lead through `../versions`. */
function checkPlaces({ versions, tmp, receipts, aliases, shims }: Layout): void {
	const hint = "have all of gox's home in one place, such as: export GOX_HOME=/opt/gox";
	const disk = statSync(versions).dev;
	const astray = [tmp, receipts].find((directory) => statSync(directory).dev !== disk);
	if (astray !== undefined)
		throw new GoxError(
			"bad-home",
			`${astray} and ${versions} are on different file systems, and gox renames from one to the other`,
			{
				hint,
			},
		);
	const elsewhere = [aliases, shims].find((directory) => lstatSync(directory).isSymbolicLink());
	if (elsewhere !== undefined)
		throw new GoxError("bad-home", `${elsewhere} is a symlink, and the links in it would lead nowhere`, { hint });
}

function oddCharacter(home: string): string | undefined {
	if (plain.test(home)) return undefined;
	const character = [...home].find((each) => !plain.test(each)) ?? "";
	if (character === " ") return "a space";
	if (character > "~") return `the non-ASCII character ${quote(character)}`;
	return `the character ${quote(character)}`;
}

/**
 * Entries of `tmp/` are named `KIND.MAKER.RANDOM.KEY`: `new` is a directory for something being made, `old` holds the tree
 * and the receipt that a --force replaces, `gone` is a tree being removed. All are on the file system of `versions/`.
 */
export type StagingKind = "new" | "old" | "gone";

/** An entry of `tmp/`, from its name. */
export interface Staged {
	readonly path: string;
	readonly kind: StagingKind;
	/** The version's key, or the name of what is being made. */
	readonly key: string;
}

const shape = new RegExp(`^(new|old|gone)\\.(${makerShape})\\.[0-9a-f]{12}\\.(.+)$`);

export function stagingPath(context: Context, layout: Layout, kind: StagingKind, key: string): string {
	return join(layout.tmp, `${kind}.${makerMark(context.pid)}.${randomBytes(6).toString("hex")}.${key}`);
}

/** Makes a directory to build a version in. */
export function makeStaging(context: Context, layout: Layout, key: string): string {
	const path = stagingPath(context, layout, "new", key);
	makeDirectory(layout.tmp);
	makeDirectory(path);
	return path;
}

/** Whether a dead process left this entry of `tmp/`. */
export function isAbandonedStaging(context: Pick<Context, "isAlive">, layout: Layout, name: string): boolean {
	const mark = shape.exec(name)?.[2];
	return mark !== undefined && isAbandoned(context.isAlive, mark, join(layout.tmp, name));
}

/** The entries of `tmp/` that dead processes left. */
export function abandonedStaging(context: Pick<Context, "isAlive">, layout: Layout): Staged[] {
	return namesIn(layout.tmp).flatMap((name) => {
		const [, kind, , key] = shape.exec(name) ?? [];
		if (key === undefined || !isAbandonedStaging(context, layout, name)) return [];
		return [{ path: join(layout.tmp, name), kind: kind as StagingKind, key }];
	});
}

/**
 * Removes what dead processes left in `tmp/`. What a --force put aside may be the only copy of a version, so recovery.ts deals
 * with it.
 * @param cleanUp runs each removal, and may tolerate its failure
 */
export function sweepStaging(context: Pick<Context, "isAlive">, layout: Layout, cleanUp: (work: () => void) => void): void {
	for (const { kind, path } of abandonedStaging(context, layout)) if (kind !== "old") cleanUp(() => removeTree(path));
}
