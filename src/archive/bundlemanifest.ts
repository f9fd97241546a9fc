import { GoxError, quote } from "../errors.ts";
import { isH1 } from "../verify/record.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";

/** One toolchain in a bundle, as the bundle describes it: nothing of it is believed without a witness. */
export interface BundledToolchain {
	readonly release: Release;
	readonly platform: Platform;
	/** An official archive, or a toolchain module's zip. */
	readonly kind: "archive" | "module";
	/** Its part in the bundle. */
	readonly file: string;
	/** Of that part: 64 small hex digits, and bytes. */
	readonly sha256: string;
	readonly size: number;
	/** As the checksum database vouched for it when the bundle was made. */
	readonly h1?: string | undefined;
}

/** Of the manifest's form; one with another number was written by another gox. */
const form = 1;

/** The part that a toolchain is kept in. */
export function partOf(release: Release, platform: Platform, kind: BundledToolchain["kind"]): string {
	return kind === "archive" ? `archives/${release.name}.${platform}.tar.gz` : `modules/v0.0.1-${release.name}.${platform}.zip`;
}

/** `bundle.json`: the same toolchains in the same order give the same bytes. */
export function formatManifest(toolchains: readonly BundledToolchain[]): string {
	const contents = toolchains.map(({ release, platform, kind, file, sha256, size, h1 }) => ({
		version: release.name,
		platform,
		kind,
		file,
		sha256,
		size,
		h1,
	}));
	return `${JSON.stringify({ bundle: form, contents }, null, 2)}\n`;
}

/**
 * Reads `bundle.json`.
 * @throws GoxError `integrity` for what `formatManifest` wouldn't have written.
 */
export function parseManifest(text: string, where: string): readonly BundledToolchain[] {
	const bad = (why: string) => new GoxError("integrity", `${where} is not a bundle: its manifest ${why}`);
	const manifest = jsonIn(text);
	if (!isRecord(manifest)) throw bad("is no JSON object");
	if (typeof manifest.bundle === "number" && manifest.bundle > form)
		throw new GoxError("integrity", `${where} was made by a newer gox (form ${manifest.bundle})`);
	if (manifest.bundle !== form || !Array.isArray(manifest.contents)) throw bad("is of no form that is known");
	const toolchains = manifest.contents.map((entry: unknown, at) => toolchainIn(entry, (why) => bad(`${why} (entry ${at + 1})`)));
	const files = new Set(toolchains.map(({ release, platform }) => `${release.name} ${platform}`));
	if (files.size !== toolchains.length) throw bad("lists a toolchain twice");
	if (formatManifest(toolchains) !== text) throw bad("is not written as gox writes it");
	return toolchains;
}

function toolchainIn(entry: unknown, bad: (why: string) => GoxError): BundledToolchain {
	if (!isRecord(entry)) throw bad("has an entry that is no object");
	const release = typeof entry.version === "string" ? parseRelease(entry.version) : undefined;
	const platform = platforms.find((known) => known === entry.platform);
	const { kind, file, sha256, size, h1 } = entry;
	if (!release || release.name !== entry.version || !platform)
		throw bad(`names ${shown(entry.version)} for ${shown(entry.platform)}`);
	if (kind !== "archive" && kind !== "module") throw bad(`has something of the kind ${shown(kind)}`);
	if (file !== partOf(release, platform, kind)) throw bad(`keeps ${release.name} in ${shown(file)}`);
	if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) throw bad("has a bad SHA-256");
	if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) throw bad("has a bad size");
	if (h1 !== undefined && !(typeof h1 === "string" && isH1(h1))) throw bad("has a bad h1");
	return { release, platform, kind, file, sha256, size, h1 };
}

function shown(value: unknown): string {
	return value === undefined ? "nothing" : quote(typeof value === "string" ? value : JSON.stringify(value));
}

function jsonIn(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
