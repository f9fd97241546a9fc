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

/** Letters, digits and what neither make, cgo's flags, PATH nor a shell takes for something else. */
const plain = /^[A-Za-z0-9/._+,@=-]+$/;

/**
 * The tree under GOX_HOME, for those who only read in it.
 * @throws GoxError `bad-home` where GOX_HOME means another place in each directory, or, with `..` behind a symlink, for
 * the kernel and for whoever reads by words. The shims refuse it in the same words.
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
 * The tree under GOX_HOME, once its path is known to be fit to hold a GOROOT.
 * @throws GoxError `bad-home` as `homeLayout`, and with the reason: a space, non-ASCII, a character that breaks cgo or make,
 * or a place where somebody else can write (permissions.ts), or where sudo would leave root's files in a user's home.
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

/** Whoever can change a directory on the way to a GOROOT decides what runs as `go`. */
function refuseExposed(home: string): void {
	const exposure = exposureOf(home);
	if (!exposure) return;
	const { path, writers, fix } = exposure;
	const where = path === home ? "" : path.startsWith(`${home}/`) ? `, in gox's home` : `, above gox's home ${home}`;
	throw new GoxError("bad-home", `${writers} can write to ${path}${where}, so nothing in it can be trusted`, { hint: fix });
}

/** Root's files in a user's home are in that user's way from then on: sudo often leaves HOME as it was. */
function refuseSudo({ env, uid, home }: Context): void {
	if (uid !== 0 || !Number(env.SUDO_UID)) return;
	const { path, uid: owner } = nearestExisting(home);
	if (owner === 0) return;
	throw new GoxError("bad-home", `${home} would be root's: gox was called by sudo, and ${path} belongs to the user ${owner}`, {
		hint: "call gox without sudo; for a home that is root's: sudo GOX_HOME=/opt/gox gox …",
	});
}

/**
 * Creates the directories of the tree where they are missing.
 * @throws GoxError `bad-home` where they are scattered over several file systems.
 */
export function makeHome(layout: Layout): void {
	for (const directory of [layout.home, layout.versions, layout.aliases, layout.shims, layout.receipts, layout.tmp, layout.locks])
		makeDirectory(directory);
	checkPlaces(layout);
}

/** Before anything is downloaded: a version comes into place by renames, and links in the home lead by `../versions`. */
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
 * What lies in `tmp/` is named `KIND.MAKER.RANDOM.KEY`: `new` is a directory for something being made, `old` holds the
 * tree and the receipt that a --force is replacing, `gone` is a tree being removed. Everything there is on the same file
 * system as `versions/`.
 */
export type StagingKind = "new" | "old" | "gone";

/** What lies in `tmp/`, as its name has it. */
export interface Staged {
	readonly path: string;
	readonly kind: StagingKind;
	/** A version's, or what else is being made. */
	readonly key: string;
}

const shape = new RegExp(`^(new|old|gone)\\.(${makerShape})\\.[0-9a-f]{12}\\.(.+)$`);

export function stagingPath(context: Context, layout: Layout, kind: StagingKind, key: string): string {
	return join(layout.tmp, `${kind}.${makerMark(context.pid)}.${randomBytes(6).toString("hex")}.${key}`);
}

/** A fresh directory to build a version in. */
export function makeStaging(context: Context, layout: Layout, key: string): string {
	const path = stagingPath(context, layout, "new", key);
	makeDirectory(layout.tmp);
	makeDirectory(path);
	return path;
}

/** Whether a name in `tmp/` is something that a dead process left. */
export function isAbandonedStaging(context: Pick<Context, "isAlive">, layout: Layout, name: string): boolean {
	const mark = shape.exec(name)?.[2];
	return mark !== undefined && isAbandoned(context.isAlive, mark, join(layout.tmp, name));
}

/** What dead processes left in `tmp/`. */
export function abandonedStaging(context: Pick<Context, "isAlive">, layout: Layout): Staged[] {
	return namesIn(layout.tmp).flatMap((name) => {
		const [, kind, , key] = shape.exec(name) ?? [];
		if (key === undefined || !isAbandonedStaging(context, layout, name)) return [];
		return [{ path: join(layout.tmp, name), kind: kind as StagingKind, key }];
	});
}

/**
 * Removes what dead processes left in `tmp/`, but for what a --force put aside: that may be the only copy of a version,
 * and is the business of recovery.ts. What a living process works on is left alone.
 * @param cleanUp does it, and may take a failure for what stands in the way of nothing else
 */
export function sweepStaging(context: Pick<Context, "isAlive">, layout: Layout, cleanUp: (work: () => void) => void): void {
	for (const { kind, path } of abandonedStaging(context, layout)) if (kind !== "old") cleanUp(() => removeTree(path));
}
