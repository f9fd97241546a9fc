import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../context.ts";
import { ifPresent, isThere, readIfPresent, syncDirectory, writeFileAtomic } from "../fs.ts";
import { isRecord } from "../json.ts";
import type { Manifest } from "../verify/goroot.ts";
import type { Witness } from "../verify/witness.ts";
import type { Platform } from "../version/platform.ts";
import type { Installed } from "./installed.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** What gox remembers of an installation: `receipts/KEY.json`; the manifest is beside it in `receipts/KEY.files`. */
export interface Receipt {
	/** `go1.22.5` */
	readonly version: string;
	readonly platform: Platform;
	/** Where the bytes came from, without credentials. */
	readonly source: { readonly kind: "archive" | "module" | "import"; readonly from: string };
	/** SHA-256 (hex) of the archive or the module zip, and its size in bytes; none for an imported GOROOT. */
	readonly archive?: { readonly sha256: string; readonly size: number } | undefined;
	/** The toolchain module's dirhash of these files. */
	readonly h1: string;
	readonly witnesses: readonly Witness[];
	/** False for a build that the release table contradicts, installed with --unofficial. */
	readonly official: boolean;
	/** Why the checksum database isn't among the witnesses. */
	readonly unasked?: string | undefined;
	/** ISO 8601, UTC. */
	readonly installedAt: string;
	readonly files: number;
	/** Bytes of all files. */
	readonly size: number;
	/** The gox that installed it. */
	readonly gox: string;
	/** The files that it shares with another version. */
	readonly shared?: Shared | undefined;
}

/** Files whose blocks on disk belong to two versions. */
export interface Shared {
	/** The other version's key. */
	readonly with: string;
	/** `clone`: copied on write by the file system; `link`: hard links, and so read-only. */
	readonly how: "clone" | "link";
	readonly files: number;
	/** Bytes of these files. */
	readonly bytes: number;
}

export function receiptPath(layout: Pick<Layout, "receipts">, key: string): string {
	return join(layout.receipts, `${key}.json`);
}

/** One line a file, `SHA-256  path` as sha256sum prints it, sorted by bytes. */
export function manifestPath(layout: Pick<Layout, "receipts">, key: string): string {
	return join(layout.receipts, `${key}.files`);
}

/** Writes a receipt and its manifest into a directory; `placeReceipt` moves them into place. */
export function writeReceipt(
	directory: string,
	key: string,
	receipt: Receipt,
	files: readonly { path: string; sha256: string }[],
): void {
	const lines = files
		.map((file) => `${file.sha256}  ${file.path}\n`)
		.sort((left, right) => (left.slice(66) < right.slice(66) ? -1 : 1));
	const place = { receipts: directory };
	writeFileAtomic(manifestPath(place, key), lines.join(""));
	writeFileAtomic(receiptPath(place, key), `${JSON.stringify(receipt, null, 2)}\n`);
}

/** Replaces the receipt of an installation whose files stay as they are. */
export function replaceReceipt(layout: Layout, key: string, receipt: Receipt): void {
	writeFileAtomic(receiptPath(layout, key), `${JSON.stringify(receipt, null, 2)}\n`);
}

/** Moves the receipt and the manifest of a directory into place, if they are there. */
export function placeReceipt(directory: string, layout: Layout, key: string): void {
	for (const pathIn of [manifestPath, receiptPath])
		ifPresent(() => renameSync(pathIn({ receipts: directory }, key), pathIn(layout, key)));
	syncDirectory(layout.receipts);
}

/** The receipt of an installed version, or undefined if none can be read. */
export function readReceipt(layout: Layout, key: string): Receipt | undefined {
	const text = readIfPresent(receiptPath(layout, key));
	if (text === undefined) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return isReceipt(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

/** The manifest, by path, or undefined if none can be read. */
export function readManifest(layout: Layout, key: string): Manifest | undefined {
	const text = readIfPresent(manifestPath(layout, key));
	if (text === undefined) return undefined;
	const files = new Map<string, string>();
	for (const line of text.split("\n").slice(0, -1)) {
		const [, sha256, path] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
		if (sha256 === undefined || path === undefined) return undefined;
		files.set(path, sha256);
	}
	return files;
}

export function removeReceipt(layout: Layout, key: string): void {
	removeReceiptFrom(layout.receipts, key);
}

/** As `removeReceipt`, in another directory. */
export function removeReceiptFrom(directory: string, key: string): void {
	for (const pathIn of [receiptPath, manifestPath]) rmSync(pathIn({ receipts: directory }, key), { force: true });
}

/** The keys that have a receipt or a manifest. */
export function receiptKeys(layout: Layout): Set<string> {
	const names = ifPresent(() => readdirSync(layout.receipts)) ?? [];
	return new Set(names.flatMap((name) => /^(go.*)\.(?:json|files)$/.exec(name)?.[1] ?? []));
}

function isReceipt(value: unknown): value is Receipt {
	if (!isRecord(value)) return false;
	const { version, source, archive, h1, witnesses, official, unasked, files, size, shared } = value;
	return (
		[version, h1].every(isText) &&
		isRecord(source) &&
		[source.kind, source.from].every(isText) &&
		(archive === undefined || (isRecord(archive) && isText(archive.sha256))) &&
		[files, size].every(isCount) &&
		Array.isArray(witnesses) &&
		witnesses.every(isWitness) &&
		typeof official === "boolean" &&
		(unasked === undefined || isText(unasked)) &&
		(shared === undefined || (isRecord(shared) && isText(shared.with) && isCount(shared.bytes) && isCount(shared.files)))
	);
}

function isWitness(value: unknown): boolean {
	if (!isRecord(value)) return false;
	const { where, signedAt } = value;
	return [value.kind, value.digest].every(isText) && [where, signedAt].every((text) => text === undefined || isText(text));
}

function isCount(value: unknown): boolean {
	return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isText(value: unknown): value is string {
	return typeof value === "string";
}

/** Bytes of a version's files from its receipt, without reading the tree. Null without a receipt. */
export interface Sizes {
	readonly size: number | null;
	/** How much of that is on the disk only once, shared with another installed version. */
	readonly sharedSize: number | null;
}

export function sizesOf(context: Context, { key }: Installed): Sizes {
	const layout = layoutOf(context.home);
	const receipt = readReceipt(layout, key);
	if (!receipt) return { size: null, sharedSize: null };
	const { size, shared } = receipt;
	return { size, sharedSize: shared && isThere(receiptPath(layout, shared.with)) ? shared.bytes : 0 };
}
