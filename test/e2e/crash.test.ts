import { existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { expectSound } from "../support/oracle.ts";
import { Sandbox } from "../support/sandbox.ts";

let mirror: Mirror;
beforeAll(async () => {
	mirror = await startMirror(["go1.90.1", "go1.91.0"].map((version) => ({ version, platform: hostPlatform })));
});
afterAll(() => mirror.close());

const killedAt = (name: string) => ({ env: { GOX_CHECKPOINT: name } });

describe("kill -9", () => {
	it.each([
		"install:staged",
		"install:built",
		"install:receipt",
		"install:renamed",
		"links:aliases",
		"links:shims",
		"default:link",
		"default:done",
	])("during an install, at %s: the next command finds a sound store, the next install completes it", async (name) => {
		const box = new Sandbox(mirror.env);
		expect((await box.gox(["install", "1.90.1"])).status).toBe(0);
		const killed = await box.gox(["install", "1.91.0", "--default"], killedAt(name));
		expect(killed.signal).toBe("SIGKILL");
		expect((await box.gox(["install", "1.90.1"])).status).toBe(0);
		expectSound(box.home);
		expect((await box.gox(["install", "1.91.0", "--default"])).status).toBe(0);
		expectSound(box.home);
		expect(box.names("versions")).toEqual(["go1.90.1", "go1.91.0"]);
		expect(readlinkSync(join(box.home, "current"))).toBe("versions/go1.91.0");
		expect(readlinkSync(join(box.home, "aliases/latest"))).toBe("../versions/go1.91.0");
	});

	it.each(["install:built", "install:moved-old", "install:renamed"])(
		"during install --force, at %s: a copy still runs",
		async (name) => {
			const box = new Sandbox(mirror.env);
			expect((await box.gox(["install", "1.90.1"])).status).toBe(0);
			expect((await box.gox(["install", "1.90.1", "--force"], killedAt(name))).signal).toBe("SIGKILL");
			expect((await box.gox(["install", "1.91.0"])).status).toBe(0);
			expectSound(box.home);
			expect(box.names("versions")).toEqual(["go1.90.1", "go1.91.0"]);
		},
	);

	it.each(["uninstall:start", "uninstall:renamed", "links:aliases", "uninstall:links", "uninstall:receipt"])(
		"during an uninstall, at %s",
		async (name) => {
			const box = new Sandbox(mirror.env);
			expect((await box.gox(["install", "1.90.1", "1.91.0"])).status).toBe(0);
			expect((await box.gox(["uninstall", "1.90.1"], killedAt(name))).signal).toBe("SIGKILL");
			expect((await box.gox(["install", "1.91.0"])).status).toBe(0);
			expectSound(box.home);
			if (box.names("versions").includes("go1.90.1")) expect((await box.gox(["uninstall", "1.90.1"])).status).toBe(0);
			expect(box.names("versions")).toEqual(["go1.91.0"]);
			expectSound(box.home);
		},
	);
});

describe("many at once", () => {
	it("eight installers of one version: one download, eight successes", async () => {
		const box = new Sandbox(mirror.env);
		const before = mirror.server.requests.length;
		const ran = await Promise.all(Array.from({ length: 8 }, () => box.gox(["install", "1.90.1"])));
		expect(ran.map((each) => each.status)).toEqual(Array(8).fill(0));
		expect(mirror.server.requests.slice(before).filter((each) => each.url.endsWith(".gz")).length).toBe(1);
		expectSound(box.home);
	});

	it("Ctrl-C during a download: exit 130, nothing left", async () => {
		const slow = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
		try {
			slow.server.fail(slow.path("go1.90.1"), { stall: 1000 });
			const box = new Sandbox(slow.env);
			let pid = 0;
			const running = box.gox(["install", "1.90.1"], { started: (started) => (pid = started) });
			await slow.server.seen(slow.path("go1.90.1"));
			process.kill(pid, "SIGINT");
			const { status, stderr } = await running;
			expect(status, stderr).toBe(130);
			expect(stderr).toContain("interrupted");
			expect(box.names("versions")).toEqual([]);
			expect(box.leftovers()).toEqual([]);
		} finally {
			await slow.close();
		}
	});

	it("a reader that leaves early, and a full disk behind stdout", async () => {
		const box = new Sandbox(mirror.env);
		await box.gox(["install", "1.90.1"]);
		const left = await box.run("sh", ["-c", `${box.program.map((word) => `"${word}"`).join(" ")} list --remote | head -1`]);
		expect(left).toMatchObject({ status: 0, stderr: "" });
		if (existsSync("/dev/full")) {
			const full = await box.run("sh", ["-c", `${box.program.map((word) => `"${word}"`).join(" ")} list > /dev/full`]);
			expect(full.status).toBe(6);
		}
	});
});
