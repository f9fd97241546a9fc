import type { Invocation, Options } from "../cli/command.ts";
import { confirm } from "../cli/confirm.ts";
import { columns, timeInWords, wrapped } from "../cli/text.ts";
import type { Context } from "../context.ts";
import { GoxError } from "../errors.ts";
import { Client } from "../fetch/client.ts";
import type { GoCommand } from "../go/command.ts";
import { type GoEnvChanges, goEnvFilePath, parseGoEnv, readGoEnvText, writableGoEnvFile } from "../go/envfile.ts";
import { hasCredentials, isPrivate, parseGoproxy, shownGoproxy } from "../proxy/goproxy.ts";
import { changesFor, type Profile, profileOf, proxySettings } from "../proxy/profile.ts";
import { isOfUse, type ProxyTrial, trialTiming, tryProxy, usualModule } from "../proxy/trial.ts";
import { goForSettings, shippedBy } from "../select/inforce.ts";
import { shWord } from "../shell/shell.ts";
import {
	forgetProxyRecord,
	nextRecord,
	type ProxyRecord,
	proxyRecords,
	undoing,
	writeContent,
	writeGoEnv,
	writeProxyRecord,
} from "../store/goenv.ts";
import { homeLayout } from "../store/home.ts";
import { headsInHome, headsInMemory } from "../sumdb/heads.ts";
import { defaultGosumdb, parseGosumdb } from "../sumdb/note.ts";

const meanings: Readonly<Record<ReturnType<typeof profileOf>, string>> = {
	public: "Go's own",
	mirror: "your own proxy, then each module's repository",
	company: "your own proxy, then Go's own",
	direct: "each module's repository, no proxy",
	off: "nothing is fetched",
	own: "your own list",
};

/** `gox proxy show`: the settings in force, and where each comes from. */
export function show({ context, report }: Invocation): number {
	const go = goForSettings(context);
	const settings = settingsInForce(context, go);
	const shipped = shippedBy(context, go, "GOPROXY")?.value;
	const value = settings.get("GOPROXY")?.value;
	const profile = value === undefined && shipped === undefined ? null : profileOf(value, shipped);
	const file = goEnvFilePath(context) ?? null;
	const last = proxyRecords(homeLayout(context).home).at(-1);
	if (report.asJson) {
		const list = [...settings.values()].map((each) => ({
			name: each.name,
			value: each.value === undefined ? null : shownValue(each.value),
			from: each.from ?? null,
		}));
		report.json({ profile, settings: list, file, undo: last?.profile ?? null });
		return 0;
	}
	for (const line of columns(
		[...settings.values()].map((each) => [
			each.name,
			each.value === undefined ? "(not set)" : shownValue(each.value),
			each.from === undefined ? "" : `# ${each.from}`,
		]),
	))
		report.line(line);
	if (profile === null) report.say("there is no Go here whose go.env has a GOPROXY");
	else report.say(`${profile}: ${meanings[profile]}`);
	if (file === null) report.say("GOENV=off: go env -w writes nothing");
	if (last) report.say(`gox proxy undo undoes \`gox proxy use ${last.profile}\` of ${last.at.slice(0, 10)}`);
	return 0;
}

