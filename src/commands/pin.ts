import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Invocation } from "../cli/command.ts";
import { catalogOptions } from "../cli/operands.ts";
import { sitesOf } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { ifPresent, readIfPresent } from "../fs.ts";
import { sumdbEvidence } from "../proxy/sumdb.ts";
import { lookUp } from "../releases/lookup.ts";
import { ownIndexAddress } from "../releases/mirrors.ts";
import { formatGoxLock, type GoxLock, goxLockName, type LockedToolchain, parseGoxLock } from "../select/goxlock.ts";
import { select } from "../select/select.ts";
import { wordFor } from "../select/selection.ts";
import { versionKey } from "../store/layout.ts";
import { matching } from "../store/links.ts";
import { rememberProject } from "../store/projects.ts";
import { writeUserFile } from "../store/userfile.ts";
import { expectArchive } from "../verify/witness.ts";
import { type Platform, platforms } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { parseRequest, type Request } from "../version/request.ts";

export async function run(invocation: Invocation): Promise<undefined> {
	const {
		context,
		report,
		args: [word],
	} = invocation;
	if (word === undefined) return show(invocation);
	const request = parseRequest(word);
	const lock = await lockFor(invocation, request);
	const pin = lock ? pinnedWord(lock.release, request.platform, context) : await pinFor(invocation, request);
	const path = join(context.cwd, ".go-version");
	context.checkpoint("pin:start");
	writeUserFile(context, path, `${pin}\n`, { checkpoint: "pin:" });
	context.checkpoint("pin:done");
	rememberProject(context, path);
	report.say(`${path} now says ${pin}`);
	const lockPath = lock && writeGoxLock(context, lock);
	if (lock) report.say(`${lockPath} now locks ${lock.release.name} for ${[...lock.platforms.keys()].join(", ")}`);
	if (pin !== "system" && matching(context, parseRequest(pin), context.host()).length === 0)
		report.say(`it is not installed yet: gox install ${pin}`);
	if (toolVersionsHere(context)) report.warn(".tool-versions here names a Go too; .go-version wins");
	if (report.asJson) report.json({ path, pin, ...(lock && { lock: { path: lockPath, version: lock.release.name } }) });
	return undefined;
}

/** With --lock, and where a lock is here already: a pin that left it behind would contradict it. */
async function lockFor(invocation: Invocation, request: Request): Promise<GoxLock | undefined> {
	const { options } = invocation;
	const { context } = invocation;
	if (!options.has("lock") && !hasGoxLock(context)) return undefined;
	if (request.kind === "system" || request.kind === "mod")
		throw new GoxError("usage", `a lock is for one release, and "${request.text.trim()}" is none`, {
			hint: `gox pin 1.22.5 --lock\nrm ${join(context.cwd, "gox.lock")}`,
		});
	const [named] = request.kind === "alias" ? matching(context, request, context.host()) : [];
	const release = named?.release ?? (await lookUp(context, request, context.host(), catalogOptions(invocation))).release;
	return makeGoxLock(context, invocation, release);
}

/** What goes into the file: an exact release, a minor as it was given, or what a range, `latest` and the like resolve to. */
async function pinFor(invocation: Invocation, request: Request): Promise<string> {
	const { context } = invocation;
	switch (request.kind) {
		case "system":
			return "system";
		case "alias": {
			const [named] = matching(context, request, context.host());
			if (!named)
				throw new GoxError("not-a-version", `"${request.text.trim()}" is not a Go version, and no alias has that name`, {
					hint: "gox pin 1.22.5",
				});
			return named.release.version;
		}
		case "mod":
			throw new GoxError("usage", "a pin to what go.mod asks for would say the same thing twice", { hint: "gox why" });
		case "prefix":
			await lookUpOrInstalled(context, invocation, request);
			return request.prefix;
		case "exact": {
			await lookUpOrInstalled(context, invocation, request);
			return pinnedWord(request.release, request.platform, context);
		}
		default:
			return (await lookUpOrInstalled(context, invocation, request)).version;
	}
}

/** `1.20` would mean the newest 1.20: the release of that name is pinned as 1.20.0. */
function pinnedWord(release: Release, platform: Platform | undefined, context: Context): string {
	return wordFor(versionKey(release.name, platform ?? context.host(), context.host()));
}

/** The release that is meant, so that a slip of the pen isn't written down; what is installed needs no list. */
async function lookUpOrInstalled(context: Context, invocation: Invocation, request: Request) {
	const [installed] =
		request.kind === "exact" || request.kind === "prefix" ? matching(context, request, request.platform ?? context.host()) : [];
	return installed?.release ?? (await lookUp(context, request, context.host(), catalogOptions(invocation))).release;
}

