import { GoxError, quote } from "../errors.ts";
import { isRecord } from "../json.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { newestFirst, parseRelease, type Release } from "../version/release.ts";

/** The archive of a release for one platform. */
export interface Archive {
	readonly filename: string;
	/** 64 small hex digits; undefined for the oldest releases, whose list entries have none. */
	readonly sha256: string | undefined;
	/** Bytes; 0 where it isn't known. */
	readonly size: number;
}

export interface IndexRelease {
	readonly release: Release;
	/** As the list says; by its name a release is stable too (`release.stable`), and that is what counts. */
	readonly stable: boolean;
	/** For the platforms that gox installs; never empty. */
	readonly archives: ReadonlyMap<Platform, Archive>;
}

/** What a list of releases says. */
export interface Index {
	/** Newest first, by Go's own order; each release once. */
	readonly releases: readonly IndexRelease[];
	/** The list's address, fit to be printed. */
	readonly origin: string;
}

/**
 * Decodes the JSON of `https://go.dev/dl/?mode=json&include=all` (golang.org/x/website/internal/dl). Fields that gox
 * doesn't know are passed over, as are releases whose name is no Go version and files for other platforms.
 * @param origin where it came from, for messages.
 * @throws GoxError `bad-index`, naming what is wrong and where.
 */
export function decodeIndex(text: string, origin: string): Index {
	const list = parseJson(text, origin);
	if (!Array.isArray(list)) throw bad(origin, `it is ${nameOf(list)}, not a list`);
	if (list.length === 0) throw bad(origin, "the list is empty");
	const releases = new Map<string, IndexRelease>();
	list.forEach((entry: unknown, at) => {
		const decoded = decodeRelease(entry, (what) => bad(origin, `release ${at + 1}${versionIn(entry)}: ${what}`));
		if (!decoded) return;
		if (releases.has(decoded.release.name)) throw bad(origin, `${decoded.release.name} is in the list twice`);
		releases.set(decoded.release.name, decoded);
	});
	if (releases.size === 0) throw bad(origin, `no Go for ${platforms.join(", ")} is in the list`);
	return { releases: [...releases.values()].sort((left, right) => newestFirst(left.release, right.release)), origin };
}

function parseJson(text: string, origin: string): unknown {
	const start = text.replace(/^\ufeff/, "").trimStart();
	if (start === "") throw bad(origin, "the answer is empty");
	if (start.startsWith("<")) {
		throw new GoxError("bad-index", `${origin}: a web page came instead of the list of Go releases`, {
			hint: "if this network has a login page, log in and try again",
		});
	}
	try {
		return JSON.parse(start);
	} catch (cause) {
		const ends = start.trimEnd().endsWith("]") ? "" : "; it seems to be cut off";
		throw bad(origin, `it is not JSON${ends}`, cause);
	}
}

type Complain = (what: string) => GoxError;

function decodeRelease(entry: unknown, complain: Complain): IndexRelease | undefined {
	if (!isRecord(entry)) throw complain(`it is ${nameOf(entry)}, not a release`);
	const { version, stable, files } = entry;
	if (typeof version !== "string") throw complain("it has no version");
	if (stable !== undefined && typeof stable !== "boolean") throw complain(`stable is ${nameOf(stable)}`);
	if (!Array.isArray(files)) throw complain("it has no list of files");
	const archives = new Map<Platform, Archive>();
	files.forEach((file: unknown, at) => {
		const decoded = decodeFile(file, version, (what) => complain(`file ${at + 1}: ${what}`));
		if (decoded) archives.set(decoded.platform, decoded.archive);
	});
	const release = parseRelease(version);
	if (release?.name !== version || archives.size === 0) return undefined;
	return { release, stable: stable ?? release.stable, archives };
}

/** Any file is looked at, so that a bad list is known as one; only the archives that gox installs come out. */
function decodeFile(file: unknown, version: string, complain: Complain): { platform: Platform; archive: Archive } | undefined {
	if (!isRecord(file)) throw complain(`it is ${nameOf(file)}, not a file`);
	const { filename, os, arch, kind, sha256 = "", size = 0 } = file;
	if (typeof filename !== "string" || !/^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/.test(filename) || filename.includes("..")) {
		throw complain(`${typeof filename === "string" ? quote(filename) : nameOf(filename)} is not a file name`);
	}
	if (typeof os !== "string" || typeof arch !== "string" || typeof kind !== "string") {
		throw complain(`${filename} has no os, arch or kind`);
	}
	if (file.version !== undefined && file.version !== version)
		throw complain(`${filename} is of ${nameOf(file.version)}, not of ${plainly(version)}`);
	if (typeof sha256 !== "string" || !/^(?:[0-9a-fA-F]{64})?$/.test(sha256)) {
		throw complain(`${filename}: ${typeof sha256 === "string" ? quote(sha256) : nameOf(sha256)} is not a SHA-256`);
	}
	if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
		throw complain(`${filename}: its size is ${nameOf(size)}`);
	const platform = platforms.find((known) => known === `${os}-${arch}`);
	if (!platform || kind !== "archive") return undefined;
	if (!isNameOf(filename, version, platform))
		throw complain(`${filename} is not the archive of ${plainly(version)} for ${platform}`);
	return { platform, archive: { filename, sha256: sha256.toLowerCase() || undefined, size } };
}

/** Up to go1.4.2 there were two archives for macOS, `…-osx10.6` and `…-osx10.8`, in this order: the later one counts. */
function isNameOf(filename: string, version: string, platform: Platform): boolean {
	const stem = `${version}.${platform}`;
	return (
		filename === `${stem}.tar.gz` ||
		(filename.startsWith(`${stem}-osx10.`) && /^[68]\.tar\.gz$/.test(filename.slice(stem.length + 7)))
	);
}

function bad(origin: string, what: string, cause?: unknown): GoxError {
	return new GoxError("bad-index", `${origin}: this is no list of Go releases: ${what}`, { cause });
}

function versionIn(entry: unknown): string {
	return isRecord(entry) && typeof entry.version === "string" ? ` (${plainly(entry.version)})` : "";
}

/** Fit for a terminal, without quotes. */
function plainly(version: string): string {
	return quote(version, 30).slice(1, -1);
}

/** A JSON value in a message: short ones whole. */
function nameOf(value: unknown): string {
	if (value === undefined) return "missing";
	if (typeof value === "string") return quote(value);
	if (Array.isArray(value)) return "a list";
	return typeof value === "object" && value !== null ? "an object" : String(value);
}
