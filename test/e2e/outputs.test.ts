import { cpSync, existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { type Digests, expectSound, goroots } from "../support/oracle.ts";
import { type Ran, Sandbox } from "../support/sandbox.ts";

let mirror: Mirror;
/** A home with go1.90.1, the default, and go1.91.0. */
let two: Sandbox;
let digests: Digests;

beforeAll(async () => {
	mirror = await startMirror(["go1.90.1", "go1.91.0", "go1.92.0"].map((version) => ({ version, platform: hostPlatform })));
	two = new Sandbox(mirror.env);
	expect((await two.gox(["install", "1.90.1", "1.91.0"])).status).toBe(0);
	digests = goroots(two.home, ["go1.90.1"]);
});
afterAll(() => mirror.close());

function copyOf(of: Sandbox): Sandbox {
	const box = new Sandbox(mirror.env);
	cpSync(of.home, box.home, { recursive: true, verbatimSymlinks: true });
	return box;
}

/** In a shell: descriptor 4 leads into a pipe that nobody reads any more. */
const unread = "mkfifo pipe && exec 3<>pipe 4>pipe 3<&- && ";

/** @param redirections of the program's outputs, in the shell's words */
function into(box: Sandbox, redirections: string, args: readonly string[]): Promise<Ran> {
	const before = redirections.includes("&4") ? unread : "";
	return box.run("sh", ["-c", `${before}"$@" ${redirections}`, "sh", ...box.program, ...args]);
}

const both = ["go1.90.1", "go1.91.0"];
const outputs = ["2>&4", ">&4", ">&4 2>&4", "2>/dev/full", ">/dev/full 2>/dev/full", ">&-", "2>&-", "<&- >&- 2>&-"];

describe.runIf(existsSync("/dev/full"))(
	"outputs that nobody reads, that are closed, or on a full disk",
	{ tags: "fault-23" },
	() => {
		describe.each(outputs)("%s", (redirections) => {
			it.each<[args: readonly string[], status: number, versions: readonly string[]]>([
				[["install", "1.92.0"], 0, [...both, "go1.92.0"]],
				[["install", "1.92.0", "--verbose"], 0, [...both, "go1.92.0"]],
				[["install", "1.99.9"], 3, both],
				[["uninstall", "1.91.0"], 0, ["go1.90.1"]],
				[["default", "1.91.0"], 0, both],
			])("gox %j does its work and says by its status what became of it", async (args, status, versions) => {
				const box = copyOf(two);
				const ran = await into(box, redirections, args);
				// Data that is lost on a full disk is a failure of its own.
				expect([status, redirections.includes(">/dev/full 2") && status === 0 ? 6 : status], ran.stderr).toContain(ran.status);
				expect(box.names("versions")).toEqual(versions);
				expectSound(box.home, { digests });
			});
		});

		it("a command that writes data before it works doesn't stop where its reader leaves", async () => {
			for (const [redirections, status] of [
				[">&4", 0],
				[">/dev/full", 6],
			] as const) {
				const box = copyOf(two);
				const ran = await into(box, redirections, ["prune", "--unused", "--yes"]);
				expect(ran.status, ran.stderr).toBe(status);
				expect(box.names("versions")).toEqual(["go1.90.1"]);
				expectSound(box.home, { digests });
			}
		});

		it("data that is lost on a full disk: exit 6, and why", async () => {
			expect(await into(two, ">/dev/full", ["list"])).toMatchObject({
				status: 6,
				stderr: "gox: standard output: no space is left on the disk\n",
			});
		});

		it("a reader who has what he wanted: exit 0, and no word", async () => {
			expect(await into(copyOf(two), ">&4", ["list", "--remote"])).toMatchObject({ status: 0, stderr: "" });
		});
	},
);
