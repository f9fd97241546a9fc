import { GoxError } from "../../errors.ts";
import { goSettings } from "../../go/settings.ts";
import { type ProxyEntry, parseGoproxy, underProxy } from "../../proxy/goproxy.ts";
import { defaultGosumdb, parseGosumdb, type SumdbDatabase } from "../../sumdb/note.ts";
import type { Check } from "../examination.ts";
import { type Finding, type Fix, fine } from "../finding.ts";
import type { Machine } from "../machine.ts";

/** Milliseconds for each address. */
const timeoutMs = 3_000;

/** GOPROXY and GOSUMDB: whether they make sense, come in a good order, and answer. */
export const proxy: Check = {
	name: "proxy",
	title: "module proxy and checksum database",
	area: "settings",
	run: async (machine) => {
		const proxies = await proxyFindings(machine);
		const reachable = proxies.every(({ verdict }) => verdict === "ok");
		const findings = [...proxies, ...(await databaseFindings(machine, reachable)), ...privateFindings(machine)];
		const bad = findings.filter(({ verdict }) => verdict !== "ok");
		if (bad.length > 0) return bad;
		return [
			{
				verdict: "ok",
				title: "modules can be fetched and checked",
				evidence: findings.flatMap(({ evidence }) => evidence ?? []),
			},
		];
	},
};

async function proxyFindings(machine: Machine): Promise<readonly Finding[]> {
	const setting = machine.settings("GOPROXY")[0];
	const value = setting?.value ?? shipped(machine, "GOPROXY");
	const evidence = setting?.evidence ?? (value === undefined ? [] : [`GOPROXY=${value} (Go's own default)`]);
	const fix: Fix = setting?.clear ?? { commands: ["go env GOPROXY"] };
	if (value === undefined) return fine("GOPROXY isn't set", "GOPROXY isn't set, and no installed Go says its default: not asked");
	const entries = parsed(() => parseGoproxy(value));
	if (entries instanceof GoxError)
		return [{ verdict: "broken", title: entries.message, evidence, why: "Every go command that needs a module fails.", fix }];
	const [first] = entries;
	if (first?.kind === "off")
		return [
			{
				verdict: "note",
				title: "GOPROXY=off",
				evidence,
				why: "Modules and toolchains that aren't in the module cache can't be fetched.",
				fix,
			},
		];
	if (first?.kind === "direct")
		return [
			{
				verdict: "note",
				title:
					value.includes(",") || value.includes("|")
						? "GOPROXY begins with direct, so its proxies are never asked"
						: "GOPROXY=direct",
				evidence,
				why: "Every module comes from its own repository, which needs git and is slow; Go's own toolchains can't be had that way.",
				fix,
			},
		];
	if (machine.offline) return fine("GOPROXY", ...evidence, "its proxies were not asked: offline");
	const answers = await Promise.all(
		entries.map(async (entry) =>
			entry.kind === "proxy" ? { entry, answer: await machine.probes.reach(entry.url, timeoutMs) } : undefined,
		),
	);
	const asked = answers.filter((each) => each !== undefined);
	const said = asked.map(
		({ entry, answer }) =>
			`${hostOf(entry.url)}: ${"status" in answer ? `answers (HTTP ${answer.status})` : answer.failure.replace(`${hostOf(entry.url)}: `, "")}`,
	);
	const failed = asked.filter(({ answer }) => "failure" in answer);
	const [head] = asked;
	if (failed.length === 0 || !head) return fine("GOPROXY answers", ...evidence, ...said);
	const isLost = failed.length === asked.length && !entries.some(({ kind }) => kind === "direct");
	const hint = failed.flatMap(({ answer }) => ("failure" in answer ? (answer.hint ?? []) : []))[0];
	const isBlocked = head.answer !== undefined && "failure" in head.answer && head.entry.next === "on absence";
	return [
		{
			verdict: "warning",
			title:
				isLost || asked.length === failed.length
					? "GOPROXY doesn't answer"
					: `${hostOf(failed[0]?.entry.url)} of GOPROXY doesn't answer`,
			evidence: [...evidence, ...said],
			why:
				isBlocked && entries.length > 1
					? "Behind a comma the next entry is asked only where a module is absent, not where a proxy fails: separate them by `|` for that."
					: "Modules and toolchains that aren't in the module cache can't be fetched.",
			fix: {
				...(isBlocked && entries.length > 1 ? { commands: [`go env -w GOPROXY="$(go env GOPROXY | tr , '|')"`] } : fix),
				...(hint && { advice: hint }),
			},
		},
	];
}

