import { basename, dirname, join } from "node:path";
import { readFile } from "../boundedfile.ts";
import { variablesIn } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError, quote } from "../errors.ts";
import { isRecord, jsonIn } from "../json.ts";
import { hasPrefix } from "../releases/catalog.ts";
import { isH1 } from "../sumdb/record.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";
import { parseRequest } from "../version/request.ts";
import { findModFile, satisfies } from "./modfile.ts";
import { select } from "./select.ts";
import { isFile, isPin, wordFor } from "./selection.ts";
import { startOf, upward } from "./start.ts";

/** The file's name, beside `.go-version`. */
export const goxLockName = "gox.lock";

/** What one platform's toolchain must be; at least one of the two is there. */
export interface LockedToolchain {
	/** Of the official archive, 64 small hex digits. */
	readonly sha256?: string | undefined;
	/** The toolchain module's `h1:…`, which is that of the archive's files too. */
	readonly h1?: string | undefined;
}

/** What a team agreed to: one release, byte for byte. */
export interface GoxLock {
	readonly release: Release;
	readonly platforms: ReadonlyMap<Platform, LockedToolchain>;
}

/** Of the file's form; one with another number was written by another gox. */
const form = 1;

/** The file's text: the same lock gives the same bytes. */
export function formatGoxLock(lock: GoxLock): string {
	const entries = [...lock.platforms].sort(([left], [right]) => (left < right ? -1 : 1));
	const locked = Object.fromEntries(entries.map(([platform, { sha256, h1 }]) => [platform, { sha256, h1 }]));
	return `${JSON.stringify({ lock: form, version: lock.release.name, platforms: locked }, null, 2)}\n`;
}

/**
 * Reads a lock. Whatever `formatTeamLock` wouldn't have written is refused: a lock that is understood by half protects
 * nobody.
 * @throws GoxError `bad-version-file` with what is wrong.
 */
export function parseGoxLock(text: string, path: string): GoxLock {
	const bad = (why: string) =>
		new GoxError("bad-version-file", `${path} is not a lock: ${why}`, { hint: `git checkout ${path}` });
	if (/^(<{7}|={7}|>{7})/m.test(text)) throw bad("it has a merge conflict");
	const file = jsonIn(text);
	if (!isRecord(file)) throw bad("it is not a JSON object");
	if (typeof file.lock === "number" && file.lock > form)
		throw new GoxError("bad-version-file", `${path} was written by a newer gox (form ${file.lock})`, {
			hint: "npm install -g gox-cli",
		});
	if (file.lock !== form) throw bad(`"lock" must be ${form}`);
	const release = typeof file.version === "string" ? parseRelease(file.version) : undefined;
	if (!release || release.name !== file.version) throw bad(`${shownValue(file.version)} is not the name of a release`);
	refuseOthers(file, ["lock", "version", "platforms"], bad);
	if (!isRecord(file.platforms)) throw bad("it has no platforms");
	const locked = new Map<Platform, LockedToolchain>();
	for (const [name, entry] of Object.entries(file.platforms)) {
		const platform = platforms.find((known) => known === name);
		if (!platform) throw bad(`${quote(name)} is not a platform`);
		locked.set(
			platform,
			toolchainIn(entry, (why) => bad(`${platform}: ${why}`)),
		);
	}
	if (locked.size === 0) throw bad("it locks no platform");
	return { release, platforms: locked };
}

/** What was found of a toolchain, to be held against a lock. */
export interface FoundToolchain {
	/** Of an archive; undefined where the toolchain didn't come as one. */
	readonly sha256?: string | undefined;
	readonly h1?: string | undefined;
}

/**
 * Whether a toolchain is the locked one: whatever both sides know must agree, and that must be something.
 * @param who says what was found: `go.dev's list`, `the archive`
 * @throws GoxError `integrity`.
 */
export function holdToLock(
	lock: GoxLock,
	path: string,
	platform: Platform,
	found: FoundToolchain,
	who: string,
	hint: string,
): void {
	const locked = lockedFor(lock, path, platform);
	for (const kind of ["sha256", "h1"] as const) {
		if (locked[kind] === undefined || found[kind] === undefined || locked[kind] === found[kind]) continue;
		throw new GoxError(
			"integrity",
			`${lock.release.name} for ${platform} is not what ${path} locks:\n${who} has ${found[kind]}\nthe lock says ${locked[kind]}`,
			{ hint },
		);
	}
	const comparable = (["sha256", "h1"] as const).some((kind) => locked[kind] !== undefined && found[kind] !== undefined);
	if (comparable) return;
	throw new GoxError(
		"integrity",
		`${path} locks only ${locked.h1 === undefined ? "the archive's SHA-256" : "the h1"} of ${lock.release.name} for ${platform}, which ${who} doesn't tell`,
		{ hint: `gox pin ${lock.release.word} --lock` },
	);
}

/** @throws GoxError `integrity` for a platform that isn't locked. */
export function lockedFor(lock: GoxLock, path: string, platform: Platform): LockedToolchain {
	const locked = lock.platforms.get(platform);
	if (locked) return locked;
	throw new GoxError("integrity", `${path} doesn't lock ${lock.release.name} for ${platform}`, {
		hint: `gox pin ${lock.release.word} --lock`,
	});
}

