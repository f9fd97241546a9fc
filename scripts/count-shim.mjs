// npm run count:shim: how many instructions the native shim of Linux on x86-64 takes for each kind of call, by callgrind,
// into test/shim/instructions.json. The numbers don't depend on the machine, so a test holds the shim to them.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { prebuiltDir } from "./build-shims.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const tableFile = join(root, "test/shim/instructions.json");

/** The kinds of call: where, with what in the environment, and of how many installed versions. */
const calls = {
	"go, GOX_VERSION": { env: { GOX_VERSION: "1.22.5" } },
	"go, .go-version here": { cwd: "p" },
	"go, .go-version nine levels up": { cwd: "p/1/2/3/4/5/6/7/8/9" },
	"go, .go-version nine levels up, 300 versions": { cwd: "p/1/2/3/4/5/6/7/8/9", versions: 300 },
	"go, go.mod nine levels up": { cwd: "m/1/2/3/4/5/6/7/8/9" },
	"go, the default": { cwd: "n" },
	"gox current": { name: "gox", args: ["current"], cwd: "p" },
	"gox which": { name: "gox", args: ["which"], cwd: "p" },
};

/** Whether callgrind is there to count. */
export function hasValgrind() {
	return spawnSync("valgrind", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Instructions of each kind of call. */
export function countInstructions(shim = join(prebuiltDir, "linux-amd64/gox-shim")) {
	// A path of the same length everywhere: the shim reads every byte of it.
	const place = mkdtempSync("/tmp/gox-count-");
	try {
		for (const versions of [1, 300]) layOut(join(place, home(versions)), shim, versions);
		return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, countCall(place, call)]));
	} finally {
		rmSync(place, { recursive: true });
	}
}

function home(versions) {
	return `home-${String(versions).padStart(3, "0")}`;
}

function layOut(home, shim, versions) {
	for (const name of ["shims", "aliases", "p/1/2/3/4/5/6/7/8/9", "m/1/2/3/4/5/6/7/8/9", "n"])
		mkdirSync(join(home, name), { recursive: true });
	for (const name of ["go", "gox"]) {
		copyFileSync(shim, join(home, "shims", name));
		chmodSync(join(home, "shims", name), 0o755);
	}
	for (const version of ["1.22.5", ...Array.from({ length: versions - 1 }, (_, each) => `1.19.${each}`)]) {
		mkdirSync(join(home, `versions/go${version}/bin`), { recursive: true });
		// Not executable: callgrind counts to the end of a process, and this one ends where it would become another.
		writeFileSync(join(home, `versions/go${version}/bin/go`), "", { mode: 0o644 });
	}
	symlinkSync("versions/go1.22.5", join(home, "current"));
	symlinkSync("../versions/go1.22.5", join(home, "aliases/1.22"));
	writeFileSync(join(home, "p/.go-version"), "1.22.5\n");
	writeFileSync(join(home, "m/go.mod"), "module example.com/m\n\ngo 1.22\n");
}

function countCall(place, { name = "go", args = ["version"], cwd = "n", env = {}, versions = 1 }) {
	const at = join(place, home(versions));
	const directory = join(at, cwd);
	const shims = join(at, "shims");
	const file = join(place, "callgrind.out");
	const words = ["--tool=callgrind", `--callgrind-out-file=${file}`, "-q", join(shims, name), ...args];
	const whole = { GOX_HOME: at, HOME: place, PATH: `${shims}:/usr/bin`, PWD: directory, ...env };
	const valgrind = execFileSync("/bin/sh", ["-c", "command -v valgrind"], { encoding: "utf8" }).trim();
	spawnSync(valgrind, words, { cwd: directory, env: whole, stdio: "ignore" });
	return Number(/^(?:summary|totals): (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1]);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
	const counts = countInstructions();
	writeFileSync(tableFile, `${JSON.stringify(counts, null, 2)}\n`);
	for (const [name, count] of Object.entries(counts)) console.log(`${String(count).padStart(8)}  ${name}`);
}
