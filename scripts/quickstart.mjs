// npm run quickstart: builds gox, installs two real Gos into a throw-away home beside the clone, switches between
// them by directory and by shell, and compiles and runs a program. --keep leaves the home where it is.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = `package main

import (
	"fmt"
	"runtime"
)

func main() {
	sum := 0
	for i := range 11 {
		sum += i * i
	}
	fmt.Println("sum of squares:", sum)
	fmt.Println("compiled with", runtime.Version(), "for", runtime.GOOS+"/"+runtime.GOARCH)
}
`;

const keep = process.argv.includes("--keep");

setUp();
const place = mkdtempSync(join(placeFor(root), "gox-quickstart-"));
const home = join(place, "home");
const project = join(place, "project");
const gox = join(home, "shims", "gox");
const env = environment();
try {
	tour();
} catch (error) {
	console.error(`quickstart: ${error.message}`);
	process.exitCode = 1;
} finally {
	if (keep) console.log(`\nkept: ${place}`);
	else rmSync(place, { recursive: true, force: true });
}

function tour() {
	heading("Install two Gos, each proven");
	step(`gox install 1.22.5 1.21`, process.execPath, [join(root, "dist/gox.js"), "install", "1.22.5", "1.21"], { cwd: place });
	step("gox list", gox, ["list"], { cwd: place });

	heading("A project with a .go-version, and the rest of the machine");
	mkdirSync(project);
	step("gox default 1.21", gox, ["default", "1.21"], { cwd: place });
	step("cd project; gox pin 1.22.5", gox, ["pin", "1.22.5"], { cwd: project });
	const inside = step("go version", "go", ["version"], { cwd: project });
	expect(inside.includes(" go1.22.5 "), "the project runs go1.22.5");
	const above = pinnedAbove();
	if (above) console.log(`\n${above} is above this clone, so outside the project it decides, not the default`);
	else {
		const outside = step("cd ..; go version", "go", ["version"], { cwd: place });
		expect(/ go1\.21\.\d+ /.test(outside), "elsewhere the default runs");
	}

	heading("One shell only");
	const shell = ["zsh", "bash"].find((name) => spawnSync(name, ["-c", ":"]).status === 0) ?? "bash";
	const script = `exec 2>&1\neval "$(${gox} init ${shell})"\ngox use 1.21\ngo version\ngox use --unset\ngo version\n`;
	const used = step(`gox use 1.21; go version; gox use --unset; go version      (in ${shell})`, shell, ["-c", script], {
		cwd: project,
	});
	expect(/go1\.21\.\d+[\s\S]*go1\.22\.5/.test(used), "gox use holds in its shell until it is unset");

	heading("Compile and run a program with the Go that gox installed");
	writeFileSync(join(project, "go.mod"), "module example.com/hello\n\ngo 1.22\n");
	writeFileSync(join(project, "main.go"), program);
	const output = step("go run .", "go", ["run", "."], { cwd: project });
	expect(
		output.includes("sum of squares: 385") && output.includes("go1.22.5"),
		"the program says what it computed, and with which Go",
	);
	console.log("\nAll of it worked. For your own shell, out of this clone: npm install -g . && gox setup");
}

function setUp() {
	if (!existsSync(join(root, "node_modules/.package-lock.json"))) must("npm", ["ci", "--no-audit", "--no-fund"]);
	must(process.execPath, ["scripts/build.mjs"]);
}

function must(command, args) {
	const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
	if (status !== 0) process.exit(status ?? 1);
}

/** Beside the clone, where a GOROOT may lie there: no space, no odd character, writable. */
function placeFor(clone) {
	const beside = realpathSync(dirname(clone));
	try {
		accessSync(beside, constants.W_OK);
		if (/^[A-Za-z0-9/._+,@=-]+$/.test(beside)) return beside;
	} catch {
		// then elsewhere
	}
	return realpathSync(tmpdir());
}

/** Of what gox and Go are told by the environment, only where they may get their files from. */
function environment() {
	const dropped =
		/^(GOX_(?!INDEX$|MIRRORS$|UNOFFICIAL$|OFFLINE$|TIMEOUT$|LOG$|CONFIG$)\w*|GOROOT|GOFLAGS|GO111MODULE|GOOS|GOARCH)$/;
	const kept = Object.entries(process.env).filter(([name]) => !dropped.test(name));
	return {
		...Object.fromEntries(kept),
		GOX_HOME: home,
		GOCACHE: join(place, "cache"),
		PATH: `${join(home, "shims")}:${process.env.PATH ?? ""}`,
		GOTOOLCHAIN: "local",
		GOWORK: "off",
	};
}

/** The version file of a directory above, which this tour doesn't own. */
function pinnedAbove() {
	const options = { cwd: place, env: { ...env, PWD: place }, encoding: "utf8" };
	const { status, stdout, stderr } = spawnSync(gox, ["why", "--json"], options);
	if (status !== 0) return stderr.trim();
	const { kind, path } = JSON.parse(stdout).source;
	return kind === "default" ? undefined : path;
}

/** Shows a command and its output, and returns its stdout. */
function step(shown, command, args, options) {
	console.log(`\n$ ${shown}`);
	const { status, stdout, error } = spawnSync(command, args, {
		...options,
		env: { ...env, PWD: options.cwd },
		encoding: "utf8",
		stdio: ["ignore", "pipe", "inherit"],
	});
	process.stdout.write(stdout ?? "");
	if (status === 0) return stdout;
	throw new Error(`${shown} failed${error ? `: ${error.message}` : ` with status ${status}`}`);
}

function expect(holds, what) {
	if (!holds) throw new Error(`it is not so that ${what}`);
}

function heading(text) {
	console.log(`\n── ${text}`);
}
