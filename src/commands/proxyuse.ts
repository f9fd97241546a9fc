import { GoxError } from "../errors.ts";
import { type GoEnvChanges, readGoEnvText, writableGoEnvFile } from "../releases/proxy/goenvfile.ts";
import { hasCredentials } from "../releases/proxy/goproxy.ts";
import { changesFor, type Profile } from "../releases/proxy/profile.ts";
import { shWord } from "../shell/quoting.ts";
import { writeGoEnv } from "../store/goenvwriting.ts";
import { homeLayout } from "../store/home.ts";
import { forgetProxyRecord, nextRecord, type ProxyRecord, writeProxyRecord } from "../store/proxyrecord.ts";
import type { Invocation, Options } from "./command.ts";
import { goInForce, shippedBy } from "./goinforce.ts";
import { settingsInForce, shownValue, writtenSettings } from "./proxysettings.ts";
import { inWords, isUsable, proxiesIn, tryAll } from "./proxytest.ts";

/** `gox proxy use PROFILE [ADDRESS]`: tried, shown, asked about, written, and remembered for `gox proxy undo`. */
export async function useProfile(invocation: Invocation, words: readonly string[]): Promise<number> {
	const { context, report, options } = invocation;
	const profile = profileIn(words, options);
	const file = writableGoEnvFile(context);
	const { home } = homeLayout(context);
	const go = goInForce(context);
	const shipped = shippedBy(context, go, "GOPROXY")?.value;
	const changes = changesFor(profile, writtenSettings(file), shipped, { insecure: options.has("insecure") });
	if (profile.name === "company" && shipped === undefined)
		report.warn("no Go is here that says which proxy is the public one: behind the company's comes direct");
	const after = settingsInForce(context, go, changes);
	const list = (changes.has("GOPROXY") ? changes.get("GOPROXY") : writtenSettings(file).get("GOPROXY")) ?? shipped;
	const trials = list === undefined ? [] : await tryAll(invocation, proxiesIn(list, options.has("insecure")), after);
	const bad = trials.filter((trial) => !isUsable(trial));
	// Behind a company's proxy Go's own may be out of reach, which is why it is there.
	const asked = profile.name === "company" ? proxiesIn(profile.address ?? "", options.has("insecure")).length : trials.length;
	const failed = bad.filter((trial) => trials.indexOf(trial) < asked);
	if (bad.length > 0 || report.verbose) for (const line of inWords(trials, context.stderr.columns)) report.say(line);
	if (failed.length > 0 && !options.has("force")) {
		const names = failed.map(({ address }) => address).join(", ");
		throw new GoxError("network", `nothing was written: ${names} can't be used as it is`, {
			hint: `${asTyped(profile, options)} --force   writes it all the same; --module PATH asks for a module that is there`,
		});
	}
	const plain = [...changes].map(([name, value]) => ({ name, value: value === undefined ? null : shownValue(value) }));
	const isDone = changes.size === 0 || options.has("dryRun");
	for (const { name, value } of plain) report.say(value === null ? `unset ${name}` : `${name}=${value}`);
	if (changes.size === 0) report.say(`${file} says so already: nothing to change`);
	if (!isDone) {
		await consent(invocation, file);
		await change(invocation, { file, home, profile: profile.name, changes, go });
	}
	for (const name of ["GOPROXY", "GOSUMDB", ...changes.keys()].filter((each, at, all) => all.indexOf(each) === at)) {
		const value = context.env[name];
		const wanted = changes.has(name) ? changes.get(name) : writtenSettings(file).get(name);
		if (value && value !== wanted)
			report.warn(`${name}=${shownValue(value)} in the environment wins over what is written: unset ${name}`);
	}
	if (report.asJson) report.json({ profile: profile.name, file, changes: plain, written: !isDone, tests: trials });
	return 0;
}

interface Change {
	readonly file: string;
	readonly home: string;
	readonly profile: string;
	readonly changes: GoEnvChanges;
	readonly go: ReturnType<typeof goInForce>;
}

/** The record is there before the file is touched: also a change that is cut short can be undone. */
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

async function consent({ context, options }: Invocation, file: string): Promise<void> {
	if (!context.interactive || options.has("yes")) return;
	const answer = await context.ask(`write this to ${file}? [Y/n] `);
	if (!/^(?:y|yes|)$/i.test(answer.trim())) throw new GoxError("interrupted", "nothing was changed");
}

function profileIn([name, address, ...more]: readonly string[], options: Options): Profile {
	const hint =
		"gox proxy use public\ngox proxy use mirror https://proxy.example\ngox proxy use company https://proxy.corp.example --private 'corp.example/*'";
	if (name !== "public" && name !== "mirror" && name !== "company")
		throw new GoxError("usage", "proxy use wants a profile: public, mirror or company", { hint });
	if (more.length > 0 || (name === "public" && address !== undefined))
		throw new GoxError(
			"usage",
			`proxy use ${name} wants ${name === "public" ? "no address" : "one address"}; a list of them is one word`,
			{ hint },
		);
	return {
		name,
		address,
		private: options.text("private"),
		privateByProxy: options.has("privateByProxy"),
		sumdb: options.text("sumdb"),
	};
}

/** The command that it was, for typing it once more; a password is never shown. */
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