/** `gox proxy use PROFILE [ADDRESS]`: tests the profile, shows the changes, asks, writes them, and records them for undo. */
export async function useProfile(invocation: Invocation): Promise<number> {
	const { context, report, options, args } = invocation;
	const profile = profileIn(args, options);
	const file = writableGoEnvFile(context);
	const { home } = homeLayout(context);
	const go = goForSettings(context);
	const shipped = shippedBy(context, go, "GOPROXY")?.value;
	const changes = changesFor(profile, writtenSettings(file), shipped, { insecure: options.has("insecure") });
	if (profile.name === "company" && shipped === undefined)
		report.warn("there is no Go here whose go.env names the public proxy: direct comes after the company's");
	const after = settingsInForce(context, go, changes);
	const list = (changes.has("GOPROXY") ? changes.get("GOPROXY") : writtenSettings(file).get("GOPROXY")) ?? shipped;
	const trials = list === undefined ? [] : await tryAll(invocation, proxiesIn(list, options.has("insecure")), after);
	const bad = trials.filter((trial) => !isUsable(trial));
	// Go's own proxy may be unreachable from inside a company.
	const asked = profile.name === "company" ? proxiesIn(profile.address ?? "", options.has("insecure")).length : trials.length;
	const failed = bad.filter((trial) => trials.indexOf(trial) < asked);
	if (bad.length > 0 || report.verbose) for (const line of inWords(trials, context.stderr.columns)) report.say(line);
	if (failed.length > 0 && !options.has("force")) {
		const names = failed.map(({ address }) => address).join(", ");
		throw new GoxError("network", `nothing was written: ${names} can't be used as it is`, {
			hint: `${asTyped(profile, options)} --force   (writes it anyway; --module PATH tests with another module)`,
		});
	}
	const plain = [...changes].map(([name, value]) => ({ name, value: value === undefined ? null : shownValue(value) }));
	const isOpen = changes.size > 0 && !options.has("dryRun");
	for (const { name, value } of plain) report.say(value === null ? `unset ${name}` : `${name}=${value}`);
	if (changes.size === 0) report.say(`${file} has these settings already: nothing to change`);
	const written = isOpen && (await confirm(invocation, `write this to ${file}?`));
	if (written) await change(invocation, { file, home, profile: profile.name, changes, go });
	for (const name of ["GOPROXY", "GOSUMDB", ...changes.keys()].filter((each, at, all) => all.indexOf(each) === at)) {
		const value = context.env[name];
		const wanted = changes.has(name) ? changes.get(name) : writtenSettings(file).get(name);
		if (value && value !== wanted)
			report.warn(`${name}=${shownValue(value)} in the environment overrides the file: unset ${name}`);
	}
	if (report.asJson) report.json({ profile: profile.name, file, changes: plain, written, tests: trials });
	return 0;
}

interface Change {
	readonly file: string;
	readonly home: string;
	readonly profile: string;
	readonly changes: GoEnvChanges;
	readonly go: ReturnType<typeof goForSettings>;
}

/** Writes the record before the file, so that an interrupted change can be undone too. */
async function change({ context, report }: Invocation, { file, home, profile, changes, go }: Change): Promise<void> {
	const before = readGoEnvText(file);
	const values = writtenSettings(file);
	const record: ProxyRecord = {
		id: nextRecord(home),
		at: context.now().toISOString(),
		profile,
		file,
		before: base64(before),
		changes: [...changes].map(([name, value]) => ({ name, old: values.get(name) ?? null, new: value ?? null })),
	};
	writeProxyRecord(home, record);
	context.checkpoint("proxy:recorded");
	try {
		const by = await writeGoEnv(context, file, changes, go);
		report.detail(by === "go" ? `written by ${go?.path} env -w` : `written to ${file}`);
	} catch (error) {
		if (readGoEnvText(file) === before) forgetProxyRecord(home, record);
		throw error;
	}
	context.checkpoint("proxy:written");
	writeProxyRecord(home, { ...record, after: base64(readGoEnvText(file)) });
	report.say(`written to ${file}; to undo: gox proxy undo`);
}

function profileIn([name, address]: readonly string[], options: Options): Profile {
	const hint =
		"gox proxy use public\ngox proxy use mirror https://proxy.example\ngox proxy use company https://proxy.corp.example --private 'corp.example/*'";
	if (name !== "public" && name !== "mirror" && name !== "company")
		throw new GoxError("usage", "proxy use wants a profile: public, mirror or company", { hint });
	if (name === "public" && address !== undefined) throw new GoxError("usage", "proxy use public wants no address", { hint });
	return {
		name,
		address,
		private: options.text("private"),
		privateByProxy: options.has("privateByProxy"),
		sumdb: options.text("sumdb"),
	};
}

