import { existsSync } from "node:fs";
import { join } from "node:path";
import { isOffline } from "../config.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { shown } from "../fetch/address.ts";
import { Client } from "../fetch/client.ts";
import type { Progress } from "../fetch/transfer.ts";
import { findGo, type GoCommand, goListVersions, goModDownload, withoutCredentials } from "../go/command.ts";
import { type GoSettings, goSettings } from "../go/settings.ts";
import { headsInHome } from "../sumdb/heads.ts";
import { parseGosumdb } from "../sumdb/note.ts";
import { recordedAnswers } from "../sumdb/reader.ts";
import { parseToolchainVersion, toolchainModule, toolchainVersion } from "../verify/dirhash.ts";
import { type Evidence, goSumEvidence } from "../verify/evidence.ts";
import type { Platform } from "../version/platform.ts";
import type { Release } from "../version/release.ts";
import { checkVersion, downloadZip, eachProxy, listVersions } from "./client.ts";
import { gosumdbOf, proxiesOf, sumdbEvidence } from "./sumdb.ts";

export interface FetchOptions {
	/** A private temporary directory to write into; the caller removes it, read-only directories included. */
	readonly dir: string;
	/** Defaults to the context's. */
	readonly signal?: AbortSignal;
	readonly progress?: (progress: Progress) => void;
	/** A sentence for --verbose: a retry, a resume. */
	readonly note?: (text: string) => void;
	/** Plain http to other machines is allowed (`--insecure`). */
	readonly insecure?: boolean;
	/** Whether only one way is tried: a `go` on this machine, or gox's own client. */
	readonly only?: "go command" | "goproxy";
	/** A GOROOT whose go is not to be run. */
	readonly distrusted?: string;
	/** How long a `go` may take; half an hour when not given. */
	readonly timeoutMs?: number;
}

export interface FetchedToolchain {
	/** A local module zip. It may be the user's own module cache's: read it, never change it. */
	readonly zip: string;
	/** Its module version: `v0.0.1-go1.22.5.linux-amd64`. */
	readonly version: string;
	/** Who says what about its hash; for `vouch`, with the hash computed from the zip's own contents. */
	readonly evidence: readonly Evidence[];
	readonly via: "module cache" | "go command" | "goproxy";
	/** Where it came from, fit to be printed. */
	readonly from: string;
}

/** What a module proxy offers, newest releases included. */
export interface ListedToolchain {
	readonly release: Release;
	readonly platform: Platform;
}

const goTimeoutMs = 30 * 60 * 1000;

/**
 * A release's toolchain module, from the user's module cache, by `go mod download` where a Go of 1.21 or later is on
 * this machine, or else by gox's own client of GOPROXY. Nothing about the bytes is to be trusted before `vouch`.
 *
 * @throws GoxError `no-such-release`, `network`, `offline`, `integrity`, `interrupted`; `usage` for a bad GOPROXY.
 */
export async function fetchToolchain(
	caller: Context,
	release: Release,
	platform: Platform,
	options: FetchOptions,
): Promise<FetchedToolchain> {
	const context = { ...caller, signal: options.signal ?? caller.signal };
	const version = toolchainVersion(release, platform);
	const go = findGo(context);
	const settings = goSettings(context, go?.goroot);
	const cached = join(settings.moduleCache, "cache", "download", toolchainModule, "@v", `${version}.zip`);
	const witnesses = async (recorded?: Recording) => [
		...goSumEvidence(context.cwd, toolchainModule, version),
		await sumdbEvidence(context, release, platform, {
			settings,
			insecure: options.insecure ?? false,
			...(recorded && { recorded: [recorded] }),
		}),
	];
	if (options.only === undefined && existsSync(cached)) {
		return { zip: cached, version, evidence: await witnesses(), via: "module cache", from: settings.moduleCache };
	}
	let failure: GoxError | undefined;
	if (
		options.only === "go command" ||
		(go && options.only === undefined && go.goroot !== options.distrusted && suits(context, settings, options))
	) {
		try {
			return await fetchByGo(context, go, settings, version, options, witnesses);
		} catch (error) {
			if (!(error instanceof GoxError) || error.code !== "network" || options.only) {
				// Where the database is to blame, gox's own words are the better ones: they show both heads of a fork. What was
				// proven before, and is in the cache, says nothing about that.
				if (error instanceof GoxError && error.code === "integrity")
					await sumdbEvidence({ ...context, cacheDir: options.dir }, release, platform, {
						settings,
						insecure: options.insecure ?? false,
					});
				throw error;
			}
			failure = error;
		}
	}
	try {
		const { zip, from } = await fetchByProxy(context, settings, version, options);
		return { zip, version, evidence: await witnesses(), via: "goproxy", from };
	} catch (error) {
		// Go's own words are the better ones where gox's client can't get through either.
		if (failure && error instanceof GoxError && error.code === "network") throw failure;
		throw error;
	}
}

type Recording = { readonly answers: string; readonly heads: string };

