import { renameSync, rmSync, symlinkSync } from "node:fs";
import type { Context } from "../context.ts";
import { GoxError, systemCode } from "../errors.ts";
import { besideName, ifPresent, replaceSymlink, syncDirectory } from "../fs.ts";
import { makeHome, openHome } from "./home.ts";
import { goneMeanwhile, type Installed, isComplete, linkedKey } from "./installed.ts";
import { announced, endTrials } from "./journal.ts";
import { type Layout, versionKey } from "./layout.ts";
import { isLocked } from "./lock.ts";

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
		// Who uninstalls looks at the default after the version is gone; who sets it, for the version after it is set.
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

/** No default: the next `go` on PATH runs where nothing asks for a version. */
export function unsetDefault(context: Context): void {
	const layout = openHome(context);
	rmSync(layout.current, { force: true });
	context.checkpoint("default:unset");
}

/**
 * Takes the default away if it still is this version; whether it was. It is taken aside first and looked at there: what
 * another process makes the default at the same moment stays.
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