/** The command line, without passwords. */
function asTyped({ name, address, private: patterns, privateByProxy, sumdb }: Profile, options: Options): string {
	return [
		`gox proxy use ${name}`,
		...(address === undefined ? [] : [hasCredentials(address) ? "ADDRESS" : shWord(address)]),
		...(patterns === undefined ? [] : ["--private", shWord(patterns)]),
		...(privateByProxy ? ["--private-by-proxy"] : []),
		...(sumdb === undefined ? [] : ["--sumdb", shWord(sumdb)]),
		...(options.has("insecure") ? ["--insecure"] : []),
	].join(" ");
}

function base64(latin1: string | undefined): string | null {
	return latin1 === undefined ? null : Buffer.from(latin1, "latin1").toString("base64");
}

/**
 * `gox proxy test [address…]`: tests the given proxies, or those in GOPROXY.
 * @returns 4 if one of them can't be used
 */
export async function testProxies(invocation: Invocation): Promise<number> {
	const { context, report, options, args: addresses } = invocation;
	const settings = settingsInForce(context, goForSettings(context));
	const list = addresses.length > 0 ? addresses.join(",") : settings.get("GOPROXY")?.value;
	if (list === undefined)
		throw new GoxError("usage", "GOPROXY isn't set, and there is no Go here whose go.env names a proxy", {
			hint: "gox proxy test https://proxy.example",
		});
	const proxies = proxiesIn(list, options.has("insecure"));
	const trials = await tryAll(invocation, proxies, settings);
	if (report.asJson) report.json(trials);
	else if (trials.length === 0) report.line("GOPROXY names no proxy: there is nothing to test");
	else for (const line of inWords(trials, context.stdout.columns)) report.line(line);
	return trials.every(isUsable) ? 0 : 4;
}

/** The proxies of a GOPROXY list, in order. @throws GoxError `usage`; the message has no password in it */
export function proxiesIn(list: string, insecure: boolean): URL[] {
	return parseGoproxy(list, { insecure }).flatMap((entry) => (entry.kind === "proxy" ? [entry.url] : []));
}

/** Tests the proxies in parallel, with the checksum database and private modules of the settings. Writes nothing. */
export async function tryAll(
	{ context, options, report }: Pick<Invocation, "context" | "options" | "report">,
	proxies: readonly URL[],
	settings: ReadonlyMap<string, ProxySetting>,
): Promise<readonly ProxyTrial[]> {
	const named = options.text("module");
	const module = checkedModule(named ?? usualModule.module);
	const database = parseGosumdb(settings.get("GOSUMDB")?.value ?? defaultGosumdb);
	const unchecked = isPrivate(settings.get("GONOSUMDB")?.value ?? "", module);
	if (!database) report.warn("GOSUMDB=off: nothing is looked up in the checksum database");
	const question = {
		module,
		version: named === undefined ? usualModule.version : undefined,
		database: unchecked ? undefined : database,
	};
	const client = new Client(context, { insecure: options.has("insecure"), timing: trialTiming });
	try {
		return await Promise.all(
			proxies.map((proxy) => tryProxy(client, proxy, { ...question, heads: knownHeads(context, database?.name) })),
		);
	} finally {
		await client.close();
	}
}

/** The tree heads seen before, to compare with. A test adds none. */
function knownHeads(context: Context, database: string | undefined) {
	return headsInMemory(database === undefined ? [] : headsInHome(context.home, database).notes());
}

function checkedModule(path: string): string {
	if (/^[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~!-]+)*$/.test(path) && !path.split("/").some((part) => /^\.+$/.test(part))) return path;
	throw new GoxError("usage", "--module wants a module's path", { hint: "--module golang.org/x/text" });
}

export function isUsable({ list, sumdb }: ProxyTrial): boolean {
	return isOfUse(list) && (sumdb === null || isOfUse(sumdb));
}