/** @param reachable whether the proxies, by which it is asked, are there at all */
async function databaseFindings(machine: Machine, reachable: boolean): Promise<readonly Finding[]> {
	const setting = machine.settings("GOSUMDB")[0];
	const value = setting?.value ?? shipped(machine, "GOSUMDB") ?? defaultGosumdb;
	const evidence = setting?.evidence ?? [];
	const fix: Fix = setting?.clear ?? { commands: ["go env -u GOSUMDB"] };
	const database = parsed(() => parseGosumdb(value));
	if (database instanceof GoxError)
		return [
			{ verdict: "broken", title: database.message, evidence, why: "go refuses every module that it hasn't seen before.", fix },
		];
	if (database === undefined)
		return [
			{
				verdict: "warning",
				title: "GOSUMDB=off: nothing is checked against the checksum database",
				evidence,
				why: "A proxy that sends something else than everyone else gets isn't noticed; for private modules alone, GOPRIVATE is the setting.",
				fix,
			},
		];
	const named = `GOSUMDB=${database.name}${setting ? "" : " (Go's own default)"}`;
	const list = machine.settings("GOPROXY")[0]?.value ?? shipped(machine, "GOPROXY");
	if (machine.offline || !reachable || list === undefined) return fine("GOSUMDB", named);
	const answers = await askDatabase(machine, database, parseGoproxy(list));
	const last = answers.at(-1);
	if (last?.answered) return fine("GOSUMDB", named, last.said);
	return [
		{
			verdict: "warning",
			title: `the checksum database ${database.name} can't be asked`,
			evidence: [...evidence, ...answers.map(({ said }) => said)],
			why: "go refuses every module and toolchain that no go.sum knows yet: `verifying module`.",
			fix: {
				commands: ["gox proxy test"],
				advice: "behind a firewall a module proxy that passes the database on is enough; GOPRIVATE exempts private modules",
			},
		},
	];
}

/** As Go does: by the first proxy that says it passes the database on, else directly (golang.org/design/25530-sumdb). */
async function askDatabase(
	{ probes }: Machine,
	{ name, url }: SumdbDatabase,
	entries: readonly ProxyEntry[],
): Promise<readonly { readonly answered: boolean; readonly said: string }[]> {
	const tried: { answered: boolean; said: string }[] = [];
	const ask = async (address: URL, by: string) => {
		const answer = await probes.reach(address, timeoutMs);
		const answered = "status" in answer && answer.status === 200;
		const words = "status" in answer ? `HTTP ${answer.status}` : answer.failure.replace(`${hostOf(address)}: `, "");
		tried.push({ answered, said: `${name} ${by}: ${answered ? "answers" : words}` });
		return answered;
	};
	if (url === undefined)
		for (const entry of entries)
			if (entry.kind === "proxy" && (await ask(underProxy(entry.url, `sumdb/${name}/supported`), `by ${hostOf(entry.url)}`)))
				return tried;
	await ask(new URL(`${url ?? `https://${name}`}/latest`), "directly");
	return tried;
}

function privateFindings(machine: Machine): readonly Finding[] {
	const broad = (value: string) =>
		value.split(",").some((pattern) => /^\*+(?:\.\*+)*$|^\*\.(?:com|org|io|dev)$/.test(pattern.trim()));
	const names: readonly (readonly [string, string])[] = [
		["GONOSUMDB", "Nearly every module is left unchecked against the checksum database."],
		["GONOSUMCHECK", "Nothing is checked; Go hasn't known this setting since 1.13, other tools may."],
		["GOPRIVATE", "Nearly every module bypasses the proxy and the checksum database."],
		["GONOPROXY", "Nearly every module bypasses the proxy."],
		["GOINSECURE", "Nearly every module may be fetched by plain http and without a valid certificate."],
	];
	return names.flatMap(([name, why]) =>
		machine.settings(name).flatMap(({ value, evidence, clear }): readonly Finding[] => {
			if (name !== "GONOSUMCHECK" && !broad(value)) return [];
			return [{ verdict: "warning", title: `${name}=${value}`, evidence, why, fix: clear }];
		}),
	);
}

/** What the Go in force says by itself. */
function shipped(machine: Machine, name: string): string | undefined {
	return goSettings(machine.context, gorootOf(machine), machine.probes.readText).shipped(name)?.value;
}

function gorootOf(machine: Machine): string | null {
	try {
		return machine.inForce().goroot ?? machine.stored()[0]?.goroot ?? null;
	} catch {
		return machine.stored()[0]?.goroot ?? null;
	}
}

function parsed<T>(parse: () => T): T | GoxError {
	try {
		return parse();
	} catch (error) {
		if (error instanceof GoxError) return error;
		throw error;
	}
}

function hostOf(url: URL | undefined): string {
	return url?.host || url?.pathname || "";
}
