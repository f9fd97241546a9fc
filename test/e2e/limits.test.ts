import { cpSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { expectSound, goroots } from "../support/oracle.ts";
import { Sandbox } from "../support/sandbox.ts";

let mirror: Mirror;
let one: Sandbox;

beforeAll(async () => {
	mirror = await startMirror([{ version: "go1.90.1", platform: hostPlatform }]);
	mirror.add({
		version: "go1.90.2",
		platform: hostPlatform,
		more: [{ path: "go/src/large.go", content: "x".repeat(3_000_000) }],
	});
	one = new Sandbox(mirror.env);
	expect((await one.gox(["install", "1.90.1"])).status).toBe(0);
});
afterAll(() => mirror.close());

describe("a file larger than the process may write (ulimit -f)", { tags: "fault-18" }, () => {
	/** In blocks of 512 bytes: no file at all, not even the journal's; some; the archive's largest isn't allowed. */
	it.each([0, 1, 2000])("%i blocks: exit 6 with the file's name, and nothing left", async (blocks) => {
		const box = new Sandbox(mirror.env);
		cpSync(one.home, box.home, { recursive: true, verbatimSymlinks: true });
		const digests = goroots(box.home);
		const install = ["install", "1.90.2", "--default"];
		const ran = await box.run("sh", ["-c", `ulimit -f ${blocks} && exec "$@"`, "sh", ...box.program, ...install]);
		expect(ran.status, JSON.stringify(ran)).toBe(6);
		expect(ran.stderr).toMatch(new RegExp(`^gox: ${box.root}.*: the file is larger than this process may write`, "m"));
		expect(box.names("versions")).toEqual(["go1.90.1"]);
		expect((await box.gox(["list"])).status).toBe(0);
		expectSound(box.home, { digests });
		expect((await box.gox(install)).status).toBe(0);
		expectSound(box.home, { digests });
	});
});