/** Two lines for each proxy, wrapped. */
export function inWords(trials: readonly ProxyTrial[], width: number): string[] {
	return trials.flatMap(({ address, list, sumdb }) => {
		const part = (name: string, { verdict, ms, said }: ProxyTrial["list"]) =>
			wrapped(`${verdict}${ms === null ? "" : `, ${timeInWords(ms)}`}: ${said}`, width, `  ${name.padEnd(8)}  `);
		const through = sumdb?.via === "the proxy" ? " (through the proxy)" : "";
		return [
			address,
			...part("modules", list),
			...(sumdb ? part("checks", { ...sumdb, said: `${sumdb.database}${through}: ${sumdb.said}` }) : []),
		];
	});
}

/** `gox proxy undo`: undoes the last `gox proxy use`. */
export function undoProfile({ context, report, options }: Invocation): number {
	const { home } = homeLayout(context);
	const record = proxyRecords(home).at(-1);
	if (!record) throw new GoxError("usage", "there is nothing to undo", { hint: "gox proxy" });
	const { file, profile, changes } = record;
	const plan = undoing(record, readGoEnvText(file), options.has("force"));
	if (plan.kind === "changed")
		throw new GoxError(
			"usage",
			`not undone: ${plan.names.join(", ")} in ${file} was changed since \`gox proxy use ${profile}\``,
			{
				hint: "gox proxy undo --force",
			},
		);
	const restored = changes.map(({ name, old }) => ({ name, value: old === null ? null : shownValue(old) }));
	if (!options.has("dryRun")) {
		writeContent(context, file, plan.content);
		context.checkpoint("proxy:undone");
		forgetProxyRecord(home, record);
	}
	if (report.asJson) report.json({ profile, file, restored, undone: !options.has("dryRun") });
	for (const { name, value } of restored) report.say(value === null ? `${name} is unset again` : `${name}=${value}`);
	return 0;
}

/** One of Go's proxy settings, as the go command sees it. */
export interface ProxySetting {
	readonly name: string;
	/** Undefined if it isn't set. */
	readonly value: string | undefined;
	/** `environment`, a file, or a Go that has it built in; undefined if it isn't set. */
	readonly from: string | undefined;
}

/**
 * The settings in force, in the order of cmd/go/internal/cfg: the environment (an empty value counts as unset), the go env
 * file, Go's own defaults. GONOPROXY and GONOSUMDB default to GOPRIVATE.
 * @param changes to the go env file, as if they were written already
 */
export function settingsInForce(
	context: Context,
	go: GoCommand | undefined,
	changes: GoEnvChanges = new Map(),
): ReadonlyMap<string, ProxySetting> {
	const file = goEnvFilePath(context);
	const written = new Map<string, string | undefined>([...writtenSettings(file), ...changes]);
	const settings = new Map<string, ProxySetting>();
	for (const name of proxySettings) settings.set(name, settingOf(name));
	for (const name of ["GONOPROXY", "GONOSUMDB"]) {
		const general = settings.get("GOPRIVATE");
		if (settings.get(name)?.value === undefined && general?.value !== undefined)
			settings.set(name, { name, value: general.value, from: "GOPRIVATE" });
	}
	return settings;

	function settingOf(name: string): ProxySetting {
		if (context.env[name]) return { name, value: context.env[name], from: "environment" };
		const own = written.get(name);
		if (own) return { name, value: own, from: file };
		// An empty value in the go env file overrides go.env.
		const shipped = own === undefined ? shippedBy(context, go, name) : undefined;
		return { name, value: shipped?.value, from: shipped?.from };
	}
}

/** The settings in the go env file; none if there is no file. */
export function writtenSettings(file: string | undefined): ReadonlyMap<string, string> {
	return parseGoEnv((file && readGoEnvText(file)) ?? "");
}

/** The value without passwords and control characters. */
export function shownValue(value: string): string {
	return shownGoproxy(value).replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/g, "�");
}
