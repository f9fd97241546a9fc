import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { expectSound } from "../support/oracle.ts";
import { Sandbox } from "../support/sandbox.ts";

const version = "go1.90.1";
const sent = 1_500_000;

let mirror: Mirror;
let box: Sandbox;

beforeEach(async () => {
	mirror = await startMirror();
	mirror.add({ version, platform: hostPlatform, more: [{ path: "go/src/large.bin", content: randomBytes(3_000_000) }] });
	box = new Sandbox(mirror.env);
});

afterEach(() => mirror.close());

/** The files in the cache that await the next run. */
function partials(): string[] {
	return [".cache/gox", "Library/Caches/gox"]
		.map((cache) => join(box.root, "user", cache, "partial"))
		.flatMap((directory) => (existsSync(directory) ? readdirSync(directory) : []));
}

/** Starts an install from a mirror that stops in the middle; resolves once gox keeps what came, with what ends it. */
async function stalled(): Promise<(signal: NodeJS.Signals) => Promise<void>> {
	mirror.server.fail(mirror.path(version), { stall: sent });
	const [command = "", ...args] = box.program;
	const env = Object.fromEntries(Object.entries(box.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
	const child = spawn(command, [...args, "install", "1.90.1", "--verbose"], {
		cwd: box.root,
		env,
		stdio: ["ignore", "ignore", "pipe"],
	});
	const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
	await new Promise<void>((resolve) => {
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			if (text.includes("kept for the next run")) resolve();
		});
		void ended.then(resolve);
	});
	return async (signal) => {
		child.kill(signal);
		await ended;
	};
}

test.each(["SIGKILL", "SIGINT"] as const)(
	"a slow install ended by %s goes on in the next run",
	{ tags: "fault-1" },
	async (signal) => {
		const end = await stalled();
		await end(signal);
		expect(partials()).toHaveLength(1);
		const again = await box.gox(["install", "1.90.1", "--verbose"]);
		expect(again.status, again.stderr).toBe(0);
		expect(again.stderr).toContain(`${sent} bytes of go1.90.1.${hostPlatform}.tar.gz are here from an earlier run`);
		expect(mirror.server.requestsFor(mirror.path(version)).map(({ headers }) => headers.range)).toEqual([
			undefined,
			`bytes=${sent}-`,
		]);
		expect(partials()).toEqual([]);
		expectSound(box.home);
	},
);

test("one that another file took the place of in between is proven wrong, and the same run starts over", {
	tags: "fault-5",
}, async () => {
	const end = await stalled();
	await end("SIGKILL");
	mirror.server.put(mirror.path(version), randomBytes(10));
	const fails = await box.gox(["install", "1.90.1"]);
	expect(fails.status, fails.stderr).toBe(5);
	mirror.add({ version: "go1.90.2", platform: hostPlatform });
	expect((await box.gox(["install", "1.90.2"])).status).toBe(0);
	expectSound(box.home);
	expect(partials()).toEqual([]);
});

test("a fast install leaves nothing in the cache", { tags: "fault-1" }, async () => {
	expect((await box.gox(["install", "1.90.1"])).status).toBe(0);
	expect(partials()).toEqual([]);
});
