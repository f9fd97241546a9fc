import { cpSync, existsSync, readdirSync, readlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { printingProgram, versionLine } from "../support/fakego.ts";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { expectSound, goroots, temporaries } from "../support/oracle.ts";
import { start } from "../support/running.ts";
import { type Ran, Sandbox } from "../support/sandbox.ts";
import { tried } from "../support/tally.ts";

let mirror: Mirror;
/** A home with go1.90.1, the default and called `work`; one that has go1.91.0 too; and one with two patches of a minor. */
let one: Sandbox;
let two: Sandbox;
let patches: Sandbox;

beforeAll(async () => {
	mirror = await startMirror(["go1.90.1", "go1.90.2", "go1.91.0"].map((version) => ({ version, platform: hostPlatform })));
	one = new Sandbox(mirror.env);
	await ok(one, ["install", "1.90.1"]);
	await ok(one, ["alias", "work", "1.90.1"]);
	two = copyOf(one);
	await ok(two, ["install", "1.91.0"]);
	patches = copyOf(one);
	await ok(patches, ["install", "1.90.2"]);
});
afterAll(() => mirror.close());

async function ok(box: Sandbox, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
	const ran = await box.gox(args, { env });
	expect(ran.status, `gox ${args.join(" ")}: ${ran.stderr}`).toBe(0);
	return ran;
}

function copyOf(of: Sandbox): Sandbox {
	const box = new Sandbox(mirror.env);
	cpSync(of.home, box.home, { recursive: true, verbatimSymlinks: true });
	return box;
}

/** Commands that change nothing, one of which comes next: each must put right what was left. */
const next = [["list"], ["current"], ["why"], ["which"], ["alias"], ["default"], ["config"], ["env"]];

interface Story {
	readonly what: string;
	/** A command that is done before. */
	readonly before?: readonly string[];
	readonly args: readonly string[];
	/** `two` by default. */
	readonly home?: () => Sandbox;
	/** Versions whose trees the command has no business with: all that are there, by default. */
	readonly untouched?: readonly string[];
	/** Below the sandbox: where files are written besides. */
	readonly places?: readonly string[];
	readonly files?: Readonly<Record<string, string | Uint8Array>>;
	/** What must be so afterwards, whether the command was done or undone. */
	readonly holds?: (box: Sandbox, checkpoint: string) => void | Promise<void>;
	/** Done again after it was killed, the command succeeds; tried at every fourth checkpoint. */
	readonly again?: boolean;
	/** The checkpoints that are this command's own: what it has in common with another is tried there. */
	readonly own?: RegExp;
}

const pinned = (box: Sandbox) => expect(["1.90.1\n", "1.91.0\n"]).toContain(box.read(".go-version"));

/** What another tool installed. */
const foreign = {
	"user/sdk/go1.90.2/VERSION": "go1.90.2\n",
	"user/sdk/go1.90.2/bin/go": printingProgram(hostPlatform, versionLine("go1.90.2", hostPlatform)),
	"user/sdk/go1.90.2/bin/gofmt": "a program",
};

const stories: readonly Story[] = [
	{ what: "install", args: ["install", "1.91.0", "--default"], home: () => one, again: true },
	{
		what: "uninstall",
		args: ["uninstall", "1.91.0"],
		untouched: ["go1.90.1"],
		own: /^(?!lock:)/,
		holds: (box) => expect(readlinkSync(join(box.home, "current"))).toBe("versions/go1.90.1"),
	},
	{ what: "default", args: ["default", "1.91.0"], again: true },
	{ what: "alias", args: ["alias", "mine", "1.91.0"], again: true },
	{ what: "alias --remove", args: ["alias", "work", "--remove"] },
	{ what: "pin", args: ["pin", "1.91.0"], files: { ".go-version": "1.90.1\n" }, places: ["."], holds: pinned, again: true },
	{ what: "config", args: ["config", "strict", "on"], places: ["user/.config/gox"], again: true },
	{
		what: "setup, the edit of an rc file",
		args: ["setup", "--shell", "zsh", "--yes"],
		files: { "user/.zshrc": "alias ll='ls -l'\n" },
		places: ["user"],
		holds: (box) => expect(box.read("user/.zshrc")).toContain("alias ll='ls -l'\n"),
		again: true,
	},
	{
		what: "setup for bash, of two files",
		args: ["setup", "--shell", "bash", "--yes"],
		files: { "user/.bashrc": "alias ll='ls -l'", "user/.bash_profile": ". ~/.bashrc\r\n" },
		places: ["user"],
		own: /^setup/,
		holds: (box) =>
			expect(box.read("user/.bashrc") + box.read("user/.bash_profile")).toMatch(/^alias ll='ls -l'[\s\S]*\. ~\/\.bashrc\r\n/),
		again: true,
	},
	{
		what: "setup --undo, which the next one finishes to the byte",
		before: ["setup", "--shell", "zsh", "--yes"],
		args: ["setup", "--undo", "--yes"],
		files: { "user/.zshrc": "alias ll='ls -l'" },
		places: ["user"],
		holds: async (box) => {
			await ok(box, ["setup", "--undo", "--yes"]);
			expect(box.read("user/.zshrc")).toBe("alias ll='ls -l'");
		},
	},
	{
		what: "bundle",
		args: ["bundle", "1.90.2", "-o", "go.bundle"],
		places: ["."],
		holds: async (box) => {
			if (existsSync(join(box.root, "go.bundle")))
				expect((await ok(box, ["bundle", "--list", "go.bundle"])).stdout).toMatch(/go1\.90\.2/);
		},
		again: true,
	},
	{
		what: "bisect, which installs for a trial",
		args: ["bisect", "--good", "1.90.1", "--bad", "1.91.0", "--once", "--", "sh", "-c", "! go version | grep go1.91"],
		own: /^(lock:owned|install:(staged|renamed|done)|uninstall:(start|renamed|done))$/,
		holds: (box) => expect(box.names("versions")).toEqual(["go1.90.1", "go1.91.0"]),
	},
	{
		what: "upgrade --prune",
		args: ["upgrade", "1.90", "--prune", "--yes"],
		home: () => one,
		untouched: [],
		own: /^(lock:owned|install:(staged|renamed|done)|upgrade:.*|uninstall:renamed)$/,
	},
	{
		what: "import",
		args: ["import", "1.90.2", "--unofficial", "--yes"],
		files: foreign,
		own: /^(import:.*|install:(staged|built|renamed|done))$/,
		holds: (box) => expect(box.read("user/sdk/go1.90.2/VERSION")).toBe("go1.90.2\n"),
	},
	{ what: "dedupe", args: ["dedupe"], home: () => patches, again: true },
	{ what: "prune", args: ["prune", "--unused", "--yes"], own: /^uninstall:/, untouched: ["go1.90.1"] },
];

async function prepared({ home = () => two, files = {}, before }: Story): Promise<Sandbox> {
	const box = copyOf(home());
	box.write(files);
	if (before) await ok(box, before);
	return box;
}

/** The checkpoints that a command passes, each once, in order; with which of all passings its first is. */
async function passingsOf(story: Story): Promise<(readonly [string, number])[]> {
	const { args, own = /./ } = story;
	const box = await prepared(story);
	const { stderr } = await box.gox(args, { env: { GOX_CHECKPOINT: "?" } });
	const all = [...stderr.matchAll(/^checkpoint (.+)$/gm)].map(([, name = ""], at) => [name, at + 1] as const);
	return all.filter(([name, at]) => own.test(name) && all.find(([first]) => first === name)?.[1] === at);
}

async function checkpointsOf(story: Story): Promise<string[]> {
	return (await passingsOf(story)).map(([name]) => name);
}

describe("kill -9 at every checkpoint; the next command, whatever it is, finds and leaves a sound store", {
	tags: "fault-17",
}, () => {
	it.for(stories)("$what", async (story, test) => {
		const { args, places = [], holds, again, untouched } = story;
		const names = await checkpointsOf(story);
		expect(names.length).toBeGreaterThan(0);
		for (const [at, name] of names.entries()) {
			const box = await prepared(story);
			const digests = goroots(box.home, untouched);
			const killed = await box.gox(args, { env: { GOX_CHECKPOINT: name } });
			expect(killed.signal, name).toBe("SIGKILL");
			const command = next[at % next.length] ?? ["list"];
			await ok(box, command);
			expectSound(box.home, {
				digests,
				places: places.map((place) => join(box.root, place)),
				why: `killed at ${name}, then gox ${command.join(" ")}`,
			});
			await holds?.(box, name);
			if (!again || at % 4 > 0) continue;
			await ok(box, args);
			expectSound(box.home, { digests, run: false, why: `killed at ${name}, then done again` });
		}
		tried(test, names.length);
	});
});

describe("what a killed command left", { tags: "fault-17" }, () => {
	const dead = async (args: readonly string[], name: string, of = two) => {
		const box = copyOf(of);
		expect((await box.gox(args, { env: { GOX_CHECKPOINT: name } })).signal).toBe("SIGKILL");
		return box;
	};

	it("before the rename it is undone, after it it is finished: the default too", async () => {
		const undone = await dead(["install", "1.91.0", "--default"], "install:receipt", one);
		expect((await ok(undone, ["list", "--json"])).stdout).not.toContain("1.91");
		const finished = await dead(["install", "1.91.0", "--default"], "install:renamed", one);
		expect((await ok(finished, ["current"])).stdout).toContain("go1.91.0");
		expect(readlinkSync(join(finished.home, "aliases/latest"))).toBe("../versions/go1.91.0");
	});

	it("an uninstall is finished", async () => {
		const box = await dead(["uninstall", "1.90.1"], "uninstall:renamed");
		expect((await ok(box, ["list"])).stdout).not.toContain("1.90");
		expect(box.names("aliases")).toEqual(["1", "1.91", "latest"]);
		expect(readdirSync(box.home)).not.toContain("current");
		expectSound(box.home);
	});

	it("is mended by a killed mender's successor", async (test) => {
		for (const name of ["lock:taken", "mend:version", "mend:swept", "links:aliases", "mend:links"]) {
			const box = await dead(["uninstall", "1.90.1"], "uninstall:renamed");
			expect((await box.gox(["list"], { env: { GOX_CHECKPOINT: name } })).signal, name).toBe("SIGKILL");
			await ok(box, ["list"]);
			expectSound(box.home, { why: name });
		}
		tried(test, 5);
	});

	it("is told of with --verbose, and of nothing otherwise", async () => {
		const box = await dead(["uninstall", "1.90.1"], "uninstall:renamed");
		const again = copyOf(box);
		expect((await ok(box, ["list"])).stderr).toBe("");
		expect((await ok(again, ["list", "--verbose"])).stderr).toContain(
			"finished or undid what a killed gox had begun with go1.90.1",
		);
	});

	it("beside a project's file goes though there is no home, which then isn't made", async () => {
		const box = new Sandbox({ ...mirror.env, GOX_CHECKPOINT: undefined });
		const killed = await box.gox(["pin", "1.91.0"], { env: { GOX_CHECKPOINT: "pin:written" } });
		expect(killed.signal).toBe("SIGKILL");
		expect(temporaries(box.root).length).toBe(1);
		await ok(box, ["list"]);
		expect(temporaries(box.root)).toEqual([]);
		const fresh = new Sandbox(mirror.env);
		await ok(fresh, ["list"]);
		await ok(fresh, ["current"]).catch(() => {});
		expect(existsSync(fresh.home)).toBe(false);
	});

	it("beside a file goes with the next writing where the journal was lost", async () => {
		const box = copyOf(one);
		await box.gox(["pin", "1.90.1"], { env: { GOX_CHECKPOINT: "pin:written" } });
		for (const name of box.names("journal")) unlinkSync(join(box.home, "journal", name));
		await ok(box, ["list"]);
		expect(temporaries(box.root).length).toBe(1);
		await ok(box, ["pin", "1.90.1"]);
		expect(temporaries(box.root)).toEqual([]);
	});

	it("a version brought for a trial stays where somebody has asked for it meanwhile", async () => {
		const box = copyOf(two);
		const gox = `"${process.execPath}" "${box.entry}"`;
		// The command that is tried asks for the release itself, as a person in another terminal might.
		const tried = `${gox} install 1.90.2 >&2; ! go version | grep go1.91`;
		await ok(box, ["bisect", "--good", "1.90.1", "--bad", "1.91.0", "--once", "--", "sh", "-c", tried]);
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.90.2", "go1.91.0"]);
		expectSound(box.home);
	});

	it("the shim runs the old copy, or has it put back, at every checkpoint", async () => {
		const box = await dead(["install", "1.90.1", "--force"], "install:moved-old", one);
		expect(existsSync(join(box.home, "versions/go1.90.1"))).toBe(false);
		const ran = await box.run(join(box.home, "shims/go"), ["version"]);
		expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining("go1.90.1") });
		expectSound(box.home);
	});
});

