import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { expectPastable } from "../support/pastable.ts";
import { Sandbox } from "../support/sandbox.ts";

interface Told {
	readonly check: string;
	readonly verdict: string;
	readonly title: string;
	readonly evidence: readonly string[];
	readonly why: string | null;
	readonly fix: { readonly commands: readonly string[]; readonly safe: boolean } | null;
}

const goEnv = process.platform === "darwin" ? "user/Library/Application Support/go/env" : "user/.config/go/env";
const hasStrace = spawnSync("strace", ["-V"], { stdio: "ignore" }).status === 0;
const hasCompiler = spawnSync("/bin/sh", ["-c", "command -v gcc"], { stdio: "ignore" }).status === 0;
const realGo = ((): { path: string; cache: string } | undefined => {
	const { status, stdout } = spawnSync("go", ["env", "GOROOT", "GOCACHE"], { encoding: "utf8" });
	const [goroot = "", cache = ""] = status === 0 ? stdout.split("\n") : [];
	return goroot === "" ? undefined : { path: join(goroot, "bin/go"), cache };
})();
let mirror: Mirror;
let installed: Sandbox;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror([
		{ version: "go1.98.3", platform: hostPlatform },
		{ version: "go1.99.0", platform: hostPlatform },
	]);
	installed = new Sandbox({ ...mirror.env, GOSUMDB: "off", GOX_UNOFFICIAL: "1" });
	const { status, stderr } = await installed.gox(["install", "1.98.3", "1.99.0", "--default"]);
	expect(status, stderr).toBe(0);
	expect((await installed.gox(["default", "1.99.0"])).status).toBe(0);
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox();
	cpSync(installed.home, box.home, { recursive: true, verbatimSymlinks: true });
});

async function doctor(args: readonly string[] = [], env: Record<string, string> = {}): Promise<readonly Told[]> {
	const { stdout } = await box.gox(["doctor", "--offline", "--json", ...args], { env: { GOPROXY: "", ...env } });
	return JSON.parse(stdout) as Told[];
}
const of = (told: readonly Told[], check: string) => told.filter((each) => each.check === check);
const verdictOf = (told: readonly Told[], check: string) => of(told, check).map(({ verdict }) => verdict);

/** Every file, link and directory below GOX_HOME but the backup, by content. */
function contents(directory: string, below = ""): string[] {
	return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
		const [path, name] = [join(directory, entry.name), `${below}${entry.name}`];
		if (name === "backup" || name === "sumdb") return [];
		if (entry.isSymbolicLink()) return [`${name} -> ${readlinkSync(path)}`];
		if (entry.isDirectory()) return [`${name}/`, ...contents(path, `${name}/`)];
		return [`${name} ${lstatSync(path).mode.toString(8)} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`];
	});
}

function makeMess(): void {
	symlinkSync("../versions/go1.19.1", join(box.home, "aliases/old"));
	rmSync(join(box.home, "shims/gofmt"));
	rmSync(join(box.home, "shims/go1.98.3"));
	mkdirSync(join(box.home, "tmp/new.999999999.0123456789ab.go1.97.0/bin"), { recursive: true });
	box.write({
		"goxhome/journal/by-hand": "x",
		"goxhome/receipts/go1.96.0.json": "{}",
		"goxhome/hook.bash": "# by an older gox\n",
		[goEnv]: "# kept\nGOROOT=/usr/local/go\nGOTOOLCHAIN=go1.21.0\nGOPRIVATE=example.com\n",
	});
}

