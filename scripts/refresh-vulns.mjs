// Makes data/vulns.json, the known vulnerabilities of Go's own releases, and data/vulnranges.json, what counting them needs,
// from the Go vulnerability database (CC-BY 4.0; its layout: https://go.dev/security/vuln/database#api).
//
//   node scripts/refresh-vulns.mjs                          from https://vuln.go.dev
//   node scripts/refresh-vulns.mjs file:///path/to/vulndb   from a copy of it
//   node scripts/refresh-vulns.mjs FILE                     from a snapshot: {source, entries}, perhaps gzipped
//
// --out DIRECTORY writes elsewhere than data/; --date 2026-09-01 says when a copy was made.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

const modules = ["stdlib", "toolchain"];
/** One bit each in vulnranges.json; the order of src/version/platform.ts. */
const platforms = ["darwin-arm64", "darwin-amd64", "linux-amd64", "linux-arm64"];

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { out: { type: "string" }, date: { type: "string" } },
});
const out = values.out ?? join(import.meta.dirname, "../data");
const from = positionals[0] ?? "https://vuln.go.dev";
const { date, entries } = /^[a-z]+:\/\//.test(from) ? await fromDatabase(from.replace(/\/$/, "")) : fromSnapshot(from);
const day = values.date ?? date;
if (!/^\d{4}-\d\d-\d\d$/.test(day ?? "")) fail("when was this copy made? Say so: --date 2026-09-01");
if (entries.length === 0) fail(`${from} has no entry about ${modules.join(" or ")}`);
entries.sort((left, right) => (left.id < right.id ? -1 : 1));
const ranges = entries.map(numbers).filter(Boolean);
writeFileSync(join(out, "vulns.json"), rendered(entries));
writeFileSync(join(out, "vulnranges.json"), rendered(ranges, `"counts":${JSON.stringify(counts(ranges))},`));
console.log(`${entries.length} vulnerabilities as of ${day}`);

function rendered(list, more = "") {
	const lines = list.map((each) => JSON.stringify(each)).join(",\n");
	return `{"date":"${day}","source":"Go vulnerability database (https://vuln.go.dev), CC-BY 4.0",${more}"entries":[\n${lines}\n]}\n`;
}

async function fromDatabase(base) {
	const index = JSON.parse(await read(`${base}/index/modules.json`));
	const { modified } = JSON.parse(await read(`${base}/index/db.json`));
	const ids = [
		...new Set(index.filter(({ path }) => modules.includes(path)).flatMap(({ vulns }) => vulns.map(({ id }) => id))),
	].sort();
	const found = [];
	for (let at = 0; at < ids.length; at += 8) {
		const some = ids.slice(at, at + 8).map(async (id) => entryOf(JSON.parse(await read(`${base}/ID/${id}.json`))));
		found.push(...(await Promise.all(some)));
	}
	return { date: modified.slice(0, 10), entries: found.filter(Boolean) };
}

async function read(url) {
	if (url.startsWith("file:")) return readFileSync(fileURLToPath(url), "utf8");
	const reply = await fetch(url);
	if (!reply.ok) fail(`${url} answered ${reply.status}`);
	return reply.text();
}

