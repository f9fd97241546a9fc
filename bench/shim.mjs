// What a call costs through the native shim, beyond what the program itself costs: milliseconds, of pairs of runs.
// node bench/shim.mjs [rounds] prints one JSON document; each function below is one of its members.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hostTarget, prebuiltDir } from "../scripts/build-shims.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** A store of as many versions, with a static program for a Go, in a directory of its own. */
export function benchHome(versions = 1) {
	const root = realpathSync(mkdtempSync(join(tmpdir(), "gox-bench-")));
	const home = join(root, "gox");
	for (const name of ["shims", "aliases", "versions"]) mkdirSync(join(home, name), { recursive: true });
	for (const name of ["go", "gox"]) {
		copyFileSync(join(prebuiltDir, hostTarget(), "gox-shim"), join(home, "shims", name));
		chmodSync(join(home, "shims", name), 0o755);
	}
	const linking = process.platform === "linux" ? ["-static"] : [];
	writeFileSync(join(root, "true.c"), "int main(void) { return 0; }\n");
	execFileSync("cc", ["-O2", ...linking, join(root, "true.c"), "-o", join(root, "true")]);
	execFileSync("cc", ["-O2", join(here, "spawn.c"), "-o", join(root, "spawn")]);
	for (const version of ["1.22.5", ...Array.from({ length: versions - 1 }, (_, each) => `1.19.${each}`)]) {
		const bin = join(home, `versions/go${version}/bin`);
		mkdirSync(bin, { recursive: true });
		if (version === "1.22.5") copyFileSync(join(root, "true"), join(bin, "go"));
		else symlinkSync(join(root, "true"), join(bin, "go"));
	}
	symlinkSync("versions/go1.22.5", join(home, "current"));
	for (const name of ["1", "1.22", "latest"]) symlinkSync("../versions/go1.22.5", join(home, "aliases", name));
	return { root, home, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/**
 * One measurement: `argv` of the shims beside the program alone. `files` lie in the project, `depth` levels above the
 * working directory.
 */
export function measureCall(place, rounds, { argv = ["go", "version"], files = {}, depth = 0, env = {} } = {}) {
	const project = join(place.root, "p");
	rmSync(project, { recursive: true, force: true });
	const cwd = join(project, ...Array.from({ length: depth }, (_, level) => `d${level % 10}`));
	mkdirSync(cwd, { recursive: true });
	for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
	const shims = join(place.home, "shims");
	const bare = [join(place.home, "versions/go1.22.5/bin/go"), ...argv.slice(1)];
	const words = [String(rounds), ...bare, "+", join(shims, argv[0]), ...argv.slice(1)];
	const whole = { HOME: place.root, GOX_HOME: place.home, PATH: `${shims}:/usr/bin:/bin`, PWD: cwd, ...env };
	return JSON.parse(execFileSync(join(place.root, "spawn"), words, { cwd, env: whole, encoding: "utf8" }));
}

function withHome(versions, work) {
	const place = benchHome(versions);
	try {
		return work(place);
	} finally {
		place.remove();
	}
}

const pin = { ".go-version": "1.22.5\n" };

/** `.go-version` nine levels up, and GOX_VERSION, with 1 and with 300 versions installed. */
export function benchShim(rounds = 2000) {
	return Object.fromEntries(
		[1, 300].map((versions) => [
			versions,
			withHome(versions, (place) => ({
				nineLevels: measureCall(place, rounds, { files: pin, depth: 9 }),
				variable: measureCall(place, rounds, { env: { GOX_VERSION: "1.22.5" } }),
			})),
		]),
	);
}

/** How a call's cost grows with the directory's depth below `.go-version`: installed versions → depth → times. */
export function benchDepth(rounds = 1000, depths = [1, 2, 4, 8, 16, 32, 64]) {
	return Object.fromEntries(
		[1, 300].map((versions) => [
			versions,
			withHome(versions, (place) =>
				Object.fromEntries(depths.map((depth) => [depth, measureCall(place, rounds, { files: pin, depth })])),
			),
		]),
	);
}

/** What the native gox answers itself, with 4 and with 300 versions installed. */
export function benchGox(rounds = 1000) {
	return Object.fromEntries(
		[4, 300].map((versions) => [
			versions,
			withHome(versions, (place) => {
				const go = join(place.home, "versions/go1.22.5/bin/go");
				const measure = (...argv) =>
					measureCall(place, rounds, { argv, files: { ...pin, "go.mod": "module m\n\ngo 1.21\n" }, depth: 9 });
				return {
					current: measure("gox", "current"),
					which: measure("gox", "which"),
					exec: measure("gox", "exec", "1.22", "--", go),
				};
			}),
		]),
	);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
	const rounds = Number(process.argv[2] ?? 2000);
	console.log(JSON.stringify({ shim: benchShim(rounds), depth: benchDepth(rounds), gox: benchGox(rounds) }, null, 2));
}