describe("install --force interrupted", { tags: "fault-22" }, () => {
	const own = /^install:/;
	const force: Story = { what: "install --force", args: ["install", "1.90.1", "--force"], home: () => one, own };

	it("by kill -9 at every checkpoint: a copy runs, and the receipt is that copy's", async (test) => {
		const names = await checkpointsOf(force);
		expect(names).toContain("install:moved-old");
		for (const [at, name] of names.entries()) {
			const box = copyOf(one);
			const digests = goroots(box.home);
			expect((await box.gox(force.args, { env: { GOX_CHECKPOINT: name } })).signal, name).toBe("SIGKILL");
			const ran = await box.run(join(box.home, "shims/go"), ["version"]);
			expect(ran.stdout, name).toContain("go1.90.1");
			await ok(box, next[at % next.length] ?? ["list"]);
			expectSound(box.home, { digests, why: name });
			expect(readlinkSync(join(box.home, "current")), name).toBe("versions/go1.90.1");
			expect(box.names("aliases"), name).toContain("work");
		}
		tried(test, names.length);
	});

	it.each(["SIGINT", "SIGTERM"] as const)("by %s: exit 130, the old copy runs", async (signal) => {
		const box = copyOf(one);
		mirror.server.fail(mirror.path("go1.90.1"), { stall: 100 });
		const before = mirror.server.requestsFor(mirror.path("go1.90.1")).length;
		let pid = 0;
		const running = box.gox(["install", "1.90.1", "--force"], { started: (started) => (pid = started) });
		await expect
			.poll(() => mirror.server.requestsFor(mirror.path("go1.90.1")).length, { timeout: 60_000 })
			.toBeGreaterThan(before);
		process.kill(pid, signal);
		expect((await running).status).toBe(130);
		expectSound(box.home, { digests: goroots(one.home) });
	});
});

