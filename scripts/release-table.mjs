// Makes data/release-table.json, the digests that gox knows by itself, from a list of the shape that
// https://go.dev/dl/?mode=json&include=all has.
//
//   node scripts/release-table.mjs                                   from data/releases.json.gz
//   node scripts/release-table.mjs 'https://go.dev/dl/?mode=json&include=all'
//   node scripts/release-table.mjs FILE --date 2026-09-01            FILE may be gzipped
//
// What the table already knows stays in it. A digest that differs from a known one stops the refresh:
// published archives don't change. --accept takes the new one all the same. --out FILE writes elsewhere.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

const root = join(import.meta.dirname, "..");
const stored = join(root, "data/releases.json.gz");
/** The stored list has no date in it. It lacks go1.26.8, which was built on this day, so it is no later. */
const storedDate = "2026-08-28";
const platforms = ["darwin-arm64", "darwin-amd64", "linux-amd64", "linux-arm64"];

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { accept: { type: "boolean" }, date: { type: "string" }, out: { type: "string" }, known: { type: "string" } },
});
const out = values.out ?? join(root, "data/release-table.json");
/** The newest release of each minor, newest first: all that `gox list` needs of the table. */
const newest = join(root, "data/newest.json");
const knownFile = values.known ?? out;

const source = await read(positionals[0] ?? stored);
const date = values.date ?? source.date;
if (!/^\d{4}-\d\d-\d\d$/.test(date ?? "")) fail("when was this list published? Say so: --date 2026-09-01");
const known = existsSync(knownFile) ? JSON.parse(readFileSync(knownFile, "utf8")) : { date: "", releases: {} };
const { releases, changed } = merge(known.releases, tableOf(JSON.parse(source.text)));
if (changed.length > 0 && !values.accept) {
	fail(`published archives don't change, but these digests did; if that is right, add --accept:\n${changed.join("\n")}`);
}
writeFileSync(out, render([date, known.date].sort().at(-1), releases));
if (values.out === undefined) writeFileSync(newest, `${JSON.stringify(newestOfMinors(Object.keys(releases)))}\n`);

async function read(from) {
	if (/^https:/.test(from)) {
		const reply = await fetch(from);
		if (!reply.ok) fail(`${from} answered ${reply.status}`);
		return { text: await reply.text(), date: new Date(reply.headers.get("date") ?? Date.now()).toISOString().slice(0, 10) };
	}
	const bytes = readFileSync(from);
	const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("utf8");
	return { text, date: from === stored ? storedDate : undefined };
}

/** By release and platform: [sha256 or ""], then the size in bytes if known, then the file's name if it isn't the usual one. */
function tableOf(list) {
	const table = {};
	for (const { version, files } of list) {
		if (!order(version)) continue;
		for (const platform of platforms) {
			const archive = files.filter((file) => file.kind === "archive" && `${file.os}-${file.arch}` === platform).at(-1);
			if (!archive) continue;
			if (!/^(?:[0-9a-f]{64})?$/.test(archive.sha256)) fail(`${archive.filename}: ${archive.sha256} is not a SHA-256`);
			table[version] ??= {};
			table[version][platform] = entry(archive, `${version}.${platform}.tar.gz`);
		}
	}
	return table;
}

function entry({ sha256, size, filename }, usual) {
	if (filename !== usual) return [sha256, size, filename];
	return size > 0 ? [sha256, size] : [sha256];
}

function merge(before, after) {
	const changed = [];
	const merged = structuredClone(before);
	for (const [version, archives] of Object.entries(after)) {
		merged[version] ??= {};
		for (const [platform, [sha256, size, ...name]] of Object.entries(archives)) {
			const [old, oldSize] = merged[version][platform] ?? [];
			if (old && sha256 && old !== sha256) changed.push(`  ${version} ${platform}: ${old} is ${sha256} now`);
			const known = [sha256 || old || "", size || oldSize || 0, ...name];
			merged[version][platform] = known.length === 2 && known[1] === 0 ? [known[0]] : known;
		}
	}
	return { releases: merged, changed };
}

/** One line a release, newest first, platforms always in the same order: a refresh reads well as a diff. */
function render(when, table) {
	const lines = Object.keys(table)
		.sort((left, right) => compare(order(right), order(left)))
		.map((version) => {
			const archives = platforms.filter((platform) => table[version][platform]);
			return `${JSON.stringify(version)}:${JSON.stringify(Object.fromEntries(archives.map((platform) => [platform, table[version][platform]])))}`;
		});
	return `{"date":${JSON.stringify(when)},"releases":{\n${lines.join(",\n")}\n}}\n`;
}

function newestOfMinors(versions) {
	const sorted = versions.filter((version) => !/rc|beta/.test(version)).sort((left, right) => compare(order(right), order(left)));
	const minorOf = (version) => order(version).slice(0, 2).join(".");
	return sorted.filter((version, index) => sorted.findIndex((each) => minorOf(each) === minorOf(version)) === index);
}

/** Numbers that order published releases; undefined for anything else (bootstrap snapshots). */
function order(version) {
	const found = /^go(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(beta|rc)(\d+))?$/.exec(version);
	if (!found) return undefined;
	const [, major, minor = 0, patch = 0, kind, pre = 0] = found;
	return [Number(major), Number(minor), Number(patch), kind === "beta" ? 0 : kind === "rc" ? 1 : 2, Number(pre)];
}

function compare(left, right) {
	const at = left.findIndex((number, index) => number !== right[index]);
	return at < 0 ? 0 : left[at] - right[at];
}

function fail(message) {
	console.error(`release-table: ${message}`);
	process.exit(1);
}
