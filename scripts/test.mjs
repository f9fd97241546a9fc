// npm test: sets itself up, builds, lints, runs every test, and ends with `N passed, N failed, N skipped`.
// Arguments go to vitest: npm test -- test/select
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostTarget } from "./build-shims.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

function run(command, args, options = {}) {
	return spawnSync(command, args, { stdio: "inherit", ...options }).status ?? 1;
}

function need(what, status) {
	if (status === 0) return;
	console.log(`${what} failed`);
	console.log("0 passed, 1 failed, 0 skipped");
	process.exit(1);
}

if (!existsSync("node_modules/.package-lock.json")) need("npm ci", run("npm", ["ci", "--no-audit", "--no-fund"]));
need("the build", run(process.execPath, ["scripts/build.mjs"]));
const chosen = process.argv.slice(2);
if (chosen.length === 0) need("lint", run("npm", ["run", "--silent", "lint"]));

/** Runs vitest, and counts. An error outside any test (an unhandled rejection, a crash) shows only in its status. */
function vitest(args, env = {}) {
	const place = mkdtempSync(join(tmpdir(), "gox-results-"));
	const results = join(place, "results.json");
	const program = ["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json"];
	const status = run(process.execPath, [...program, `--outputFile.json=${results}`, ...args], {
		env: { ...process.env, ...env },
	});
	if (!existsSync(results)) need("vitest", 1);
	const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
		readFileSync(results, "utf8"),
	);
	rmSync(place, { recursive: true, force: true });
	for (const file of testResults) {
		for (const test of file.assertionResults) {
			if (test.status === "pending" || test.status === "skipped" || test.status === "todo")
				console.log(`skipped: ${test.fullName}`);
		}
	}
	// A file that can't be loaded has no tests to fail.
	const broken = testResults.filter(
		(file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
	).length;
	const failed = numFailedTests + broken;
	return {
		passed: numPassedTests,
		failed: failed === 0 && status !== 0 ? 1 : failed,
		skipped: numPendingTests + numTodoTests,
	};
}

const runs = [vitest(chosen)];
// The end-to-end tests once more, with the self-contained executable; those of real builds prove nothing new about it.
if (process.env.GOX_TEST_STANDALONE === "1") {
	need("the self-contained build", run(process.execPath, ["scripts/build-standalone.mjs", "--platform", "host"]));
	runs.push(
		vitest(["test/e2e", "--exclude=test/e2e/real-matrix.test.ts"], { GOX_TEST_PROGRAM: `dist/standalone/${hostTarget()}/gox` }),
	);
}
const sum = (of) => runs.reduce((total, each) => total + each[of], 0);
const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
const strict = process.env.GOX_TEST_NO_SKIPS === "1";
process.exit(failed > 0 || passed === 0 || (strict && skipped > 0) ? 1 : 0);
