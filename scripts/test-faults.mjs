// npm run test:faults: runs every test that belongs to a fault of test/faults.json, and prints for each how many
// cases were tried and how many held. Arguments go to vitest.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const quiet = { stdio: ["ignore", "ignore", "inherit"] };
if (!existsSync("node_modules/.package-lock.json")) spawnSync("npm", ["ci", "--no-audit", "--no-fund"], quiet);
if (spawnSync(process.execPath, ["scripts/build.mjs"], quiet).status !== 0) {
	console.log("the build failed");
	process.exit(1);
}

const place = mkdtempSync(join(tmpdir(), "gox-faults-"));
const results = join(place, "results.json");
const vitest = spawnSync(
	process.execPath,
	[
		"node_modules/vitest/vitest.mjs",
		"run",
		"--tagsFilter=fault-*",
		"--reporter=json",
		`--outputFile.json=${results}`,
		...process.argv.slice(2),
	],
	{ stdio: ["ignore", "ignore", "inherit"] },
);
const { testResults } = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")) : { testResults: [] };
rmSync(place, { recursive: true, force: true });

const kinds = JSON.parse(readFileSync("test/faults.json", "utf8"));
const rows = new Map(Object.keys(kinds).map((number) => [number, { tried: 0, held: 0, skipped: 0 }]));
const failures = [];
for (const file of testResults) {
	if (file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed")) failures.push(file.name);
	for (const test of file.assertionResults) {
		const number = test.tags.map((tag) => /^fault-(\d+)$/.exec(tag)?.[1]).find(Boolean);
		const row = rows.get(number);
		if (!row) continue;
		const cases = test.meta?.cases ?? 1;
		if (test.status === "passed") {
			row.tried += cases;
			row.held += cases;
		} else if (test.status === "failed") {
			row.tried += cases;
			row.held += cases - 1;
			failures.push(`${test.fullName}\n${test.failureMessages.join("\n")}`);
		} else row.skipped += 1;
	}
}

console.log("\n  #  tried    held  skipped  fault");
for (const [number, row] of rows) {
	const figures = [
		number.padStart(3),
		String(row.tried).padStart(6),
		String(row.held).padStart(7),
		String(row.skipped).padStart(8),
	];
	console.log(`${figures.join(" ")}  ${kinds[number]}`);
}
for (const failure of failures) console.log(`failed: ${failure}`);
const sums = [...rows.values()].reduce(
	(sum, row) => ({ tried: sum.tried + row.tried, held: sum.held + row.held, skipped: sum.skipped + row.skipped }),
	{ tried: 0, held: 0, skipped: 0 },
);
const untried = [...rows].filter(([, row]) => row.tried === 0).map(([number]) => number);
if (untried.length > 0) console.log(`untried: ${untried.join(", ")}`);
console.log(
	`${rows.size - untried.length} of ${rows.size} kinds: ${sums.tried} tried, ${sums.held} held, ${sums.skipped} skipped`,
);
process.exit(vitest.status !== 0 || failures.length > 0 || untried.length > 0 || sums.skipped > 0 ? 1 : 0);
