import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Bundle, BundledToolchain } from "../archive/bundle.ts";
import { unpackModuleZip } from "../archive/modulezip.ts";
import { ArchivePolicy } from "../archive/policy.ts";
import { TarGzUnpacker } from "../archive/targz.ts";
import { TreeWriter } from "../archive/tree.ts";
import { loadConfig } from "../config.ts";
import { GoxError, quote } from "../errors.ts";
import { removeTree } from "../fs.ts";
import { sumdbEvidence } from "../proxy/sumdb.ts";
import type { Hashes } from "../releases/catalog.ts";
import { answersIn, type SumdbReader } from "../sumdb/reader.ts";
import { DirHash, isInModule, leftOutOfModule, toolchainHash, toolchainPrefix } from "../verify/dirhash.ts";
import { type Evidence, vouch } from "../verify/evidence.ts";
import { databaseRequired, databaseVouched, expectArchive, type Policy, rulesOf, type Witness } from "../verify/witness.ts";
import type { Built, InstallListener, Job } from "./built.ts";

export interface BundleSource {
	readonly bundle: Bundle;
	readonly toolchain: BundledToolchain;
	/** The release table's word; the index isn't asked: a bundle is for machines that can't. */
	readonly hashes: Pick<Hashes, "table">;
	/** Who must vouch; the config's `verify` by default. */
	readonly policy?: Policy | undefined;
}

/** What the network gets for what a bundle lacks: where bundles are used there is often none, and nobody to say so. */
const remotePatienceMs = 10_000;

/**
 * A toolchain of a bundle → files in `staging/go`. The bundle's own word counts for nothing: the release table must
 * know the archive, or the checksum database's signed answers, which may lie in the bundle, must prove its files.
 * @throws GoxError `integrity`, `hostile-archive`; `usage` for a policy that no bundle can satisfy.
 */
export async function buildFromBundle(job: Job, source: BundleSource): Promise<Built> {
	const { context, release, staging, sharing, durable, listener } = job;
	const { bundle, toolchain } = source;
	const { kind } = toolchain;
	const policy = source.policy ?? loadConfig(context).verify ?? "default";
	const rules = rulesOf(policy);
	if (rules.signature || (kind === "module" && !rules.modules)) throw unfit(source, policy);
	const goroot = join(staging, "go");
	mkdirSync(goroot, 0o755);
	const tree = new TreeWriter(goroot, durable, sharing, listener.stopwatch);
	const unpacked = await (kind === "archive" ? unpackArchive : unpackModule)(job, source, tree);
	const never = rules.database === "never" ? `verify = ${policy}` : undefined;
	const evidence = await listener.stopwatch.waiting("proof", () => ask(job, source, never));
	const proven = evidence.kind !== "unavailable" || unpacked.witnesses.length === 0;
	const witnesses = [...unpacked.witnesses, ...(proven ? vouch(unpacked.h1, [evidence], release) : [])];
	const unasked = evidence.kind === "unavailable" ? evidence.reason : undefined;
	if (rules.database === "required" && !databaseVouched(witnesses)) throw databaseRequired(policy, release, unasked ?? "");
	if (unasked !== undefined) listener.note(`${release.name}: Go's checksum database was not asked: ${unasked}`);
	if (toolchain.h1 !== undefined && toolchain.h1 !== unpacked.h1) throw damaged(source, "h1");
	const files = unpacked.witnesses.length > 0 ? tree.files : onlyHashed(source, goroot, tree, listener);
	return {
		goroot,
		files,
		h1: unpacked.h1,
		source: { kind, from: `the bundle ${bundle.path}` },
		archive: { sha256: toolchain.sha256, size: toolchain.size },
		witnesses,
		official: true,
		unasked,
	};
}

/**
 * What the toolchain's h1 covers, which is all that vouches where no SHA-256 of the archive is published: the rest is
 * removed.
 * @throws GoxError `hostile-archive` for links, which could bring in what isn't covered.
 */
function onlyHashed({ bundle, toolchain }: BundleSource, goroot: string, tree: TreeWriter, listener: InstallListener) {
	const { name } = toolchain.release;
	const [link] = tree.symlinks;
	if (link !== undefined)
		throw new GoxError("hostile-archive", `${bundle.path}: ${name} has a link, ${quote(link)}, which nobody vouches for`);
	const files = tree.files.filter(({ path }) => isInModule(path));
	if (files.length === tree.files.length) return files;
	for (const directory of leftOutOfModule) removeTree(join(goroot, directory));
	listener.say(`${name}: without ${leftOutOfModule.join(", ")}, which the checksum database doesn't cover`);
	return files;
}