/** Where everything is on this machine, or go would refuse every toolchain, gox's own client does as well or better. */
function suits(context: Context, settings: GoSettings, options: FetchOptions): boolean {
	if (isOffline(context) || gosumdbOf(settings) === "off") return false;
	return proxiesOf(settings, options.insecure ?? false).some((entry) => entry.kind === "proxy" && entry.url.protocol !== "file:");
}

async function fetchByGo(
	context: Context,
	go: GoCommand | undefined,
	settings: GoSettings,
	version: string,
	options: FetchOptions,
	witnesses: (recorded: Recording) => Promise<Evidence[]>,
): Promise<FetchedToolchain> {
	if (!go) throw new GoxError("network", "no Go of 1.21 or later is on this machine", { hint: "gox list" });
	const download = await goModDownload(context, go, toolchainModule, version, {
		directory: options.dir,
		signal: context.signal,
		timeoutMs: options.timeoutMs ?? goTimeoutMs,
		gosumdb: gosumdbOf(settings),
		seen: headForGo(context, settings),
	});
	const evidence = await witnesses({ answers: download.recorded, heads: download.heads });
	const proven = evidence.some((item) => item.kind === "checksum database");
	const claim = proven ? [] : goClaim(go, settings, download.sum);
	return { zip: download.zip, version, evidence: [...evidence, ...claim], via: "go command", from: shownProxies(settings) };
}

/**
 * The toolchains that the module proxy knows, in its own order, for the platforms that gox installs.
 * @throws GoxError as `fetchToolchain`.
 */
export async function listToolchains(caller: Context, options: FetchOptions): Promise<ListedToolchain[]> {
	const context = { ...caller, signal: options.signal ?? caller.signal };
	const go = findGo(context);
	const settings = goSettings(context, go?.goroot);
	const useGo = go !== undefined && !isOffline(context) && options.only !== "goproxy";
	const versions = useGo
		? await goListVersions(context, go, toolchainModule, {
				directory: options.dir,
				signal: context.signal,
				timeoutMs: options.timeoutMs ?? goTimeoutMs,
				gosumdb: gosumdbOf(settings),
			})
		: await withClient(context, options, (client) =>
				eachProxy(knownProxies(settings, options), (proxy) => listVersions(client, proxy, toolchainModule)),
			);
	return versions.map(parseToolchainVersion).filter((listed) => listed !== undefined);
}

async function fetchByProxy(
	context: Context,
	settings: GoSettings,
	version: string,
	options: FetchOptions,
): Promise<{ zip: string; from: string }> {
	const { insecure = false, progress, note } = options;
	return await withClient(context, options, (client) =>
		eachProxy(knownProxies(settings, options), async (proxy) => {
			await checkVersion(client, proxy, toolchainModule, version);
			const download = { insecure, ...(progress && { progress }), ...(note && { note }) };
			const zip = await downloadZip(context, proxy, toolchainModule, version, options.dir, download);
			return { zip, from: shown(proxy) };
		}),
	);
}

async function withClient<T>(context: Context, options: FetchOptions, use: (client: Client) => Promise<T>): Promise<T> {
	const client = new Client(context, { insecure: options.insecure ?? false });
	try {
		return await use(client);
	} finally {
		await client.close();
	}
}

/** No address is built in: GOPROXY must come from somewhere. */
function knownProxies(settings: GoSettings, options: FetchOptions) {
	const proxies = proxiesOf(settings, options.insecure ?? false);
	if (proxies.length > 0) return proxies;
	throw new GoxError("network", "no module proxy is known: GOPROXY is not set, and no Go is here whose go.env names one", {
		hint: "export GOPROXY=https://proxy.company.example",
	});
}

/**
 * The head that gox has seen, else the user's own Go: starting from it, the go command proves and records what
 * leads from that tree to the newest.
 */
function headForGo(context: Context, settings: GoSettings): { database: string; note: Uint8Array } | undefined {
	const database = parseGosumdb(gosumdbOf(settings))?.name;
	if (database === undefined) return undefined;
	const users = join(settings.gopath[0], "pkg", "sumdb", database, "latest");
	const note = headsInHome(context.home, database).notes().at(-1) ?? recordedAnswers("", users).recordedHead?.();
	return note && { database, note };
}

/** cmd/go checks every toolchain against the checksum database, unless GOSUMDB is off and GOPROXY a single directory. */
function goClaim(go: GoCommand, settings: GoSettings, sum: string): Evidence[] {
	const proxy = settings.get("GOPROXY") ?? "";
	if (gosumdbOf(settings) === "off" || (proxy.startsWith("file://") && !/[,|]/.test(proxy))) return [];
	const reason = `${go.version} asked the checksum database itself; its recorded answers don't suffice for gox's own proof`;
	return [{ kind: "go command", h1: sum, go: go.path, reason }];
}

function shownProxies(settings: GoSettings): string {
	return withoutCredentials(settings.get("GOPROXY") ?? "go's own default");
}
