import { createHash } from "node:crypto";
import { readModuleZip } from "../archive/modulezip.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { removeTree } from "../fs.ts";
import { fetchToolchain } from "../proxy/toolchain.ts";
import { makeStaging, openHome } from "../store/home.ts";
import { layoutOf, versionKey } from "../store/layout.ts";
import { type Receipt, readManifest, readReceipt } from "../store/receipt.ts";
import { isInModule, passesForGoMod, toolchainHash, toolchainPrefix } from "../verify/dirhash.ts";
import { vouch } from "../verify/evidence.ts";
import {
	asInArchive,
	type Differences,
	differences,
	type Identity,
	type Manifest,
	notExecutable,
	type ScannedTree,
	scanTree,
	treeHash,
} from "../verify/goroot.ts";
import type { Witness } from "../verify/witness.ts";
import { askDatabase } from "./acquire.ts";

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

/** The files that a GOROOT should have, proven by the hash that they make up. */
export interface Pristine {
	readonly files: Manifest;
	/** Whether it lists api, doc, misc and test too, which the hash doesn't cover. */
	readonly whole: boolean;
}

/** The manifest of an installation, if it makes up that hash. */
export function pristineManifest(context: Context, { release, platform }: Identity, h1: string): Pristine | undefined {
	const files = readManifest(layoutOf(context.home), versionKey(release.name, platform, context.host()));
	if (!files || [...files.keys()].some(passesForGoMod) || toolchainHash(files, release, platform) !== h1) return undefined;
	return { files, whole: [...files.keys()].some((path) => !isInModule(path)) };
}

/**
 * The files of the release's toolchain module, from the module cache or the module proxy; nothing in `goroot` is run.
 * @returns undefined when they don't make up that hash.
 * @throws GoxError as `fetchToolchain`.
 */
export async function pristineModule(
	context: Context,
	{ release, platform, goroot }: Identity & { readonly goroot: string },
	h1: string,
): Promise<Pristine | undefined> {
	const dir = makeStaging(context, openHome(context), versionKey(release.name, platform, context.host()));
	try {
		const { zip } = await fetchToolchain(context, release, platform, { dir, distrusted: goroot });
		const files = new Map<string, string>();
		await readModuleZip({ path: zip, prefix: toolchainPrefix(release, platform) }, context.signal, ({ path }, content) =>
			files.set(path, createHash("sha256").update(content).digest("hex")),
		);
		return toolchainHash(files, release, platform) === h1 ? { files, whole: false } : undefined;
	} finally {
		removeTree(dir);
	}
}

/** What a GOROOT's files must hash to, and who says so. */
export interface Standard {
	readonly h1: string;
	readonly witnesses: readonly Witness[];
	/** What a receipt remembers of an installation, where the checksum database says nothing now: the reason why. */
	readonly recorded?: string;
}

/** A question that a person waits for. */
const timeLimit = { inAllMs: 10_000, afterwardsMs: 5_000 };

/**
 * What a release for a platform must be: the checksum database's word, else what a receipt recorded. An unofficial
 * build is its receipt's business alone. The reason, where nobody can say.
 * @throws GoxError `integrity` for answers of the database that must not be believed; `interrupted`.
 */
export async function standardFor(
	context: Context,
	{ release, platform }: Identity,
	own?: Receipt,
): Promise<Standard | { readonly unknown: string }> {
	const receipt = own ?? readReceipt(layoutOf(context.home), versionKey(release.name, platform, context.host()));
	if (own && !own.official) return recordedIn(own, "an unofficial build, which the checksum database knows nothing of");
	const answer = askDatabase({ context, release, platform, insecure: false }, timeLimit);
	const evidence = await answer.evidence();
	if (evidence.kind !== "unavailable") return { h1: evidence.h1, witnesses: vouch(evidence.h1, [evidence], release) };
	if (receipt?.official) return recordedIn(receipt, `the checksum database was not asked: ${evidence.reason}`);
	return { unknown: evidence.reason };
}

function recordedIn({ h1, witnesses }: Receipt, recorded: string): Standard {
	return { h1, witnesses, recorded };
}
