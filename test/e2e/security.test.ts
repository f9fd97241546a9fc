import {
	chmodSync,
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { type Ran, Sandbox } from "../support/sandbox.ts";

const isRoot = process.getuid?.() === 0;
/** A user and a group that nobody here is. */
const stranger = 54_321;

let mirror: Mirror;
let box: Sandbox;

beforeAll(async () => {
	mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
});
afterAll(() => mirror.close());
beforeEach(() => {
	box = new Sandbox(mirror.env);
});

function under(umask: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
	return box.run("/bin/sh", ["-c", 'umask "$1"; shift; exec "$@"', "sh", umask, ...box.program, ...args], { env });
}

/** Everything below a directory that isn't a symlink, with its permission bits. */
function modesBelow(directory: string): { path: string; mode: number }[] {
	return readdirSync(directory, { recursive: true, encoding: "utf8" })
		.map((name) => ({ path: name, stat: lstatSync(join(directory, name)) }))
		.filter(({ stat }) => !stat.isSymbolicLink())
		.map(({ path, stat }) => ({ path, mode: stat.mode & 0o7777 }));
}

describe("the modes of what gox makes", () => {
	const commands = [
		["install", "1.90.1", "--default"],
		["setup", "--shell", "bash", "--yes"],
		["config", "strict", "on"],
	];

	it.each(["000", "027", "077"])("under umask %s nobody else can write, and its owner can use it", async (umask) => {
		for (const command of commands) {
			const { status, stderr } = await under(umask, command);
			expect(status, stderr).toBe(0);
		}
		for (const directory of [box.home, join(box.root, "user")]) {
			expect(modesBelow(directory).filter(({ mode }) => mode & 0o022)).toEqual([]);
			expect(modesBelow(directory).filter(({ mode }) => (mode & 0o400) === 0)).toEqual([]);
		}
		const forOthers = Number.parseInt(umask, 8) & 0o005 ? 0 : 0o005;
		expect(lstatSync(join(box.home, "versions/go1.90.1/bin/go")).mode & 0o005).toBe(forOthers);
		const ran = await box.run(join(box.home, "shims/go"), ["version"]);
		expect(ran.stdout).toContain("go1.90.1");
	});

	it.each(["lock:taken", "install:built", "shims:copied"])(
		"under umask 000, killed at %s, nobody else could have written what was in the making",
		async (checkpoint) => {
			const { signal } = await under("000", ["install", "1.90.1"], { GOX_CHECKPOINT: checkpoint });
			expect(signal).toBe("SIGKILL");
			// The lock is an empty directory of another library's making, and lies where nobody else may put or take anything.
			const loose = modesBelow(box.home).filter(({ path, mode }) => mode & 0o022 && !/^locks\/[^/]+\.lock$/.test(path));
			expect(loose).toEqual([]);
		},
	);

	it("what a config may hold (a password of a mirror) is for its owner alone", async () => {
		const config = join(box.root, "config");
		const env = { GOX_CONFIG: config };
		await under("022", ["config", "announce", "off"], env);
		await under("022", ["config", "mirrors", "https://joe:word@example.org/dl"], env);
		expect(lstatSync(config).mode & 0o777).toBe(0o600);
	});
});

describe("a home that others can write to", () => {
	const refused = (ran: Ran, path: string, writers: string) => {
		expect(ran.status, ran.stderr).toBe(2);
		expect(ran.stderr).toContain(`${writers} can write to ${path}`);
		expect(ran.stderr).toContain(`\n  chmod go-w ${path}\n`);
	};
	const everyone = "every user of this machine";

	it("whichever part of it that is, and the hint mends it", async () => {
		await box.gox(["install", "1.90.1"]);
		for (const name of [".", "versions", "shims", "aliases", "receipts", "tmp", "locks", "launcher"]) {
			const path = name === "." ? box.home : join(box.home, name);
			const before = lstatSync(path).mode;
			chmodSync(path, 0o777);
			const ran = await box.gox(["list"]);
			refused(ran, path, everyone);
			const hint = ran.stderr.split("\n").find((line) => line.startsWith("  chmod")) ?? "false";
			await box.run("/bin/sh", ["-c", hint]);
			expect(lstatSync(path).mode & 0o022).toBe(0);
			chmodSync(path, before);
		}
		expect((await box.gox(["install", "1.90.1", "--force"])).status).toBe(0);
	});

	it("nothing is written there, whatever the command", async () => {
		mkdirSync(box.home);
		chmodSync(box.home, 0o777);
		const commands = [
			["install", "1.90.1"],
			["default", "1.90.1"],
			["alias", "mine", "1.90.1"],
			["setup", "--shell", "zsh", "--yes"],
			["list"],
			["env", "--ci"],
			["upgrade"],
			["dedupe"],
		];
		for (const ran of await Promise.all(commands.map((command) => box.gox(command)))) refused(ran, box.home, everyone);
		expect(readdirSync(box.home)).toEqual([]);
	});

	it("neither is a home below a directory where anyone can rename it away, unless that is sticky", async () => {
		const above = join(box.root, "shared");
		mkdirSync(join(above, "deep"), { recursive: true });
		const GOX_HOME = join(above, "deep/gox");
		chmodSync(above, 0o777);
		refused(await box.gox(["install", "1.90.1"], { env: { GOX_HOME } }), above, everyone);
		expect(existsSync(GOX_HOME)).toBe(false);
		chmodSync(above, 0o1777);
		expect((await box.gox(["install", "1.90.1"], { env: { GOX_HOME } })).status).toBe(0);
	});

	it("a link is followed: what lies above its end counts as well", async () => {
		const above = join(box.root, "open");
		mkdirSync(join(above, "gox"), { recursive: true });
		chmodSync(above, 0o777);
		symlinkSync(join(above, "gox"), box.home);
		refused(await box.gox(["install", "1.90.1"]), above, everyone);
	});

	it.runIf(isRoot)("a group's directory is refused, the owner's own group's isn't (only root can give it away)", async () => {
		mkdirSync(box.home);
		chownSync(box.home, 0, stranger);
		chmodSync(box.home, 0o775);
		refused(await box.gox(["install", "1.90.1"]), box.home, `the group ${stranger}`);
		chownSync(box.home, stranger, stranger);
		expect((await box.gox(["install", "1.90.1"])).status).toBe(0);
	});
});

/** The suite's own temporary directory is for its user alone. */
function letOthersIn(): void {
	for (const directory of [dirname(box.root), box.root]) chmodSync(directory, lstatSync(directory).mode | 0o711);
}

describe.runIf(isRoot)("two users (only root can be both)", () => {
	it("sudo with the user's HOME: nothing of root's is left in it", async () => {
		chownSync(box.root, stranger, stranger);
		const sudo = { SUDO_UID: String(stranger) };
		const ran = await box.gox(["install", "1.90.1"], { env: sudo });
		expect(ran.status, ran.stderr).toBe(2);
		expect(ran.stderr).toMatch(/called by sudo, and .* belongs to the user 54321[\s\S]*without sudo/);
		expect(existsSync(box.home)).toBe(false);
		chownSync(box.root, 0, 0);
		expect((await box.gox(["install", "1.90.1"], { env: sudo })).status).toBe(0);
	});

	it("a config of another user's is refused", async () => {
		const config = join(box.root, "config");
		writeFileSync(config, "index = https://example.org/evil\n");
		letOthersIn();
		chownSync(config, stranger, stranger);
		chmodSync(config, 0o644);
		const as = (uid: number) =>
			box.run("setpriv", [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", ...box.program, "config"], {
				env: { GOX_CONFIG: config, HOME: box.root, GOX_HOME: undefined },
			});
		const own = await as(stranger);
		expect(own.status, own.stderr).toBe(0);
		const { status, stderr } = await as(stranger + 1);
		expect(status).toBe(2);
		expect(stderr).toContain(`it belongs to the user ${stranger}`);
	});

	it("a user without rights to the home is told so, and the Gos in it run", async () => {
		const installed = await box.gox(["install", "1.90.1"]);
		expect(installed.status, installed.stderr).toBe(0);
		letOthersIn();
		const as = (...argv: string[]) =>
			box.run("setpriv", [`--reuid=${stranger}`, `--regid=${stranger}`, "--clear-groups", ...argv]);
		const ran = await as(...box.program, "uninstall", "1.90.1");
		expect(ran.status, ran.stderr).toBe(6);
		expect(ran.stderr).toMatch(/permission denied/);
		const go = await as(join(box.home, "shims/go"), "version");
		expect(go.stdout, JSON.stringify(go)).toContain("go1.90.1");
	});

	it("a list of releases that another user put into the cache is not believed", async () => {
		const { status } = await box.gox(["list", "--remote"]);
		expect(status).toBe(0);
		const cache = join(box.root, "user/.cache/gox/index");
		const first = requestsSoFar(mirror);
		await box.gox(["list", "--remote"]);
		expect(requestsSoFar(mirror), "the cache was used").toBe(first);
		for (const name of readdirSync(cache)) chownSync(join(cache, name), stranger, stranger);
		const before = requestsSoFar(mirror);
		expect((await box.gox(["list", "--remote"])).status).toBe(0);
		expect(requestsSoFar(mirror)).toBeGreaterThan(before);
	});
});

function requestsSoFar({ server }: Mirror): number {
	return server.requests.length;
}

describe("a config that others can write to", () => {
	it("is refused: it says who is believed", async () => {
		const config = join(box.root, "config");
		writeFileSync(config, "verify = table\n");
		chmodSync(config, 0o666);
		const { status, stderr } = await box.gox(["install", "1.90.1"], { env: { GOX_CONFIG: config } });
		expect(status).toBe(2);
		expect(stderr).toContain(`chmod go-w ${config}`);
	});

	it("gets one line for one setting, whatever the value", async () => {
		const config = join(box.root, "config");
		const env = { GOX_CONFIG: config };
		const { status, stderr } = await box.gox(["config", "mirrors", "https://example.org\nverify = table"], { env });
		expect(status, stderr).toBe(2);
		expect(existsSync(config)).toBe(false);
	});
});

describe("words from outside", () => {
	const stunts = "\u001b]0;title\u0007\u001b[2J\u009b31m\u202e";

	it.each([
		[".go-version", `${stunts}1.90.1\n`],
		[".tool-versions", `golang ${stunts}\n`],
		["go.mod", `module m\n\ngo ${stunts}\n`],
		["gox.lock", `{"lock": 1, "version": "${stunts.replace(/[\u0000-\u001f]/g, "?")}"}`],
	])("in %s move no cursor and set no title", async (name, text) => {
		box.write({ [name]: text, ...(name === "gox.lock" && { ".go-version": "1.90.1\n" }) });
		for (const { stdout, stderr } of await Promise.all([["install"], ["current"], ["why"]].map((command) => box.gox(command)))) {
			expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
		}
	});

	it("in the name of a directory neither", async () => {
		const directory = join(box.root, `d${stunts}`);
		mkdirSync(directory);
		writeFileSync(join(directory, ".go-version"), "nonsense\n");
		const { status, stderr } = await box.gox(["install"], { cwd: directory });
		expect(status).toBe(2);
		expect(stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
	});

	it.each([
		"$(touch pwned)",
		"`touch pwned`",
		"1.90.1; touch pwned",
		"1.90.1\ntouch pwned",
		"'; touch pwned; '",
		"--force",
		"-x",
		"../../..",
		"/bin/sh",
	])("%j never runs, nor names a path, wherever it stands", async (word) => {
		box.write({ ".go-version": `${word}\n` });
		const all = [
			box.gox(["install"]),
			box.gox(["env", "--", word]),
			box.gox(["pin", "--", word]),
			box.gox(["which"], { env: { GOX_VERSION: word } }),
		];
		for (const { status } of await Promise.all(all)) expect(status).not.toBe(0);
		expect(existsSync(join(box.root, "pwned"))).toBe(false);
		expect(existsSync(join(box.home, "pwned"))).toBe(false);
	});

	it("get no line of their own in a CI runner's files", async () => {
		await box.gox(["install", "1.90.1"]);
		const env = { GITHUB_ENV: join(box.root, "env"), GITHUB_PATH: join(box.root, "path") };
		for (const word of ["1.90.1\nLD_PRELOAD=/tmp/x.so", "1.90.1\r\nX=1", "mine\nX=1"]) {
			expect((await box.gox(["env", "--ci", word], { env })).status).toBe(2);
			expect(existsSync(env.GITHUB_ENV)).toBe(false);
		}
		for (const GOX_HOME of [`${box.home}\nX=1`, `${box.home}\rX=1`]) {
			expect((await box.gox(["env", "--ci"], { env: { ...env, GOX_HOME } })).status).toBe(2);
			expect(existsSync(env.GITHUB_ENV)).toBe(false);
		}
		expect((await box.gox(["env", "--ci", "1.90.1"], { env })).status).toBe(0);
		expect(readFileSync(env.GITHUB_ENV, "utf8").split("\n")).toHaveLength(3);
	});
});