function toolchainIn(entry: unknown, bad: (why: string) => GoxError): LockedToolchain {
	if (!isRecord(entry)) throw bad("it is no object");
	refuseOthers(entry, ["sha256", "h1"], bad);
	const { sha256, h1 } = entry;
	if (sha256 !== undefined && !(typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)))
		throw bad(`${shownValue(sha256)} is not a SHA-256`);
	if (h1 !== undefined && !(typeof h1 === "string" && isH1(h1))) throw bad(`${shownValue(h1)} is not an h1`);
	if (sha256 === undefined && h1 === undefined) throw bad("it says neither a SHA-256 nor an h1");
	return { sha256, h1 };
}

function refuseOthers(record: Record<string, unknown>, known: readonly string[], bad: (why: string) => GoxError): void {
	const other = Object.keys(record).find((name) => !known.includes(name));
	if (other !== undefined) throw bad(`${quote(other)} is not known`);
}

function shownValue(value: unknown): string {
	return typeof value === "string" ? quote(value) : quote(JSON.stringify(value) ?? "nothing");
}

export interface FoundLock {
	readonly path: string;
	readonly lock: GoxLock;
}

/**
 * The nearest gox.lock from where the command was started upward.
 * @throws GoxError `bad-version-file` for one that can't be understood, `file-system` for one that can't be read.
 */
export function findGoxLock(context: Context): FoundLock | undefined {
	const start = startOf(context);
	for (const directory of start === undefined ? [] : upward(start)) {
		const path = join(directory, goxLockName);
		const bytes = readFile(path, { limit: 65_536, limitText: "64 KiB", hint: "gox pin 1.22.5 --lock" });
		if (bytes) return { path, lock: parseGoxLock(bytes.toString("utf8"), path) };
	}
	return undefined;
}

/**
 * What to install where a file of this directory asks for a Go and a lock is there: the locked release, as a word, or
 * undefined where the lock has no say: there is none, a variable asks, or a version file that is nearer than the lock.
 * @param asking the file that asks; null for a variable
 * @param word what it asks for
 * @throws GoxError `usage` naming both files when they contradict each other.
 */
export function lockedWord(context: Context, asking: string | null, word: string): string | undefined {
	const kind = asking === null ? undefined : basename(asking);
	if (asking === null || !(kind === ".go-version" || kind === ".tool-versions" || kind === "go.mod" || kind === "go.work"))
		return undefined;
	const found = findGoxLock(context);
	if (!found) return undefined;
	const isFloor = kind === "go.mod" || kind === "go.work";
	if (!isFloor && isBelow(dirname(asking), dirname(found.path))) return undefined;
	const { release } = found.lock;
	if (!(isFloor ? satisfiesFloor(context, release.name) : admits(word, found.lock))) {
		throw new GoxError("usage", `${found.path} locks ${release.name}, but ${asking} asks for ${word}`, {
			hint: `gox pin ${wordFor(release.name)} --lock\ngox pin ${word} --lock`,
		});
	}
	const platform = /@.+$/.exec(word)?.[0] ?? "";
	return `${wordFor(release.name)}${platform}`;
}

/**
 * Refuses a release that the command line names where another is locked. GOX_VERSION, and a version file that is nearer
 * than the lock, have the say over it.
 * @throws GoxError `integrity`
 */
export function refuseUnlocked(context: Context, release: Release): void {
	const found = findGoxLock(context);
	if (!found || found.lock.release.name === release.name || variablesIn(context.env).version?.trim()) return;
	const nearest = nearestPin(context);
	if (nearest !== undefined && isBelow(dirname(nearest), dirname(found.path))) return;
	const { name } = found.lock.release;
	throw new GoxError("integrity", `${found.path} locks ${name}, and nothing else is installed from here: not ${release.name}`, {
		hint: `gox install\ngox pin ${wordFor(release.name)} --lock\n(cd / && gox install ${wordFor(release.name)})`,
	});
}

/** The version file that has the say here; a broken one has none. */
function nearestPin(context: Context): string | undefined {
	try {
		const { source } = select(context);
		return isFile(source) && isPin(source.kind) ? source.path : undefined;
	} catch (error) {
		if (error instanceof GoxError) return undefined;
		throw error;
	}
}

/** A prefix leaves room for the lock to choose; `latest` and the names of aliases mean something else on each machine. */
function admits(word: string, lock: GoxLock): boolean {
	const request = parseRequest(word);
	if (request.kind === "exact") return request.release.name === lock.release.name;
	return request.kind === "prefix" && lock.release.stable && hasPrefix(lock.release, request.prefix);
}

function satisfiesFloor(context: Context, name: string): boolean {
	const start = startOf(context);
	const floor = start === undefined ? undefined : findModFile(context, start)?.floor;
	return !floor || satisfies(name, floor);
}

function isBelow(directory: string, above: string): boolean {
	return directory !== above && directory.startsWith(above === "/" ? "/" : `${above}/`);
}