describe("interrupted", { tags: "fault-23" }, () => {
	/** A download that stands still, and the process that waits for it. */
	async function standing(work: (box: Sandbox, pid: number, running: Promise<Ran>) => Promise<void>): Promise<void> {
		const slow = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
		try {
			slow.server.fail(slow.path("go1.90.1"), { stall: 100 });
			const box = new Sandbox(slow.env);
			let pid = 0;
			const running = box.gox(["install", "1.90.1"], { started: (started) => (pid = started) });
			await slow.server.seen(slow.path("go1.90.1"));
			await work(box, pid, running);
		} finally {
			await slow.close();
		}
	}

	it("by Ctrl-C during a download: exit 130, nothing left", () =>
		standing(async (box, pid, running) => {
			process.kill(pid, "SIGINT");
			const { status, stderr } = await running;
			expect(status, stderr).toBe(130);
			expect(stderr).toContain("interrupted");
			expect(box.names("versions")).toEqual([]);
			expect(box.leftovers()).toEqual([]);
		}));

	it("by Ctrl-C twice: exit 130 at once, and what is left goes with the next command", () =>
		standing(async (box, pid, running) => {
			process.kill(pid, "SIGINT");
			process.kill(pid, "SIGINT");
			expect((await running).status).toBe(130);
			await ok(box, ["list"]);
			expect(box.leftovers()).toEqual([]);
			expect(box.names("versions")).toEqual([]);
		}));

	it.for<Story>([
		{ what: "install", args: ["install", "1.91.0", "--default"], home: () => one },
		{ what: "install --force", args: ["install", "1.90.1", "--force"], home: () => one, own: /^install:/ },
		{ what: "uninstall", args: ["uninstall", "1.91.0"], untouched: ["go1.90.1"], own: /^uninstall:/ },
		{ what: "dedupe", args: ["dedupe"], home: () => patches, own: /^dedupe:/ },
	])("by Ctrl-C at any step of $what: done, or exit 130 and as it was", async (story, test) => {
		const { args, home = () => two, untouched } = story;
		for (const [name, at] of await passingsOf(story)) {
			const box = copyOf(home());
			const [digests, versions] = [goroots(box.home, untouched), box.names("versions")];
			const running = start((options) => box.gox(args, { ...options, env: { GOX_CHECKPOINT: `stop:${at}` } }));
			await running.rests;
			running.signal("SIGINT");
			running.signal("SIGCONT");
			const { status, stderr } = await running.ended;
			const why = `interrupted at ${name}: ${stderr}`;
			expect([0, 130], why).toContain(status);
			if (status === 130)
				expect([box.names("versions"), stderr], why).toEqual([versions, expect.stringContaining("interrupted")]);
			// Nothing is left even before the next command.
			expectSound(box.home, { digests, run: false, why });
			tried(test);
		}
	});

	it("while it waits for another's lock: exit 130, and the other goes on", () =>
		standing(async (box, pid, running) => {
			let waiter = 0;
			const waiting = box.gox(["install", "1.90.1"], { started: (started) => (waiter = started) });
			await expect.poll(() => box.names("locks").filter((name) => name.endsWith(".claim")).length, { timeout: 60_000 }).toBe(1);
			process.kill(waiter, "SIGINT");
			expect((await waiting).status).toBe(130);
			expect(box.names("tmp").length).toBe(1);
			process.kill(pid, "SIGINT");
			expect((await running).status).toBe(130);
			expect(box.leftovers()).toEqual([]);
		}));
});