function fromSnapshot(path) {
	const bytes = readFileSync(path);
	const { source, entries } = JSON.parse((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("utf8"));
	return {
		date: /\d{4}-\d\d-\d\d/.exec(source)?.[0],
		entries: entries.map(({ id, aliases, summary, affected }) => ({
			id,
			cves: cves(aliases),
			summary,
			affected: affected.map(compact),
		})),
	};
}

/** An OSV entry in gox's compact form; undefined for one that was withdrawn or isn't about Go itself. */
function entryOf({ id, aliases, summary, details, withdrawn, affected }) {
	const own = affected.filter((each) => modules.includes(each.package.name));
	if (withdrawn || own.length === 0) return undefined;
	return { id, cves: cves(aliases), summary: summary ?? details.split("\n")[0], affected: own.map(fromOsv).map(compact) };
}

function fromOsv({ package: { name: module }, ranges, ecosystem_specific: { imports = [] } = {} }) {
	return {
		module,
		packages: imports.map(({ path }) => path),
		goos: onEvery(imports, "goos"),
		goarch: onEvery(imports, "goarch"),
		ranges: ranges.filter(({ type }) => type === "SEMVER").flatMap(({ events }) => pairs(events)),
	};
}

/** The systems that a vulnerability is confined to: none when one of its packages is vulnerable on all. */
function onEvery(imports, name) {
	if (imports.some((each) => !each[name]?.length)) return [];
	return [...new Set(imports.flatMap((each) => each[name]))];
}

/** [introduced, fixed], fixed null while it isn't; events in any order, as OSV allows. */
function pairs(events) {
	const sorted = events
		.map(({ introduced, fixed }) => ({ at: ordinal(introduced ?? fixed), text: introduced ?? fixed, fixes: fixed !== undefined }))
		.sort((left, right) => left.at - right.at);
	const ranges = [];
	for (const { text, fixes } of sorted) {
		const last = ranges.at(-1);
		if (fixes && last && last[1] === null) last[1] = text;
		else if (!fixes && (!last || last[1] !== null)) ranges.push([text, null]);
	}
	return ranges;
}

function compact({ module, packages, goos = [], goarch = [], ranges }) {
	return { module, packages, ...(goos.length > 0 && { goos }), ...(goarch.length > 0 && { goarch }), ranges };
}

function cves(aliases = []) {
	return aliases.filter((alias) => alias.startsWith("CVE-"));
}

/** [mask, [from, to, …], …]: which of the platforms, then its ranges as ordinals. Undefined where it is about none of them. */
function numbers({ affected }) {
	const parts = affected.flatMap(({ goos = [], goarch = [], ranges }) => {
		const mask = platforms.reduce((bits, platform, at) => {
			const [os, arch] = platform.split("-");
			const meant = (goos.length === 0 || goos.includes(os)) && (goarch.length === 0 || goarch.includes(arch));
			return meant ? bits | (1 << at) : bits;
		}, 0);
		return mask === 0 ? [] : [mask, ranges.flatMap(([start, end]) => [ordinal(start), end === null ? 0 : ordinal(end)])];
	});
	return parts.length > 0 ? parts : undefined;
}

/** For each platform how many there are, from which ordinal on: [from, count, from, count, …], in order. */
function counts(ranges) {
	return Object.fromEntries(
		platforms.map((platform, at) => {
			const own = ranges.map((entry) => entry.flatMap((part, of) => (of % 2 === 0 && part & (1 << at) ? entry[of + 1] : [])));
			const bounds = [...new Set(own.flat())].sort((left, right) => left - right);
			const steps = bounds.map((bound) => [bound, own.filter((flat) => holds(flat, bound)).length]);
			return [platform, steps.filter(([, count], of) => count !== (steps[of - 1]?.[1] ?? 0)).flat()];
		}),
	);
}

/** Whether one of the ranges [from, to, from, to, …] holds the ordinal; a `to` of 0 is open. */
function holds(flat, ordinal) {
	return flat.some((from, at) => at % 2 === 0 && ordinal >= from && (flat[at + 1] === 0 || ordinal < flat[at + 1]));
}

/** The number of src/releases/status.ts, from the database's spelling: 1.22.5, 1.26.0-0, 1.27.0-rc.3, 0. */
function ordinal(text) {
	const found = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-(0|alpha|beta|rc)(?:\.(\d+))?)?$/.exec(text);
	if (!found) fail(`"${text}" is not a version that the database would write`);
	const [, major, minor = 0, patch = 0, kind, pre = 0] = found;
	const stage = kind === undefined ? 999 : { 0: 0, alpha: 100, beta: 200, rc: 300 }[kind] + Number(pre);
	return ((Number(major) * 1000 + Number(minor)) * 1000 + Number(patch)) * 1000 + stage;
}

function fail(message) {
	console.error(`refresh-vulns: ${message}`);
	process.exit(1);
}