interface Unpacked {
	readonly h1: string;
	readonly witnesses: readonly Witness[];
}

async function unpackArchive(job: Job, source: BundleSource, tree: TreeWriter): Promise<Unpacked> {
	const { release, platform, listener } = job;
	const expectation = expectArchive(release, platform, { table: source.hashes.table }, false);
	const unpacker = new TarGzUnpacker(new ArchivePolicy("go/"), tree, listener.stopwatch);
	const hash = createHash("sha256");
	let failure: unknown;
	try {
		for await (const chunk of listener.stopwatch.arriving("download", bytesOf(job, source))) {
			hash.update(chunk);
			if (failure) continue;
			try {
				await unpacker.write(chunk);
			} catch (error) {
				failure = error;
			}
		}
		checkDigest(source, hash.digest("hex"), expectation.sha256);
		if (failure) throw failure;
		await unpacker.end();
	} finally {
		unpacker.abandon();
	}
	const h1 = toolchainHash(
		tree.files.map((file) => [file.path, file.sha256] as const),
		release,
		platform,
	);
	return { h1, witnesses: expectation.witnesses };
}

async function unpackModule(job: Job, source: BundleSource, tree: TreeWriter): Promise<Unpacked> {
	const { context, release, platform, staging, listener } = job;
	const path = join(staging, "module.zip");
	const digest = createHash("sha256");
	const file = openSync(path, "wx", 0o600);
	try {
		for await (const chunk of listener.stopwatch.arriving("download", bytesOf(job, source))) {
			digest.update(chunk);
			for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
		}
	} finally {
		closeSync(file);
	}
	checkDigest(source, digest.digest("hex"), undefined);
	const { stopwatch } = listener;
	const hash = new DirHash();
	const zip = { path, prefix: toolchainPrefix(release, platform) };
	const entries = await stopwatch.waiting("parse", () => unpackModuleZip(zip, tree, context.signal, stopwatch));
	for (const { name, sha256 } of entries) hash.add(name, sha256);
	return { h1: hash.h1(), witnesses: [] };
}

async function* bytesOf({ context, listener }: Job, { bundle, toolchain }: BundleSource): AsyncGenerator<Buffer> {
	let received = 0;
	for await (const chunk of bundle.bytes(toolchain)) {
		context.signal.throwIfAborted();
		received += chunk.length;
		listener.progress(received, toolchain.size);
		yield chunk;
	}
}

/** The manifest's own hash tells a damaged bundle from a lying one; it proves nothing. */
function checkDigest({ bundle, toolchain }: BundleSource, found: string, published: string | undefined): void {
	const { release, platform } = toolchain;
	if (published !== undefined && found !== published)
		throw new GoxError(
			"integrity",
			`${bundle.path} holds something else as ${release.name} for ${platform}:\nit has the SHA-256 ${found}\npublished is ${published}`,
			{ hint: `gox bundle ${release.word} --platform ${platform} -o ${bundle.path}` },
		);
	if (found !== toolchain.sha256) throw damaged({ bundle, toolchain }, "SHA-256");
}

function damaged({ bundle, toolchain }: Pick<BundleSource, "bundle" | "toolchain">, what: string): GoxError {
	const { release, platform, file } = toolchain;
	return new GoxError("integrity", `${bundle.path} is damaged: ${file} has not the ${what} that its manifest says`, {
		hint: `gox bundle ${release.version} --platform ${platform} -o ${bundle.path}`,
	});
}

async function ask(job: Job, { bundle }: BundleSource, never: string | undefined): Promise<Evidence> {
	if (never !== undefined) return { kind: "unavailable", witness: "checksum database", reason: never };
	const { context, release, platform, insecure } = job;
	return sumdbEvidence(context, release, platform, {
		insecure,
		remoteMs: remotePatienceMs,
		brought: (database) => bundledAnswers(bundle, database),
	});
}

function bundledAnswers(bundle: Bundle, database: string): SumdbReader {
	const answers = new Map<string, Uint8Array>();
	for (const { name, content } of bundle.answers())
		if (name.startsWith(`${database}/`)) answers.set(name.slice(database.length + 1), content);
	return answersIn(answers, bundle.path);
}

function unfit({ bundle, toolchain }: BundleSource, policy: Policy): GoxError {
	const what = toolchain.kind === "module" ? `holds ${toolchain.release.name} as a module` : "holds no signatures";
	return new GoxError("usage", `${bundle.path} ${what}, which verify = ${policy} doesn't do with`, {
		hint: `gox install ${toolchain.release.word} --source ${bundle.path} --verify sumdb`,
	});
}
