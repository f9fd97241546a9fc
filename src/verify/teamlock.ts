import { GoxError, quote } from "../errors.ts";
import { type Platform, platforms } from "../version/platform.ts";
import { parseRelease, type Release } from "../version/release.ts";
import { isH1 } from "./record.ts";

/** The file's name, beside `.go-version`. */
export const teamLockName = "gox.lock";

/** What one platform's toolchain must be; at least one of the two is there. */
export interface LockedToolchain {
	/** Of the official archive, 64 small hex digits. */
	readonly sha256?: string | undefined;
	/** The toolchain module's `h1:…`, which is that of the archive's files too. */
	readonly h1?: string | undefined;
}

/** What a team agreed to: one release, byte for byte. */
export interface TeamLock {
	readonly release: Release;
	readonly platforms: ReadonlyMap<Platform, LockedToolchain>;
}

/** Of the file's form; one with another number was written by another gox. */
const form = 1;

/** The file's text: the same lock gives the same bytes. */
export function formatTeamLock(lock: TeamLock): string {
	const entries = [...lock.platforms].sort(([left], [right]) => (left < right ? -1 : 1));
	const locked = Object.fromEntries(entries.map(([platform, { sha256, h1 }]) => [platform, { sha256, h1 }]));
	return `${JSON.stringify({ lock: form, version: lock.release.name, platforms: locked }, null, 2)}\n`;
}

/**
 * Reads a lock. Whatever `formatTeamLock` wouldn't have written is refused: a lock that is understood by half protects
 * nobody.
 * @throws GoxError `bad-version-file` with what is wrong.
 */
export function parseTeamLock(text: string, path: string): TeamLock {
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
	lock: TeamLock,
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
export function lockedFor(lock: TeamLock, path: string, platform: Platform): LockedToolchain {
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

function jsonIn(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function shownValue(value: unknown): string {
	return typeof value === "string" ? quote(value) : quote(JSON.stringify(value) ?? "nothing");
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
