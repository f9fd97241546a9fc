import { spawnSync } from "node:child_process";
import {
	accessSync,
	chmodSync,
	constants,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { removeTree } from "../../src/fs.ts";
import { freshRoot } from "../support/context.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { expectSound } from "../support/oracle.ts";
import { Sandbox } from "../support/sandbox.ts";

let mirror: Mirror;
let box: Sandbox;
beforeAll(async () => {
	mirror = await startMirror(["go1.90.1", "go1.91.0"].map((version) => ({ version, platform: hostPlatform })));
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox(mirror.env);
});

/** A directory that can be written and lies on another file system than the tests' own. */
function otherFileSystem(): string | undefined {
	const own = statSync(freshRoot()).dev;
	return ["/tmp", "/var/tmp", "/dev/shm", homedir()].find((place) => {
		try {
			accessSync(place, constants.W_OK);
			return statSync(place).dev !== own;
		} catch {
			return false;
		}
	});
}

const elsewhere = otherFileSystem();

describe.skipIf(!elsewhere)("a second file system (where there is one that can be written)", { tags: "fault-24" }, () => {
	let other: string;
	beforeEach(() => {
		other = mkdtempSync(join(elsewhere ?? "", "gox-elsewhere-"));
		return () => removeTree(other);
	});

	it.each(["versions", "tmp", "receipts"])(
		"GOX_HOME/%s on it: refused with the reason, before anything is downloaded",
		async (name) => {
			mkdirSync(box.home);
			symlinkSync(other, join(box.home, name));
			const asked = mirror.server.requestsFor(mirror.path("go1.90.1")).length;
			const { status, stderr } = await box.gox(["install", "1.90.1"]);
			expect(status, stderr).toBe(2);
			expect(stderr).toMatch(new RegExp(`${join(box.home, name)}.* on different file systems[\\s\\S]*export GOX_HOME=`));
			expect(mirror.server.requestsFor(mirror.path("go1.90.1")).length).toBe(asked);
			expect((await box.gox(["list"])).status).toBe(0);
			expect([box.leftovers(), readdirSync(other)]).toEqual([[], []]);
		},
	);

	it.each(["locks", "journal"])("GOX_HOME/%s on it: all is well", async (name) => {
		mkdirSync(box.home);
		symlinkSync(other, join(box.home, name));
		for (const argv of [
			["install", "1.90.1"],
			["install", "1.90.1", "--force"],
			["uninstall", "1.90.1"],
		]) {
			const { status, stderr } = await box.gox(argv);
			expect(status, stderr).toBe(0);
			expectSound(box.home);
		}
	});

	it("all of GOX_HOME on it, by a symlink; a bundle and a pin on it", async () => {
		symlinkSync(other, box.home);
		for (const argv of [
			["install", "1.90.1"],
			["bundle", "1.90.1", "-o", join(box.root, "here.bundle")],
			["install", "1.90.1", "--force"],
		]) {
			const { status, stderr } = await box.gox(argv);
			expect(status, stderr).toBe(0);
		}
		expectSound(box.home);
		const near = new Sandbox(mirror.env);
		const bundle = join(other, "go.bundle");
		expect((await near.gox(["bundle", "1.90.1", "-o", bundle])).status).toBe(0);
		expect(readFileSync(bundle).equals(readFileSync(join(box.root, "here.bundle")))).toBe(true);
		expect((await near.gox(["install", "1.90.1"])).status).toBe(0);
		expect((await near.gox(["pin", "1.90.1"], { cwd: other })).status).toBe(0);
		expect(readFileSync(join(other, ".go-version"), "utf8")).toBe("1.90.1\n");
		expectSound(near.home, { places: [other] });
	});
});

it.each(["aliases", "shims"])(
	"GOX_HOME/%s a symlink: refused, because the links in it are relative",
	{ tags: "fault-24" },
	async (name) => {
		mkdirSync(join(box.root, "other"));
		mkdirSync(box.home);
		symlinkSync(join(box.root, "other"), join(box.home, name));
		const { status, stderr } = await box.gox(["install", "1.90.1"]);
		expect(status, stderr).toBe(2);
		expect(stderr).toContain(`${join(box.home, name)} is a symlink`);
		expect(box.names("versions")).toEqual([]);
	},
);

describe("read-only trees, as module caches are", { tags: "fault-24" }, () => {
	function readOnlyTree(): string {
		const top = join(freshRoot(), "tree");
		mkdirSync(join(top, "a/b/c"), { recursive: true });
		for (const path of ["a/x", "a/b/y", "a/b/c/z"]) writeFileSync(join(top, path), "");
		symlinkSync("/etc", join(top, "a/etc"));
		return top;
	}
	const lock = (path: string) => spawnSync("chmod", ["-R", "a-w", path]);

	it("are removed by their owner, who can't write to them, and links in them aren't followed", () => {
		const top = readOnlyTree();
		lock(top);
		const wasRoot = process.geteuid?.() === 0;
		if (wasRoot) {
			spawnSync("chown", ["-R", "-h", "65534", join(top, "..")]);
			for (let above = join(top, "../.."); above.length > 5; above = join(above, ".."))
				if ((statSync(above).mode & 0o001) === 0) chmodSync(above, statSync(above).mode | 0o011);
			process.seteuid?.(65534);
		}
		try {
			expect(() => rmSync(top, { recursive: true })).toThrow(/EACCES|EPERM/);
			removeTree(top);
		} finally {
			if (wasRoot) process.seteuid?.(0);
		}
		expect(existsSync(top)).toBe(false);
		expect(existsSync("/etc/passwd")).toBe(true);
	});

	it("a version that somebody made read-only is uninstalled, and installed again over itself", async () => {
		for (const argv of [
			["install", "1.90.1", "--force"],
			["uninstall", "1.90.1"],
		]) {
			expect((await box.gox(["install", "1.90.1"])).status).toBe(0);
			lock(join(box.home, "versions/go1.90.1"));
			const { status, stderr } = await box.gox(argv);
			expect(status, stderr).toBe(0);
			expectSound(box.home);
		}
	});
});

/** Whether a file can be made one that nobody may remove: root may, on most file systems of Linux. */
const canKeep = (() => {
	const path = join(freshRoot(), "kept");
	writeFileSync(path, "");
	return spawnSync("chattr", ["+i", path]).status === 0 && spawnSync("chattr", ["-i", path]).status === 0;
})();

describe.runIf(canKeep)("an immutable file in a version (where chattr works)", () => {
	it("is named with the reason when the version goes, and keeps nothing else from being mended", async () => {
		for (const version of ["1.90.1", "1.91.0"]) expect((await box.gox(["install", version])).status).toBe(0);
		spawnSync("chattr", ["+i", join(box.home, "versions/go1.91.0/bin/go")]);
		const { status, stderr } = await box.gox(["uninstall", "1.91.0"]);
		const [gone = ""] = box.names("tmp");
		expect([status, stderr]).toEqual([6, `gox: ${join(box.home, "tmp", gone)}/bin/go: not permitted\n  gox doctor\n`]);
		const killed = await box.gox(["uninstall", "1.90.1"], { env: { GOX_CHECKPOINT: "uninstall:renamed" } });
		expect(killed.signal).toBe("SIGKILL");
		const next = await box.gox(["list", "--verbose"]);
		expect([next.status, next.stdout, next.stderr]).toEqual([
			0,
			"",
			expect.stringContaining("can't be cleaned up now: EPERM: operation not permitted"),
		]);
		expect([box.names("aliases"), box.names("receipts"), box.names("journal"), box.names("tmp")]).toEqual([[], [], [], [gone]]);
		spawnSync("chattr", ["-i", join(box.home, "tmp", gone, "bin/go")]);
		expect((await box.gox(["list"])).status).toBe(0);
		expectSound(box.home);
	});
});

const homes: readonly [string, string][] = [
	["a space", "my home"],
	["a quote", "it's"],
	["two quotes", 'a "home"'],
	["a newline", "two\nlines"],
	["what isn't ASCII", "h\u00f6m\u00e9"],
	["a dollar", "$HOME"],
	["a backslash", "back\\slash"],
	["a star", "*"],
	["a leading dash", "-n"],
];

describe("an odd HOME", { tags: "fault-24" }, () => {
	it.each(homes)("with %s: refused as gox's own home, with the reason", async (_, name) => {
		mkdirSync(join(box.root, name));
		const { status, stderr } = await box.gox(["install", "1.90.1"], { env: { HOME: join(box.root, name), GOX_HOME: undefined } });
		if (/^[\w-]+$/.test(name)) expect(status, stderr).toBe(0);
		else {
			expect(status).toBe(2);
			expect(stderr).toMatch(/can't be gox's home: (?:a space|the (?:non-ASCII )?character)/);
			expect(readdirSync(join(box.root, name))).toEqual([]);
		}
	});

	const shells: readonly [string, (script: string) => readonly string[]][] = [
		["bash", (script) => ["--norc", "-c", `. "$HOME/.bashrc"; ${script}`]],
		["zsh", (script) => ["-f", "-c", `. "$HOME/.zshrc"; ${script}`]],
		["fish", (script) => ["-c", script]],
	];
	for (const [shell, argv] of shells) {
		const missing = spawnSync(shell, ["-c", "true"]).error !== undefined;
		describe.skipIf(missing)(`${shell} (where it is installed)`, () => {
			it.each(homes)("with %s: set up, used and taken out again", async (_, name) => {
				const HOME = join(box.root, name);
				mkdirSync(HOME);
				const env = { HOME, SHELL: shell };
				const before = readdirSync(HOME);
				expect((await box.gox(["install", "1.90.1"], { env })).status).toBe(0);
				const set = await box.gox(["setup", "--shell", shell, "--yes"], { env });
				expect(set.status, set.stderr).toBe(0);
				const ran = await box.run(shell, argv("command -v go; go version"), { env });
				expect(ran.stdout, ran.stderr).toMatch(new RegExp(`^${box.home}/shims/go\\ngo version go1\\.90\\.1`));
				expect(ran.stderr).toBe("");
				const undone = await box.gox(["setup", "--undo", "--shell", shell, "--yes"], { env });
				expect(undone.status, undone.stderr).toBe(0);
				const left = spawnSync("grep", ["-rl", "gox", HOME], { encoding: "utf8" }).stdout;
				expect(left.split("\n").filter((path) => path !== "" && !/\.cache|backup/.test(path))).toEqual([]);
				expect(before).toEqual([]);
			});
		});
	}
});