describe("gox doctor", () => {
	it("before anything is installed says what to do first, and nothing is broken", async () => {
		const fresh = new Sandbox({ PATH: "/nowhere" });
		const { status, stdout, stderr } = await fresh.gox(["doctor", "--offline"]);
		expect(status, stdout + stderr).toBe(0);
		expect(stdout).toContain("there is no go on PATH");
		expect(stdout).toContain("gox install latest --default");
		expect(readdirSync(fresh.root)).toEqual(["user"]);
	});

	it("is silent about a store in order but for a count, and lists it with --verbose", async () => {
		const env = { PATH: `${box.home}/shims:/usr/bin:/bin`, GOPROXY: "" };
		const { stdout } = await box.gox(["doctor", "--offline"], { env });
		expect(stdout).not.toContain("gox's store");
		expect(stdout).toMatch(/\d+ fine.* {3}\(gox doctor --verbose lists all\)/);
		const all = await box.gox(["doctor", "--offline", "--verbose"], { env });
		expect(all.stdout).toContain("all 2 installed versions are whole, each with its receipt");
		expect(all.stdout).toContain("gox's go is the ");
	});

	it("names every part of a mess, within 80 columns but for commands", async () => {
		makeMess();
		const env = { SHELL: "/bin/bash", GOROOT: "/usr/local/go", GODEBUG: "http2client=0", GOFLAGS: "-mod=vendor", GOOS: "plan9" };
		box.write({
			"user/.bashrc": 'export GOROOT=/usr/local/go\n[[ -s "$HOME/.gvm/scripts/gvm" ]] && source "$HOME/.gvm/scripts/gvm"\n',
		});
		const told = await doctor([], { ...env, GOPATH: `${box.home}/versions/go1.99.0/x:relative:/a b` });
		expect(of(told, "goroot").map(({ evidence }) => evidence)).toEqual([
			["GOROOT=/usr/local/go in the environment", `${box.root}/user/.bashrc:1: export GOROOT=/usr/local/go`],
			[`${box.root}/${goEnv}:2: GOROOT=/usr/local/go`],
		]);
		expect(of(told, "gopath").map(({ verdict, title }) => `${verdict} ${title}`)).toEqual([
			"warning GOPATH lies inside a GOROOT",
			"broken GOPATH has an entry that isn't absolute: relative",
			"warning GOPATH has a space in it: /a b",
		]);
		expect(of(told, "go-settings").map(({ title }) => title.replace(/ .*/, ""))).toEqual([
			"GOFLAGS=-mod=vendor",
			"GODEBUG=http2client=0",
			"GOOS=plan9",
		]);
		expect(verdictOf(told, "gotoolchain")).toEqual(["warning"]);
		expect(of(told, "shims")[0]?.evidence.join()).toMatch(/gofmt is missing.*go1\.98\.3 doesn't lead/);
		expect(verdictOf(told, "hook")).toEqual(["warning"]);
		expect(of(told, "leftovers")[0]?.evidence).toHaveLength(2);
		expect(of(told, "versions")[0]?.evidence).toEqual([join(box.home, "receipts/go1.96.0.json")]);
		expect(of(told, "aliases")[0]?.evidence[0]).toContain("old -> ../versions/go1.19.1 (yours)");
		expect(of(told, "leavings")[0]?.evidence).toHaveLength(2);
		for (const { verdict, why } of told) if (verdict !== "ok") expect(why).toMatch(/\.$/);
		expectPastable(told.flatMap(({ fix }) => fix?.commands ?? []));
		const { stdout, status } = await box.gox(["doctor", "--offline"], { env });
		expect(status).toBe(0);
		const wide = stdout
			.split("\n")
			.filter((line) => line.length > 80 && !/^ {4}(fix| {3}) /.test(line) && line.trim().includes(" "));
		expect(wide).toEqual([]);
	});

	it("--fix sets right what is safe, says how to undo each, and --undo restores every byte", async () => {
		makeMess();
		const before = [...contents(box.home), box.read(goEnv)];
		const asked = await box.gox(["doctor", "--offline", "--fix"]);
		expect(asked).toMatchObject({ status: 2, stderr: expect.stringContaining("gox doctor --offline --fix --yes") });
		expect([...contents(box.home), box.read(goEnv)]).toEqual(before);

		const { stderr } = await box.gox(["doctor", "--offline", "--fix", "--yes"]);
		expect(stderr.match(/to undo: gox doctor --undo \d+/g)).toHaveLength(7);
		expect(box.read(goEnv)).toBe("# kept\nGOPRIVATE=example.com\n");
		const told = await doctor();
		for (const check of ["shims", "hook", "goroot", "gotoolchain", "aliases", "versions", "leavings"])
			expect([check, ...verdictOf(told, check)]).toEqual([check, "ok"]);
		expect(box.leftovers()).toEqual([]);

		const undone = await box.gox(["doctor", "--undo"]);
		expect(undone.status, undone.stderr).toBe(0);
		expect([...contents(box.home), box.read(goEnv)]).toEqual(before);
		expect((await box.gox(["doctor", "--undo"])).status).toBe(2);
	});

	it("--fix leaves the file of go env -w a link, and as private as it was; a pipe among gox's files is moved, and back", async () => {
		box.write({ "user/dotfiles/goenv": "GOPROXY=https://me:secret@proxy.example\nGOROOT=/usr/local/go\n" });
		chmodSync(join(box.root, "user/dotfiles/goenv"), 0o600);
		mkdirSync(dirname(join(box.root, goEnv)), { recursive: true });
		symlinkSync(join(box.root, "user/dotfiles/goenv"), join(box.root, goEnv));
		mkdirSync(join(box.home, "journal"), { recursive: true });
		spawnSync("mkfifo", [join(box.home, "journal/pipe")]);
		const states = () =>
			["user/dotfiles/goenv", goEnv, "goxhome/journal/pipe"].map((path) => {
				const stat = lstatSync(join(box.root, path), { throwIfNoEntry: false });
				return stat && `${stat.mode.toString(8)} ${stat.isFile() ? box.read(path) : ""}`;
			});
		const before = states();
		expect((await box.gox(["doctor", "--offline", "--fix", "--yes"])).status).toBe(0);
		expect(lstatSync(join(box.root, goEnv)).isSymbolicLink()).toBe(true);
		expect(box.read(goEnv)).toBe("GOPROXY=https://me:secret@proxy.example\n");
		expect(lstatSync(join(box.root, "user/dotfiles/goenv")).mode & 0o777).toBe(0o600);
		expect(states()[2]).toBeUndefined();
		expect((await box.gox(["doctor", "--undo"])).status).toBe(0);
		expect(states()).toEqual(before);
	});

	it("--fix killed anywhere: --undo, as often as there is something to undo, restores every byte", async () => {
		// Only what no other command mends by itself once it finds that one was killed.
		box.write({
			"goxhome/journal/by-hand": "x",
			"goxhome/tmp/a tree/of files": "x",
			"goxhome/hook.bash": "# by an older gox\n",
			"goxhome/hook.zsh": "# by an older gox\n",
			[goEnv]: "# kept\nGOROOT=/usr/local/go\nGOTOOLCHAIN=go1.21.0\nGOPRIVATE=example.com\n",
		});
		const before = [...contents(box.home), box.read(goEnv)];
		let killed = 0;
		for (let point = 1; ; point++) {
			const { signal } = await box.gox(["doctor", "--offline", "--fix", "--yes"], { env: { GOX_CHECKPOINT: String(point) } });
			for (let undo = 0; undo < 9; undo++) if ((await box.gox(["doctor", "--undo"])).status === 2) break;
			expect([point, ...contents(box.home), box.read(goEnv)]).toEqual([point, ...before]);
			if (signal !== "SIGKILL") break;
			killed++;
		}
		expect(killed).toBeGreaterThan(5);
	}, 240_000);

	it("--undo leaves alone what was changed since, and undoes one repair by its number", async () => {
		makeMess();
		const { stdout } = await box.gox(["doctor", "--offline", "--fix", "--yes", "--json"]);
		const { repaired } = JSON.parse(stdout) as { repaired: { id: number; check: string }[] };
		const idOf = (check: string) => String(repaired.find((each) => each.check === check)?.id);
		box.write({ "goxhome/hook.bash": "# mine\n" });
		const refused = await box.gox(["doctor", "--undo", idOf("hook")]);
		expect(refused.status).toBe(6);
		expect(refused.stderr).toContain("was changed since, so it stays as it is");
		expect(box.read("goxhome/hook.bash")).toBe("# mine\n");
		expect((await box.gox(["doctor", "--undo", idOf("aliases")])).status).toBe(0);
		expect(readlinkSync(join(box.home, "aliases/old"))).toBe("../versions/go1.19.1");
		expect(box.leftovers()).toEqual([]);
		for (const word of ["99", "x", "-1"]) expect((await box.gox(["doctor", "--undo", word])).status).toBe(2);
	});

	it("exits 1 for what is broken: a damaged version, a default that is gone, a pin that isn't installed", async () => {
		box.write({ "goxhome/versions/go1.98.3/VERSION": "go1.2.3\n", "p/.go-version": "1.77.7\n" });
		rmSync(join(box.home, "versions/go1.99.0"), { recursive: true });
		const { status, stdout } = await box.gox(["doctor", "--offline"], { cwd: "p" });
		expect(status).toBe(1);
		expect(stdout).toContain("✗ go1.98.3 isn't what was installed");
		expect(stdout).toContain("✗ the default, go1.99.0, isn't installed");
		expect(stdout).toContain("gox install 1.77.7");
	});

	it("tells of a home, a config file and a version file that can't be used, and still examines the rest", async () => {
		box.write({ "user/.config/gox/config": "nonsense\n", "p/.go-version": "1.2x\n" });
		const bad = await box.gox(["doctor", "--offline", "--json"], {
			cwd: "p",
			env: {
				GOX_HOME: `${box.root}/a b`,
				XDG_CONFIG_HOME: `${box.root}/user/.config`,
				GOX_CONFIG: `${box.root}/user/.config/gox/config`,
			},
		});
		expect(bad.status).toBe(1);
		const told = JSON.parse(bad.stdout) as Told[];
		for (const check of ["home", "config", "project"]) expect(verdictOf(told, check)).toEqual(["broken"]);
		expect(verdictOf(told, "disk-space")).toEqual(["ok"]);
	});

	it("--fix gives the automatic aliases the newest version that is left", async () => {
		rmSync(join(box.home, "versions/go1.99.0"), { recursive: true });
		await box.gox(["doctor", "--offline", "--fix", "--yes"]);
		expect(readlinkSync(join(box.home, "aliases/latest"))).toBe("../versions/go1.98.3");
		expect(box.names("aliases")).toEqual(["1", "1.98", "latest"]);
	});

	it("--deep doesn't take a go's word for it: what builds nothing is broken", async () => {
		const told = await doctor(["--deep"]);
		expect(verdictOf(told, "deep-hello")).toEqual(["broken"]);
		expect(verdictOf(told, "deep-pprof")).toEqual(["broken"]);
		expect(of(told, "deep-hello")[0]?.title).toContain("go1.99.0");
	});
});

describe.skipIf(!hasStrace)("gox doctor over many versions (skipped without strace)", () => {
	it("starts no process for any of them", () => {
		for (let patch = 1; patch <= 60; patch++) {
			cpSync(join(box.home, "versions/go1.98.3"), join(box.home, `versions/go1.97.${patch}`), { recursive: true });
		}
		const words = [
			"-f",
			"-qq",
			"-e",
			"trace=execve",
			"-o",
			join(box.root, "calls"),
			process.execPath,
			box.entry,
			"doctor",
			"--offline",
		];
		const env = { HOME: join(box.root, "user"), GOX_HOME: box.home, PATH: "/usr/bin:/bin" };
		const { status } = spawnSync("strace", words, { cwd: box.root, env, stdio: "ignore" });
		expect(status).toBe(1);
		const started = box
			.read("calls")
			.split("\n")
			.filter((line) => line.includes(" = 0"));
		expect(started.map((line) => /execve\("[^"]*\/([^/"]+)"/.exec(line)?.[1])).toEqual([basename(process.execPath), "gox"]);
	});
});

describe.skipIf(!realGo)("gox doctor --deep with a real Go (skipped without one on PATH)", () => {
	it("builds and runs a program, cgo, a race test and a profile", async () => {
		const PATH = `${dirname(realGo?.path ?? "")}:/usr/bin:/bin`;
		rmSync(join(box.home, "current"));
		// Settings that would break a build of the user's are for other checks to tell.
		box.write({ [goEnv]: "GOFLAGS=-mod=vendor\nGOOS=plan9\nGO111MODULE=off\n" });
		const told = await doctor(["--deep"], { PATH, GOCACHE: realGo?.cache ?? "", TMPDIR: box.root });
		const deep = told.filter(({ check }) => check.startsWith("deep-"));
		expect(deep.map(({ check, verdict, evidence }) => [check, verdict, verdict === "broken" ? evidence : []])).toEqual(
			["deep-hello", "deep-cgo", "deep-race", "deep-pprof"].map((check) => [
				check,
				hasCompiler || !/cgo|race/.test(check) ? "ok" : "note",
				[],
			]),
		);
	}, 300_000);
});
