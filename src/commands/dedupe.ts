import { join } from "node:path";
import type { Invocation } from "../cli/command.ts";
import { bytesInWords } from "../cli/text.ts";
import type { Context } from "../context.ts";
import { makeHome, openHome } from "../store/home.ts";
import { type Installed, installedVersions } from "../store/installed.ts";
import { announced } from "../store/journal.ts";
import { layoutOf } from "../store/layout.ts";
import { withLock } from "../store/lock.ts";
import { readManifest, readReceipt, replaceReceipt, type Shared } from "../store/receipt.ts";
import { asNeighbour, canClone, linkWarning, NeighbourFiles, nearestInstalled } from "../store/sharing.ts";

/** `gox dedupe`: as `install --dedupe`, for the installed versions. */
export async function run({ context, report, options }: Invocation): Promise<undefined> {
	const layout = openHome(context);
	makeHome(layout);
	// Oldest first: each shares with a version that already shares all it can.
	const all = installedVersions(context).toReversed();
	const done: { key: string; shared: Shared }[] = [];
	for (const [at, each] of all.entries()) {
		const nearest = nearestInstalled(each.release, each.platform, all.slice(0, at));
		if (!nearest) continue;
		const shared = await withLock(context, layout, each.key, async () =>
			announced(context, layout, () => share(context, each, nearest, !options.has("cloneOnly")), {
				work: "share",
				key: each.key,
			}),
		);
		if (!shared) continue;
		done.push({ key: each.key, shared });
		report.say(`${each.key} shares ${bytesInWords(shared.bytes)} with ${shared.with}`);
	}
	const warning = done.some(({ shared }) => shared.how === "link") ? linkWarning(context) : undefined;
	if (warning) report.warn(warning);
	if (done.length === 0) report.say("nothing to share: no two patches of a minor, or none whose files are known");
	if (report.asJson) report.json(done.map(({ key, shared }) => ({ version: key, ...shared })));
	return undefined;
}

function share(context: Context, each: Installed, nearest: Installed, mayLink: boolean): Shared | undefined {
	const layout = layoutOf(context.home);
	const files = readManifest(layout, each.key);
	const receipt = readReceipt(layout, each.key);
	const neighbour = asNeighbour(context, nearest);
	if (!files || !receipt || !neighbour) return undefined;
	const how = canClone(join(nearest.goroot, "VERSION"), layout.tmp) ? "clone" : "link";
	if (how === "link" && !mayLink) return undefined;
	const sharing = new NeighbourFiles(neighbour, how);
	const made = () => context.checkpoint("dedupe:made");
	for (const [path, sha256] of files) sharing.replace(path, sha256, join(each.goroot, path), made);
	const { shared } = sharing;
	context.checkpoint("dedupe:files");
	if (shared) replaceReceipt(layout, each.key, { ...receipt, shared });
	return shared;
}
