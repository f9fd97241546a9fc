import {
	chmodSync,
	closeSync,
	constants,
	copyFileSync,
	fsyncSync,
	linkSync,
	lstatSync,
	mkdirSync,
	openSync,
	readFileSync,
	rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type TreeFile, TreeWriter } from "../archive/tree.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { ifPresent } from "../fs.ts";
import { auditGoroot, standardFor } from "../install/audit.ts";
import type { Built, Staging } from "../install/built.ts";
import { isInModule, sha256OfFile, toolchainHash } from "../verify/dirhash.ts";
import { asInArchive, isCommand, type ScannedTree, scanTree, treeHash } from "../verify/goroot.ts";
import type { Witness } from "../verify/witness.ts";
import type { ForeignGo } from "./foreigngo.ts";

/** How gox got the files of an adopted Go. */
export type AdoptionWay = "clone" | "hard link" | "copy";

export interface Adoption {
	readonly go: ForeignGo;
	readonly proof: Proof;
	/** Share the files with the original, which must be read-only, instead of copying them. */
	readonly link: boolean;
	/** Called with the bytes so far, and of how many. */
	progress(received: number, total: number): void;
}

/**
 * Another tool's Go → files in `staging/go`, each read again as it arrives and held against the proof; the original is only
 * read. Files are cloned where the file system can, which costs nothing until one of them changes, else copied.
 * @throws GoxError `integrity` when the original changed meanwhile; file-system errors as they come.
 */
export async function buildByAdoption(
	{ context, staging, durable }: Staging,
	{ go, proof, link, progress }: Adoption,
): Promise<Built> {
	const goroot = join(staging, "go");
	mkdirSync(goroot, 0o755);
	const taker = new FileTaker(go.goroot, goroot, link, durable);
	let bytes = 0;
	for (const [index, file] of proof.files.entries()) {
		bytes += (await taker.take(file)).size;
		if (index % 256 !== 0) continue;
		if (index === 0) context.checkpoint("import:first-file");
		progress(bytes, proof.size);
		await nextTurn();
		context.signal.throwIfAborted();
	}
	context.checkpoint("import:copied");
	const { files, way } = taker;
	const h1 = toolchainHash(
		files.map(({ path, sha256 }) => [path, sha256] as const),
		go.release,
		go.platform,
	);
	if (proof.kind === "proven" && h1 !== proof.h1) throw changedMeanwhile(go.goroot);
	return {
		goroot,
		files,
		h1,
		source: { kind: "import", from: `${go.path}, by ${way}` },
		witnesses: proof.kind === "proven" ? proof.witnesses : [],
		official: proof.kind === "proven",
		...(proof.kind !== "proven" && { unasked: "it was imported though it isn't what the Go project published" }),
	};
}

/** Takes over files one by one. The first file shows whether links or clones work. */
class FileTaker {
	readonly #source: string;
	readonly #target: string;
	readonly #durable: boolean;
	readonly #writer: TreeWriter;
	readonly #others: TreeFile[] = [];
	readonly #directories = new Set<string>();
	#way: AdoptionWay;

	constructor(source: string, target: string, link: boolean, durable: boolean) {
		this.#source = source;
		this.#target = target;
		this.#durable = durable;
		this.#writer = new TreeWriter(target, durable);
		this.#way = link ? "hard link" : "clone";
	}

	get way(): AdoptionWay {
		return this.#way;
	}

	get files(): readonly TreeFile[] {
		return [...this.#others, ...this.#writer.files];
	}

	async take(file: ForeignFile): Promise<TreeFile> {
		const from = join(this.#source, file.source);
		const stat = lstatSync(from);
		if (!stat.isFile()) throw changedMeanwhile(from);
		const executable = isCommand(file.path) || (stat.mode & constants.S_IXUSR) !== 0;
		const taken = (await this.#shared(file.path, from, executable, stat.mode)) ?? this.#copied(file.path, from, executable);
		if (taken.sha256 !== file.sha256) throw changedMeanwhile(from);
		return taken;
	}

	/** A link or a clone; undefined where this file allows neither. */
	async #shared(path: string, from: string, executable: boolean, mode: number): Promise<TreeFile | undefined> {
		if (this.#way === "copy") return undefined;
		const to = join(this.#target, path);
		this.#makeDirectory(dirname(to));
		try {
			if (this.#way === "hard link") {
				// Its mode is the original's too, and what can't be run there couldn't be here; a file that somebody may write to
				// could become another in both places.
				if ((mode & 0o222) !== 0 || (executable && (mode & 0o111) === 0)) return undefined;
				linkSync(from, to);
			} else {
				copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
				chmodSync(to, executable ? 0o755 : 0o644);
				if (this.#durable) sync(to);
			}
		} catch {
			rmSync(to, { force: true });
			this.#way = "copy";
			return undefined;
		}
		const taken = { path, sha256: await sha256OfFile(to), size: lstatSync(to).size, executable };
		this.#others.push(taken);
		return taken;
	}

	#copied(path: string, from: string, executable: boolean): TreeFile {
		const content = readFileSync(from);
		this.#writer.addFile({ kind: "file", path, size: content.length, executable }, content);
		const taken = this.#writer.files.at(-1);
		if (!taken) throw new GoxError("internal", `${path} was written and isn't there`);
		return taken;
	}

	#makeDirectory(path: string): void {
		if (this.#directories.has(path)) return;
		mkdirSync(path, { recursive: true, mode: 0o755 });
		this.#directories.add(path);
	}
}

function sync(path: string): void {
	const file = openSync(path, "r");
	try {
		fsyncSync(file);
	} finally {
		closeSync(file);
	}
}

function changedMeanwhile(path: string): GoxError {
	return new GoxError("integrity", `${path} changed while it was being imported`, { hint: "gox import" });
}

/** A file to adopt. */
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
	/** The files to adopt: the proven ones or, if none are proven, everything in the GOROOT. */
	readonly files: readonly ForeignFile[];
	/** How many files are not adopted: the tool's own, and api, doc, misc and test, which nobody vouches for. */
	readonly leftBehind: number;
	/** Bytes of the whole tree. */
	readonly size: number;
};

type Unproven =
	/** It differs from the published release; the files that differ, as far as known. */
	{ readonly kind: "changed"; readonly changed: readonly string[] } | { readonly kind: "unknown"; readonly reason: string };

/**
 * Compares a GOROOT with what Go's checksum database says of its release. Changes and runs nothing in it. Files that tools
 * added don't count against it: they are not adopted.
 * @throws GoxError `integrity` for answers that fail their proof; `interrupted`; file-system errors as they come.
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

/** Whether a release may have this file. Tools and builds add others. */
function isPublishedPlace(path: string): boolean {
	return (path.includes("/") ? topDirectories : topFiles).test(path) && !neverPublished.test(path);
}

function without(tree: ScannedTree, isOut: (path: string) => boolean): ScannedTree {
	// Releases hold only regular files.
	return new Map([...tree].filter(([path, { sha256 }]) => sha256 !== undefined && !isOut(path)));
}

function filesOf(chosen: ScannedTree, scanned: ScannedTree): readonly ForeignFile[] {
	return [...chosen].flatMap(([path, { sha256 }]) => {
		const original = path.replace(/(^|\/)go\.mod$/, "$1_go.mod");
		return sha256 === undefined ? [] : [{ path, source: scanned.has(original) ? original : path, sha256 }];
	});
}