function show({ context, report }: Invocation): undefined {
	const { considered } = select({
		...context,
		env: { ...context.env, GOX_VERSION: undefined, GOTOOLCHAIN_INTERNAL_SWITCH_VERSION: undefined },
	});
	const found = considered.find((each) => each.said !== null && (each.kind === ".go-version" || each.kind === ".tool-versions"));
	if (!found) throw new GoxError("no-go", "nothing is pinned here", { hint: "gox pin 1.22.5" });
	if (report.asJson) report.json({ path: found.path, pin: found.said });
	else report.line(`${found.said} (${found.path})`);
	return undefined;
}

function toolVersionsHere(context: Context): boolean {
	const path = join(context.cwd, ".tool-versions");
	return existsSync(path) && /^(golang|go)\s/m.test(ifPresent(() => readFileSync(path, "utf8")) ?? "");
}

/** Whether this directory, and not only one above it, has a lock. */
export function hasGoxLock(context: Context): boolean {
	return readIfPresent(join(context.cwd, goxLockName)) !== undefined;
}

/**
 * The lock of a release as the table, the index and the checksum database know it now. What a lock of the same release
 * in this directory says already stays, where nobody can be asked again.
 * @throws GoxError `integrity` when they contradict each other, or the lock that is there; `no-such-release`.
 */
export async function makeGoxLock(context: Context, invocation: Invocation, release: Release): Promise<GoxLock> {
	const before = existingLock(context, release);
	const insecure = invocation.options.has("insecure");
	const locked = new Map<Platform, LockedToolchain>();
	const reasons = new Map<Platform, string>();
	await Promise.all(
		platforms.map(async (platform) => {
			const sha256 = await archiveDigest(context, invocation, release, platform);
			if (sha256 === "none") return;
			const evidence = await sumdbEvidence(context, release, platform, { insecure });
			if (evidence.kind === "unavailable") reasons.set(platform, evidence.reason);
			const now = { sha256, h1: evidence.kind === "unavailable" ? undefined : evidence.h1 };
			const merged = merge(before?.get(platform), now, `${release.name} for ${platform}`, context);
			if (merged.sha256 ?? merged.h1) locked.set(platform, merged);
		}),
	);
	if (locked.size === 0) throw new GoxError("integrity", `nobody vouches for ${release.name}: there is nothing to lock`);
	const without = platforms.filter((platform) => reasons.has(platform) && locked.get(platform)?.h1 === undefined);
	if (without.length > 0)
		invocation.report.warn(
			`the lock has no h1 for ${without.join(", ")}: the checksum database can't be asked: ${reasons.get(without[0] as Platform)}`,
		);
	return { release, platforms: locked };
}

/** Writes the lock beside `.go-version`. */
export function writeGoxLock(context: Context, lock: GoxLock): string {
	const path = join(context.cwd, goxLockName);
	writeUserFile(context, path, formatGoxLock(lock), { checkpoint: "pin:lock-" });
	return path;
}

function existingLock(context: Context, release: Release): GoxLock["platforms"] | undefined {
	const path = join(context.cwd, goxLockName);
	const text = readIfPresent(path);
	const before = text === undefined ? undefined : parseGoxLock(text, path);
	return before?.release.name === release.name ? before.platforms : undefined;
}

/** `none` where the release wasn't published for the platform, undefined where its SHA-256 wasn't. */
async function archiveDigest(context: Context, invocation: Invocation, release: Release, platform: Platform) {
	try {
		const request = { kind: "exact", release, text: wordFor(release.name) } as const;
		const { hashes } = await lookUp(context, request, platform, catalogOptions(invocation));
		const indexAddress = ownIndexAddress(sitesOf(context).index);
		return expectArchive(release, platform, { ...hashes, indexAddress }, false).sha256;
	} catch (error) {
		if (error instanceof GoxError && error.code === "no-such-platform") return "none";
		throw error;
	}
}

function merge(before: LockedToolchain | undefined, now: LockedToolchain, what: string, context: Context): LockedToolchain {
	for (const kind of ["sha256", "h1"] as const) {
		if (before?.[kind] === undefined || now[kind] === undefined || before[kind] === now[kind]) continue;
		const path = join(context.cwd, goxLockName);
		throw new GoxError("integrity", `${what}: ${path} says ${before[kind]}, but now it is said to be ${now[kind]}`, {
			hint: `git log -p ${path}`,
		});
	}
	return { sha256: now.sha256 ?? before?.sha256, h1: now.h1 ?? before?.h1 };
}
