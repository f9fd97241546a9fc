import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../../context.ts";
import { ifPresent } from "../../fs.ts";
import { treeHash } from "../../verify/differences.ts";
import { asInArchive } from "../../verify/goroot.ts";
import { isInModule } from "../../verify/toolchain.ts";
import { type ScannedTree, scanTree } from "../../verify/treescan.ts";
import type { Witness } from "../../verify/witness.ts";
import { auditGoroot } from "../audit.ts";
import { standardFor } from "../standard.ts";
import type { ForeignGo } from "./foreigngo.ts";

/** A file that is to be adopted. */
export interface ForeignFile {
	/** Relative to GOROOT, as the official archive has it. */
	readonly path: string;
	/** Relative to the tree that it is in, where a module cache calls it otherwise. */
	readonly source: string;
	/** SHA-256 in lower-case hex. */
	readonly sha256: string;
}

/** What is known of a Go that another tool installed. */
export type Proof = ({ readonly kind: "proven"; readonly h1: string; readonly witnesses: readonly Witness[] } | Unproven) & {
	/** What would be adopted: what is proven, or where nothing is, all that a GOROOT has. */
	readonly files: readonly ForeignFile[];
	/** How many files stay behind: what the tool added, and api, doc, misc and test, which nobody vouches for. */
	readonly leftBehind: number;
	/** Bytes of the whole tree. */
	readonly size: number;
};

type Unproven =
	/** It isn't what was published; the files that differ, as far as they can be told. */
	{ readonly kind: "changed"; readonly changed: readonly string[] } | { readonly kind: "unknown"; readonly reason: string };

/**
 * Holds a GOROOT against what Go's checksum database says of its release. Nothing in it is changed or run. What tools add
 * to a GOROOT is no reason against it: it stays behind.
 * @throws GoxError `integrity` for answers that must not be believed; `interrupted`; file-system errors as they come.
 */
export async function proveForeign(context: Context, go: ForeignGo, say: (text: string) => void): Promise<Proof> {
	const { goroot, release, platform } = go;
	const asked = standardFor(context, go);
	asked.catch(() => {});
	const scanned = await scanTree(goroot, context.signal);
	const tree = asInArchive(scanned) ?? scanned;
	const size = [...scanned.keys()].reduce((sum, path) => sum + (ifPresent(() => lstatSync(join(goroot, path)).size) ?? 0), 0);
	const standard = await asked;
	const adopting = (chosen: ScannedTree) => {
		const files = filesOf(chosen, scanned);
		return { files, leftBehind: scanned.size - files.length, size };
	};
	const whole = without(tree, (path) => !isPublishedPlace(path));
	if ("unknown" in standard) return { kind: "unknown", reason: standard.unknown, ...adopting(whole) };
	const { h1, witnesses } = standard;
	for (const candidate of [tree, whole]) {
		if (treeHash(candidate, release, platform) === h1)
			return { kind: "proven", h1, witnesses, ...adopting(without(candidate, (path) => !isInModule(path))) };
	}
	if (go.tool === "homebrew") return { kind: "changed", changed: [], ...adopting(whole) };
	const audit = await auditGoroot(context, go, say);
	const rest = without(tree, (path) => audit.added.includes(path));
	if (audit.changed.length + audit.missing.length === 0 && treeHash(rest, release, platform) === h1)
		return { kind: "proven", h1, witnesses, ...adopting(without(rest, (path) => !isInModule(path))) };
	return { kind: "changed", changed: [...audit.changed, ...audit.missing].sort(), ...adopting(whole) };
}

const topFiles =
	/^(?:AUTHORS|CODE_OF_CONDUCT\.md|CONTRIBUTING\.md|CONTRIBUTORS|LICENSE|PATENTS|README(?:\.md)?|SECURITY\.md|VERSION|codereview\.cfg|favicon\.ico|go\.env|robots\.txt)$/;
const topDirectories = /^(?:api|bin|blog|doc|include|lib|misc|pkg|src|test)\//;
const neverPublished = /(?:^|\/)\.DS_Store$|^pkg\/(?:mod|sumdb|obj|[^/]+_(?:race|shared|dynlink|msan|asan|dynlink))\//;

/** Whether a release may have a file there; tools and builds put others beside. */
function isPublishedPlace(path: string): boolean {
	return (path.includes("/") ? topDirectories : topFiles).test(path) && !neverPublished.test(path);
}

function without(tree: ScannedTree, isOut: (path: string) => boolean): ScannedTree {
	// No release holds anything but regular files.
	return new Map([...tree].filter(([path, { sha256 }]) => sha256 !== undefined && !isOut(path)));
}

function filesOf(chosen: ScannedTree, scanned: ScannedTree): readonly ForeignFile[] {
	return [...chosen].flatMap(([path, { sha256 }]) => {
		const original = path.replace(/(^|\/)go\.mod$/, "$1_go.mod");
		return sha256 === undefined ? [] : [{ path, source: scanned.has(original) ? original : path, sha256 }];
	});
}
