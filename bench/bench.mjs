// npm run bench [-- SECTION…] [--scale N] [--json FILE]: gox beside the version managers that are installed, run in turn
// on this machine. Prints the table and writes bench/results/performance.json, which `npm run bench:docs` makes the page from.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findGox } from "./gox.mjs";
import { describeMachine, isBusy, load } from "./machine.mjs";
import { findPeers } from "./peers.mjs";
import { openPlace } from "./place.mjs";
import { compileNothing, raceIn } from "./race.mjs";
import { sections } from "./rows.mjs";
import { sectionText } from "./text.mjs";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const published = join(root, "bench/results/performance.json");
const usage = `npm run bench [-- SECTION…] [--scale N] [--json FILE]

Sections: ${sections.map(({ id }) => id).join(", ")} (all, unless some are named).
--scale N     so many times the usual number of rounds (0.2 for a quick look)
--json FILE   where the figures go; else bench/results/performance.json, for a full-scale run. Sections that
              weren't run keep what the file has, if it is of the same machine.

Peers are looked for in $GOX_BENCH_PEERS/bin and on PATH: goenv 3, asdf (with its plugin asdf-golang and a git
repository gorepo.git with Go's tags in $GOX_BENCH_PEERS), g, gobrew, goup, mise. One that isn't there is left out.
GOX_BENCH_TARBALLS: a directory of real archives (goVERSION.OS-ARCH.tar.gz). GOX_BENCH_WORK: where to work.`;

const benches = {
	install: async () => (await import("./install.mjs")).benchInstall,
	shim: async () => (await import("./calls.mjs")).benchShims,
	switching: async () => (await import("./switching.mjs")).benchSwitching,
	commands: async () => (await import("./commands.mjs")).benchCommands,
	native: async () => (await import("./native.mjs")).benchNative,
	audit: async () => (await import("./audit.mjs")).benchAudit,
	network: async () => (await import("./network.mjs")).benchNetwork,
	growth: async () => (await import("./growth.mjs")).benchGrowth,
};

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { scale: { type: "string", default: "1" }, json: { type: "string" }, help: { type: "boolean", short: "h" } },
});
const scale = Number(values.scale);
const unknown = positionals.filter((name) => !(name in benches));
if (values.help || unknown.length > 0 || !(scale > 0)) {
	if (unknown.length > 0) console.error(`no section ${unknown.join(", ")}\n`);
	(values.help ? console.log : console.error)(usage);
	process.exit(values.help ? 0 : 2);
}
process.exitCode = await main();

async function main() {
	const wanted = sections.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
	const place = openPlace();
	// A benchmark that is interrupted takes its directory with it.
	for (const signal of ["SIGINT", "SIGTERM"]) {
		process.once(signal, () => {
			place.remove();
			process.exit(130);
		});
	}
	try {
		const own = findGox();
		const peers = findPeers(place);
		const bench = {
			place,
			scale,
			kept: {},
			notes: [],
			tools: [...own.tools, ...peers.tools],
			race: raceIn(place.path),
			nothing: compileNothing(place.path),
			rounds: (usual) => Math.max(1, Math.round(usual * scale)),
			say: (text) => console.error(text),
			note: (text) => bench.notes.push(text),
		};
		const machine = describeMachine(place.path);
		const tools = bench.tools.map(({ name, release }) => ({ name, release }));
		const absent = [...own.absent, ...peers.absent];
		console.log(
			`${machine.processor}, ${machine.cores} cores, ${machine.memory}, ${machine.system}, ${machine.fileSystem}, load ${load()}`,
		);
		console.log(`tools: ${tools.map(({ name, release }) => `${name} ${release}`).join(", ")}`);
		for (const { name, why } of absent) console.log(`left out: ${name}: ${why}`);
		const document = { format: 1, machine, tools, absent, sections: {} };
		for (const section of wanted) {
			const result = await runSection(bench, section);
			document.sections[section.id] = result;
			console.log(`\n${sectionText(section, result, tools)}`);
		}
		const file = values.json ?? (scale === 1 ? published : undefined);
		if (file) save(file, document);
		else console.log("\nnot at full scale: nothing is written without --json FILE");
		return Object.values(document.sections).some(({ failed }) => failed) ? 1 : 0;
	} finally {
		place.remove();
	}
}

async function runSection(bench, section) {
	const before = load();
	if (isBusy(before)) console.log(`\nthis machine is busy (load ${before}): the figures of ${section.id} aren't worth much`);
	const began = performance.now();
	bench.notes = [];
	try {
		const run = await benches[section.id]();
		const { rows = {}, curves } = await run(bench);
		const seconds = Math.round((performance.now() - began) / 1000);
		const date = new Date().toISOString().slice(0, 10);
		return { date, scale, load: before, seconds, notes: bench.notes, rows, ...(curves && { curves }) };
	} catch (error) {
		console.error(error);
		return { failed: error.message, rows: {} };
	}
}

/** A section that failed leaves what the file had. */
function save(file, document) {
	const before = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
	const same = before?.format === document.format && JSON.stringify(before.machine) === JSON.stringify(document.machine);
	const kept = same ? before.sections : {};
	const done = Object.fromEntries(Object.entries(document.sections).filter(([, { failed }]) => !failed));
	const merged = { ...kept, ...done };
	const ordered = Object.fromEntries(sections.filter(({ id }) => merged[id]).map(({ id }) => [id, merged[id]]));
	writeFileSync(file, `${JSON.stringify({ ...document, sections: ordered }, null, 1)}\n`);
	console.log(`\nwrote ${file}`);
}
