import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { type Differences, differences, notExecutable, treeHash } from "../verify/differences.ts";
import { asInArchive, type Identity } from "../verify/goroot.ts";
import { isInModule } from "../verify/toolchain.ts";
import { type ScannedTree, scanTree } from "../verify/treescan.ts";
import type { Witness } from "../verify/witness.ts";
import { layoutOf } from "./layout.ts";
import { pristineManifest, pristineModule } from "./pristine.ts";
import { readReceipt } from "./receipt.ts";
import { standardFor } from "./standard.ts";

/** A GOROOT to be audited. */
export interface AuditTarget extends Identity {
	readonly goroot: string;
	/** Of a version in the store. */
	readonly key?: string | undefined;
}

/**
 * `proven`: the checksum database vouches for it now. `recorded`: it is what was installed, and those who vouched for
 * it then are on record. `wrong`: it isn't what it should be. `unknown`: nobody can say.
 */
export type Verdict = "proven" | "recorded" | "wrong" | "unknown";

export interface Audit extends Differences {
	readonly target: AuditTarget;
	readonly verdict: Verdict;
	/** The toolchain module's hash of the tree, where it can have one. */
	readonly h1: string | undefined;
	readonly witnesses: readonly Witness[];
	/** Files read. */
	readonly files: number;
	/** Files of api, doc, misc and test that nothing could be compared with. */
	readonly uncovered: number;
	/** What a person should know besides. */
	readonly notes: readonly string[];
}

/**
 * Holds a GOROOT against what it should be. Nothing in it is changed or run.
 * @param say told before something takes its time
 * @throws GoxError `integrity` for answers of the checksum database that must not be believed; `interrupted`;
 * file-system errors as they come.
 */
export async function auditGoroot(context: Context, target: AuditTarget, say: (text: string) => void): Promise<Audit> {
	const { release, platform, key, goroot } = target;
	const receipt = key === undefined ? undefined : readReceipt(layoutOf(context.home), key);
	const asked = standardFor(context, target, receipt);
	asked.catch(() => {});
	const scanned = await scanTree(goroot, context.signal);
	const fromModule = key === undefined ? asInArchive(scanned) : undefined;
	const tree = fromModule ?? scanned;
	const h1 = treeHash(tree, release, platform);
	const standard = await asked;
	const common = { target, h1, files: scanned.size };
	if ("unknown" in standard) {
		return { ...common, verdict: "unknown", witnesses: [], ...nothing, uncovered: outside(tree), notes: [standard.unknown] };
	}
	const found = await differing({ context, target, tree, h1, wanted: standard.h1, say });
	// A module zip carries no execute bits; Go sets them when it first runs a toolchain.
	const idle = fromModule
		? []
		: notExecutable(tree).filter((path) => !found.changed.includes(path) && !found.added.includes(path));
	const right = h1 === standard.h1 && [idle, found.changed, found.missing, found.added].every(({ length }) => length === 0);
	const named = (paths: readonly string[]) => (fromModule ? paths.map(asInModule) : paths);
	return {
		...common,
		verdict: !right ? "wrong" : standard.recorded === undefined ? "proven" : "recorded",
		witnesses: standard.witnesses,
		changed: named([...found.changed, ...idle].sort()),
		missing: named(found.missing),
		added: named(found.added),
		uncovered: found.uncovered,
		notes: [
			...(standard.recorded === undefined ? [] : [standard.recorded]),
			...(receipt && receipt.h1 !== standard.h1
				? [`its receipt says that files with another hash were installed: ${receipt.h1}`]
				: []),
			...idle.map((path) => `${path} can't be run: it lost its execute bit`),
			...found.notes,
		],
	};
}

type Found = Differences & Pick<Audit, "uncovered" | "notes">;

const nothing: Differences = { changed: [], missing: [], added: [] };

interface Comparison {
	readonly context: Context;
	readonly target: AuditTarget;
	readonly tree: ScannedTree;
	readonly h1: string | undefined;
	readonly wanted: string;
	readonly say: (text: string) => void;
}

/** The files that differ, as far as they can be told. */
async function differing({ context, target, tree, h1, wanted, say }: Comparison): Promise<Found> {
	const manifest = pristineManifest(context, target, wanted);
	if (manifest) {
		// Another installation of the release may have these directories where this one never had.
		const whole = target.key !== undefined || (manifest.whole && outside(tree) > 0);
		const found = differences(tree, manifest.files, whole ? undefined : isInModule);
		return { ...found, uncovered: whole ? 0 : outside(tree), notes: madeByGo(found.added) };
	}
	if (h1 === wanted) return { ...nothing, uncovered: outside(tree), notes: [] };
	const cannot = (why: string) => ({ ...nothing, uncovered: outside(tree), notes: [`which files differ can't be told: ${why}`] });
	say(`${target.goroot} is not what was published; fetching what was, to compare`);
	try {
		const module = await pristineModule(context, target, wanted);
		if (!module) return cannot("the module that was fetched to compare with is not the published one either");
		const found = differences(tree, module.files, isInModule);
		return { ...found, uncovered: outside(tree), notes: madeByGo(found.added) };
	} catch (error) {
		if (!(error instanceof GoxError) || error.code === "interrupted" || error.code === "integrity") throw error;
		return cannot(error.message);
	}
}

/** How many files the module's hash doesn't cover. */
function outside(tree: ScannedTree): number {
	return [...tree.keys()].filter((path) => !isInModule(path)).length;
}

/** Go before 1.20 compiles the standard library into GOROOT. */
function madeByGo(added: readonly string[]): string[] {
	const made = added.filter((path) => /^pkg\/(?:linux|darwin)_[a-z0-9_]+\/.+\.a$/.test(path)).length;
	return made > 0 ? [`${made} of the added files are compiled packages, such as Go before 1.20 makes itself`] : [];
}

function asInModule(path: string): string {
	return path === "src/go.mod" ? path : path.replace(/(^|\/)go\.mod$/, "$1_go.mod");
}
